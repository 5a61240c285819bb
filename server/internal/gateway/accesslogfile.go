package gateway

import (
	"errors"
	"io/fs"
	"os"
	"sync"
)

// logFile is a file that lines are appended to. When it was moved away the next
// line makes a new one, so that log rotation needs no signal.
type logFile struct {
	path string

	mu   sync.Mutex
	file *os.File // nil: not open
	info fs.FileInfo
}

// write appends a line in one call, so that lines of several processes do not mix.
func (l *logFile) write(line string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.ready(); err != nil {
		return err
	}
	_, err := l.file.WriteString(line + "\n")
	return err
}

// ready opens the file where it is not open, or no longer the one at path.
func (l *logFile) ready() error {
	if l.file != nil {
		at, err := os.Stat(l.path)
		if err == nil && os.SameFile(at, l.info) {
			return nil
		}
		if err := l.shut(); err != nil {
			return err
		}
	}
	if at, err := os.Stat(l.path); err == nil && !at.Mode().IsRegular() && at.Mode()&fs.ModeCharDevice == 0 {
		return errors.New(l.path + " is not a file") // opening a pipe would wait for its reader
	}
	file, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if l.info, err = file.Stat(); err != nil {
		return errors.Join(err, file.Close())
	}
	l.file = file
	return nil
}

func (l *logFile) shut() error {
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}

// close lets go of the file; a later line opens it again.
func (l *logFile) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shut()
}

// logFiles are the access logs of a gateway, by path.
type logFiles struct {
	mu    sync.Mutex
	files map[string]*logFile
}

// attach gives each format of the APIs its file, which must be writable, and
// closes files that none of them names.
func (l *logFiles) attach(t *table) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	used := map[string]bool{}
	for _, list := range t.apis {
		for _, a := range list {
			if err := l.open(a, used); err != nil {
				return err
			}
		}
	}
	for path, f := range l.files {
		if !used[path] {
			_ = f.close() // every line was written before
		}
	}
	return nil
}

// files counts the stages that log to a file of their own.
func (a *api) files() (n int) {
	for _, f := range a.logs {
		if f.path != "" {
			n++
		}
	}
	return n
}

func (l *logFiles) open(a *api, used map[string]bool) error {
	for _, f := range a.logs {
		if f.path == "" {
			continue
		}
		file := l.files[f.path]
		if file == nil {
			file = &logFile{path: f.path}
		}
		file.mu.Lock()
		err := file.ready()
		file.mu.Unlock()
		if err != nil {
			return invalid("AccessLog.File", "%v", err)
		}
		if l.files == nil {
			l.files = map[string]*logFile{}
		}
		f.file, l.files[f.path], used[f.path] = file, file, true
	}
	return nil
}

func (l *logFiles) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, f := range l.files {
		errs = append(errs, f.close())
	}
	return errors.Join(errs...)
}
