package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/srp"
)

const (
	poolName = "AbCdEf123"
	userID   = "7c3bf4e4-2c5d-4b0a-9f5d-8b7e52f4e001"
	password = "Correct-horse-7"
)

func passwords() []row {
	return []row{
		{"srp client login / math/big", srpClient, bigClient, ">1"},
		{"srp server check / math/big", srpServer, bigServer, ">1"},
	}
}

type login struct {
	salt, verifier, block []byte
	server                *srp.Server
	client                *srp.Client
	challenge             srp.Challenge
}

func newLogin() login {
	var l login
	var err error
	l.salt, err = srp.NewSalt(rand.Reader)
	check(err)
	l.verifier, err = srp.Verifier(poolName, userID, password, l.salt)
	check(err)
	l.server, err = srp.NewServer(rand.Reader, l.verifier)
	check(err)
	l.client, err = srp.NewClient(rand.Reader)
	check(err)
	l.block = []byte("block")
	l.challenge = srp.Challenge{PoolName: poolName, UserID: userID, Salt: fmt.Sprintf("%x", l.salt), B: l.server.B(), SecretBlock: "YmxvY2s="}
	return l
}

func srpClient(b *testing.B) {
	l := newLogin()
	b.ReportAllocs()
	for b.Loop() {
		c, err := srp.NewClient(rand.Reader)
		check(err)
		_, err = c.Claim(l.challenge, password, at)
		check(err)
	}
}

// srpServer is a stateless sign-in: B at the first call; the server restored from
// the sealed exponent and the proof checked at the second.
func srpServer(b *testing.B) {
	l := newLogin()
	proof, err := l.client.Claim(l.challenge, password, at)
	check(err)
	answer := srp.Answer{
		PoolName: poolName, UserID: userID, A: l.client.A(), SecretBlock: l.block, Timestamp: proof.Timestamp, Signature: proof.Signature,
	}
	b.ReportAllocs()
	for b.Loop() {
		s, err := srp.NewServer(rand.Reader, l.verifier)
		check(err)
		_ = s.B()
		s, err = srp.RestoreServer(l.verifier, l.server.Private())
		check(err)
		check(s.Check(answer))
	}
}

// group is RFC 3526 group 15 with g = 2.
func group() (n, g, k *big.Int) {
	// N follows from Pi: 2^3072 - 2^3008 - 1 + 2^64 * ([2^2942 pi] + 1690314).
	n = new(big.Int).Lsh(big.NewInt(1), 3072)
	n.Sub(n, new(big.Int).Lsh(big.NewInt(1), 3008)).Sub(n, big.NewInt(1))
	t := piBits(2942)
	t.Add(t, big.NewInt(1690314)).Lsh(t, 64)
	n.Add(n, t)
	g = big.NewInt(2)
	sum := sha256.Sum256(append(append([]byte{0}, n.Bytes()...), 2))
	return n, g, new(big.Int).SetBytes(sum[:])
}

// piBits is floor(2^bits * pi), by Machin's formula.
func piBits(bits uint) *big.Int {
	const guard = 64
	one := new(big.Int).Lsh(big.NewInt(1), bits+guard)
	arctan := func(x int64) *big.Int {
		term := new(big.Int).Div(one, big.NewInt(x))
		sum, sq := new(big.Int).Set(term), big.NewInt(x*x)
		for i := int64(3); term.Sign() != 0; i += 2 {
			term.Div(term, sq)
			part := new(big.Int).Div(term, big.NewInt(i))
			if i%4 == 3 {
				sum.Sub(sum, part)
			} else {
				sum.Add(sum, part)
			}
		}
		return sum
	}
	pi := new(big.Int).Mul(arctan(5), big.NewInt(16))
	pi.Sub(pi, new(big.Int).Mul(arctan(239), big.NewInt(4)))
	return pi.Rsh(pi, guard)
}

func exponent() *big.Int {
	var b [32]byte
	_, err := rand.Read(b[:])
	check(err)
	return new(big.Int).SetBytes(b[:])
}

// bigClient does what srpClient does, with math/big: A, u, x, S.
func bigClient(b *testing.B) {
	n, g, k := group()
	v := new(big.Int).Exp(g, exponent(), n)
	pub := new(big.Int).Exp(g, exponent(), n)
	pub.Add(pub, new(big.Int).Mul(k, v)).Mod(pub, n)
	b.ReportAllocs()
	for b.Loop() {
		a, x, u := exponent(), exponent(), exponent()
		_ = new(big.Int).Exp(g, a, n)
		base := new(big.Int).Exp(g, x, n)
		base.Mul(base, k).Sub(pub, base).Mod(base, n)
		e := new(big.Int).Mul(u, x)
		_ = new(big.Int).Exp(base, e.Add(e, a), n)
	}
}

// bigServer does B and the check with math/big.
func bigServer(b *testing.B) {
	n, g, k := group()
	v := new(big.Int).Exp(g, exponent(), n)
	pub := new(big.Int).Exp(g, exponent(), n)
	b.ReportAllocs()
	for b.Loop() {
		e, u := exponent(), exponent()
		B := new(big.Int).Exp(g, e, n)
		B.Add(B, new(big.Int).Mul(k, v)).Mod(B, n)
		s := new(big.Int).Exp(v, u, n)
		s.Mul(s, pub).Mod(s, n)
		_ = new(big.Int).Exp(s, e, n)
	}
}

// foreignSRP times amazon-cognito-identity-js on the same machine.
func foreignSRP() {
	modules := filepath.Join("..", "interop", "node_modules")
	if _, err := exec.LookPath("node"); err != nil || !exists(modules) {
		fmt.Println("skipped: amazon-cognito-identity-js (needs node; cd interop && npm ci)")
		return
	}
	cmd := exec.Command("node", "srp.mjs")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	check(cmd.Run())
	ours := testing.Benchmark(srpClient)
	var ms float64
	_, err := fmt.Sscan(strings.TrimSpace(out.String()), &ms)
	check(err)
	fmt.Printf("srp client login: amazon-cognito-identity-js %.1f ms, ours %.2f ms, ratio %.0f\n", ms, float64(ours.NsPerOp())/1e6, ms*1e6/float64(ours.NsPerOp()))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
