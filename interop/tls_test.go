package interop

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server"
)

// TestTLS: the program serves HTTPS, and clients that trust its certificate in
// their own way go through the whole chain: the AWS CLI by AWS_CA_BUNDLE, then
// curl over HTTP/2 by --cacert.
func TestTLS(t *testing.T) {
	need(t, "pip install awscli; apt-get install curl", "aws", "curl")
	dir := t.TempDir()
	cert, key := certificate(t, dir)
	serve := secureGate(t, dir, "--tls-cert", cert, "--tls-key", key)
	base, api := serve["GATEPASS_ENDPOINT"], serve["GATEPASS_API"]
	if !strings.HasPrefix(base, "https://") || !strings.HasPrefix(api, base) {
		t.Fatalf("%q %q", base, api)
	}
	cli := func(trust string, args ...string) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), "aws", append(args, "--endpoint-url", base, "--region", "us-east-1", "--output", "json")...)
		cmd.Env = append(clean(os.Environ()), "HOME="+dir, "AWS_CA_BUNDLE="+trust, "AWS_MAX_ATTEMPTS=1", "AWS_EC2_METADATA_DISABLED=true")
		return cmd.CombinedOutput()
	}
	ask := func(into any, args ...string) {
		t.Helper()
		out, err := cli(cert, args...)
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		if err := json.Unmarshal(out, into); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	var signed struct{ AuthenticationResult struct{ IdToken string } }
	ask(&signed, "cognito-idp", "initiate-auth", "--no-sign-request", "--auth-flow", "USER_PASSWORD_AUTH", "--client-id", server.SampleClient,
		"--auth-parameters", "USERNAME=ada,PASSWORD="+serve["PASSWORD"])
	logins := "cognito-idp.us-east-1.amazonaws.com/" + server.SampleUserPool + "=" + signed.AuthenticationResult.IdToken
	var id struct{ IdentityId string }
	ask(&id, "cognito-identity", "get-id", "--no-sign-request", "--identity-pool-id", server.SampleIdentityPool, "--logins", logins)
	var got struct {
		Credentials struct{ AccessKeyId, SecretKey, SessionToken string }
	}
	ask(&got, "cognito-identity", "get-credentials-for-identity", "--no-sign-request", "--identity-id", id.IdentityId, "--logins", logins)
	c := got.Credentials
	curl := exec.CommandContext(t.Context(), "curl", "-qsS", "--noproxy", "*", "--cacert", cert, "--http2", "--aws-sigv4", "aws:amz:us-east-1:execute-api",
		"--user", c.AccessKeyId+":"+c.SecretKey, "-H", "X-Amz-Security-Token: "+c.SessionToken, "-o", os.DevNull, "-w", "%{http_code} %{http_version}", api+"/notes")
	if out, err := curl.CombinedOutput(); err != nil || string(out) != "200 2" {
		t.Errorf("curl: %v %s", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), "curl", "-qsS", "--noproxy", "*", api+"/public").CombinedOutput(); err == nil {
		t.Errorf("curl trusts anyone: %s", out)
	}
}

// certificate writes a certificate that is its own authority, for 127.0.0.1, and
// its key.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "gatepass interop"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	made, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: made}, key: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// secureGate runs gatepass serve until the test ends, and gives what it prints:
// the variables, and the password of ada as PASSWORD.
func secureGate(t *testing.T, dir string, args ...string) map[string]string {
	t.Helper()
	program := filepath.Join(dir, "gatepass")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, "./cmd/gatepass")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.Command(program, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(clean(os.Environ()), "HOME="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("serve ended with %v", err)
		}
	})
	said := map[string]string{}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if name, value, ok := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "="); ok {
			said[name] = value
		}
		if password, ok := strings.CutPrefix(lines.Text(), "# the password of ada, shown this once: "); ok {
			said["PASSWORD"] = password
			break // what follows is advice
		}
	}
	return said
}
