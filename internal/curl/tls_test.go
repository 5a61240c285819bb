package curl

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// echoProto answers with the protocol of the request and the client's name.
func echoProto(w http.ResponseWriter, r *http.Request) {
	io.WriteString(w, r.Proto)
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		io.WriteString(w, " "+r.TLS.PeerCertificates[0].Subject.Organization[0])
	}
}

func TestProtocols(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(echoProto))
	s.EnableHTTP2 = true
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	s.StartTLS()
	defer s.Close()
	t.Chdir(t.TempDir())
	const cert, key = "cert.pem", "key.pem"
	writePEM(t, cert, "CERTIFICATE", s.Certificate().Raw)
	der, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, key, "PRIVATE KEY", der)
	plain := httptest.NewUnstartedServer(http.HandlerFunc(echoProto))
	plain.Config.Protocols = new(http.Protocols)
	plain.Config.Protocols.SetUnencryptedHTTP2(true)
	plain.Config.Protocols.SetHTTP1(true)
	plain.Start()
	defer plain.Close()
	for _, c := range []struct{ args, want string }{
		{s.URL + " -k", "HTTP/2.0"},
		{s.URL + " --cacert " + cert, "HTTP/2.0"},
		{s.URL + " --http2 -k", "HTTP/2.0"},
		{s.URL + " --http1.1 -k", "HTTP/1.1"},
		{s.URL + " --tlsv1.3 -k", "HTTP/2.0"},
		{s.URL + " -k --cert " + cert + " --key " + key, "HTTP/2.0 Acme Co"},
		{plain.URL, "HTTP/1.1"},
		{plain.URL + " --http2-prior-knowledge", "HTTP/2.0"},
	} {
		if out, _, err := fetch(t, Streams{}, strings.Fields(c.args)...); err != nil || out != c.want {
			t.Errorf("%s: %q, %v, want %q", c.args, out, err, c.want)
		}
	}
	if out, _, err := fetch(t, Streams{}, s.URL); err == nil {
		t.Errorf("an unknown certificate was trusted: %q", out)
	}
	out, _, err := fetch(t, Streams{}, s.URL, "-k", "-i", "-o", "head", "-w", "%{http_version} %{scheme}")
	head, _ := os.ReadFile("head")
	if err != nil || out != "2 https" || !strings.HasPrefix(string(head), "HTTP/2 200 \r\n") {
		t.Errorf("%q, %v, %q", out, err, head)
	}
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestUnixSocket(t *testing.T) {
	t.Chdir(t.TempDir())
	const path = "s" // what a system takes has some hundred bytes
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skipf("no Unix sockets here: %v", err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) })}}
	s.Start()
	defer s.Close()
	if out, _, err := fetch(t, Streams{}, "--unix-socket", path, "http://api.example/"); err != nil || out != "api.example" {
		t.Errorf("%q, %v", out, err)
	}
}
