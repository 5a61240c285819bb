package sigv4

import (
	"fmt"
	"log/slog"
)

// Credentials are what a request is signed with. SessionToken is empty for
// long-term keys. The zero value signs nothing: Sign returns [ErrUnsignable].
// Printing and logging show the access key id only.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
}

// String shows the access key id and that the rest is withheld.
func (c Credentials) String() string {
	return "sigv4.Credentials{AccessKeyID: " + c.AccessKeyID + ", redacted}"
}

// GoString is String, so that %#v withholds the secrets too.
func (c Credentials) GoString() string { return c.String() }

// LogValue is the access key id.
func (c Credentials) LogValue() slog.Value {
	return slog.GroupValue(slog.String("access_key_id", c.AccessKeyID))
}

// MarshalJSON writes the access key id only, so that no secret reaches a file
// by way of a struct that happens to hold credentials.
func (c Credentials) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"AccessKeyID":%q}`, c.AccessKeyID), nil
}

// check refuses credentials whose signature no service could verify; white
// space around pasted keys is the usual reason.
func (c *Credentials) check() error {
	switch {
	case c.AccessKeyID == "" || c.SecretAccessKey == "":
		return unsignable("the credentials have no access key id or no secret")
	case holds(c.AccessKeyID, &notInID):
		return unsignable("the access key id contains white space or one of / , = ;: copy it again")
	case padded(c.SecretAccessKey) || padded(c.SessionToken):
		return unsignable("the secret or the session token has white space around it: copy it again")
	}
	return nil
}

// notInID would end the access key id early in an Authorization header.
var notInID = byteSet(" \t\r\n/,=;")

func padded(s string) bool {
	return s != "" && (s[0] <= ' ' || s[len(s)-1] <= ' ')
}
