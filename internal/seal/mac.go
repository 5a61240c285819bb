package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// MAC returns HMAC-SHA256 over the parts under the first root. Parts are length-prefixed: ("ab", "c") and ("a", "bc")
// differ. It serves decoys and look-ups by secret values; it changes when another root becomes the first.
func (b *Box) MAC(data ...[]byte) [32]byte {
	return mac(b.macs[0], data)
}

// CheckMAC reports in constant time whether sum is the MAC of the parts under any root of the ring, so that a stored MAC
// outlives a rotation.
func (b *Box) CheckMAC(sum []byte, data ...[]byte) bool {
	ok := false
	for _, key := range b.macs {
		want := mac(key, data)
		ok = hmac.Equal(sum, want[:]) || ok
	}
	return ok
}

func mac(key []byte, data [][]byte) (sum [32]byte) {
	h := hmac.New(sha256.New, key)
	var length [8]byte
	for _, part := range data {
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write(part)
	}
	h.Sum(sum[:0])
	return sum
}
