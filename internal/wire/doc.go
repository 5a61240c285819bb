// Package wire holds the AWS protocols and shapes that both halves of gatepass
// speak: the JSON 1.1 protocol of Cognito, the Query protocol of STS, one error
// type and its single writer.
//
// Shapes carry AWS's names. A field that is absent on the wire is the zero value
// in Go and the reverse; where absent and empty differ the field is a pointer.
package wire

// Content types of the protocols.
const (
	TypeJSON11 = "application/x-amz-json-1.1"
	TypeJSON   = "application/json"
	TypeXML    = "text/xml"
	TypeForm   = "application/x-www-form-urlencoded"
)

// Service prefixes of the X-Amz-Target header.
const (
	TargetIDP      = "AWSCognitoIdentityProviderService"
	TargetIdentity = "AWSCognitoIdentityService"
)

// MaxBody is the largest JSON or Query body either side reads, in bytes.
const MaxBody = 1 << 20
