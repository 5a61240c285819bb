package proxy

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
)

// TestAlias holds that the region of a custom domain is that of the endpoint it
// stands for.
func TestAlias(t *testing.T) {
	was := net.DefaultResolver
	defer func() { net.DefaultResolver = was }()
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go nameServer(far, "d-abc.execute-api.eu-west-2.amazonaws.com")
		return near, nil
	}}
	var pl *plan
	var err error
	for range 20 { // the answer may come too late on a machine that is busy
		if pl, err = newPlan(t.Context(), &Proxy{Upstream: Upstream{URL: "https://api.example.com/v1"}}); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if s := pl.routes[0].signer; s.Region != "eu-west-2" || s.Profile.Service != "execute-api" {
		t.Errorf("signed for %s in %s", s.Profile.Service, s.Region)
	}
}

// nameServer answers each question of a connection (RFC 1035 section 4) with an
// alias, and the alias with an address.
func nameServer(conn net.Conn, name string) {
	defer conn.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		q := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, q); err != nil {
			return
		}
		end := 12
		for q[end] != 0 {
			end += int(q[end]) + 1
		}
		end += 5 // the zero, type and class
		isA := q[end-3] == 1
		target := encodeName(name)
		msg := append(q[:2:2], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0)
		msg = append(msg, q[12:end]...)
		msg = append(msg, 0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, byte(len(target)))
		msg = append(msg, target...)
		if isA {
			msg[7] = 2
			msg = append(append(msg, target...), 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1)
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(msg))), msg...)); err != nil {
			return
		}
	}
}

func encodeName(name string) (out []byte) {
	for label := range strings.SplitSeq(name, ".") {
		out = append(append(out, byte(len(label))), label...)
	}
	return append(out, 0)
}
