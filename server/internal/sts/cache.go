package sts

import (
	"sync"
	"time"
)

// maxCached bounds what a cache holds: roles and long-term keys in use are few.
const maxCached = 1024

// cache keeps answers of the database for Staleness. Failures are never kept, so that nothing is refused for longer than
// it is wrong and an attacker's keys do not displace those in use. The zero value is ready.
type cache[T any] struct {
	mu      sync.Mutex
	entries map[string]entry[T]
}

type entry[T any] struct {
	value  T
	loaded time.Time
}

func (c *cache[T]) get(key string, now time.Time, load func() (T, error)) (T, error) {
	c.mu.Lock()
	e, found := c.entries[key]
	c.mu.Unlock()
	// A clock that went backwards makes an entry of unknown age.
	if found && !now.Before(e.loaded) && now.Sub(e.loaded) < Staleness {
		return e.value, nil
	}
	value, err := load()
	if err != nil {
		return value, err
	}
	c.put(key, entry[T]{value, now})
	return value, nil
}

func (c *cache[T]) put(key string, e entry[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = map[string]entry[T]{}
	}
	if len(c.entries) >= maxCached {
		for other := range c.entries {
			delete(c.entries, other) // any one: the order of a map is random
			break
		}
	}
	c.entries[key] = e
}
