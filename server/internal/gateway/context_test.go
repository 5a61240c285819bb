package gateway

import "testing"

// TestI09_RequestsNameNoKeys: what a caller writes into headers and query under
// the name of a condition key is not one.
func TestI09_RequestsNameNoKeys(t *testing.T) {
	for condition, status := range map[string]int{
		`{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}`:                             200,
		`{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`:                              403,
		`{"StringEquals":{"aws:userid":"admin"}}`:                                  403,
		`{"StringEquals":{"aws:username":"admin"}}`:                                403,
		`{"StringEquals":{"aws:PrincipalTag/team":"admin"}}`:                       403,
		`{"StringEquals":{"cognito-identity.amazonaws.com:sub":"admin"}}`:          403,
		`{"Bool":{"aws:SecureTransport":"true"}}`:                                  403,
		`{"StringEquals":{"cognito-identity.amazonaws.com:sub":"us-east-1:7b2c"}}`: 200,
	} {
		s := newStand(t)
		s.policy = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":` + condition + `}}`
		r := s.signed("GET", "/prod/notes?aws:SecureTransport=true&aws:SourceIp=10.0.0.1&aws:userid=admin&aws:username=admin"+
			"&aws:PrincipalTag/team=admin&cognito-identity.amazonaws.com:sub=admin", "")
		for name, value := range map[string]string{
			"X-Forwarded-For": "10.0.0.1", "X-Forwarded-Proto": "https", "SourceIp": "10.0.0.1", "UserId": "admin", "Username": "admin",
			"X-Gatepass-Identity-Id": "admin", "Aws-Userid": "admin",
		} {
			r.Header.Set(name, value)
		}
		if got := s.do(r); got.status != status {
			t.Errorf("%s: status %d, want %d: %s", condition, got.status, status, got.body)
		}
	}
}
