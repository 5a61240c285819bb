package sts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatepass/gatepass/internal/seal"
	"github.com/gatepass/gatepass/policy"
)

const (
	secretSize     = 30 // base64 makes it the 40 characters of an AWS secret
	payloadVersion = 1
	maxList        = 64 // members of a list in a payload
	assumedRole    = "AssumedRole"
)

// sessionName is RoleSessionName of the AWS STS API Reference.
var sessionName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A[\w+=,.@-]{2,64}\z`) })

// session is what a session token holds.
type session struct {
	secret          [secretSize]byte
	issued, expires time.Time
	roleARN, userID string
	federated       string
	identity, pool  string
	provider        string
	amr             []string
	tags            map[string]string
}

// check refuses a session that would not come back as the principal it was made of.
func (c *session) check(p policy.Principal) error {
	id, name := c.roleID()
	switch {
	case !sessionName().MatchString(name):
		return fmt.Errorf("%w: session name %q of the user id", ErrSpec, name)
	case id == "":
		return fmt.Errorf("%w: the user id %q names no role", ErrSpec, c.userID)
	case c.arn() == "":
		return fmt.Errorf("%w: %q is not the ARN of a role", ErrSpec, c.roleARN)
	case (p.Type != "" && p.Type != assumedRole) || (p.ARN != "" && p.ARN != c.arn()) || (p.Account != "" && p.Account != accountOf(c.roleARN)):
		return fmt.Errorf("%w: type, ARN or account are not those of a session of %s", ErrSpec, c.roleARN)
	case len(c.amr) > maxList || len(c.tags) > maxList || p.Username != "":
		return fmt.Errorf("%w: more than %d amr entries or tags, or a user name", ErrSpec, maxList)
	}
	return nil
}

// arn is arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION, without the path of the role (IAM User Guide, "IAM identifiers").
func (c *session) arn() string {
	fields := strings.Split(c.roleARN, ":")
	if len(fields) != 6 || fields[0] != "arn" || fields[2] != "iam" || fields[3] != "" || !strings.HasPrefix(fields[5], "role/") {
		return ""
	}
	role := fields[5][strings.LastIndexByte(fields[5], '/')+1:]
	if role == "" {
		return ""
	}
	_, name := c.roleID()
	return "arn:" + fields[1] + ":sts::" + fields[4] + ":assumed-role/" + role + "/" + name
}

func (c *session) principal() policy.Principal {
	return policy.Principal{
		Type: assumedRole, ARN: c.arn(), RoleARN: c.roleARN, Account: accountOf(c.roleARN), UserID: c.userID,
		Tags: c.tags, TokenIssueTime: c.issued, FederatedProvider: c.federated, IdentityID: c.identity, IdentityPoolID: c.pool,
		AMR: c.amr, CognitoProvider: c.provider,
	}
}

// providerOfAMR is the provider text that Cognito's amr implies; storing it twice would make the token a quarter longer.
func (c *session) providerOfAMR() string {
	if len(c.amr) < 2 {
		return ""
	}
	return strings.Join(c.amr[1:], ",")
}

// encode writes version, secret, times in microseconds, then strings and lists with their lengths before them.
func (c *session) encode() []byte {
	out := append(make([]byte, 0, 512), payloadVersion)
	out = append(out, c.secret[:]...)
	out = binary.AppendUvarint(out, uint64(c.issued.UnixMicro()))
	out = binary.AppendUvarint(out, uint64(c.expires.UnixMicro()))
	provider := []string{c.provider}
	if c.provider == c.providerOfAMR() {
		provider = nil
	}
	for _, s := range []string{c.roleARN, c.userID, c.federated, c.identity, c.pool} {
		out = appendString(out, s)
	}
	out = appendList(out, provider)
	out = appendList(out, c.amr)
	var tags []string
	for _, key := range slices.Sorted(maps.Keys(c.tags)) {
		tags = append(tags, key, c.tags[key])
	}
	return appendList(out, tags)
}

func appendString(out []byte, s string) []byte {
	return append(binary.AppendUvarint(out, uint64(len(s))), s...)
}

func appendList(out []byte, list []string) []byte {
	out = binary.AppendUvarint(out, uint64(len(list)))
	for _, s := range list {
		out = appendString(out, s)
	}
	return out
}

// open reads a session token. It does not touch the store.
func (s *Service) open(accessKeyID, token string) (*session, error) {
	payload, err := s.sessions.Open(token, []byte(accessKeyID))
	if err != nil {
		return nil, err
	}
	return decodeSession(payload)
}

func decodeSession(payload []byte) (*session, error) {
	r := payloadReader{rest: payload}
	c := &session{}
	if version := r.bytes(1); r.failed || version[0] != payloadVersion {
		return nil, seal.ErrOpen
	}
	copy(c.secret[:], r.bytes(secretSize))
	c.issued, c.expires = r.time(), r.time()
	for _, s := range []*string{&c.roleARN, &c.userID, &c.federated, &c.identity, &c.pool} {
		*s = r.string()
	}
	provider := r.list()
	c.amr = r.list()
	tags := r.list()
	if r.failed || len(r.rest) > 0 || len(provider) > 1 || len(tags)%2 != 0 {
		return nil, errors.New("sts: payload of another form")
	}
	c.provider = c.providerOfAMR()
	if len(provider) == 1 {
		c.provider = provider[0]
	}
	for i := 0; i < len(tags); i += 2 {
		if c.tags == nil {
			c.tags = map[string]string{}
		}
		c.tags[tags[i]] = tags[i+1]
	}
	return c, nil
}

// payloadReader takes a payload apart; after a failure everything is empty.
type payloadReader struct {
	rest   []byte
	failed bool
}

func (r *payloadReader) bytes(n uint64) []byte {
	if r.failed || n > uint64(len(r.rest)) {
		r.failed = true
		return nil
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

func (r *payloadReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.failed = true
		return 0
	}
	r.bytes(uint64(n))
	return v
}

func (r *payloadReader) time() time.Time { return time.UnixMicro(int64(r.uvarint())).UTC() }

func (r *payloadReader) string() string { return string(r.bytes(r.uvarint())) }

func (r *payloadReader) list() []string {
	n := r.uvarint()
	if n > 2*maxList {
		r.failed = true
	}
	var list []string
	for range n {
		if r.failed {
			return nil
		}
		list = append(list, r.string())
	}
	return list
}
