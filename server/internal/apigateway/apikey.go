package apigateway

import (
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
	return append(append(usagePlanOperations(), usageOperations()...), []entry{
		{"CreateApiKey", "POST /apikeys", 201, createAPIKey},
		{"GetApiKeys", "GET /apikeys", 200, getAPIKeys},
		{"GetApiKey", "GET /apikeys/{key}", 200, view(findAPIKey, func(c *call, k *wire.APIKey) (any, error) { return hider(c, "includeValue")(k), nil })},
		{"UpdateApiKey", "PATCH /apikeys/{key}", 200, changing(findAPIKey, (*edit).putKey, updateAPIKey)},
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

func getAccount(*call) (any, error) {
	return wire.Account{
		ThrottleSettings: wire.ThrottleSettings{RateLimit: accountRate, BurstLimit: accountBurst},
		Features:         []string{"UsagePlans"}, APIKeyVersion: "4",
	}, nil
}

// openKey reads a key with its value.
func (s *Service) openKey(rec store.APIRecord) (*wire.APIKey, error) {
	k, err := recordOf[keyRecord](rec, nil)
	if err != nil {
		return nil, err
	}
	value, err := s.Ring.Box("api key").Open(k.Sealed, []byte(k.ID))
	k.Value = string(value)
	return &k.APIKey, err
}

func (e *edit) putKey(k *wire.APIKey) error {
	sealed, err := e.s.Ring.Box("api key").Seal(e.s.Rand, []byte(k.Value), []byte(k.ID))
	if err != nil {
		return err
	}
	rec := keyRecord{APIKey: *k, Sealed: sealed}
	rec.Value, e.served = "", true
	return e.put(store.KindAPIKey, k.ID, "", rec)
}

// keys are all API keys by id, with their values.
func (c *call) keys(r reader) (map[string]*wire.APIKey, error) {
	recs, err := r.APIRecords(c.ctx, store.KindAPIKey, "")
	if err != nil {
		return nil, err
	}
	all := map[string]*wire.APIKey{}
	for _, rec := range recs {
		if all[rec.ID], err = c.s.openKey(rec); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func createAPIKey(c *call) (any, error) {
	if c.Query.Has("mode") {
		return nil, unsupported("importing API keys")
	}
	return creating((*edit).newKey, (*edit).putKey, func(_ *Service, k *wire.APIKey) any { return *k })(c)
}

func (e *edit) newKey(in wire.CreateAPIKeyInput) (*wire.APIKey, error) {
	id, err := e.s.newID(10)
	if err != nil {
		return nil, err
	}
	k := &wire.APIKey{
		ID: id, Value: in.Value, Name: in.Name, CustomerID: in.CustomerID, Description: in.Description, Enabled: in.Enabled,
		CreatedDate: e.s.epoch(), LastUpdatedDate: e.s.epoch(), StageKeys: []string{}, Tags: in.Tags,
	}
	if k.Value == "" {
		k.Value, err = e.s.newSecret(40)
		return k, err
	}
	return k, e.checkValue(k.Value)
}

// checkValue checks the value of a new key, which no other may have.
func (e *edit) checkValue(value string) error {
	if len(value) < 20 || len(value) > 128 {
		return badRequest("API Key value should be at least 20 characters and at most 128")
	}
	all, err := e.keys(e.Tx)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.Value == value {
			return conflict("API Key already exists")
		}
	}
	for _, other := range e.s.declared().Keys {
		if string(other.Value) == value {
			return conflict("API Key already exists")
		}
	}
	return nil
}

func getAPIKeys(c *call) (any, error) {
	all, err := c.keys(c.s.Store)
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
func hider(c *call, parameter string) func(*wire.APIKey) wire.APIKey {
	show, _ := strconv.ParseBool(c.Query.Get(parameter))
	return func(k *wire.APIKey) wire.APIKey {
		out := *k
		if !show {
			out.Value = ""
		}
		return out
	}
}

func findAPIKey(c *call, r reader) (*wire.APIKey, error) { return c.apiKey(r, c.vars["key"]) }

func (c *call) apiKey(r reader, id string) (*wire.APIKey, error) {
	rec, err := r.APIRecord(c.ctx, store.KindAPIKey, id)
	if err != nil {
		return nil, missing(err, keyNotFound())
	}
	return c.s.openKey(rec)
}

func updateAPIKey(e *edit, k *wire.APIKey, in wire.PatchInput) (any, error) {
	err := patch(k, in.PatchOperations, "/name", "/description", "/enabled", "/customerId")
	k.LastUpdatedDate = e.s.epoch()
	return hider(e.call, "")(k), err
}

func deleteAPIKey(c *call) (any, error) {
	return nil, c.s.edit(c, func(e *edit) error {
		e.served = true
		plans, err := e.plans(e.Tx)
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
