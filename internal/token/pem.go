package token

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// blockType is that of PKCS #8 in PEM (RFC 7468 section 10).
const blockType = "PRIVATE KEY"

// fromPEM reads a single block that holds a private key of type K. The errors wrap [ErrKey].
func fromPEM[K any](data []byte) (K, error) {
	var none K
	block, rest := pem.Decode(data)
	if block == nil || block.Type != blockType || len(rest) > 0 {
		return none, fmt.Errorf("%w: want one PEM block of type %s", ErrKey, blockType)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return none, fmt.Errorf("%w: %w", ErrKey, err)
	}
	key, ok := parsed.(K)
	if !ok {
		return none, fmt.Errorf("%w: %T, want %T", ErrKey, parsed, none)
	}
	return key, nil
}

// toPEM writes what fromPEM reads.
func toPEM(private any) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("token: marshal key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: der}), nil
}
