package srp

import (
	"encoding/base64"
	"io"
	"log/slog"
	"time"
)

const (
	maxSecretBlock = 64 << 10 // base64 characters; Cognito's have about 1700
	maxName        = 2048     // bytes of a pool name, user id or device key
	redacted       = "srp: secret"
)

// A Client is the client's side of one sign-in; make one with [NewClient] for
// each. It holds the secret exponent a and prints as nothing. It does not change
// after it is made, so several goroutines may use it.
type Client struct {
	a    scalar
	bigA element
}

// NewClient picks a 256-bit secret exponent from rand, which is crypto/rand.Reader
// except in tests, and computes A. An error is rand's.
func NewClient(rand io.Reader) (*Client, error) {
	a, err := randomScalar(rand)
	if err != nil {
		return nil, err
	}
	return newClient(a), nil
}

func newClient(a scalar) *Client {
	return &Client{a: a, bigA: *theGroup().generate(&a).element()}
}

// A returns the public value for SRP_A: lower-case hex without leading zeros.
func (c *Client) A() string { return minimalHex(c.bigA.bytes()) }

// String hides the secret exponent.
func (c *Client) String() string { return redacted }

// GoString hides the secret exponent.
func (c *Client) GoString() string { return redacted }

// LogValue hides the secret exponent.
func (c *Client) LogValue() slog.Value { return slog.StringValue(redacted) }

// A Challenge is what a PASSWORD_VERIFIER or DEVICE_PASSWORD_VERIFIER challenge
// brings, as it came off the wire, and whose password is asked.
type Challenge struct {
	PoolName    string // the user pool id after the "_"; for a device the DeviceGroupKey
	UserID      string // USER_ID_FOR_SRP; for a device the DeviceKey
	Salt        string // SALT, hex
	B           string // SRP_B, hex
	SecretBlock string // SECRET_BLOCK, base64
}

// A Proof answers a [Challenge].
type Proof struct {
	Signature string // PASSWORD_CLAIM_SIGNATURE, base64
	Timestamp string // TIMESTAMP, for example "Tue Feb 1 03:04:05 UTC 2000"
}

// Claim proves that the user knows the password, without sending it. The time is
// written in UTC to the second. A challenge no honest server sends is
// [ErrHostile], and then nothing about the password leaves the client.
func (c *Client) Claim(p Challenge, password string, now time.Time) (Proof, error) {
	salt, bigB, block, err := p.parse()
	if err != nil {
		return Proof{}, err
	}
	u, err := scramble(&c.bigA, bigB)
	if err != nil {
		return Proof{}, err
	}
	x := privateKey(p.PoolName, p.UserID, password, salt)
	key, err := sessionKey(&u, c.secret(bigB, &u, &x))
	if err != nil {
		return Proof{}, err
	}
	ts := formatTimestamp(now)
	sig := sign(key, p.PoolName, p.UserID, block, ts)
	return Proof{Signature: base64.StdEncoding.EncodeToString(sig), Timestamp: ts}, nil
}

// secret is S = (B - k·g^x)^(a + u·x).
func (c *Client) secret(bigB *element, u, x *scalar) *element {
	g := theGroup()
	var kv residue
	var base element
	kv.mul(&g.k, g.generate(x))
	base.modSub(bigB, kv.element())
	e := mulAdd(&c.a, u, x)
	var s residue
	return s.pow(g, base.residue(g), e[:]).element()
}

func (p *Challenge) parse() (salt []byte, bigB *element, block []byte, err error) {
	if err = checkNames(p.PoolName, p.UserID); err != nil {
		return nil, nil, nil, err
	}
	if salt, err = parseSalt(p.Salt); err != nil {
		return nil, nil, nil, err
	}
	if bigB, err = parsePublic("SRP_B", p.B); err != nil {
		return nil, nil, nil, err
	}
	block, err = parseBlock(p.SecretBlock)
	return salt, bigB, block, err
}

func parseBlock(s string) ([]byte, error) {
	if s == "" || len(s) > maxSecretBlock {
		return nil, hostile("SECRET_BLOCK has %d characters; 1 to %d are allowed", len(s), maxSecretBlock)
	}
	b, ok := decodeStrict(s)
	if !ok {
		return nil, hostile("SECRET_BLOCK is not standard base64")
	}
	return b, nil
}

// checkNames keeps an empty name from making one user's hash input equal to
// another's, and a huge one from being hashed.
func checkNames(poolName, userID string) error {
	if poolName == "" || userID == "" {
		return hostile("the pool name or user id is empty")
	}
	if len(poolName) > maxName || len(userID) > maxName {
		return hostile("the pool name or user id is longer than %d bytes", maxName)
	}
	return nil
}
