package cli

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
)

// onLoopback says whether only this machine reaches a listening address.
func onLoopback(addr string) (bool, error) {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && loopbackName(host), err
}

// loopbackName says whether a host is this machine by definition.
func loopbackName(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// listenUnix listens on a socket that nobody else can open. It is made where
// nobody else gets, and then moved: there is no moment at which others could.
func listenUnix(path string) (net.Listener, error) {
	if conn, err := net.Dial("unix", path); err == nil {
		return nil, errors.Join(fmt.Errorf("%s is in use by another process", path), conn.Close())
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket == 0 {
		return nil, usageErrorf("%s is there and is no socket", path)
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".gatepass-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, "s")
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: made, Net: "unix"})
	if err != nil {
		return nil, err
	}
	ln.SetUnlinkOnClose(false)
	if err := errors.Join(os.Chmod(made, 0o600), os.Rename(made, path)); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return &unixListener{ln, path}, nil
}

// unixListener takes its file away when it is closed.
type unixListener struct {
	*net.UnixListener
	path string
}

func (l *unixListener) Close() error {
	return errors.Join(l.UnixListener.Close(), os.Remove(l.path))
}
