package store

import (
	"context"
	"encoding/json"
	"errors"
)

// APIRecord is a record of the API Gateway control plane: an API with its stages,
// its draft, a deployment, an API key, a usage plan, a domain name. What is in Doc
// is the control plane's business.
type APIRecord struct {
	ID     string
	Parent string // of a draft or deployment: the id of the API
	Doc    json.RawMessage
}

// APIKind is a kind of APIRecord; ids are unique in a kind.
type APIKind string

// The kinds of records.
const (
	KindRestAPI       APIKind = "restapi"
	KindHTTPAPI       APIKind = "httpapi"  // and WebSocket APIs
	KindAPIDraft      APIKind = "apidraft" // of one of these
	KindAPIDeployment APIKind = "apideployment"
	KindAPIKey        APIKind = "apikey"
	KindUsagePlan     APIKind = "usageplan"
	KindAPIDomain     APIKind = "apidomain"
)

// LockAPIs makes this transaction wait for the others that have called it, on
// every database: who calls it first reads what they wrote.
func (tx *Tx) LockAPIs() error { return put(tx, "apilock", "control", "", "") }

// MarkAPIs says that what is served has changed; mark must be another one each
// time.
func (tx *Tx) MarkAPIs(mark string) error { return put(tx, "apimark", "served", "", mark) }

// APIMark is the last MarkAPIs, "" if there was none.
func (r reader) APIMark(ctx context.Context) (string, error) {
	mark, err := get[string](ctx, r, "apimark", "served")
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return mark, err
}

// PutAPIRecord creates or replaces a record.
func (tx *Tx) PutAPIRecord(kind APIKind, rec APIRecord) error {
	return put(tx, string(kind), rec.ID, rec.Parent, rec)
}

// APIRecord finds a record; ErrNotFound.
func (r reader) APIRecord(ctx context.Context, kind APIKind, id string) (APIRecord, error) {
	return get[APIRecord](ctx, r, string(kind), id)
}

// APIRecords lists the records of a kind and parent by id.
func (r reader) APIRecords(ctx context.Context, kind APIKind, parent string) ([]APIRecord, error) {
	return list[APIRecord](ctx, r, byParent, string(kind), parent, "", everything)
}

// DeleteAPIRecord removes a record and those whose parent it is; ErrNotFound.
func (tx *Tx) DeleteAPIRecord(kind APIKind, id string) error {
	err := remove(tx, string(kind), id)
	if err == nil && (kind == KindRestAPI || kind == KindHTTPAPI) {
		err = tx.exec("DELETE FROM documents WHERE kind IN ($1, $2) AND parent = $3", string(KindAPIDraft), string(KindAPIDeployment), id)
	}
	return err
}
