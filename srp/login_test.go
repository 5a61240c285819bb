package srp

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

// source is a seeded random reader, so that a failing login can be repeated.
func source(seed uint64) *rand.ChaCha8 {
	var key [32]byte
	big.NewInt(0).SetUint64(seed).FillBytes(key[:])
	return rand.NewChaCha8(key)
}

// TestE05RandomLogins signs in 10,000 times (200 with -short), every time with
// another user, salt and exponents, through a server that is restored from its
// private bytes; every tenth with a wrong password, which has to fail.
func TestE05RandomLogins(t *testing.T) {
	const chunks = 20
	logins := 10_000
	if testing.Short() {
		logins = 200
	}
	for chunk := range chunks {
		t.Run(fmt.Sprint(chunk), func(t *testing.T) {
			t.Parallel()
			random := source(uint64(chunk))
			for i := range logins / chunks {
				if err := login(random, fmt.Sprintf("user-%d-%d", chunk, i), i%10 == 9); err != nil {
					t.Fatalf("login %d: %v", i, err)
				}
			}
		})
	}
}

func login(random *rand.ChaCha8, user string, wrong bool) error {
	const pool, password = "AbCdEf123", "Pa$$w0rd – ünï"
	salt := make([]byte, 16) // not NewSalt's: leading zeros and top bits are wanted
	_, _ = random.Read(salt)
	v, err := Verifier(pool, user, password, salt)
	if err != nil {
		return err
	}
	c, err := NewClient(random)
	if err != nil {
		return err
	}
	first, err := NewServer(random, v)
	if err != nil {
		return err
	}
	block := make([]byte, random.Uint64()%64+1)
	_, _ = random.Read(block)
	said := password
	if wrong {
		said += "."
	}
	proof, err := c.Claim(Challenge{pool, user, minimalHex(salt), first.B(), base64.StdEncoding.EncodeToString(block)},
		said, time.Unix(int64(random.Uint64()%4e9), 0))
	if err != nil {
		return err
	}
	s, err := RestoreServer(v, first.Private())
	if err != nil {
		return err
	}
	err = s.Check(Answer{PoolName: pool, UserID: user, A: c.A(), SecretBlock: block, Timestamp: proof.Timestamp, Signature: proof.Signature})
	if wrong {
		if !errors.Is(err, ErrBadProof) {
			return fmt.Errorf("a wrong password: %v", err)
		}
		return nil
	}
	return err
}

func TestDevice(t *testing.T) {
	random := source(77)
	d, err := NewDevice(random, "-FDRunwQv", "us-east-1_627477ae-3631-4248-bed9-d2e934100372")
	if err != nil {
		t.Fatal(err)
	}
	salt, v, err := ParseDeviceVerifier(d.Salt, d.Verifier)
	if err != nil {
		t.Fatal(err)
	}
	if !CheckPassword(v, salt, "-FDRunwQv", "us-east-1_627477ae-3631-4248-bed9-d2e934100372", d.Password) {
		t.Error("the device's own password is refused")
	}
	if b, _ := base64.StdEncoding.DecodeString(d.Password); len(b) != 40 {
		t.Errorf("password of %d bytes", len(b))
	}
	n := base64.StdEncoding.EncodeToString(modulus.bytes())
	for _, bad := range [][2]string{
		{"", d.Verifier},
		{d.Salt, ""},
		{d.Salt, n},
		{d.Salt, "AQ=="},
		{d.Salt, "AA=="},
		{"AAAA", d.Verifier},
		{"!", d.Verifier},
		{d.Salt, d.Verifier + d.Verifier},
		{d.Verifier, d.Verifier},
	} {
		if _, _, err := ParseDeviceVerifier(bad[0], bad[1]); !errors.Is(err, ErrHostile) {
			t.Errorf("%.20q %.20q: %v", bad[0], bad[1], err)
		}
	}
}

func TestNewSalt(t *testing.T) {
	random := source(5)
	for range 2000 {
		salt, err := NewSalt(random)
		if err != nil || len(salt) != 16 || salt[0] == 0 || salt[0] >= 0x80 {
			t.Fatalf("%x, %v", salt, err)
		}
	}
}

func TestVerifierBounds(t *testing.T) {
	for _, bad := range []struct {
		pool, user string
		salt       []byte
	}{{"", "u", []byte{1}}, {"p", "", []byte{1}}, {"p", "u", nil}, {"p", "u", make([]byte, 129)}} {
		if _, err := Verifier(bad.pool, bad.user, "pw", bad.salt); !errors.Is(err, ErrHostile) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if CheckPassword(nil, nil, "", "", "") {
		t.Error("nothing is a password of nothing")
	}
}
