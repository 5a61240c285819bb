package apigateway

import (
	"encoding/json"

	"github.com/gatepass/gatepass/internal/wire"
)

func v2DomainOperations() []entry {
	const all, one = "/v2/domainnames", "/v2/domainnames/{domain}"
	const maps, mapping = one + "/apimappings", one + "/apimappings/{id}"
	return []entry{
		{"CreateDomainName", "POST " + all, 201, creating((*edit).createDomainNameV2, (*edit).putDomain, func(s *Service, d *domainRecord) any { return s.domainV2(d) })},
		{"GetDomainNames", "GET " + all, 200, func(c *call) (any, error) {
			found, err := c.domains(c.s.Store)
			if err != nil {
				return nil, err
			}
			return itemsV2(c, found, c.s.domainV2)
		}},
		{"GetDomainName", "GET " + one, 200, viewDomain(func(c *call, d *domainRecord) (any, error) { return c.s.domainV2(d), nil })},
		{"UpdateDomainName", "PATCH " + one, 200, editDomain(updateDomainNameV2)},
		{"DeleteDomainName", "DELETE " + one, 204, deleteDomainName},
		{"CreateApiMapping", "POST " + maps, 201, editDomain(func(e *edit, d *domainRecord, in wire.APIMapping) (any, error) {
			in.APIMappingID = ""
			return &in, e.addMapping(d, &in)
		})},
		{"GetApiMappings", "GET " + maps, 200, viewDomain(func(c *call, d *domainRecord) (any, error) { return itemsV2(c, d.Mappings, same) })},
		{"GetApiMapping", "GET " + mapping, 200, viewDomain(func(c *call, d *domainRecord) (any, error) { return d.mappingByID(c.vars["id"]) })},
		{"UpdateApiMapping", "PATCH " + mapping, 200, editDomain(updateAPIMapping)},
		{"DeleteApiMapping", "DELETE " + mapping, 204, editDomain(func(e *edit, d *domainRecord, _ struct{}) (any, error) {
			m, err := d.mappingByID(e.vars["id"])
			if err == nil {
				delete(d.Mappings, m.APIMappingKey)
			}
			return nil, err
		})},
	}
}

func (s *Service) domainV2(d *domainRecord) wire.DomainNameV2 {
	return wire.DomainNameV2{
		DomainName: d.Name, DomainNameARN: s.arn("/domainnames/" + d.Name), Selection: "$request.basepath", Tags: d.Tags,
		Configurations: []wire.DomainNameConfiguration{{
			APIGatewayDomainName: d.Name, CertificateARN: d.Certificate, DomainNameStatus: "AVAILABLE", EndpointType: d.EndpointType, SecurityPolicy: d.Security,
		}},
	}
}

func (e *edit) createDomainNameV2(in wire.CreateDomainNameV2Input) (*domainRecord, error) {
	d := &domainRecord{Name: in.DomainName, EndpointType: "REGIONAL", Tags: in.Tags}
	d.configure(in.Configurations)
	return d, e.checkDomain(d)
}

func (d *domainRecord) configure(all []wire.DomainNameConfiguration) {
	if len(all) > 0 {
		d.Certificate, d.Security = all[0].CertificateARN, all[0].SecurityPolicy
	}
}

func updateDomainNameV2(e *edit, d *domainRecord, in wire.CreateDomainNameV2Input) (any, error) {
	d.configure(in.Configurations)
	return e.s.domainV2(d), nil
}

func (d *domainRecord) mappingByID(id string) (*wire.APIMapping, error) {
	for _, m := range d.Mappings {
		if m.APIMappingID == id {
			return m, nil
		}
	}
	return nil, notFound("The api mapping resource specified in the request was not found.")
}

func updateAPIMapping(e *edit, d *domainRecord, _ json.RawMessage) (any, error) {
	m, err := d.mappingByID(e.vars["id"])
	if err != nil {
		return nil, err
	}
	next := *m
	if err := decode(e.Body, &next); err != nil {
		return nil, err
	}
	next.APIMappingID = m.APIMappingID
	delete(d.Mappings, m.APIMappingKey)
	return &next, e.addMapping(d, &next)
}
