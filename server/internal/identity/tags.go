package identity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatepass/gatepass/server/store"
)

// maxTagBytes is what the principal tags of an identity may take together (developer guide, "Using attributes for access
// control").
const maxTagBytes = 460

// tags are the session tags of the caller. Of a key that two logins give, the first login's value stays. A claim that is
// missing gives no tag; one that STS would not take refuses the caller, for a policy may deny by it.
func (c caller) tags() (map[string]string, error) {
	var out map[string]string
	set := func(key, value string) error {
		for have := range out {
			if strings.EqualFold(have, key) {
				return nil
			}
		}
		if !tagValue(value) {
			return notAuthorized("The value of the principal tag '%s' is not that of a session tag.", key)
		}
		if out == nil {
			out = map[string]string{}
		}
		out[key] = value
		return nil
	}
	for _, l := range c.logins {
		values := l.tags
		if m, mapped := c.pool.PrincipalTags[l.tagKey()]; mapped && !l.developer() {
			values = claimed(m, l)
		}
		for key, value := range values {
			if err := set(key, value); err != nil {
				return nil, err
			}
		}
	}
	size := 0
	for key, value := range out {
		size += len(key) + len(value)
	}
	if size > maxTagBytes {
		return nil, notAuthorized("The principal tags of this identity have %d bytes, more than %d.", size, maxTagBytes)
	}
	return out, nil
}

// claimed are the tags of a login by the pool's map.
func claimed(m store.PrincipalTagMap, l proof) map[string]string {
	out := map[string]string{}
	for key, claim := range m.Tags {
		value := text(l.claims[claim])
		if claim == "aud" {
			value = l.clientID
		}
		if value != "" {
			out[key] = value
		}
	}
	return out
}

// tagKey is the name of the provider in the pool's map of principal tags.
func (p proof) tagKey() string {
	if p.kind == ofUserPool {
		return p.Provider
	}
	return p.mapping
}

// tagValue and tagText hold texts to the pattern of the AWS STS API Reference (Tag).
func tagValue(text string) bool { return utf8.RuneCountInString(text) <= 256 && tagText(text) }

func tagText(text string) bool {
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.Z, r) && !strings.ContainsRune("_.:/=+-@", r) {
			return false
		}
	}
	return true
}
