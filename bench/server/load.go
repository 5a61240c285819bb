package main

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatepass/gatepass/srp"
)

var random = rand.Reader

// caller makes one JSON 1.1 call.
type caller func(op string, in, out any) error

func newCaller(base string) caller {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}, Timeout: 10 * time.Second}
	return func(op string, in, out any) error {
		body, err := json.Marshal(in)
		if err != nil {
			return err
		}
		r, err := http.NewRequest(http.MethodPost, base+"/", bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+op)
		resp, err := client.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %d %s %w", op, resp.StatusCode, text, err)
		}
		if out == nil {
			return nil
		}
		return json.Unmarshal(text, out)
	}
}

// field makes a call and takes one text of the answer.
func (c caller) field(op string, in any, outer, inner string) string {
	var out map[string]map[string]any
	check(c(op, in, &out))
	text, _ := out[outer][inner].(string)
	return text
}

// signIns is how many a second succeed over 8 connections. A failure ends the
// run: a server that refuses is not fast.
func signIns(c *candidate, p *process, span time.Duration, how func(*candidate, caller, int) error) float64 {
	begin := time.Now()
	done := spread(p, func(call caller, n, _ int) (bool, error) {
		if time.Since(begin) >= span {
			return false, nil
		}
		return true, how(c, call, n)
	})
	return float64(done) / time.Since(begin).Seconds()
}

// signInTimes signs in by password a number of times, over 8 connections.
func signInTimes(c *candidate, p *process, times int) {
	spread(p, func(call caller, _, i int) (bool, error) {
		if i >= times/8 {
			return false, nil
		}
		return true, c.password(c, call, 0)
	})
}

// spread runs work on 8 connections until it says false, and counts. The work is
// told the number of a user, and how often its connection has worked.
func spread(p *process, work func(call caller, n, i int) (bool, error)) int64 {
	var done atomic.Int64
	var wg sync.WaitGroup
	failed := make(chan error, 8)
	for worker := range 8 {
		wg.Go(func() {
			call := newCaller(p.base)
			for i := 0; ; i++ {
				more, err := work(call, worker+8*i, i)
				if err != nil {
					failed <- err
				}
				if err != nil || !more {
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	close(failed)
	check(<-failed)
	return done.Load()
}

// cryptoFloor is the processor time, in seconds, of what an SRP sign-in cannot do
// without: the server's exponentiations and two RSA signatures.
func cryptoFloor() float64 {
	key, err := rsa.GenerateKey(random, 2048)
	check(err)
	salt, err := srp.NewSalt(random)
	check(err)
	v, err := srp.Verifier("Bench", "user", password, salt)
	check(err)
	client, err := srp.NewClient(random)
	check(err)
	first, err := srp.NewServer(random, v)
	check(err)
	proof, err := client.Claim(srp.Challenge{PoolName: "Bench", UserID: "user", Salt: fmt.Sprintf("%x", salt), B: first.B(), SecretBlock: "YQ=="}, password, time.Now())
	check(err)
	sum := sha256.Sum256([]byte("token"))
	const turns = 50
	begin := ownCPU()
	for range turns {
		s, err := srp.NewServer(random, v)
		check(err)
		_ = s.B()
		s, err = srp.RestoreServer(v, first.Private())
		check(err)
		check(s.Check(srp.Answer{PoolName: "Bench", UserID: "user", A: client.A(), SecretBlock: []byte("a"), Timestamp: proof.Timestamp, Signature: proof.Signature}))
		for range 2 {
			_, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
			check(err)
		}
	}
	return (ownCPU() - begin).Seconds() / turns
}
