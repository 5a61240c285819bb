package sigv4

import (
	"slices"
	"strings"
)

// awsSuffixes are the domains of AWS's own endpoints.
var awsSuffixes = []string{".amazonaws.com.cn", ".amazonaws.com", ".on.aws", ".api.aws"}

// services are signing names that differ from the label in the host name.
var services = map[string]string{
	"lambda-url": "lambda", "appsync-api": "appsync", "appsync-realtime-api": "appsync", "execute-api-fips": "execute-api",
}

// regionFirst are services whose host names have the region before the service.
var regionFirst = []string{"es", "aoss"}

// ScopeOf reads what to sign for from the host name of an AWS endpoint: those of
// API Gateway, also through a VPC endpoint and in China, Lambda function URLs,
// AppSync, and others of the form service.region. Empty: the name does not say.
func ScopeOf(host string) (region, service string) {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, suffix := range awsSuffixes {
		if name, ok := strings.CutSuffix(host, suffix); ok {
			return scopeOfLabels(strings.Split(name, "."))
		}
	}
	return "", ""
}

func scopeOfLabels(labels []string) (region, service string) {
	at := slices.IndexFunc(labels, regionLike)
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

// regionLike says whether a label has the form of a region: letters, words, and
// a number behind hyphens, as in us-gov-west-1.
func regionLike(label string) bool {
	parts := strings.Split(label, "-")
	if len(parts) < 3 || len(parts[0]) < 2 || len(parts[0]) > 4 {
		return false
	}
	number := parts[len(parts)-1]
	for _, word := range parts[:len(parts)-1] {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
			return false
		}
	}
	return len(number) >= 1 && len(number) <= 2 && strings.Trim(number, "0123456789") == ""
}
