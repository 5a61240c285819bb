package apigateway

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"

	"github.com/gatepass/gatepass/internal/wire"
)

const (
	pageDefault = 25
	pageMax     = 500
)

// page takes the part of a sorted list of keys that a call asks for, and the
// token for the next.
func (c *call) page(keys []string, sizeName, tokenName string) ([]string, string, error) {
	size := pageDefault
	if text := c.Query.Get(sizeName); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > pageMax {
			return nil, "", badRequest("Invalid %s specified: it is a number from 1 to %d", sizeName, pageMax)
		}
		size = n
	}
	if token := c.Query.Get(tokenName); token != "" {
		after, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return nil, "", badRequest("Invalid position parameter specified")
		}
		i, met := slices.BinarySearch(keys, string(after))
		if met {
			i++
		}
		keys = keys[i:]
	}
	if len(keys) <= size {
		return keys, "", nil
	}
	return keys[:size], base64.RawURLEncoding.EncodeToString([]byte(keys[size-1])), nil
}

// items is a page of a map, by key, in the form of the first API.
func items[T, V any](c *call, all map[string]T, view func(T) V) (any, error) {
	keys, next, err := c.page(slices.Sorted(maps.Keys(all)), "limit", "position")
	return wire.Items[V]{Item: viewed(keys, all, view), Position: next}, err
}

// itemsV2 is a page of a map in the form of API Gateway V2.
func itemsV2[T, V any](c *call, all map[string]T, view func(T) V) (any, error) {
	keys, next, err := c.page(slices.Sorted(maps.Keys(all)), "maxResults", "nextToken")
	return wire.ItemsV2[V]{Items: viewed(keys, all, view), NextToken: next}, err
}

func viewed[T, V any](keys []string, all map[string]T, view func(T) V) []V {
	out := make([]V, 0, len(keys))
	for _, k := range keys {
		out = append(out, view(all[k]))
	}
	return out
}

func same[T any](v T) T { return v }
