package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/bench/kit"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server"
)

// load sends the GET over 32 connections and over one.
func load(c kit.Candidate, span time.Duration) []kit.Figure {
	p := c.Start()
	defer p.Stop()
	text := request(c, p.Base)
	return kit.Forward(p, "GET", text, span)
}

// credentials asks again and again for the credentials of one identity, whose
// token is verified each time.
func credentials(c kit.Candidate, span time.Duration) []kit.Figure {
	p := c.Start()
	defer p.Stop()
	s := session(p.Base)
	tokens, err := s.Tokens(context.Background())
	kit.Check(err)
	creds, err := s.Credentials(context.Background())
	kit.Check(err)
	body := fmt.Sprintf(`{"IdentityId":%q,"Logins":{"cognito-idp.us-east-1.amazonaws.com/%s":%q}}`, creds.IdentityID, server.SampleUserPool, tokens.ID)
	text := fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: AWSCognitoIdentityService.GetCredentialsForIdentity\r\nContent-Length: %d\r\n\r\n%s",
		strings.TrimPrefix(p.Base, "http://"), len(body), body)
	_ = kit.Load(p.Base, text, 8, span/4)
	cpu := p.CPU()
	many := kit.Load(p.Base, text, 8, span)
	cpu = p.CPU() - cpu
	return []kit.Figure{
		{Name: "GetCredentialsForIdentity/s at 8", Value: float64(len(many)) / span.Seconds()},
		{Name: "  its CPU, us", Value: float64(cpu.Microseconds()) / float64(len(many))},
	}
}

// idle makes connections that each made one call, and leaves them open.
func idle(c kit.Candidate, n int) []kit.Figure {
	p := c.Start()
	defer p.Stop()
	text := request(kit.Candidate{Name: signed}, p.Base)
	before := p.Resident()
	addr := strings.TrimPrefix(p.Base, "http://")
	for range n {
		conn, err := net.Dial("tcp", addr)
		kit.Check(err)
		defer conn.Close()
		kit.Check(kit.Once(conn, bufio.NewReaderSize(conn, 1024), text))
	}
	after := p.Resident()
	fresh := kit.Load(p.Base, text, 1, time.Second/2)
	return []kit.Figure{
		{Name: "memory before, MiB", Value: before},
		{Name: fmt.Sprintf("memory with %d idle connections, MiB", n), Value: after},
		{Name: "  each, KiB", Value: (after - before) * 1024 / float64(n)},
		{Name: "  a call beside them, p99, ms", Value: kit.At(fresh, 99)},
	}
}

// policies times decisions over policies of 1, 10 and 100 statements, each with
// two conditions, of which the last one allows.
func policies() {
	for _, n := range []int{1, 10, 100} {
		var list []string
		for i := range n {
			list = append(list, `{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:notes/prod/GET/notes/`+strconv.Itoa(n-1-i)+`/*",
				"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"StringLike":{"aws:UserAgent":"bench*"}}}`)
		}
		doc, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(list, ",")+`]}`), policy.Identity)
		kit.Check(err)
		req := policy.Request{
			Principal: policy.Principal{Type: "AssumedRole", ARN: "arn:aws:sts::000000000000:assumed-role/R/S", Account: "000000000000"},
			Action:    "execute-api:Invoke", Resource: "arn:aws:execute-api:us-east-1:000000000000:notes/prod/GET/notes/0/a", Time: time.Now(),
			Context: policy.Context{"aws:sourceip": {"10.1.2.3"}, "aws:useragent": {"bench/1"}},
		}
		ps := policy.Policies{Identity: []*policy.Policy{doc}}
		r := testing.Benchmark(func(b *testing.B) {
			for b.Loop() {
				if !ps.Evaluate(req).Allowed {
					b.Fatal("denied")
				}
			}
		})
		fmt.Printf("%-26s %-34s %10.2f us, %d allocations\n", "policy", fmt.Sprintf("%d statements with 2 conditions", n), float64(r.NsPerOp())/1e3, r.AllocsPerOp())
	}
}
