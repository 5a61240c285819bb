package proxy

import (
	"net/http"
	"strings"

	"github.com/gatepass/gatepass/sigv4"
)

// Payload says whether the body of a request is part of its signature. The zero
// value is [PayloadAuto].
type Payload int

const (
	// PayloadAuto does what the client's own X-Amz-Content-Sha256 says: a body that
	// the client would not hash is streamed unsigned, any other is hashed. API
	// Gateway takes hashed bodies only, and gets them.
	PayloadAuto Payload = iota
	// PayloadSigned hashes every body, which needs the whole of it before the first
	// byte is sent.
	PayloadSigned
	// PayloadUnsigned streams every body unhashed, for services that take that. Such
	// a request is sent once.
	PayloadUnsigned
)

// unhashed is what is signed in place of the body's hash, and whether it is. A
// body in a form that is bound to the client's own signature cannot pass.
func (x *exchange) unhashed() (sigv4.Hash, bool, error) {
	mode, said := x.plan.payload, x.r.Header.Get("X-Amz-Content-Sha256")
	switch {
	case said == sigv4.UnsignedTrailer.String() && mode != PayloadSigned:
		return sigv4.UnsignedTrailer, true, nil
	case strings.HasPrefix(said, "STREAMING-"):
		return sigv4.Hash{}, false, refusal(http.StatusBadRequest, "BadRequestException",
			"the body comes in signed chunks ("+quoted(said)+"), which cannot be signed again: have the client send it whole or unsigned")
	case mode == PayloadUnsigned:
		return sigv4.UnsignedPayload, true, nil
	case mode == PayloadAuto && said == sigv4.UnsignedPayload.String() && x.target.signer.Profile.Service != "execute-api":
		return sigv4.UnsignedPayload, true, nil
	}
	return sigv4.Hash{}, false, nil
}
