package sts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/seal"
	"github.com/gatepass/gatepass/policy"
)

const (
	secretSize  = 30 // base64 makes it the 40 characters of an AWS secret
	maxList     = 64 // members of a list in a payload
	assumedRole = "AssumedRole"
	ofUser      = "User"
)

// Versions of the payload. What the second adds is mostly empty; a session without any of it is written as the first, which
// is shorter and which older nodes read.
const (
	payloadVersion1 = 1
	payloadVersion2 = 2
)

// Flags of the second version.
const (
	flagUser  = 1 << iota // a session of a user: roleARN is empty, federated and the rest too, name is the user's
	flagGuest             // of a guest of an identity pool: guestPolicy limits it
	allFlags  = flagUser | flagGuest
)

// isSessionName holds a text to RoleSessionName of the AWS STS API Reference.
func isSessionName(name string) bool {
	return len(name) >= 2 && len(name) <= 64 && wordsAnd(name, "+=,.@-")
}

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
	added
}

// added is what the second version of the payload adds.
type added struct {
	flags      uint64
	userName   string   // of a session of a user
	source     string   // source identity
	policies   []string // inline session policies
	policyARNs []string // managed policies that limit the session
	transitive []string // keys of the tags that go on to sessions made from this one
}

func (a added) empty() bool {
	return a.flags == 0 && a.userName+a.source == "" && len(a.policies)+len(a.policyARNs)+len(a.transitive) == 0
}

func (c *session) user() bool { return c.flags&flagUser != 0 }

// limited says that session policies limit the session. None at all is not the same as some that allow nothing.
func (c *session) limited() bool {
	return c.flags&flagGuest != 0 || len(c.policies)+len(c.policyARNs) > 0
}

// check refuses a session that would not come back as the principal it was made of.
func (c *session) check(p policy.Principal) error {
	if c.user() {
		return c.checkUser(p)
	}
	id, name := c.roleID()
	switch {
	case !isSessionName(name):
		return fmt.Errorf("%w: session name %q of the user id", ErrSpec, name)
	case id == "":
		return fmt.Errorf("%w: the user id %q names no role", ErrSpec, c.userID)
	case c.arn() == "":
		return fmt.Errorf("%w: %q is not the ARN of a role", ErrSpec, c.roleARN)
	case (p.Type != "" && p.Type != assumedRole) || (p.ARN != "" && p.ARN != c.arn()) || (p.Account != "" && p.Account != policy.AccountOf(c.roleARN)):
		return fmt.Errorf("%w: type, ARN or account are not those of a session of %s", ErrSpec, c.roleARN)
	case len(c.amr) > maxList || len(c.tags) > maxList || p.Username != "":
		return fmt.Errorf("%w: more than %d amr entries or tags, or a user name", ErrSpec, maxList)
	}
	return nil
}

// checkUser is check for a session of a user, which has nothing of a role's.
func (c *session) checkUser(p policy.Principal) error {
	want := policy.Principal{Type: ofUser, ARN: p.ARN, Account: policy.AccountOf(p.ARN), UserID: p.UserID, Username: p.Username}
	switch {
	case p.UserID == "" || p.Username == "" || want.Account == "" || c.roleARN != "":
		return fmt.Errorf("%w: no user", ErrSpec)
	case !same(p, want):
		return fmt.Errorf("%w: a session of a user has more than the user", ErrSpec)
	}
	return nil
}

// same compares what a session of a user may have.
func same(p, want policy.Principal) bool {
	return p.Type == want.Type && p.Account == want.Account && p.RoleARN == "" && len(p.Tags)+len(p.AMR) == 0 &&
		p.FederatedProvider == "" && p.IdentityID == "" && p.IdentityPoolID == "" && p.CognitoProvider+p.SourceIdentity == ""
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
		Type: assumedRole, ARN: c.arn(), RoleARN: c.roleARN, Account: policy.AccountOf(c.roleARN), UserID: c.userID,
		Tags: c.tags, TokenIssueTime: c.issued, FederatedProvider: c.federated, IdentityID: c.identity, IdentityPoolID: c.pool,
		AMR: c.amr, CognitoProvider: c.provider, SourceIdentity: c.source,
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
	version := byte(payloadVersion1)
	if !c.added.empty() {
		version = payloadVersion2
	}
	out := append(make([]byte, 0, 512), version)
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
	out = appendList(out, pairs(c.tags))
	if version == payloadVersion2 {
		out = c.added.append(out)
	}
	return out
}

func (a added) append(out []byte) []byte {
	out = appendString(appendString(binary.AppendUvarint(out, a.flags), a.userName), a.source)
	for _, list := range [][]string{a.policies, a.policyARNs, a.transitive} {
		out = appendList(out, list)
	}
	return out
}

// packed is how many bytes of the token the caller chose: policies and tags.
func (c *session) packed() int {
	return len(c.added.append(appendList(nil, pairs(c.tags))))
}

func pairs(tags map[string]string) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, key, tags[key])
	}
	return out
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

// opened is a session with what follows from it, made once for many requests. Nobody changes it.
type opened struct {
	*session
	accessKeyID string
	text        string // the secret access key
	who         policy.Principal
}

// recall opens a session token, or finds it among those opened lately. As at the seal, a token goes with its own access key
// alone.
func (s *Service) recall(accessKeyID, token string, now time.Time) (*opened, error) {
	o, err := s.opened.get(token, now, func() (*opened, error) {
		c, err := s.open(accessKeyID, token)
		if err != nil {
			return nil, err
		}
		return &opened{session: c, accessKeyID: accessKeyID, text: c.secretText(), who: c.principal()}, nil
	})
	if err == nil && o.accessKeyID != accessKeyID {
		return nil, seal.ErrOpen
	}
	return o, err
}

func decodeSession(payload []byte) (*session, error) {
	r := payloadReader{rest: payload}
	c := &session{}
	version := r.bytes(1)
	if r.failed || version[0] != payloadVersion1 && version[0] != payloadVersion2 {
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
	if version[0] == payloadVersion2 {
		c.added = r.added()
	}
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

func (r *payloadReader) added() added {
	a := added{flags: r.uvarint(), userName: r.string(), source: r.string(), policies: r.list(), policyARNs: r.list(), transitive: r.list()}
	// A flag we do not know may be a limit that we would not keep.
	r.failed = r.failed || a.flags&^allFlags != 0 || a.empty()
	return a
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
