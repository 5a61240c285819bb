package apigateway

import (
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
		{"CreateDomainName", "POST /domainnames", 201, creating((*edit).createDomainName, (*edit).putDomain, func(s *Service, d *domainRecord) any { return s.domain(d) })},
		{"GetDomainNames", "GET /domainnames", 200, getDomainNames},
		{"GetDomainName", "GET " + one, 200, viewDomain(func(c *call, d *domainRecord) (any, error) { return c.s.domain(d), nil })},
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

func findDomain(c *call, r reader) (*domainRecord, error) {
	d, err := recordOf[domainRecord](r.APIRecord(c.ctx, store.KindAPIDomain, c.vars["domain"]))
	return d, missing(err, domainNotFound())
}

func viewDomain(fn func(c *call, d *domainRecord) (any, error)) handler { return view(findDomain, fn) }

func editDomain[In any](fn func(e *edit, d *domainRecord, in In) (any, error)) handler {
	return changing(findDomain, (*edit).putDomain, fn)
}

func (e *edit) putDomain(d *domainRecord) error {
	e.served = true
	return e.put(store.KindAPIDomain, d.Name, "", d)
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

func (e *edit) createDomainName(in wire.CreateDomainNameInput) (*domainRecord, error) {
	d := &domainRecord{Name: in.DomainName, Certificate: in.RegionalCertificateARN, EndpointType: "REGIONAL", Security: in.SecurityPolicy, Tags: in.Tags}
	if in.CertificateARN != "" {
		d.Certificate, d.EndpointType = in.CertificateARN, "EDGE"
	}
	if end := in.EndpointConfiguration; end != nil && len(end.Types) > 0 {
		d.EndpointType = end.Types[0]
	}
	return d, e.checkDomain(d)
}

// checkDomain checks a new domain name. Host names are in lower case.
func (e *edit) checkDomain(d *domainRecord) error {
	switch {
	case d.Name == "":
		return badRequest("No Domain Name specified")
	case d.EndpointType == "PRIVATE":
		return unsupported("private endpoints")
	}
	for _, a := range e.s.declared().APIs {
		if slices.ContainsFunc(a.Domains, func(o apidef.Domain) bool { return o.Host == d.Name }) {
			return conflict("The domain name %s is declared in the server's configuration", d.Name)
		}
	}
	if _, err := e.APIRecord(e.ctx, store.KindAPIDomain, d.Name); err == nil {
		return conflict("The domain name you provided already exists.")
	} else if missing(err, nil) != nil {
		return err
	}
	d.Mappings = map[string]*wire.APIMapping{}
	return e.s.fitsDomain(apidef.Domain{Host: d.Name})
}

// fitsDomain asks the gateway whether a domain name may be as it is.
func (s *Service) fitsDomain(d apidef.Domain) error {
	d.Stage = "prod"
	return s.fits(apidef.API{ID: "probe", Protocol: apidef.REST, Domains: []apidef.Domain{d}}, apidef.Stage{Name: d.Stage})
}

func (c *call) domains(r reader) (map[string]*domainRecord, error) {
	return recordsOf[domainRecord](c, r, store.KindAPIDomain, "")
}

func getDomainNames(c *call) (any, error) {
	all, err := c.domains(c.s.Store)
	if err != nil {
		return nil, err
	}
	return items(c, all, c.s.domain)
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

func deleteDomainName(c *call) (any, error) {
	return nil, c.s.edit(c, func(e *edit) error {
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
	if _, met := have[m.Stage]; !met {
		return badRequest("Invalid stage identifier specified")
	}
	return e.s.fitsDomain(apidef.Domain{Host: d.Name, BasePath: m.APIMappingKey})
}

// stagesOf are the names of the stages of an API of either kind.
func (e *edit) stagesOf(api string) (map[string]struct{}, error) {
	a, err := recordOf[stageNames](e.APIRecord(e.ctx, store.KindRestAPI, api))
	if errors.Is(err, store.ErrNotFound) {
		a, err = recordOf[stageNames](e.APIRecord(e.ctx, store.KindHTTPAPI, api))
	}
	if err != nil {
		return nil, missing(err, badRequest("Invalid REST API identifier specified"))
	}
	return a.Stages, nil
}

func getBasePathMappings(c *call, d *domainRecord) (any, error) {
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

func getBasePathMapping(c *call, d *domainRecord) (any, error) {
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
	domains, err := e.domains(e.Tx)
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
	plans, err := e.plans(e.Tx)
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
