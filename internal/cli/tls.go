package cli

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
)

// keyPair is a certificate and its key, in files that are read again when they
// change: certificates are renewed while a server runs.
type keyPair struct {
	files [2]string // certificate, key
	log   *slog.Logger

	mu   sync.Mutex
	seen [2]os.FileInfo // when they were read
	pair *tls.Certificate
}

// keyPair reads the files of --tls-cert and --tls-key; nil: plain HTTP.
func (d *door) keyPair(log *slog.Logger) (*keyPair, error) {
	if d.certificate == "" && d.key == "" {
		return nil, nil
	}
	if d.certificate == "" || d.key == "" {
		return nil, usageErrorf("--tls-cert and --tls-key go together")
	}
	k := &keyPair{files: [2]string{d.certificate, d.key}, log: log}
	k.seen, _ = k.look()
	if err := k.read(); err != nil {
		return nil, &usageError{fmt.Errorf("--tls-cert: %w", err)}
	}
	return k, nil
}

// look says what the files are now.
func (k *keyPair) look() (now [2]os.FileInfo, err error) {
	for i, name := range k.files {
		if now[i], err = os.Stat(name); err != nil {
			return now, err
		}
	}
	return now, nil
}

func (k *keyPair) read() error {
	pair, err := tls.LoadX509KeyPair(k.files[0], k.files[1])
	if err == nil {
		k.pair = &pair
	}
	return err
}

// get gives the pair for a handshake. Files that are not there, or do not go
// together, are in the middle of a renewal: the pair of before serves on.
func (k *keyPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now, err := k.look()
	if err != nil || same(now[0], k.seen[0]) && same(now[1], k.seen[1]) {
		return k.pair, nil
	}
	k.seen = now
	if err := k.read(); err != nil {
		k.log.Warn("the certificate has changed and cannot be read: the one of before serves on", "error", err)
	} else {
		k.log.Info("the certificate was read again", "until", k.pair.Leaf.NotAfter)
	}
	return k.pair, nil
}

// same says whether a file is as it was.
func same(a, b os.FileInfo) bool {
	return b != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

func (k *keyPair) config() *tls.Config {
	return &tls.Config{GetCertificate: k.get, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}
}

// base is the base URL of a server with the certificate: by the address, or, if
// the certificate is not good for that, by the first name it is good for.
func (k *keyPair) base(plain string) string {
	u, err := url.Parse(plain)
	if err != nil || u.Scheme != "http" {
		return plain
	}
	u.Scheme = "https"
	names := slices.DeleteFunc(slices.Clone(k.pair.Leaf.DNSNames), func(name string) bool { return strings.HasPrefix(name, "*") })
	if k.pair.Leaf.VerifyHostname(u.Hostname()) != nil && len(names) > 0 {
		u.Host = names[0] + ":" + u.Port()
	}
	return u.String()
}
