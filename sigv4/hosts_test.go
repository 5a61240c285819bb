package sigv4_test

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatepass/gatepass/sigv4"
)

func TestScopeOf(t *testing.T) {
	for _, c := range []struct{ host, region, service string }{
		{"abc123.execute-api.eu-west-1.amazonaws.com", "eu-west-1", "execute-api"},
		{"ABC123.Execute-API.eu-west-1.amazonaws.com.", "eu-west-1", "execute-api"},
		{"abc123.execute-api.cn-north-1.amazonaws.com.cn", "cn-north-1", "execute-api"},
		{"abc123.execute-api.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", "execute-api"},
		{"abc123.execute-api.eu-west-1.api.aws", "eu-west-1", "execute-api"},
		{"abc123.execute-api.cn-north-1.api.amazonwebservices.com.cn", "cn-north-1", "execute-api"},
		{"vpce-1-2.execute-api.us-gov-west-1.vpce.amazonaws.com", "us-gov-west-1", "execute-api"},
		{"xyz.lambda-url.us-east-2.on.aws", "us-east-2", "lambda"},
		{"xyz.appsync-api.us-east-1.amazonaws.com", "us-east-1", "appsync"},
		{"search-x.eu-central-1.es.amazonaws.com", "eu-central-1", "es"},
		{"my-bucket-1.s3.eu-north-1.amazonaws.com", "eu-north-1", "s3"},
		{"sts.amazonaws.com", "", ""},
		{"api.example.com", "", ""},
		{"abc123.execute-api.eu-west-1.amazonaws.com.example.com", "", ""},
		{"", "", ""},
	} {
		if region, service := sigv4.ScopeOf(c.host); region != c.region || service != c.service {
			t.Errorf("%s: %q, %q; want %q, %q", c.host, region, service, c.region, c.service)
		}
	}
}

// What HostOf writes, ScopeOf reads.
func TestHostOf(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1": "sts.eu-west-1.amazonaws.com", "us-gov-west-1": "sts.us-gov-west-1.amazonaws.com",
		"cn-northwest-1": "sts.cn-northwest-1.amazonaws.com.cn", "eusc-de-east-1": "sts.eusc-de-east-1.amazonaws.eu",
	} {
		host := sigv4.HostOf("sts", region)
		if r, service := sigv4.ScopeOf(host); host != want || r != region || service != "sts" {
			t.Errorf("%s: %s, want %s; read as %q, %q", region, host, want, r, service)
		}
	}
}

// IsRegion is scanned by hand and holds a pattern.
func TestIsRegion(t *testing.T) {
	want := regexp.MustCompile(`\A[a-z]{2,4}(-[a-z]{1,20})+-[0-9]{1,2}\z`)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-z]{1,5}(-[a-zA-Z]{0,3}){0,3}-?[0-9]{0,3}\n?`).Draw(t, "s")
		if sigv4.IsRegion(s) != want.MatchString(s) {
			t.Fatalf("%q: %v", s, sigv4.IsRegion(s))
		}
	})
}
