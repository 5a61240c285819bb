// Package iam is Identity and Access Management as the AWS CLI speaks it (AWS IAM API Reference): roles, users, access keys,
// policies and OpenID providers, and the policy simulator. What it writes, sts, identity and the gate decide by.
//
// Every write is one transaction that reads what it changes. What is written is read by the same strict parser that loads it:
// no stored policy is one that could not be evaluated.
package iam

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
)

// Version is the one version of the IAM API.
const Version = "2010-05-08"

// Service answers IAM's operations. All fields but Changed are required and must not change after the first use. It is safe
// for concurrent use.
type Service struct {
	Store     *store.Store
	AccountID string
	Now       func() time.Time
	Rand      io.Reader // crypto/rand.Reader but in tests
	// NewID makes a unique identifier with a prefix such as AROA.
	NewID func(random io.Reader, prefix string) (string, error)
	// SealSecret seals the secret of an access key.
	SealSecret func(accessKeyID, secret string) ([]byte, error)
	// OIDCProviderARN is the ARN of the OpenID provider of an issuer, "" for what is no issuer.
	OIDCProviderARN func(account, issuer string) string
	// Changed is called after every write: what was read before may be out of date. nil: nobody listens.
	Changed func()
}

// Operation is one action of the IAM API, ready to be asked about and run.
type Operation struct{ operation }

// operation is an action: what the caller's policies are asked, and what it does.
type operation struct {
	ask func(c *call) (Question, error)
	run func(c *call) (any, error)
}

// Question is what the caller's policies must allow the action on.
type Question struct {
	Resource string // ARN, or "*"
	Facts    policy.Context
}

// call is one request.
type call struct {
	*Service
	ctx    context.Context
	caller policy.Principal
	in     *params
}

// Op finds the operation a form names. Errors, as *wire.Error of status 400: MissingAction, or InvalidAction for an action
// that does not exist or is not built.
func (s *Service) Op(form url.Values) (name string, op Operation, err error) {
	name = form.Get("Action")
	found, known := operations()[name]
	switch {
	case name == "":
		err = &wire.Error{Code: "MissingAction", Message: "The request is missing an Action parameter", Status: http.StatusBadRequest}
	case !known:
		err = wire.Errorf("InvalidAction", "Could not find operation %s for version %s", name, Version)
	}
	return name, Operation{found}, err
}

// Ask says what the caller's policies are to be asked. What the store would not take, or no answer to a refusal could hold, is
// refused here, before anything is looked up by it. Errors are a *wire.Error or those of the store.
func (s *Service) Ask(ctx context.Context, op Operation, caller policy.Principal, form url.Values) (Question, error) {
	for _, values := range form {
		if strings.ContainsRune(values[0], 0) || !utf8.ValidString(values[0]) {
			return Question{}, wire.Errorf("ValidationError", "A parameter is not text.")
		}
	}
	q, err := op.ask(&call{s, ctx, caller, newParams(form)})
	if err == nil && len(q.Resource) > maxARN {
		err = wire.Errorf("ValidationError", "The name of what the request is about is longer than %d bytes.", maxARN)
	}
	return q, err
}

// Run answers; the result is for wire.WriteXML. Errors are a *wire.Error or those of the store.
func (s *Service) Run(ctx context.Context, op Operation, caller policy.Principal, form url.Values) (any, error) {
	out, err := op.run(&call{s, ctx, caller, newParams(form)})
	if err != nil || out == nil {
		return nil, err
	}
	return wire.QueryResult{Action: form.Get("Action"), Value: out}, nil
}

// update writes, and says so; also where it is not known whether the database kept it.
func (c *call) update(fn func(tx *store.Tx) error) error {
	err := c.Store.Update(c.ctx, fn)
	if c.Changed != nil && (err == nil || errors.Is(err, store.ErrUnavailable)) {
		c.Changed()
	}
	return err
}

// arn is the ARN of a thing of this account.
func (s *Service) arn(kind, path, name string) string {
	return "arn:aws:iam::" + s.AccountID + ":" + kind + path + name
}
