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

// tag is TagRole and TagUser. The tags are the principal's (aws:PrincipalTag), under those of a session.
func (c *call) tag(k *kind) (any, error) {
	name, tags := c.named(k), c.in.tags()
	if tags == nil {
		c.in.refuse("Tags", "Member must not be null")
	}
	return c.change(k, name, func(_ *store.Tx, h *holder) error {
		for key, value := range tags {
			h.removeTag(key) // in another letter case it is the same
			if h.tags == nil {
				h.tags = map[string]string{}
			}
			h.tags[key] = value
		}
		if len(h.tags) > maxTags {
			return limitExceeded("Cannot exceed quota for TagsPer%s: %d", k.word, maxTags)
		}
		return nil
	})
}

func (h *holder) removeTag(key string) {
	maps.DeleteFunc(h.tags, func(have, _ string) bool { return strings.EqualFold(have, key) })
}

func (c *call) untag(k *kind) (any, error) {
	name, keys := c.named(k), c.in.list("TagKeys", maxTags, 128)
	return c.change(k, name, func(_ *store.Tx, h *holder) error {
		for _, key := range keys {
			h.removeTag(key)
		}
		return nil
	})
}

func (c *call) listTags(k *kind) (any, error) {
	name, in := c.named(k), c.in.page()
	h, err := c.look(k, name)
	if err != nil {
		return nil, err
	}
	tags, next := cut(in, tagList(h.tags), func(t wire.IAMTag) string { return t.Key })
	return wire.ListTagsOutput{Tags: wire.List(tags...), IAMPage: next}, nil
}
