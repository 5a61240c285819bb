package apigateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/gatepass/gatepass/internal/seal"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/store"
)

// Service is the control plane of one region and account. Every field without a
// word about its zero value is required; fields must not change after the first
// use. Use it by pointer; it is then safe for concurrent use.
type Service struct {
	Store     *store.Store
	Ring      *seal.Ring
	Region    string // such as us-east-1
	AccountID string // twelve digits
	Now       func() time.Time
	Rand      io.Reader
	// Endpoint is the base URL of the server. APIs are then invoked at
	// Endpoint/_aws/execute-api/ID, otherwise at AWS's host name. Nil: the latter.
	Endpoint func() string
	// Declared is what the configuration declares; its ids, hosts and keys are
	// taken. Nil: nothing.
	Declared func() apidef.Catalog
	// Validate says what is wrong with an API as the gateway would serve it.
	Validate func(apidef.API) error
	// Check says what is wrong with all that would be served together. Nil: it is
	// not asked.
	Check func(apidef.Catalog) error
	// Pins gives unique ids of whom a resource policy names, by ARN. Nil: it means
	// whoever has a name.
	Pins func(ctx context.Context, tx *store.Tx, doc string) (map[string]string, error)
	// Changed is called when what Catalog gives has changed, before the answer.
	// Nil: nobody listens.
	Changed func(context.Context)
	// Read reads an OpenAPI document of a REST or HTTP API, with a warning for
	// each thing in it that was not understood; basePath is ignore, prepend or
	// split. Nil: imports are refused.
	Read func(doc []byte, p apidef.Protocol, basePath string) (apidef.API, []string, error)
	// Write makes the OpenAPI 3 document, as JSON, of an API and one of its
	// stages. Nil: exports are refused.
	Write func(a apidef.API, stage string) ([]byte, error)

	ready ready
}

// Request is a call of the control plane whose signature and permission have been
// checked.
type Request struct {
	Query  url.Values
	Accept string // header
	Body   []byte
	// Allow says whether the caller may do something else, too; nil: everything.
	Allow func(action, resource string) error
}

// Reply is the answer to a Request: a value for wire.WriteREST, or a document.
type Reply struct {
	Status int
	Value  any       // nil: none
	File   *Document // in place of Value
}

// Document is an exported API.
type Document struct {
	ContentType, Disposition string
	Body                     []byte
}

// Operation is one operation, with the resource that a path names.
type Operation struct {
	Name     string // CreateRestApi
	Resource string // /restapis/ID, what follows arn:aws:apigateway:REGION:: in its ARN
	// Tags are those of the API, key, plan or domain name that the path names.
	Tags func(ctx context.Context) (map[string]string, error)
	Run  func(ctx context.Context, r Request) (Reply, error)
}

// call is a Request on its way.
type call struct {
	Request
	s    *Service
	ctx  context.Context
	vars map[string]string // of the path
}

// edit is a call in a transaction of the control plane; one runs at a time.
type edit struct {
	*call
	*store.Tx
	served bool // what is served changes
}

// edit runs fn in a transaction. fn may run again.
func (s *Service) edit(c *call, fn func(e *edit) error) error {
	var served bool
	err := s.Store.Update(c.ctx, func(tx *store.Tx) error {
		e := &edit{call: c, Tx: tx}
		if err := tx.LockAPIs(); err != nil {
			return err
		}
		if err := fn(e); err != nil {
			return err
		}
		if served = e.served; !served {
			return nil
		}
		return e.mark()
	})
	if err == nil && served && s.Changed != nil {
		s.Changed(c.ctx)
	}
	return err
}

// mark says that what is served changes, if the gateway would serve it.
func (e *edit) mark() error {
	if e.s.Check != nil {
		all, err := e.outline()
		if err != nil {
			return err
		}
		if err := e.s.Check(all); err != nil {
			return misfit(err)
		}
	}
	return e.MarkAPIs(wire.NewRequestID())
}

// may asks whether the caller may do something besides the call itself.
func (c *call) may(action, resource string) error {
	if c.Allow == nil {
		return nil
	}
	return c.Allow(action, resource)
}

func (s *Service) arn(resource string) string {
	return "arn:aws:apigateway:" + s.Region + "::" + resource
}

func (s *Service) declared() apidef.Catalog {
	if s.Declared == nil {
		return apidef.Catalog{}
	}
	return s.Declared()
}

// taken: the configuration declares an API of that id.
func (s *Service) taken(id string) bool {
	for _, a := range s.declared().APIs {
		if a.ID == id {
			return true
		}
	}
	return false
}

func (s *Service) utc() time.Time { return s.Now().UTC().Truncate(time.Second) }

func (s *Service) epoch() wire.Epoch { return wire.Epoch{Time: s.utc()} }

// newID makes an id of n lower-case letters and digits.
func (s *Service) newID(n int) (string, error) {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	raw := make([]byte, n)
	if _, err := io.ReadFull(s.Rand, raw); err != nil {
		return "", fmt.Errorf("apigateway: no random bytes: %w", err)
	}
	for i, b := range raw {
		raw[i] = letters[int(b)%len(letters)]
	}
	return string(raw), nil
}

// newSecret makes the value of an API key: n letters and digits, all alike
// probable.
func (s *Service) newSecret(n int) (string, error) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	out := make([]byte, 0, n)
	var raw [64]byte
	for len(out) < n {
		if _, err := io.ReadFull(s.Rand, raw[:]); err != nil {
			return "", fmt.Errorf("apigateway: no random bytes: %w", err)
		}
		for _, b := range raw {
			if int(b) < 4*len(letters) && len(out) < n {
				out = append(out, letters[int(b)%len(letters)])
			}
		}
	}
	return string(out), nil
}

// unavailable makes whatever is not a refusal a fault of ours, so that an
// unreadable record is never taken for a missing one.
func unavailable(err error) error {
	var refusal *wire.Error
	if errors.As(err, &refusal) || errors.Is(err, wire.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", wire.ErrUnavailable, err)
}
