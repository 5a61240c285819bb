package srp

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// privateKey is x of RFC 5054 with Cognito's identity string; salt is in the form
// in which it is hashed.
func privateKey(poolName, userID, password string, salt []byte) scalar {
	inner := sha256.Sum256([]byte(poolName + userID + ":" + password))
	x := sha256.Sum256(append(salt[:len(salt):len(salt)], inner[:]...))
	return newScalar(&x)
}

// scramble is u = H(A ‖ B).
func scramble(bigA, bigB *element) (scalar, error) {
	h := sha256.New()
	h.Write(toBytes(bigA.bytes()))
	h.Write(toBytes(bigB.bytes()))
	u := newScalar((*[sha256.Size]byte)(h.Sum(nil)))
	if u == (scalar{}) {
		return u, hostile("the hash of A and B is zero")
	}
	return u, nil
}

// sessionKey derives the 16-byte key from the shared secret S: HKDF-SHA256 with u
// as the salt and Cognito's label.
func sessionKey(u *scalar, s *element) ([]byte, error) {
	salt := u.bytes()
	return hkdf.Key(sha256.New, toBytes(s.bytes()), toBytes(salt[:]), "Caldera Derived Key", 16)
}

// sign is the PASSWORD_CLAIM_SIGNATURE before base64.
func sign(key []byte, poolName, userID string, secretBlock []byte, timestamp string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(poolName))
	m.Write([]byte(userID))
	m.Write(secretBlock)
	m.Write([]byte(timestamp))
	return m.Sum(nil)
}

const (
	timestampLayout = "Mon Jan 2 15:04:05 UTC 2006"
	// Cognito's pattern has any zone in the place of UTC and then fails the proof.
	lenientLayout = "Mon Jan 2 15:04:05 MST 2006"
	maxTimestamp  = 64 // characters
)

func formatTimestamp(t time.Time) string { return t.UTC().Format(timestampLayout) }

// ParseTimestamp reads the TIMESTAMP of an answer, for a server that wants to
// bound its age; [ErrTimestamp] when it has another form. It is as lenient as
// Cognito, which ignores the weekday and accepts a padded day: such a timestamp
// fails later, in [Server.Check], because the proof is over the canonical form.
func ParseTimestamp(s string) (time.Time, error) {
	if len(s) > maxTimestamp {
		return time.Time{}, ErrTimestamp
	}
	t, err := time.Parse(lenientLayout, s)
	if err != nil {
		return time.Time{}, ErrTimestamp
	}
	return t.UTC(), nil
}

// SecretHash is the SECRET_HASH of a client that has a secret: base64 of
// HMAC-SHA256 under the secret over the user name and client id, as the Cognito
// developer guide says under "Computing secret hash values". In answers to
// challenges the user name is USER_ID_FOR_SRP, not what the user typed.
func SecretHash(username, clientID, clientSecret string) string {
	m := hmac.New(sha256.New, []byte(clientSecret))
	m.Write([]byte(username + clientID))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// decodeStrict reads base64 of one spelling only: no line breaks, no stray bits.
func decodeStrict(s string) ([]byte, bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || base64.StdEncoding.EncodedLen(len(b)) != len(s) {
		return nil, false
	}
	return b, true
}
