package cfn

import (
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

// domainName checks a domain, whose certificate is for who ends TLS.
func (t *template) domainName(r *resource) {
	o := r.props
	o.Ignore("DomainName", "CertificateArn", "RegionalCertificateArn", "DomainNameConfigurations", "EndpointConfiguration", "SecurityPolicy",
		"OwnershipVerificationCertificateArn", "Tags", "RoutingMode", "EndpointAccessMode")
	o.Done()
}

// mapDomain serves a stage on a domain.
func (t *template) mapDomain(r *resource) {
	o := r.props
	api := t.api(o.Path, o.Text("RestApiId")+o.Text("ApiId"))
	addDomain(api, o.Text("DomainName"), o.Text("BasePath")+o.Text("ApiMappingKey"), o.Text("Stage"))
	o.Done()
}

func addDomain(api *apidef.API, host, basePath, stage string) {
	if basePath == "(none)" {
		basePath = ""
	}
	api.Domains = append(api.Domains, apidef.Domain{Host: strings.ToLower(host), BasePath: strings.Trim(basePath, "/"), Stage: stage})
}

// samDomain reads the Domain section of an API of SAM.
func (t *template) samDomain(o *tree.Object, a *apidef.API) {
	if !o.Present() {
		return
	}
	paths := o.Texts("BasePath")
	if paths == nil {
		paths = []string{""}
	}
	for _, p := range paths {
		addDomain(a, o.Text("DomainName"), p, a.Stages[0].Name)
	}
	o.Ignore("CertificateArn", "EndpointConfiguration", "Route53", "SecurityPolicy", "NormalizeBasePath", "OwnershipVerificationCertificateArn", "IpAddressType")
	o.Done()
}
