package curl

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// header sets on r what the flags and items say, on top of what is there.
func (o *Options) header(r *http.Request, src *source, lines []string) error {
	given := map[string]bool{}
	for _, line := range append(slices.Clone(o.Headers), lines...) {
		if file, ok := strings.CutPrefix(line, "@"); ok {
			more, err := headerFile(src, file)
			if err != nil {
				return err
			}
			for _, l := range more {
				if err := setHeader(r, l, given); err != nil {
					return err
				}
			}
			continue
		}
		if err := setHeader(r, line, given); err != nil {
			return err
		}
	}
	return nil
}

// SetHeaders sets the headers of lines as --header takes them, each in place of
// what is there. Host is refused: it is no header of its own. Errors are [Error].
func SetHeaders(h http.Header, lines []string) error {
	r := &http.Request{Header: h}
	given := map[string]bool{}
	for _, line := range lines {
		if err := setHeader(r, line, given); err != nil {
			return err
		}
	}
	if r.Host != "" {
		return errorf("the header Host is that of the URL and cannot be another")
	}
	return nil
}

// setHeader takes one line: "Name: value", "Name;" for an empty header, "Name:"
// for none. The first of a name takes the place of what is there by default.
func setHeader(r *http.Request, line string, given map[string]bool) error {
	name, value, ok := strings.Cut(line, ":")
	value = strings.Trim(value, " \t")
	empty := false
	if !ok {
		name, empty = strings.CutSuffix(strings.TrimRight(line, " \t"), ";")
	}
	if !ok && !empty || !token(name) {
		return &Error{Text: "the header " + quoteArg(line) + " is not a name and a value", Hint: `-H "Name: value"; "Name;" is an empty header`}
	}
	if strings.ContainsAny(value, "\r\n\x00") {
		return errorf("the header %s has a line break in its value", name)
	}
	key := http.CanonicalHeaderKey(name)
	switch {
	case key == "Host":
		return setHost(r, value)
	case key == "Content-Length" || key == "Transfer-Encoding":
		return errorf("the header %s is that of the body and cannot be another", key)
	case value == "" && !empty:
		removeHeader(r.Header, key)
		return nil
	case !given[key]:
		r.Header.Del(key)
	}
	given[key] = true
	r.Header[key] = append(r.Header[key], value)
	return nil
}

func setHost(r *http.Request, value string) error {
	if value == "" {
		return errorf("the header Host cannot be left out")
	}
	r.Host = value
	return nil
}

// removeHeader takes a header out. Without one of its own, net/http would send
// its own User-Agent.
func removeHeader(h http.Header, key string) {
	if key == "User-Agent" {
		h[key] = []string{""}
		return
	}
	h.Del(key)
}

// headerFile reads one header a line, as curl's -H @file.
func headerFile(src *source, name string) ([]string, error) {
	f, err := src.open("--header", name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return lines(f)
}

func lines(r io.Reader) ([]string, error) {
	var out []string
	in := bufio.NewScanner(r)
	in.Buffer(nil, maxMemory)
	for in.Scan() {
		if l := strings.TrimRight(in.Text(), "\r"); l != "" {
			out = append(out, l)
		}
	}
	return out, in.Err()
}

// token is RFC 9110's token.
func token(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// maxConfigs is how deep files of flags may name others.
const maxConfigs = 2

// readConfig reads a file of flags as curl's --config does.
func (o *Options) readConfig(fs *pflag.FlagSet) func(string) error {
	deep := 0
	return func(name string) error {
		switch {
		case name == "-":
			return errorf("--config - is not supported: name a file")
		case deep == maxConfigs:
			return &Error{Text: name + ": too many files that name each other", Hint: "a file of flags may not name itself"}
		}
		deep++
		defer func() { deep-- }()
		b, err := os.ReadFile(name)
		if err != nil {
			return errorf("--config: %v", err)
		}
		for n, line := range strings.Split(string(b), "\n") {
			if err := o.configLine(fs, strings.TrimSpace(line)); err != nil {
				return errorf("--config: %s:%d: %v", name, n+1, err)
			}
		}
		return nil
	}
}

// configLine is a flag, long or short, with or without dashes, and its value
// after "=", ":" or a blank, in quotes or not.
func (o *Options) configLine(fs *pflag.FlagSet, line string) error {
	if line == "" || line[0] == '#' {
		return nil
	}
	name, value := line, ""
	if i := strings.IndexAny(line, " \t=:"); i >= 0 {
		name, value = line[:i], strings.TrimLeft(line[i:], " \t")
		if value != "" && (value[0] == '=' || value[0] == ':') {
			value = strings.TrimLeft(value[1:], " \t")
		}
	}
	if strings.HasPrefix(value, `"`) {
		word, err := configQuoted(value)
		if err != nil {
			return err
		}
		value = word
	}
	return o.argument(fs, name, value)
}

// configQuoted reads "..." with curl's escapes.
func configQuoted(s string) (string, error) {
	var out []byte
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return string(out), nil
		case s[i] == '\\' && i+1 < len(s):
			i++
			if j := strings.IndexByte("tnrv", s[i]); j >= 0 {
				out = append(out, "\t\n\r\v"[j])
			} else {
				out = append(out, s[i])
			}
		default:
			out = append(out, s[i])
		}
	}
	return "", errorf("a quote is not closed")
}
