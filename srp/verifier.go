package srp

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
)

const saltSize = 16

// NewSalt reads a 16-byte salt from rand, which is crypto/rand.Reader except in
// tests. Its first byte is 01 to 7f: such a salt has the same bytes as text, as
// fixed-width number and as Java writes it, so no client can get it wrong. An
// error is rand's.
func NewSalt(rand io.Reader) ([]byte, error) {
	salt := make([]byte, saltSize)
	for range 64 {
		if _, err := io.ReadFull(rand, salt); err != nil {
			return nil, fmt.Errorf("srp: random source: %w", err)
		}
		if salt[0]&^0x80 != 0 {
			salt[0] &^= 0x80
			return salt, nil
		}
	}
	return nil, fmt.Errorf("srp: random source: 64 unusable salts in a row")
}

// Verifier computes what a server stores in place of the password:
// v = g^x mod N, 384 bytes big-endian. The password enters as it is, byte for
// byte. The salt is a big-endian number of 1 to 128 bytes; poolName is the pool
// id after the "_" and userID what the pool sends as USER_ID_FOR_SRP. Names or
// salts outside their bounds are [ErrHostile].
//
// A verifier is not the password but allows guessing it at the price of one
// exponentiation a guess: store it sealed.
func Verifier(poolName, userID, password string, salt []byte) ([]byte, error) {
	if err := checkNames(poolName, userID); err != nil {
		return nil, err
	}
	if len(salt) == 0 || len(salt) > maxSaltBytes {
		return nil, hostile("the salt has %d bytes; 1 to %d are allowed", len(salt), maxSaltBytes)
	}
	x := privateKey(poolName, userID, password, toBytes(salt))
	return theGroup().generate(&x).element().bytes(), nil
}

// CheckPassword reports whether the verifier and salt belong to the password, for
// the flows that send it (USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH). It takes
// the same time for a right and a wrong password; anything malformed is false.
func CheckPassword(verifier, salt []byte, poolName, userID, password string) bool {
	v, err := Verifier(poolName, userID, password, salt)
	return err == nil && subtle.ConstantTimeCompare(v, verifier) == 1
}

// parseVerifier reads a stored verifier; 0 and 1 are not powers any password has.
func parseVerifier(b []byte) (*element, error) {
	if len(b) != fieldSize {
		return nil, fmt.Errorf("srp: verifier of %d bytes; want %d", len(b), fieldSize)
	}
	v := new(element).setBytes(b)
	if !v.less(&modulus) || v.less(&element{2}) {
		return nil, fmt.Errorf("srp: verifier is not between 2 and N-1")
	}
	return v, nil
}

// A Device is what a client makes to have a device remembered (ConfirmDevice).
// It prints as nothing.
type Device struct {
	Password string // secret; the client keeps it for later sign-ins from the device
	Salt     string // DeviceSecretVerifierConfig.Salt, base64
	Verifier string // DeviceSecretVerifierConfig.PasswordVerifier, base64
}

// String hides the password.
func (d Device) String() string { return redacted }

// GoString hides the password.
func (d Device) GoString() string { return redacted }

// LogValue hides the password.
func (d Device) LogValue() slog.Value { return slog.StringValue(redacted) }

// NewDevice makes a random password of 40 bytes for the device named by
// NewDeviceMetadata and the verifier that ConfirmDevice sends. A later sign-in is
// an ordinary [Client.Claim] with the DeviceGroupKey as pool name and the
// DeviceKey as user id. Errors are rand's, or [ErrHostile] for empty or huge keys.
func NewDevice(rand io.Reader, deviceGroupKey, deviceKey string) (Device, error) {
	var secret [40]byte
	if _, err := io.ReadFull(rand, secret[:]); err != nil {
		return Device{}, fmt.Errorf("srp: random source: %w", err)
	}
	salt, err := NewSalt(rand)
	if err != nil {
		return Device{}, err
	}
	password := base64.StdEncoding.EncodeToString(secret[:])
	v, err := DeviceVerifier(deviceGroupKey, deviceKey, password, salt)
	if err != nil {
		return Device{}, err
	}
	return Device{
		Password: password,
		Salt:     base64.StdEncoding.EncodeToString(toBytes(salt)),
		Verifier: base64.StdEncoding.EncodeToString(toBytes(v)),
	}, nil
}

// DeviceVerifier is [Verifier] for a remembered device, whose DeviceGroupKey
// stands for the pool name and whose DeviceKey for the user id.
func DeviceVerifier(deviceGroupKey, deviceKey, password string, salt []byte) ([]byte, error) {
	return Verifier(deviceGroupKey, deviceKey, password, salt)
}

// ParseDeviceVerifier reads DeviceSecretVerifierConfig as ConfirmDevice brings it
// and returns the salt and the verifier in the forms [NewServer] and [Verifier]
// use. Anything that is not a positive number in its range is [ErrHostile].
func ParseDeviceVerifier(salt, verifier string) (saltBytes, verifierBytes []byte, err error) {
	saltBytes, err = parseUnsigned("Salt", salt, maxSaltBytes)
	if err != nil {
		return nil, nil, err
	}
	v, err := parseUnsigned("PasswordVerifier", verifier, fieldSize)
	if err != nil {
		return nil, nil, err
	}
	verifierBytes = new(element).setBytes(v).bytes()
	if _, err := parseVerifier(verifierBytes); err != nil {
		return nil, nil, hostile("PasswordVerifier is not between 2 and N-1")
	}
	return saltBytes, verifierBytes, nil
}

// parseUnsigned reads base64 of a positive number in Java's encoding, which some
// clients send without its sign byte.
func parseUnsigned(name, s string, limit int) ([]byte, error) {
	if len(s) > base64.StdEncoding.EncodedLen(limit+1) {
		return nil, hostile("%s has %d characters, which is too long", name, len(s))
	}
	b, ok := decodeStrict(s)
	if !ok {
		return nil, hostile("%s is not standard base64", name)
	}
	if b = minimal(b); len(b) == 0 || len(b) > limit {
		return nil, hostile("%s is zero or longer than %d bytes", name, limit)
	}
	return b, nil
}
