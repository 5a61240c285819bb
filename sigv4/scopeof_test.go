package sigv4_test

import (
	"testing"

	"github.com/gatepass/gatepass/sigv4"
)

func TestScopeOf(t *testing.T) {
	for _, c := range []struct{ host, region, service string }{
		{"abc123.execute-api.eu-west-1.amazonaws.com", "eu-west-1", "execute-api"},
		{"ABC123.Execute-API.eu-west-1.amazonaws.com.", "eu-west-1", "execute-api"},
		{"abc123.execute-api.cn-north-1.amazonaws.com.cn", "cn-north-1", "execute-api"},
		{"vpce-1-2.execute-api.us-gov-west-1.vpce.amazonaws.com", "us-gov-west-1", "execute-api"},
		{"xyz.lambda-url.us-east-2.on.aws", "us-east-2", "lambda"},
		{"xyz.appsync-api.us-east-1.amazonaws.com", "us-east-1", "appsync"},
		{"search-x.eu-central-1.es.amazonaws.com", "eu-central-1", "es"},
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
