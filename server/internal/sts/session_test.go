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
		copy(c.secret[:], rapid.SliceOfN(rapid.Byte(), secretSize, secretSize).Draw(t, "secret"))
		if rapid.Bool().Draw(t, "implied") {
			c.provider = c.providerOfAMR()
		}
		payload := c.encode()
		got, err := decodeSession(payload)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.encode(), payload) || got.provider != c.provider || got.principal().IdentityID != c.identity || len(got.tags) != len(c.tags) || got.secret != c.secret {
			t.Fatalf("%+v came back as %+v", c, got)
		}
	})
}

// FuzzDecodeSession holds that every payload is refused or means one thing.
func FuzzDecodeSession(f *testing.F) {
	f.Add((&session{roleARN: "a", amr: []string{"x", "y"}, tags: map[string]string{"k": "v"}}).encode())
	f.Add([]byte{1})
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
