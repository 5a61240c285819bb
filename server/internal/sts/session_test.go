package sts

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestPayloadRoundTrip holds that a session comes back as it was written.
func TestPayloadRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 40, 100)
		c := session{
			issued: time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "issued")).UTC(), expires: time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "expires")).UTC(),
			roleARN: text.Draw(t, "role"), userID: text.Draw(t, "user"), federated: text.Draw(t, "federated"), identity: text.Draw(t, "identity"),
			pool: text.Draw(t, "pool"), provider: text.Draw(t, "provider"), amr: rapid.SliceOfN(text, 0, maxList).Draw(t, "amr"),
			tags: rapid.MapOfN(text, text, 0, maxList).Draw(t, "tags"),
		}
		if rapid.Bool().Draw(t, "version 2") {
			list := rapid.SliceOfN(text, 0, 10)
			c.added = added{
				flags: rapid.Uint64Range(0, allFlags).Draw(t, "flags"), userName: text.Draw(t, "name"), source: text.Draw(t, "source"), policies: list.Draw(t, "policies"),
				policyARNs: list.Draw(t, "ARNs"), transitive: list.Draw(t, "transitive"),
			}
		}
		copy(c.secret[:], rapid.SliceOfN(rapid.Byte(), secretSize, secretSize).Draw(t, "secret"))
		if rapid.Bool().Draw(t, "implied") {
			c.provider = c.providerOfAMR()
		}
		payload := c.encode()
		got, err := decodeSession(payload)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.encode(), payload) || got.provider != c.provider || got.principal().IdentityID != c.identity || len(got.tags) != len(c.tags) || got.secret != c.secret || got.limited() != c.limited() || got.user() != c.user() || got.principal().SourceIdentity != c.source {
			t.Fatalf("%+v came back as %+v", c, got)
		}
	})
}

// FuzzDecodeSession holds that every payload is refused or means one thing.
func FuzzDecodeSession(f *testing.F) {
	f.Add((&session{roleARN: "a", amr: []string{"x", "y"}, tags: map[string]string{"k": "v"}}).encode())
	f.Add((&session{roleARN: "a", added: added{flags: flagGuest, policies: []string{"{}"}, transitive: []string{"k"}}}).encode())
	f.Add([]byte{1})
	f.Add([]byte{2})
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, err := decodeSession(payload)
		if err != nil {
			return
		}
		again, err := decodeSession(c.encode())
		if err != nil || !bytes.Equal(again.encode(), c.encode()) {
			t.Fatalf("%x reads as %+v and then as %+v, %v", payload, c, again, err)
		}
	})
}

// TestCacheIsBounded holds that a flood of keys does not make the cache grow.
func TestCacheIsBounded(t *testing.T) {
	var c cache[int]
	now := time.Unix(0, 0)
	for i := range 3 * maxCached {
		v, err := c.get(string(rune(i)), now, func() (int, error) { return i, nil })
		if err != nil || v != i {
			t.Fatal(v, err)
		}
	}
	if len(c.entries) > maxCached {
		t.Errorf("%d entries", len(c.entries))
	}
}

// TestVersion1 holds that tokens of the first version open as what they were, and that one which needs nothing of the second
// is still written so: during an upgrade older nodes read it.
func TestVersion1(t *testing.T) {
	old := session{
		issued: time.UnixMicro(1).UTC(), expires: time.UnixMicro(2).UTC(), roleARN: "r", userID: "u", federated: "f", identity: "i", pool: "p", provider: "x",
		amr: []string{"authenticated"}, tags: map[string]string{"k": "v"},
	}
	want := append([]byte{1}, make([]byte, secretSize)...)
	want = append(want, "\x01\x02\x01r\x01u\x01f\x01i\x01p\x01\x01x\x01\x0dauthenticated\x02\x01k\x01v"...)
	if got := old.encode(); !bytes.Equal(got, want) {
		t.Errorf("%x\nwant %x", got, want)
	}
	c, err := decodeSession(want)
	if err != nil || c.limited() || c.user() || c.roleARN != "r" || c.tags["k"] != "v" {
		t.Errorf("%+v %v", c, err)
	}
}

// TestUnknownFlags holds that a limit this version does not know refuses the token.
func TestUnknownFlags(t *testing.T) {
	c := session{roleARN: "r", added: added{flags: flagGuest}}
	payload := c.encode()
	at := len(payload) - 6 // flags, two texts and three lists, all of one byte
	if payload[at] != flagGuest {
		t.Fatalf("%x", payload)
	}
	for _, flags := range []byte{flagGuest | 4, 64, 0} { // without any of it the payload has no second form
		payload[at] = flags
		if _, err := decodeSession(payload); err == nil {
			t.Errorf("flags %d are accepted", flags)
		}
	}
}
