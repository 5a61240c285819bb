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
	era     int // how often it was emptied
}

type entry[T any] struct {
	value  T
	loaded time.Time
}

func (c *cache[T]) get(key string, now time.Time, load func() (T, error)) (T, error) {
	c.mu.Lock()
	e, found := c.entries[key]
	era := c.era
	c.mu.Unlock()
	// A clock that went backwards makes an entry of unknown age.
	if found && !now.Before(e.loaded) && now.Sub(e.loaded) < Staleness {
		return e.value, nil
	}
	value, err := load()
	if err != nil {
		return value, err
	}
	c.put(key, entry[T]{value, now}, era)
	return value, nil
}

// forget empties the cache. What is being loaded meanwhile may have been read before the change and is not kept.
func (c *cache[T]) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries = nil
	c.era++
}

func (c *cache[T]) put(key string, e entry[T], era int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if era != c.era {
		return
	}
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
