package cli

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// SelfSigned makes a certificate for names and addresses that is its own
// authority.
func SelfSigned(check func(error), names ...string) (cert, key []byte) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "gatepass test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	made, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	check(err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// secureDoor is a door on loopback with a new certificate for names.
func secureDoor(t *testing.T, names ...string) *door {
	t.Helper()
	dir := t.TempDir()
	d := &door{listen: "127.0.0.1:0", certificate: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem")}
	renew(t, d, names...)
	return d
}

// renew puts a new certificate and key in the place of those of a door, as tools
// that renew them do, and gives its serial number.
func renew(t *testing.T, d *door, names ...string) *big.Int {
	t.Helper()
	cert, key := SelfSigned(func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}, names...)
	place(t, d.key, key)
	place(t, d.certificate, cert)
	return serial(t, cert)
}

func place(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

func serial(t *testing.T, cert []byte) *big.Int {
	t.Helper()
	block, _ := pem.Decode(cert)
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c.SerialNumber
}

// secured serves h behind a door until the test ends, and gives the address.
func secured(t *testing.T, d *door, h http.Handler, log *slog.Logger) string {
	t.Helper()
	ln, base, err := d.open(log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- runHTTP(ctx, ln, newHTTPServer(h, log)) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return strings.TrimPrefix(base, "https://")
}

// TestCertificateRenewed: handshakes after a renewal get the new certificate; one
// that is half there, or broken, leaves the one of before.
func TestCertificateRenewed(t *testing.T) {
	d := secureDoor(t, "127.0.0.1")
	var log bytes.Buffer
	pair, err := d.keyPair(slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	shown := func() *big.Int {
		t.Helper()
		c, err := pair.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.SerialNumber
	}
	first := shown()
	second := renew(t, d, "127.0.0.1")
	if got := shown(); got.Cmp(second) != 0 || got.Cmp(first) == 0 {
		t.Errorf("after a renewal: %s, not %s", got, second)
	}
	for range 3 {
		place(t, d.key, []byte("half of a k"))
		if got := shown(); got.Cmp(second) != 0 {
			t.Errorf("while the key is broken: %s, not %s", got, second)
		}
		shown()
	}
	if n := strings.Count(log.String(), "cannot be read"); n != 3 {
		t.Errorf("three broken files are %d lines:\n%s", n, log.String())
	}
	if err := os.Remove(d.certificate); err != nil {
		t.Fatal(err)
	}
	if got := shown(); got.Cmp(second) != 0 {
		t.Errorf("without a certificate: %s, not %s", got, second)
	}
	third := renew(t, d, "127.0.0.1")
	if got := shown(); got.Cmp(third) != 0 {
		t.Errorf("after the next renewal: %s, not %s", got, third)
	}
}

// TestRenewedWhileServing: a client that connects after a renewal sees it.
func TestRenewedWhileServing(t *testing.T) {
	d := secureDoor(t, "127.0.0.1")
	addr := secured(t, d, http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	for range 2 {
		want := renew(t, d, "127.0.0.1")
		conn, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := conn.ConnectionState().PeerCertificates[0].SerialNumber; got.Cmp(want) != 0 {
			t.Errorf("%s, not %s", got, want)
		}
		_ = conn.Close()
	}
}

// TestBaseByCertificate: the address that is printed is one that the certificate
// is good for.
func TestBaseByCertificate(t *testing.T) {
	for want, names := range map[string][]string{
		"https://127.0.0.1:8443":        {"gate.example.com", "127.0.0.1"},
		"https://gate.example.com:8443": {"*.example.com", "gate.example.com", "other.example.com"},
		"https://127.0.0.1:8443 ":       {"*.example.com"},
	} {
		pair, err := secureDoor(t, names...).keyPair(slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if got := pair.base("http://127.0.0.1:8443"); got != strings.TrimSpace(want) {
			t.Errorf("%v: %s, want %s", names, got, want)
		}
	}
}
