package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// A Hash is the SHA-256 of a request's body. The zero value is the hash of no
// body that is known; for a request without a body use [EmptyHash].
type Hash [sha256.Size]byte

// EmptyHash is the hash of an empty body.
var EmptyHash = HashOf(nil)

// HashOf is the hash of a body held in memory.
func HashOf(body []byte) Hash { return sha256.Sum256(body) }

// What is signed in place of a hash where the service takes a body that is not
// hashed, as S3, Lambda function URLs and VPC Lattice do and API Gateway does
// not. [Signer.Sign] puts their text into X-Amz-Content-Sha256 too, where the
// service looks for it; a presigned URL cannot carry them.
var (
	// UnsignedPayload leaves the body out of the signature.
	UnsignedPayload = Hash([]byte("UNSIGNED-PAYLOAD, not a SHA-256!"))
	// UnsignedTrailer does so for a body in aws-chunked form that ends in a
	// trailer, which holds the checksum.
	UnsignedTrailer = Hash([]byte("UNSIGNED TRAILER, not a SHA-256!"))
)

// String is the hash in lower-case hexadecimal, or the words that stand for one.
func (h Hash) String() string {
	if words := h.words(); words != "" {
		return words
	}
	return hex.EncodeToString(h[:])
}

// words are what is signed in place of the hash of a body that is not hashed.
func (h *Hash) words() string {
	switch *h {
	case UnsignedPayload:
		return "UNSIGNED-PAYLOAD"
	case UnsignedTrailer:
		return "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	}
	return ""
}

// HashBody hashes the body of a request that is to be sent, leaving it ready to
// be sent: by GetBody where there is one, else by reading a Body that is an
// [io.Seeker] and seeking back. Any other body is refused with [ErrUnsignable],
// because its bytes would be gone: set GetBody, or hash while producing it.
func HashBody(r *http.Request) (Hash, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return EmptyHash, nil
	}
	if r.GetBody != nil {
		return hashCopy(r)
	}
	seeker, ok := r.Body.(io.Seeker)
	if !ok {
		return Hash{}, unsignable("the body can be read only once: set GetBody, or pass the hash of the body")
	}
	return hashSeeker(r.Body, seeker)
}

func hashCopy(r *http.Request) (h Hash, err error) {
	body, err := r.GetBody()
	if err != nil {
		return Hash{}, fmt.Errorf("sigv4: get the body: %w", err)
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	return hashReader(body)
}

func hashSeeker(body io.Reader, seeker io.Seeker) (Hash, error) {
	start, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return Hash{}, fmt.Errorf("sigv4: find the start of the body: %w", err)
	}
	h, err := hashReader(body)
	if err != nil {
		return Hash{}, err
	}
	if _, err := seeker.Seek(start, io.SeekStart); err != nil {
		return Hash{}, fmt.Errorf("sigv4: rewind the body: %w", err)
	}
	return h, nil
}

func hashReader(body io.Reader) (h Hash, err error) {
	d := sha256.New()
	if _, err := io.Copy(d, body); err != nil {
		return Hash{}, fmt.Errorf("sigv4: hash the body: %w", err)
	}
	d.Sum(h[:0])
	return h, nil
}
