package apigateway

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/store"
)

// domainRecord is a domain name with its mappings, which both APIs show.
type domainRecord struct {
	Name         string
	Certificate  string
	EndpointType string
	Security     string
	Tags         map[string]string           `json:"tags"`
	Mappings     map[string]*wire.APIMapping // by base path, "" for none
}

func domainOperations() []entry {
	const one, base = "/domainnames/{domain}", "/domainnames/{domain}/basepathmappings"
	return []entry{
		{"CreateDomainName", "POST /domainnames", 201, createDomainName},
		{"GetDomainNames", "GET /domainnames", 200, getDomainNames},
		{"GetDomainName", "GET " + one, 200, viewDomain(func(s *Service, _ *call, d *domainRecord) (any, error) { return s.domain(d), nil })},
		{"UpdateDomainName", "PATCH " + one, 200, editDomain(updateDomainName)},
		{"DeleteDomainName", "DELETE " + one, 202, deleteDomainName},
		{"CreateBasePathMapping", "POST " + base, 201, editDomain(createBasePathMapping)},
		{"GetBasePathMappings", "GET " + base, 200, viewDomain(getBasePathMappings)},
		{"GetBasePathMapping", "GET " + base + "/{base}", 200, viewDomain(getBasePathMapping)},
		{"UpdateBasePathMapping", "PATCH " + base + "/{base}", 200, editDomain(updateBasePathMapping)},
		{"DeleteBasePathMapping", "DELETE " + base + "/{base}", 202, editDomain(deleteBasePathMapping)},
	}
}

const noBase = "(none)"

func domainNotFound() error { return notFound("Invalid domain name identifier specified") }

func mappingNotFound() error { return notFound("Invalid base path mapping identifier specified") }

func readDomain(rec store.APIRecord, err error) (*domainRecord, error) {
	if err != nil {
		return nil, missing(err, domainNotFound())
	}
	var d domainRecord
	return &d, json.Unmarshal(rec.Doc, &d)
}

func viewDomain(fn func(s *Service, c *call, d *domainRecord) (any, error)) handler {
	return func(s *Service, c *call) (any, error) {
		d, err := readDomain(s.Store.APIRecord(c.ctx, store.KindAPIDomain, c.vars["domain"]))
		if err != nil {
			return nil, err
		}
		return fn(s, c, d)
	}
}

func editDomain[In any](fn func(e *edit, d *domainRecord, in In) (any, error)) handler {
	return func(s *Service, c *call) (any, error) {
		var in In
		if err := decode(c.Body, &in); err != nil {
			return nil, err
		}
		var out any
		err := s.edit(c, func(e *edit) error {
			d, err := readDomain(e.APIRecord(e.ctx, store.KindAPIDomain, c.vars["domain"]))
			if err != nil {
				return err
			}
			if out, err = fn(e, d, in); err != nil {
				return err
			}
			e.served = true
			return e.put(store.KindAPIDomain, d.Name, "", d)
		})
		return out, err
	}
}

func (s *Service) domain(d *domainRecord) wire.DomainName {
	out := wire.DomainName{
		DomainName: d.Name, DomainNameARN: s.arn("/domainnames/" + d.Name), DomainNameStatus: "AVAILABLE", SecurityPolicy: d.Security, Tags: d.Tags,
		RegionalDomainName: d.Name, EndpointConfiguration: &wire.EndpointConfiguration{Types: []string{d.EndpointType}},
	}
	if d.EndpointType == "EDGE" {
		out.CertificateARN = d.Certificate
	} else {
		out.RegionalCertificateARN = d.Certificate
	}
	return out
}

func createDomainName(s *Service, c *call) (any, error) {
	var in wire.CreateDomainNameInput
	if err := decode(c.Body, &in); err != nil {
		return nil, err
	}
	d := &domainRecord{Name: in.DomainName, Certificate: in.RegionalCertificateARN, EndpointType: "REGIONAL", Security: in.SecurityPolicy, Tags: in.Tags}
	if in.CertificateARN != "" {
		d.Certificate, d.EndpointType = in.CertificateARN, "EDGE"
	}
	if end := in.EndpointConfiguration; end != nil && len(end.Types) > 0 {
		d.EndpointType = end.Types[0]
	}
	if err := s.addDomain(c, d); err != nil {
		return nil, err
	}
	return s.domain(d), nil
}

// addDomain keeps a new domain name. Host names are in lower case.
func (s *Service) addDomain(c *call, d *domainRecord) error {
	if d.Name == "" {
		return badRequest("No Domain Name specified")
	}
	if d.EndpointType == "PRIVATE" {
		return unsupported("private endpoints")
	}
	for _, a := range s.declared().APIs {
		if slices.ContainsFunc(a.Domains, func(o apidef.Domain) bool { return o.Host == d.Name }) {
			return conflict("The domain name %s is declared in the server's configuration", d.Name)
		}
	}
	probe := apidef.API{ID: "probe", Protocol: apidef.REST, Domains: []apidef.Domain{{Host: d.Name, Stage: "prod"}}}
	if err := s.fits(probe, apidef.Stage{Name: "prod"}); err != nil {
		return err
	}
	d.Mappings = map[string]*wire.APIMapping{}
	return s.edit(c, func(e *edit) error {
		doc, err := json.Marshal(d)
		if err != nil {
			return err
		}
		err = e.AddAPIRecord(store.KindAPIDomain, store.APIRecord{ID: d.Name, Doc: doc})
		if errors.Is(err, store.ErrExists) {
			return conflict("The domain name you provided already exists.")
		}
		return err
	})
}

func (s *Service) domains(c *call, r reader) (map[string]*domainRecord, error) {
	recs, err := r.APIRecords(c.ctx, store.KindAPIDomain, "")
	if err != nil {
		return nil, err
	}
	all := map[string]*domainRecord{}
	for _, rec := range recs {
		if all[rec.ID], err = readDomain(rec, nil); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func getDomainNames(s *Service, c *call) (any, error) {
	all, err := s.domains(c, s.Store)
	if err != nil {
		return nil, err
	}
	return items(c, all, s.domain)
}

func updateDomainName(e *edit, d *domainRecord, in wire.PatchInput) (any, error) {
	shown := e.s.domain(d)
	err := patch(&shown, in.PatchOperations, "/certificateArn", "/regionalCertificateArn", "/securityPolicy")
	if err != nil {
		return nil, err
	}
	d.Security, d.Certificate = shown.SecurityPolicy, shown.CertificateARN+shown.RegionalCertificateARN
	return shown, nil
}

func deleteDomainName(s *Service, c *call) (any, error) {
	return nil, s.edit(c, func(e *edit) error {
		e.served = true
		return missing(e.DeleteAPIRecord(store.KindAPIDomain, c.vars["domain"]), domainNotFound())
	})
}

func basePath(m *wire.APIMapping) wire.BasePathMapping {
	out := wire.BasePathMapping{BasePath: m.APIMappingKey, RestAPIID: m.APIID, Stage: m.Stage}
	if out.BasePath == "" {
		out.BasePath = noBase
	}
	return out
}

func baseOf(text string) string {
	if text == noBase {
		return ""
	}
	return text
}

func createBasePathMapping(e *edit, d *domainRecord, in wire.BasePathMapping) (any, error) {
	if strings.Contains(in.BasePath, "/") {
		return nil, badRequest("API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a multi-level base path mapping, use API Gateway V2.")
	}
	m := &wire.APIMapping{APIMappingKey: baseOf(in.BasePath), APIID: in.RestAPIID, Stage: in.Stage}
	if err := e.addMapping(d, m); err != nil {
		return nil, err
	}
	return basePath(m), nil
}

// addMapping maps a base path that is free to a stage that is there.
func (e *edit) addMapping(d *domainRecord, m *wire.APIMapping) error {
	if d.Mappings[m.APIMappingKey] != nil {
		return conflict("Base path already exists for this domain name")
	}
	if m.APIMappingID == "" {
		id, err := e.s.newID(6)
		if err != nil {
			return err
		}
		m.APIMappingID = id
	}
	if err := e.checkMapping(d, m); err != nil {
		return err
	}
	d.Mappings[m.APIMappingKey] = m
	return nil
}

func (e *edit) checkMapping(d *domainRecord, m *wire.APIMapping) error {
	if m.Stage == "" {
		return unsupported("base path mappings without a stage")
	}
	have, err := e.stagesOf(m.APIID)
	if err != nil {
		return err
	}
	if !have[m.Stage] {
		return badRequest("Invalid stage identifier specified")
	}
	probe := apidef.API{ID: "probe", Protocol: apidef.REST, Domains: []apidef.Domain{{Host: d.Name, BasePath: m.APIMappingKey, Stage: "prod"}}}
	return e.s.fits(probe, apidef.Stage{Name: "prod"})
}

// stagesOf are the names of the stages of an API of either kind.
func (e *edit) stagesOf(api string) (map[string]bool, error) {
	out := map[string]bool{}
	a, err := recordOf[restAPI](e.APIRecord(e.ctx, store.KindRestAPI, api))
	if err == nil {
		for name := range a.Stages {
			out[name] = true
		}
		return out, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	b, err := recordOf[httpAPI](e.APIRecord(e.ctx, store.KindHTTPAPI, api))
	if err != nil {
		return nil, missing(err, badRequest("Invalid REST API identifier specified"))
	}
	for name := range b.Stages {
		out[name] = true
	}
	return out, nil
}

func getBasePathMappings(_ *Service, c *call, d *domainRecord) (any, error) {
	shown := map[string]wire.BasePathMapping{}
	for m := range maps.Values(d.Mappings) {
		shown[basePath(m).BasePath] = basePath(m)
	}
	return items(c, shown, same)
}

func (d *domainRecord) mapping(c *call) (*wire.APIMapping, error) {
	if m := d.Mappings[baseOf(c.vars["base"])]; m != nil {
		return m, nil
	}
	return nil, mappingNotFound()
}

func getBasePathMapping(_ *Service, c *call, d *domainRecord) (any, error) {
	m, err := d.mapping(c)
	if err != nil {
		return nil, err
	}
	return basePath(m), nil
}

func updateBasePathMapping(e *edit, d *domainRecord, in wire.PatchInput) (any, error) {
	m, err := d.mapping(e.call)
	if err != nil {
		return nil, err
	}
	shown := basePath(m)
	for i, op := range in.PatchOperations {
		if op.Path == "/restapiId" { // as AWS spells it here, and only here
			in.PatchOperations[i].Path = "/restApiId"
		}
	}
	if err := patch(&shown, in.PatchOperations, "/basePath", "/stage", "/restApiId"); err != nil {
		return nil, err
	}
	delete(d.Mappings, m.APIMappingKey)
	m.APIMappingKey, m.APIID, m.Stage = baseOf(shown.BasePath), shown.RestAPIID, shown.Stage
	return shown, e.addMapping(d, m)
}

func deleteBasePathMapping(e *edit, d *domainRecord, _ struct{}) (any, error) {
	m, err := d.mapping(e.call)
	if err == nil {
		delete(d.Mappings, m.APIMappingKey)
	}
	return nil, err
}

// stageInUse refuses to take away a stage that a domain name or a usage plan
// names.
func (e *edit) stageInUse(api, stage string) error {
	domains, err := e.s.domains(e.call, e.Tx)
	if err != nil {
		return err
	}
	for _, d := range domains {
		for _, m := range d.Mappings {
			if m.APIID == api && m.Stage == stage {
				return badRequest("Cannot delete stage '%s' because it is mapped by the domain name %s", stage, d.Name)
			}
		}
	}
	plans, err := e.plans()
	if err != nil {
		return err
	}
	for _, p := range plans {
		if slices.ContainsFunc(p.APIStages, func(st wire.APIStage) bool { return st.APIID == api && st.Stage == stage }) {
			return badRequest("Cannot delete stage '%s' because it is associated with the usage plan %s", stage, p.ID)
		}
	}
	return nil
}
