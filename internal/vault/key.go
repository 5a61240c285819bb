package vault

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/crypto/scrypt"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/seal"
)

// The names that what is no session has in the directory.
const (
	keyLock     = "vault/lock"
	keyFile     = "vault/key"
	wrappedFile = "vault/wrapped key"
)

// errNoKey: no key of this kind was made yet.
var errNoKey = errors.New("no key")

// box gives the box of a kind, whose key it fetches once. With create a key that
// is missing is made; else that means that no session under it can be read.
func (v *Vault) box(ctx context.Context, k kind, create bool) (*seal.Box, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if b := v.boxes[k]; b != nil {
		return b, nil
	}
	if k == byKeyring && v.shut != nil {
		return nil, v.shut
	}
	key, err := v.key(ctx, k, create)
	if errors.Is(err, errNoKey) {
		return nil, unreadable("its key is gone")
	}
	if errors.Is(err, ErrLocked) && v.SignIn {
		v.shut = err // one wait is enough
	}
	if err != nil {
		return nil, err
	}
	ring, err := seal.NewRing(key)
	if err != nil {
		return nil, err
	}
	if v.boxes == nil {
		v.boxes = map[kind]*seal.Box{}
	}
	v.boxes[k] = ring.Box("session of the command line")
	return v.boxes[k], nil
}

// key reads the key of a kind, or makes it under a lock, so that several
// processes end with the same one.
func (v *Vault) key(ctx context.Context, k kind, create bool) ([]byte, error) {
	if k == byKeyring {
		var cancel func()
		ctx, cancel = v.deadline(ctx)
		defer cancel()
	}
	key, err := v.readKey(ctx, k)
	if !create || !errors.Is(err, errNoKey) {
		return key, err
	}
	unlock, err := v.files().Lock(ctx, keyLock)
	if err != nil {
		return nil, v.timedOut(ctx, k, err)
	}
	defer unlock()
	if key, err = v.readKey(ctx, k); !errors.Is(err, errNoKey) {
		return key, err
	}
	key = make([]byte, seal.RootSize)
	_, _ = rand.Read(key) // it never fails
	return key, v.writeKey(ctx, k, key)
}

func (v *Vault) readKey(ctx context.Context, k kind) ([]byte, error) {
	switch k {
	case byKeyring:
		return v.askKey(ctx)
	case byPassphrase:
		return v.unwrap(ctx)
	}
	key, err := v.files().Load(ctx, keyFile)
	if errors.Is(err, gatepass.ErrNotSignedIn) || (err == nil && len(key) != seal.RootSize) {
		return nil, errNoKey
	}
	return key, err
}

func (v *Vault) writeKey(ctx context.Context, k kind, key []byte) error {
	switch k {
	case byKeyring:
		return v.giveKey(ctx, key)
	case byPassphrase:
		return v.wrap(ctx, key)
	}
	return v.files().Save(ctx, keyFile, key)
}

// wrapped is the key under a passphrase: scrypt (RFC 7914) with these parameters.
type wrapped struct {
	N      int    `json:"n"`
	R      int    `json:"r"`
	P      int    `json:"p"`
	Salt   []byte `json:"salt"`
	Sealed []byte `json:"sealed"`
}

// scryptCost is about a tenth of a second and 32 MiB.
const scryptCost = 1 << 15

func (w wrapped) box(passphrase string) (*seal.Box, error) {
	if w.N > 1<<20 || w.R > 8 || w.P > 8 {
		return nil, fmt.Errorf("%w: the wrapped key asks for too much work", ErrPassphrase)
	}
	key, err := scrypt.Key([]byte(passphrase), w.Salt, w.N, w.R, w.P, seal.RootSize)
	if err != nil {
		return nil, err
	}
	ring, err := seal.NewRing(key)
	if err != nil {
		return nil, err
	}
	return ring.Box("key under a passphrase"), nil
}

func (v *Vault) unwrap(ctx context.Context) ([]byte, error) {
	if v.Passphrase == "" {
		return nil, fmt.Errorf("%w is needed", ErrPassphrase)
	}
	b, err := v.files().Load(ctx, wrappedFile)
	if errors.Is(err, gatepass.ErrNotSignedIn) {
		return nil, errNoKey
	}
	if err != nil {
		return nil, err
	}
	var w wrapped
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, errNoKey
	}
	box, err := w.box(v.Passphrase)
	if err != nil {
		return nil, err
	}
	key, err := box.OpenBytes(w.Sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w is wrong", ErrPassphrase)
	}
	return key, nil
}

func (v *Vault) wrap(ctx context.Context, key []byte) error {
	w := wrapped{N: cmp.Or(v.cost, scryptCost), R: 8, P: 1, Salt: []byte(rand.Text())}
	box, err := w.box(v.Passphrase)
	if err != nil {
		return err
	}
	if w.Sealed, err = box.SealBytes(rand.Reader, key, nil); err != nil {
		return err
	}
	b, err := json.Marshal(w)
	if err != nil {
		return err
	}
	return v.files().Save(ctx, wrappedFile, b)
}

// text is how a keyring keeps a key.
var text = base64.StdEncoding.Strict()
