package gatepass

import (
	"context"
	"slices"
	"sync"
)

// A Store keeps sessions between calls and processes. What it is given to keep is
// secret and its content no concern of the store. Implementations are safe for
// concurrent use.
type Store interface {
	// Load gives what was saved under key; [ErrNotSignedIn] if nothing is.
	Load(ctx context.Context, key string) ([]byte, error)
	// Save replaces what is kept under key, all or nothing.
	Save(ctx context.Context, key string, data []byte) error
	// Delete removes key; it is no error if nothing is kept there.
	Delete(ctx context.Context, key string) error
	// Lock keeps everybody else who shares the store from locking key until
	// unlock is called.
	Lock(ctx context.Context, key string) (unlock func(), err error)
}

// MemoryStore keeps sessions as long as the process lives. The zero value is
// empty and ready. It must not be copied.
type MemoryStore struct {
	mu    sync.Mutex
	data  map[string][]byte
	locks map[string]chan struct{}
}

// Load gives what was saved under key; [ErrNotSignedIn] if nothing is.
func (m *MemoryStore) Load(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.data[key]
	if !ok {
		return nil, ErrNotSignedIn
	}
	return slices.Clone(b), nil
}

// Save replaces what is kept under key. It does not fail.
func (m *MemoryStore) Save(_ context.Context, key string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.data == nil {
		m.data = map[string][]byte{}
	}
	m.data[key] = slices.Clone(data)
	return nil
}

// Delete removes key. It does not fail.
func (m *MemoryStore) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.data, key)
	return nil
}

// Lock waits until key is free; the error is that of ctx.
func (m *MemoryStore) Lock(ctx context.Context, key string) (func(), error) {
	sem := m.sem(key)
	select {
	case sem <- struct{}{}:
		return sync.OnceFunc(func() { <-sem }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (m *MemoryStore) sem(key string) chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locks == nil {
		m.locks = map[string]chan struct{}{}
	}
	if m.locks[key] == nil {
		m.locks[key] = make(chan struct{}, 1)
	}
	return m.locks[key]
}

// String withholds the content.
func (*MemoryStore) String() string { return "gatepass.MemoryStore" }

// GoString withholds the content.
func (m *MemoryStore) GoString() string { return m.String() }
