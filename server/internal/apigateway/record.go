package apigateway

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/gatepass/gatepass/server/store"
)

// reader finds records, in a transaction or outside of one.
type reader interface {
	APIRecord(ctx context.Context, kind store.APIKind, id string) (store.APIRecord, error)
	APIRecords(ctx context.Context, kind store.APIKind, parent string) ([]store.APIRecord, error)
}

// recordOf reads a record that was found in the store.
func recordOf[T any](rec store.APIRecord, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	var t T
	return &t, json.Unmarshal(rec.Doc, &t)
}

// recordsOf reads all records of a kind, by id.
func recordsOf[T any](c *call, r reader, kind store.APIKind, parent string) (map[string]*T, error) {
	recs, err := r.APIRecords(c.ctx, kind, parent)
	if err != nil {
		return nil, err
	}
	all := make(map[string]*T, len(recs))
	for _, rec := range recs {
		if all[rec.ID], err = recordOf[T](rec, nil); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// stageNames is what the records of APIs have in common.
type stageNames struct{ Stages map[string]struct{} }

// head reads an API without its draft.
func head[A any](c *call, r reader, kind store.APIKind) (*A, error) {
	a, err := recordOf[A](r.APIRecord(c.ctx, kind, c.vars["api"]))
	return a, missing(err, c.s.apiNotFound(c.vars["api"]))
}

// whole reads an API with its draft. A record of before there were drafts has all
// in one.
func whole[A any](c *call, r reader, kind store.APIKind) (*A, error) {
	a, err := head[A](c, r, kind)
	if err != nil {
		return nil, err
	}
	draft, err := r.APIRecord(c.ctx, store.KindAPIDraft, c.vars["api"])
	if errors.Is(err, store.ErrNotFound) {
		return a, nil
	}
	if err != nil {
		return nil, err
	}
	return a, json.Unmarshal(draft.Doc, a)
}

// put keeps a record.
func (e *edit) put(kind store.APIKind, id, parent string, v any) error {
	doc, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return e.PutAPIRecord(kind, store.APIRecord{ID: id, Parent: parent, Doc: doc})
}

// view is an operation that reads something.
func view[T any](find func(c *call, r reader) (*T, error), fn func(c *call, t *T) (any, error)) handler {
	return func(c *call) (any, error) {
		t, err := find(c, c.s.Store)
		if err != nil {
			return nil, err
		}
		return fn(c, t)
	}
}

// changing is an operation that finds something by its path, changes it as its
// body says, and keeps it.
func changing[T, In any](find func(c *call, r reader) (*T, error), keep func(e *edit, t *T) error, fn func(e *edit, t *T, in In) (any, error)) handler {
	return func(c *call) (any, error) {
		var in In
		if err := decode(c.Body, &in); err != nil {
			return nil, err
		}
		return transact(c, func(e *edit) (*T, error) { return find(c, e.Tx) }, keep, func(e *edit, t *T) (any, error) { return fn(e, t, in) })
	}
}

// creating is an operation that makes something of its body and keeps it.
func creating[T, In any](fresh func(e *edit, in In) (*T, error), keep func(e *edit, t *T) error, shown func(s *Service, t *T) any) handler {
	return func(c *call) (any, error) {
		var in In
		if err := decode(c.Body, &in); err != nil {
			return nil, err
		}
		return transact(c, func(e *edit) (*T, error) { return fresh(e, in) }, keep, func(_ *edit, t *T) (any, error) { return shown(c.s, t), nil })
	}
}

// unchanged keeps nothing: what an operation changes is elsewhere.
func unchanged[T any](*edit, *T) error { return nil }

// transact finds or makes something, has fn do its part and keeps it, in one
// transaction. All may run again.
func transact[T any](c *call, find func(e *edit) (*T, error), keep func(e *edit, t *T) error, fn func(e *edit, t *T) (any, error)) (out any, err error) {
	err = c.s.edit(c, func(e *edit) error {
		t, err := find(e)
		if err != nil {
			return err
		}
		if out, err = fn(e, t); err != nil {
			return err
		}
		return keep(e, t)
	})
	return out, err
}

// set adds to a map, which may be nil.
func set[V any](m *map[string]V, key string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = v
}
