package server

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/server/store"
)

// A new key is published long before it signs, so that no backend meets a token
// of a key it does not know (D12).
func TestD12IdentityTokenKeyRotation(t *testing.T) {
	now := time.Date(2026, 1, 15, 10, 0, 0, 0, time.UTC)
	s := &Server{Now: func() time.Time { return now }}
	ctx := context.Background()
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	first := signerOf(t, s)
	now = now.Add(time.Hour)
	addGateKey(t, s, "2")
	now = now.Add(gateReload)
	if got := signerOf(t, s); got != first || published(t, s) != 2 {
		t.Errorf("a new key signs at once: %s, %d keys", got, published(t, s))
	}
	now = now.Add(gateNotice)
	if got := signerOf(t, s); got == first || published(t, s) != 2 {
		t.Errorf("the new key never signs: %s, %d keys", got, published(t, s))
	}
}

func addGateKey(t *testing.T, s *Server, id string) {
	t.Helper()
	key, err := token.GenerateECKey(s.random)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := key.MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := s.ring.Box(gateBox).SealBytes(s.random, pem, []byte(id))
	if err != nil {
		t.Fatal(err)
	}
	err = s.store.Update(context.Background(), func(tx *store.Tx) error {
		return tx.AddSigningKey(store.SigningKey{Scope: gateScope, ID: id, Sealed: sealed, Created: s.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// signerOf gives the header of a token, which names its key.
func signerOf(t *testing.T, s *Server) string {
	t.Helper()
	raw, err := s.signIdentity(context.Background(), map[string]string{"sub": "x"})
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(raw, ".")
	text, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func published(t *testing.T, s *Server) int {
	t.Helper()
	doc, err := s.gateDocument(context.Background(), gateKeysPath)
	if err != nil {
		t.Fatal(err)
	}
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(doc, &set); err != nil {
		t.Fatal(err)
	}
	return len(set.Keys)
}
