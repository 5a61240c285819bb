package iam

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// tagList is tags in the order of their keys.
func tagList(tags map[string]string) []wire.IAMTag {
	var out []wire.IAMTag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, wire.IAMTag{Key: key, Value: tags[key]})
	}
	return out
}

// tagShape leaves out tags where there are none, as AWS does but in lists of tags.
func tagShape(tags map[string]string) *wire.Members[wire.IAMTag] {
	if len(tags) == 0 {
		return nil
	}
	out := wire.List(tagList(tags)...)
	return &out
}

// putTags adds tags; a key in another letter case is the same.
func putTags(have *map[string]string, tags map[string]string, word string) error {
	for key, value := range tags {
		removeTag(*have, key)
		if *have == nil {
			*have = map[string]string{}
		}
		(*have)[key] = value
	}
	if len(*have) > maxTags {
		return limitExceeded("Cannot exceed quota for TagsPer%s: %d", word, maxTags)
	}
	return nil
}

func removeTag(tags map[string]string, key string) {
	maps.DeleteFunc(tags, func(have, _ string) bool { return strings.EqualFold(have, key) })
}

func removeTags(tags map[string]string, keys []string) {
	for _, key := range keys {
		removeTag(tags, key)
	}
}

// someTags reads Tags where there must be some.
func (p *params) someTags() map[string]string {
	tags := p.tags()
	if tags == nil {
		p.refuse("Tags", "Member must not be null")
	}
	return tags
}

func (p *params) tagKeys() []string { return p.list("TagKeys", maxTags, 128) }

func tagPage(in page, tags map[string]string) wire.ListTagsOutput {
	part, next := cut(in, tagList(tags), func(t wire.IAMTag) string { return t.Key })
	return wire.ListTagsOutput{Tags: wire.List(part...), IAMPage: next}
}

// tag is TagRole and TagUser. The tags are the principal's (aws:PrincipalTag), under those of a session.
func (c *call) tag(k *kind) (any, error) {
	name, tags := c.named(k), c.in.someTags()
	return c.change(k, name, func(_ *store.Tx, h *holder) error { return putTags(&h.tags, tags, k.word) })
}

func (c *call) untag(k *kind) (any, error) {
	name, keys := c.named(k), c.in.tagKeys()
	return c.change(k, name, func(_ *store.Tx, h *holder) error {
		removeTags(h.tags, keys)
		return nil
	})
}

func (c *call) listTags(k *kind) (any, error) {
	name, in := c.named(k), c.in.page()
	h, err := c.look(k, name)
	if err != nil {
		return nil, err
	}
	return tagPage(in, h.tags), nil
}

func (c *call) tagPolicy() (any, error) {
	arn, tags := c.in.needed("PolicyArn", maxARN), c.in.someTags()
	return nil, c.changePolicy(arn, func(_ *store.Tx, p *store.ManagedPolicy) error { return putTags(&p.Tags, tags, "Policy") })
}

func (c *call) untagPolicy() (any, error) {
	arn, keys := c.in.needed("PolicyArn", maxARN), c.in.tagKeys()
	return nil, c.changePolicy(arn, func(_ *store.Tx, p *store.ManagedPolicy) error {
		removeTags(p.Tags, keys)
		return nil
	})
}

func (c *call) listPolicyTags() (any, error) {
	arn, in := c.in.needed("PolicyArn", maxARN), c.in.page()
	if err := c.in.done(); err != nil {
		return nil, err
	}
	p, err := c.policy(arn)
	return tagPage(in, p.Tags), err
}

func (c *call) tagProvider() (any, error) {
	tags := c.in.someTags()
	return c.changeProvider(func(p *store.OIDCProvider) error { return putTags(&p.Tags, tags, "OpenIdConnectProvider") })
}

func (c *call) untagProvider() (any, error) {
	keys := c.in.tagKeys()
	return c.changeProvider(func(p *store.OIDCProvider) error {
		removeTags(p.Tags, keys)
		return nil
	})
}

func (c *call) listProviderTags() (any, error) {
	in := c.in.page()
	p, err := c.provider()
	return tagPage(in, p.Tags), err
}
