package sigv4

import (
	"slices"
	"strings"
)

// partitions are the parts of AWS that have a domain of their own, by what the
// names of their regions begin with; the last is all others.
var partitions = []struct{ region, domain string }{
	{"cn-", "amazonaws.com.cn"},
	{"eusc-", "amazonaws.eu"},
	{"", "amazonaws.com"},
}

// otherDomains are what endpoints of AWS have besides: for functions, and for
// IPv4 and IPv6 together.
var otherDomains = []string{"on.aws", "api.aws", "api.amazonwebservices.com.cn", "api.amazonwebservices.eu"}

// services are signing names that differ from the label in the host name.
var services = map[string]string{
	"lambda-url": "lambda", "appsync-api": "appsync", "appsync-realtime-api": "appsync", "execute-api-fips": "execute-api",
}

// regionFirst are services whose host names have the region before the service.
var regionFirst = []string{"es", "aoss"}

// HostOf is the host name of a service in a region, such as
// sts.eu-west-1.amazonaws.com. Both are taken as they are.
func HostOf(service, region string) string {
	i := slices.IndexFunc(partitions, func(p struct{ region, domain string }) bool { return strings.HasPrefix(region, p.region) })
	return service + "." + region + "." + partitions[i].domain
}

// ScopeOf reads what to sign for from the host name of an AWS endpoint: those of
// API Gateway, also through a VPC endpoint and in China, Lambda function URLs,
// AppSync, and others of the form service.region. Empty: the name does not say.
func ScopeOf(host string) (region, service string) {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, p := range partitions {
		if name, ok := strings.CutSuffix(host, "."+p.domain); ok {
			return scopeOfLabels(strings.Split(name, "."))
		}
	}
	for _, domain := range otherDomains {
		if name, ok := strings.CutSuffix(host, "."+domain); ok {
			return scopeOfLabels(strings.Split(name, "."))
		}
	}
	return "", ""
}

// scopeOfLabels takes the last label that can be a region: those before it may be
// names that people gave.
func scopeOfLabels(labels []string) (region, service string) {
	at := len(labels) - 1
	for at >= 0 && !IsRegion(labels[at]) {
		at--
	}
	switch {
	case at < 0:
		return "", ""
	case at+1 < len(labels) && slices.Contains(regionFirst, labels[at+1]):
		return labels[at], labels[at+1]
	case at == 0:
		return labels[0], ""
	}
	service = labels[at-1]
	if name, ok := services[service]; ok {
		service = name
	}
	return labels[at], service
}

// IsRegion says whether s has the form of a region's name: words in lower case and
// a number, joined by hyphens, as us-gov-west-1 and eusc-de-east-1 have it. Whether
// AWS has such a region it does not say.
func IsRegion(s string) bool {
	parts := strings.Split(s, "-")
	if len(parts) < 3 || len(parts[0]) < 2 || len(parts[0]) > 4 {
		return false
	}
	number := parts[len(parts)-1]
	for _, word := range parts[:len(parts)-1] {
		if word == "" || len(word) > 20 || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
			return false
		}
	}
	return len(number) >= 1 && len(number) <= 2 && strings.Trim(number, digits) == ""
}
