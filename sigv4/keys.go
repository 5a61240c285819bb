package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
)

// minSecret is the shortest secret a verifier takes: an empty or stub secret
// that a key lookup returns by mistake must not make a signature anyone can
// compute.
const minSecret = 16

// The cache holds 4096 keys. Eight ways keep sets from overflowing while the
// keys in use are fewer than about half of that.
const (
	cacheSets = 512
	cacheWays = 8
)

// A Key is a signing key derived for one day, region and service. The zero Key
// verifies nothing. It prints as "redacted".
type Key struct{ state *keyState }

// String withholds the key.
func (Key) String() string { return "sigv4.Key(redacted)" }

// GoString withholds the key.
func (Key) GoString() string { return "sigv4.Key(redacted)" }

// LogValue withholds the key.
func (Key) LogValue() slog.Value { return slog.StringValue("redacted") }

// scope is what a signing key is derived for.
type scope struct {
	accessKeyID, date, region, service string
}

// keyState is a derived key as two SHA-256 states, those of HMAC's inner and
// outer hash after the padded key, so that a signature costs no key set-up.
type keyState struct {
	scope
	secret       [32]byte // hash of the secret: a rotated secret is another key
	inner, outer []byte
	recent       atomic.Bool
}

// A KeyCache derives signing keys and keeps the ones in use: at most 4096, the
// longest unused go first. Reading takes no lock. The zero value is ready; it
// is safe for concurrent use and must not be copied after first use.
type KeyCache struct {
	table atomic.Pointer[keyTable]
	fill  sync.Mutex
}

type keyTable [cacheSets][cacheWays]atomic.Pointer[keyState]

// Key is the signing key of a secret for the day, region and service of a
// claim. A secret shorter than 16 bytes, or a claim without region or service, gives
// the zero Key, which verifies nothing. AccessKeyID is the id the secret was looked up by.
func (k *KeyCache) Key(accessKeyID, secret string, c *Claim) Key {
	if len(secret) < minSecret || c == nil || len(c.date) != 8 || c.region == "" || c.service == "" {
		return Key{}
	}
	return Key{k.get(scope{accessKeyID, c.date, c.region, c.service}, secret)}
}

func (k *KeyCache) get(sc scope, secret string) *keyState {
	sum := hashSecret(secret)
	t := k.table.Load()
	if t == nil {
		t = k.grow()
	}
	set := &t[setOf(&sum, &sc)]
	for i := range set {
		if e := set[i].Load(); e != nil && e.secret == sum && e.scope == sc {
			if !e.recent.Load() {
				e.recent.Store(true)
			}
			return e
		}
	}
	e := derive(sc, secret)
	e.secret = sum
	k.put(set, e)
	return e
}

func (k *KeyCache) grow() *keyTable {
	k.table.CompareAndSwap(nil, new(keyTable))
	return k.table.Load()
}

// put takes a free way, or the first that was not used since the last put.
func (k *KeyCache) put(set *[cacheWays]atomic.Pointer[keyState], e *keyState) {
	k.fill.Lock()
	defer k.fill.Unlock()
	victim := -1
	for i := range set {
		old := set[i].Load()
		if old == nil {
			victim = i
			break
		}
		if !old.recent.Swap(false) && victim < 0 {
			victim = i
		}
	}
	set[max(victim, 0)].Store(e)
}

// setOf spreads keys by the hash of the secret, which no outsider can choose, and
// by the end of the id, for ids that share a secret.
func setOf(sum *[32]byte, sc *scope) uint64 {
	h := binary.LittleEndian.Uint64(sum[:8])
	for i := max(0, len(sc.accessKeyID)-6); i < len(sc.accessKeyID); i++ {
		h = h*31 + uint64(sc.accessKeyID[i])
	}
	h += uint64(sc.date[len(sc.date)-1])
	for _, s := range [...]string{sc.region, sc.service} {
		h = h*31 + uint64(len(s))<<8 + uint64(s[0]) + uint64(s[len(s)-1])<<4
	}
	return h % cacheSets
}

func hashSecret(secret string) [32]byte {
	var buf [64]byte // a secret is 40 bytes; a longer one costs an allocation
	b := append(buf[:0], secret...)
	sum := sha256.Sum256(b)
	clear(b)
	return sum
}

// derive is the signing key of AWS's "Create a signed AWS API request", step 3.
func derive(sc scope, secret string) *keyState {
	key := []byte("AWS4" + secret)
	for _, part := range [...]string{sc.date, sc.region, sc.service, terminator} {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(part))
		key = m.Sum(nil)
	}
	e := &keyState{scope: scope{
		strings.Clone(sc.accessKeyID), strings.Clone(sc.date),
		strings.Clone(sc.region), strings.Clone(sc.service),
	}}
	e.inner, e.outer = padState(key, 0x36), padState(key, 0x5c)
	clear(key)
	return e
}

// padState is the state of SHA-256 after HMAC's padded key (RFC 2104).
func padState(key []byte, pad byte) []byte {
	var block [sha256.BlockSize]byte
	copy(block[:], key)
	for i := range block {
		block[i] ^= pad
	}
	d := sha256.New()
	d.Write(block[:])
	state, err := d.(encoding.BinaryAppender).AppendBinary(nil)
	if err != nil {
		panic("sigv4: SHA-256 does not give its state: " + err.Error()) // it never fails
	}
	return state
}

// A macHash computes HMAC-SHA-256 from the states of a key.
type macHash struct {
	hash    hash.Hash
	restore encoding.BinaryUnmarshaler
	inner   [32]byte
}

func newMAC() macHash {
	d := sha256.New()
	return macHash{hash: d, restore: d.(encoding.BinaryUnmarshaler)}
}

// sum writes the HMAC of message to dst.
func (m *macHash) sum(k *keyState, message []byte, dst *[32]byte) {
	m.run(k.inner, message)
	m.hash.Sum(m.inner[:0])
	m.run(k.outer, m.inner[:])
	m.hash.Sum(dst[:0])
}

func (m *macHash) run(state, message []byte) {
	if err := m.restore.UnmarshalBinary(state); err != nil {
		panic("sigv4: SHA-256 does not take its state: " + err.Error()) // it gave it
	}
	m.hash.Write(message)
}
