package srp

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"
)

// huge is the 200 MB of hex that once cost a server seconds of work.
var huge = sync.OnceValue(func() string { return strings.Repeat("f", 200<<20) })

func bigN() *big.Int { return new(big.Int).SetBytes(modulus.bytes()) }

// TestE01HostileA: whatever is no A is refused by ParseA and by Check alike, and
// what is merely oddly written is not.
func TestE01HostileA(t *testing.T) {
	n := bigN()
	twoN := new(big.Int).Lsh(n, 1)
	above := new(big.Int).Add(n, big.NewInt(1))
	s, err := NewServer(rand.Reader, testVerifier(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]string{
		"zero": "0", "zeros": strings.Repeat("0", 768), "N": n.Text(16), "N padded": "00" + n.Text(16),
		"2N": twoN.Text(16), "3N": new(big.Int).Add(n, twoN).Text(16), "N+1": above.Text(16),
		"empty": "", "negative": "-1", "minus N": "-" + n.Text(16), "0x": "0x1", "0x, even": "0x12", "space": " 12",
		"not hex": "g0", "plus": "+1", "underscore": "1_0", "line break": "12\n", "too long": strings.Repeat("0", 771) + "1",
		"one bit too wide": "1" + strings.Repeat("0", 768), "200 MB": huge(),
	} {
		if err := ParseA(a); !errors.Is(err, ErrHostile) {
			t.Errorf("ParseA, %s: %v", name, err)
		} else if len(err.Error()) > 200 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
		err := s.Check(Answer{PoolName: "p", UserID: "u", A: a, Timestamp: "Sun Mar 1 09:08:07 UTC 2026", Signature: noSignature})
		if !errors.Is(err, ErrHostile) {
			t.Errorf("Check, %s: %v", name, err)
		}
	}
	for name, a := range map[string]string{
		"odd length": "abc", "upper case": "ABC", "leading zero": "0abc",
		"sign byte": "00" + strings.Repeat("e", 768), "full width": strings.Repeat("0", 767) + "2",
	} {
		if err := ParseA(a); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var noSignature = base64.StdEncoding.EncodeToString(make([]byte, 32))

func testVerifier(t testing.TB) []byte {
	t.Helper()
	v, err := Verifier("pool", "user", "password", []byte{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestE02SmallOrder: the values of small order are not refused; their proof fails.
func TestE02SmallOrder(t *testing.T) {
	s, err := NewServer(rand.Reader, testVerifier(t))
	if err != nil {
		t.Fatal(err)
	}
	minusOne := new(big.Int).Sub(bigN(), big.NewInt(1)).Text(16)
	for _, a := range []string{"1", "2", minusOne} {
		err := s.Check(Answer{PoolName: "pool", UserID: "user", A: a, Timestamp: "Sun Mar 1 09:08:07 UTC 2026", Signature: noSignature})
		if !errors.Is(err, ErrBadProof) {
			t.Errorf("A = %.8s: %v", a, err)
		}
	}
}

// TestE03PrivateValues: what cannot have come from Private is refused, and B is
// never short nor zero.
func TestE03PrivateValues(t *testing.T) {
	v := testVerifier(t)
	for _, private := range [][]byte{nil, {1}, make([]byte, 32), make([]byte, 33)} {
		if _, err := RestoreServer(v, private); err == nil {
			t.Errorf("private value %x was accepted", private)
		}
	}
	n := modulus.bytes()
	one := make([]byte, 384)
	one[383] = 1
	for _, bad := range [][]byte{nil, v[1:], append([]byte{0}, v...), make([]byte, 384), one, n} {
		if _, err := NewServer(rand.Reader, bad); err == nil {
			t.Errorf("verifier of %d bytes was accepted", len(bad))
		}
	}
	for range 200 {
		s, err := NewServer(rand.Reader, v)
		if err != nil {
			t.Fatal(err)
		}
		if b := s.bigB.bytes(); b[0] == 0 {
			t.Fatal("B begins with a zero byte")
		}
	}
}

// TestE04HostileServer: a client sends no proof to a server that is none.
func TestE04HostileServer(t *testing.T) {
	n := bigN()
	good := Challenge{PoolName: "p", UserID: "u", Salt: "12", B: "abc", SecretBlock: "AAAA"}
	c, err := NewClient(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Claim(good, "pw", time.Unix(0, 0)); err != nil {
		t.Fatalf("the good challenge: %v", err)
	}
	for name, spoil := range map[string]func(*Challenge){
		"B zero":           func(p *Challenge) { p.B = "0" },
		"B is N":           func(p *Challenge) { p.B = n.Text(16) },
		"B above N":        func(p *Challenge) { p.B = strings.Repeat("f", 768) },
		"B is 2N":          func(p *Challenge) { p.B = n.Lsh(n, 1).Text(16) },
		"B missing":        func(p *Challenge) { p.B = "" },
		"B negative":       func(p *Challenge) { p.B = "-5" },
		"B huge":           func(p *Challenge) { p.B = huge() },
		"salt missing":     func(p *Challenge) { p.Salt = "" },
		"salt a sign":      func(p *Challenge) { p.Salt = "-" },
		"salt not hex":     func(p *Challenge) { p.Salt = "xyz" },
		"salt two signs":   func(p *Challenge) { p.Salt = "--1" },
		"salt huge":        func(p *Challenge) { p.Salt = strings.Repeat("1", 257) },
		"no user id":       func(p *Challenge) { p.UserID = "" },
		"user id huge":     func(p *Challenge) { p.UserID = strings.Repeat("u", 1<<20) },
		"no pool name":     func(p *Challenge) { p.PoolName = "" },
		"block missing":    func(p *Challenge) { p.SecretBlock = "" },
		"block 1 MB":       func(p *Challenge) { p.SecretBlock = strings.Repeat("A", 1<<20) },
		"block not base64": func(p *Challenge) { p.SecretBlock = "****" },
		"block split":      func(p *Challenge) { p.SecretBlock = "AA\nAA" },
	} {
		p := good
		spoil(&p)
		proof, err := c.Claim(p, "pw", time.Unix(0, 0))
		if !errors.Is(err, ErrHostile) || proof != (Proof{}) {
			t.Errorf("%s: %v, %v", name, proof, err)
		}
	}
}

// TestE04NegativeSalt: Cognito sent such salts for users who do not exist.
func TestE04NegativeSalt(t *testing.T) {
	for salt, want := range map[string][]byte{
		"-1": {0xff}, "-80": {0x80}, "-81": {0xff, 0x7f}, "-ff": {0xff, 0x01}, "-100": {0xff, 0x00},
		"-0": {0}, "-7fff": {0x80, 0x01}, "-8000": {0x80, 0x00}, "80": {0, 0x80}, "0": {0}, "007f": {0x7f}, "f": {0x0f},
	} {
		if got, err := parseSalt(salt); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %x, %v; want %x", salt, got, err, want)
		}
	}
	c := newClient(scalar{5})
	if _, err := c.Claim(Challenge{"p", "u", "-1c3a7f00aa", "abc", "AAAA"}, "pw", time.Unix(0, 0)); err != nil {
		t.Error(err)
	}
}

// TestE06Signatures: a signature in any form but the one is a bad proof.
func TestE06Signatures(t *testing.T) {
	v := vectors(t)[0]
	s, err := RestoreServer(unhex(t, v.Verifier, 384), unhex(t, v.BPriv, 32))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := base64.StdEncoding.DecodeString(v.Signature)
	raw[31] ^= 1
	for _, sig := range []string{
		"", base64.StdEncoding.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw), v.Signature + "\n",
		v.Signature[:42] + "R=", base64.StdEncoding.EncodeToString(append(raw, 0)), huge(),
	} {
		a := v.answer(t)
		a.Signature = sig
		if err := s.Check(a); !errors.Is(err, ErrBadProof) {
			t.Errorf("%.50q: %v", sig, err)
		}
	}
	for name, spoil := range map[string]func(*Answer){
		"pool":  func(a *Answer) { a.PoolName = "Other" },
		"user":  func(a *Answer) { a.UserID = "other" },
		"block": func(a *Answer) { a.SecretBlock = a.SecretBlock[1:] },
		"A":     func(a *Answer) { a.A = "5" },
	} {
		a := v.answer(t)
		spoil(&a)
		if err := s.Check(a); !errors.Is(err, ErrBadProof) {
			t.Errorf("another %s: %v", name, err)
		}
	}
}

// TestSecretsDoNotPrint looks for the exponent in every form a log might take.
func TestSecretsDoNotPrint(t *testing.T) {
	c := newClient(scalar{1234567890123456789})
	s, err := RestoreServer(testVerifier(t), bytes.Repeat([]byte{0x11}, 32))
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDevice(rand.Reader, "-group", "us-east-1_key")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "c", c, "s", s, "d", d)
	out := log.String() + fmt.Sprintf("%v %+v %#v %s %v %+v %#v %v %+v %#v", c, c, c, c, s, s, s, d, d, d)
	for _, secret := range []string{"1234567890123456789", "1229782938247303441", d.Password, "1111111111111111"} {
		if strings.Contains(out, secret) {
			t.Errorf("%s is printed", secret)
		}
	}
}

// TestRandomSource: a broken source is an error and never a weak key.
func TestRandomSource(t *testing.T) {
	zeros := bytes.NewReader(make([]byte, 4096))
	if _, err := NewClient(zeros); err == nil {
		t.Error("NewClient took zeros for random")
	}
	if _, err := NewServer(zeros, testVerifier(t)); err == nil {
		t.Error("NewServer took zeros for random")
	}
	if _, err := NewSalt(zeros); err == nil {
		t.Error("NewSalt took zeros for random")
	}
	if _, err := NewClient(strings.NewReader("short")); err == nil {
		t.Error("NewClient took 5 bytes for 32")
	}
}
