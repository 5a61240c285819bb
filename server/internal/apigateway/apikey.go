package apigateway

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// keyRecord is an API key at rest: its value is sealed.
type keyRecord struct {
	wire.APIKey
	Sealed string
}

func planOperations() []entry {
	return append(usagePlanOperations(), []entry{
		{"CreateApiKey", "POST /apikeys", 201, createAPIKey},
		{"GetApiKeys", "GET /apikeys", 200, getAPIKeys},
		{"GetApiKey", "GET /apikeys/{key}", 200, getAPIKey},
		{"UpdateApiKey", "PATCH /apikeys/{key}", 200, updateAPIKey},
		{"DeleteApiKey", "DELETE /apikeys/{key}", 202, deleteAPIKey},
		{"GetAccount", "GET /account", 200, getAccount},
	}...)
}

func keyNotFound() error { return notFound("Invalid API Key identifier specified") }

// The account's throttle (quotas of Amazon API Gateway).
const (
	accountRate  = 10000
	accountBurst = 5000
)

func getAccount(*Service, *call) (any, error) {
	return wire.Account{
		ThrottleSettings: wire.ThrottleSettings{RateLimit: accountRate, BurstLimit: accountBurst},
		Features:         []string{"UsagePlans"}, APIKeyVersion: "4",
	}, nil
}

// openKey reads a key with its value.
func (s *Service) openKey(rec store.APIRecord) (wire.APIKey, error) {
	var k keyRecord
	if err := json.Unmarshal(rec.Doc, &k); err != nil {
		return k.APIKey, err
	}
	value, err := s.Ring.Box("api key").Open(k.Sealed, []byte(k.ID))
	k.Value = string(value)
	return k.APIKey, err
}

func (e *edit) putKey(k wire.APIKey) error {
	sealed, err := e.s.Ring.Box("api key").Seal(e.s.Rand, []byte(k.Value), []byte(k.ID))
	if err != nil {
		return err
	}
	k.Value, e.served = "", true
	return e.put(store.KindAPIKey, k.ID, "", keyRecord{APIKey: k, Sealed: sealed})
}

// keys are all API keys by id, with their values.
func (s *Service) keys(c *call, r reader) (map[string]wire.APIKey, error) {
	recs, err := r.APIRecords(c.ctx, store.KindAPIKey, "")
	if err != nil {
		return nil, err
	}
	all := map[string]wire.APIKey{}
	for _, rec := range recs {
		if all[rec.ID], err = s.openKey(rec); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func createAPIKey(s *Service, c *call) (any, error) {
	if c.Query.Has("mode") {
		return nil, unsupported("importing API keys")
	}
	var in wire.CreateAPIKeyInput
	if err := decode(c.Body, &in); err != nil {
		return nil, err
	}
	var k wire.APIKey
	err := s.edit(c, func(e *edit) (err error) {
		k, err = e.newKey(in)
		if err != nil {
			return err
		}
		return e.putKey(k)
	})
	return k, err
}

func (e *edit) newKey(in wire.CreateAPIKeyInput) (wire.APIKey, error) {
	id, err := e.s.newID(10)
	if err != nil {
		return wire.APIKey{}, err
	}
	k := wire.APIKey{
		ID: id, Value: in.Value, Name: in.Name, CustomerID: in.CustomerID, Description: in.Description, Enabled: in.Enabled,
		CreatedDate: e.s.epoch(), LastUpdatedDate: e.s.epoch(), StageKeys: []string{}, Tags: in.Tags,
	}
	if k.Value == "" {
		k.Value, err = e.s.newSecret(40)
		return k, err
	}
	if len(k.Value) < 20 || len(k.Value) > 128 {
		return k, badRequest("API Key value should be at least 20 characters and at most 128")
	}
	all, err := e.s.keys(e.call, e.Tx)
	for _, other := range all {
		if other.Value == k.Value {
			return k, conflict("API Key already exists")
		}
	}
	for _, other := range e.s.declared().Keys {
		if string(other.Value) == k.Value {
			return k, conflict("API Key already exists")
		}
	}
	return k, err
}

func getAPIKeys(s *Service, c *call) (any, error) {
	all, err := s.keys(c, s.Store)
	if err != nil {
		return nil, err
	}
	for id, k := range all {
		if !strings.HasPrefix(k.Name, c.Query.Get("name")) || c.Query.Has("customerId") && k.CustomerID != c.Query.Get("customerId") {
			delete(all, id)
		}
	}
	return items(c, all, hider(c, "includeValues"))
}

// hider leaves out the value of a key unless the call asks for it.
func hider(c *call, parameter string) func(wire.APIKey) wire.APIKey {
	show, _ := strconv.ParseBool(c.Query.Get(parameter))
	return func(k wire.APIKey) wire.APIKey {
		if !show {
			k.Value = ""
		}
		return k
	}
}

func (s *Service) apiKey(c *call, r reader, id string) (wire.APIKey, error) {
	rec, err := r.APIRecord(c.ctx, store.KindAPIKey, id)
	if err != nil {
		return wire.APIKey{}, missing(err, keyNotFound())
	}
	return s.openKey(rec)
}

func getAPIKey(s *Service, c *call) (any, error) {
	k, err := s.apiKey(c, s.Store, c.vars["key"])
	if err != nil {
		return nil, err
	}
	return hider(c, "includeValue")(k), nil
}

func updateAPIKey(s *Service, c *call) (any, error) {
	var in wire.PatchInput
	if err := decode(c.Body, &in); err != nil {
		return nil, err
	}
	var k wire.APIKey
	err := s.edit(c, func(e *edit) (err error) {
		if k, err = s.apiKey(c, e.Tx, c.vars["key"]); err != nil {
			return err
		}
		if err := patch(&k, in.PatchOperations, "/name", "/description", "/enabled", "/customerId"); err != nil {
			return err
		}
		k.LastUpdatedDate = s.epoch()
		return e.putKey(k)
	})
	k.Value = ""
	return k, err
}

func deleteAPIKey(s *Service, c *call) (any, error) {
	return nil, s.edit(c, func(e *edit) error {
		e.served = true
		plans, err := e.plans()
		if err != nil {
			return err
		}
		for _, p := range plans {
			if p.drop(c.vars["key"]) {
				if err := e.putPlan(p); err != nil {
					return err
				}
			}
		}
		return missing(e.DeleteAPIRecord(store.KindAPIKey, c.vars["key"]), keyNotFound())
	})
}
