package policy

import (
	"maps"
	"slices"
	"strings"
)

// Context holds the condition keys of a request and their values. Keys have no
// case; Set and NewContext keep them in lower case, which is the form Evaluate
// finds fastest. A key with no values counts as missing. Only facts the server
// established itself belong here: never copy names from a request's headers or
// query.
type Context map[string][]string

// NewContext merges contexts into a new one with lower-case keys. Of a key that
// several have, the last one's values stay.
func NewContext(from ...Context) Context {
	c := Context{}
	for _, f := range from {
		for _, k := range slices.Sorted(maps.Keys(f)) {
			c[lowerASCII(k)] = f[k]
		}
	}
	return c
}

// Set replaces the values of a key; without values it removes the key.
func (c Context) Set(key string, values ...string) {
	if len(values) == 0 {
		delete(c, lowerASCII(key))
		return
	}
	c[lowerASCII(key)] = values
}

// Get gives the values of a key, nil when it is missing.
func (c Context) Get(key string) []string { return c.lookup(lowerASCII(key)) }

// lookup finds a lower-case key even where the map was filled with another
// case: a key that is overlooked would satisfy every negated condition. Of
// several spellings the smallest counts.
func (c Context) lookup(key string) []string {
	if v, ok := c[key]; ok {
		return v
	}
	found, values := "", []string(nil)
	for k, v := range c {
		if len(k) == len(key) && strings.EqualFold(k, key) && (found == "" || k < found) {
			found, values = k, v
		}
	}
	return values
}

// contextKey is a condition key as a policy names it, prepared for lookup.
type contextKey struct {
	name  string // lower case
	own   ownKey // how to find it without the Context
	tag   string // of aws:PrincipalTag/tag, in its original case
	multi bool   // has several values by its nature: no use as a variable
}

// ownKey numbers the keys that Request itself answers.
type ownKey uint8

const (
	notOwn ownKey = iota
	ownTag
	ownAMR
	ownCurrentTime
	ownEpochTime
	ownUserID
	ownUsername
	ownPrincipalARN
	ownPrincipalAccount
	ownPrincipalType
	ownTokenIssueTime
	ownFederatedProvider
	ownSourceIdentity
	ownIdentityID
	ownIdentityPoolID
	ownKeys
)

const tagPrefix = "aws:principaltag/"

// ownNames gives the names of the keys from ownAMR on.
var ownNames = [ownKeys]string{
	ownAMR:               "cognito-identity.amazonaws.com:amr",
	ownCurrentTime:       "aws:currenttime",
	ownEpochTime:         "aws:epochtime",
	ownUserID:            "aws:userid",
	ownUsername:          "aws:username",
	ownPrincipalARN:      "aws:principalarn",
	ownPrincipalAccount:  "aws:principalaccount",
	ownPrincipalType:     "aws:principaltype",
	ownTokenIssueTime:    "aws:tokenissuetime",
	ownFederatedProvider: "aws:federatedprovider",
	ownSourceIdentity:    "aws:sourceidentity",
	ownIdentityID:        "cognito-identity.amazonaws.com:sub",
	ownIdentityPoolID:    "cognito-identity.amazonaws.com:aud",
}

// multiKeys are the multivalued global keys.
var multiKeys = []string{"aws:tagkeys", "aws:principalservicenameslist", "aws:principalorgpaths", "aws:calledvia"}

func newContextKey(name string) contextKey {
	k := contextKey{name: lowerASCII(name)}
	if strings.HasPrefix(k.name, tagPrefix) {
		k.own, k.tag = ownTag, name[len(tagPrefix):]
		return k
	}
	if i := slices.Index(ownNames[ownAMR:], k.name); i >= 0 {
		k.own = ownAMR + ownKey(i)
	}
	k.multi = k.own == ownAMR || slices.Contains(multiKeys, k.name)
	return k
}
