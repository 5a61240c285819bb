package identity

import (
	"context"
	"encoding/json"
	"sync"
)

// empty is the answer of operations that have none.
type empty struct{}

// entry is a row of the table of operations.
type entry struct {
	signed bool // needs SigV4
	passes func(body []byte) []string
	run    func(s *Service, ctx context.Context, body []byte) (any, error)
}

func public[In, Out any](op func(*Service, context.Context, In) (Out, error)) entry {
	return entry{run: run(op)}
}

func signed[In, Out any](op func(*Service, context.Context, In) (Out, error)) entry {
	return entry{run: run(op), signed: true}
}

// operations is every operation this package answers; those that end users call with tokens alone are public.
var operations = sync.OnceValue(func() map[string]entry {
	setRoles := signed((*Service).setIdentityPoolRoles)
	setRoles.passes = rolesPassed
	return map[string]entry{
		"GetId":                     public((*Service).getID),
		"GetCredentialsForIdentity": public((*Service).getCredentialsForIdentity),
		"GetOpenIdToken":            public((*Service).getOpenIDToken),
		"UnlinkIdentity":            public((*Service).unlinkIdentity),

		"CreateIdentityPool":   signed((*Service).createIdentityPool),
		"UpdateIdentityPool":   signed((*Service).updateIdentityPool),
		"DescribeIdentityPool": signed((*Service).describeIdentityPool),
		"ListIdentityPools":    signed((*Service).listIdentityPools),
		"DeleteIdentityPool":   signed((*Service).deleteIdentityPool),
		"SetIdentityPoolRoles": setRoles,
		"GetIdentityPoolRoles": signed((*Service).getIdentityPoolRoles),
		"DescribeIdentity":     signed((*Service).describeIdentity),
		"ListIdentities":       signed((*Service).listIdentities),
		"DeleteIdentities":     signed((*Service).deleteIdentities),

		"GetOpenIdTokenForDeveloperIdentity": signed((*Service).getOpenIDTokenForDeveloperIdentity),
		"LookupDeveloperIdentity":            signed((*Service).lookupDeveloperIdentity),
		"MergeDeveloperIdentities":           signed((*Service).mergeDeveloperIdentities),
		"UnlinkDeveloperIdentity":            signed((*Service).unlinkDeveloperIdentity),

		"SetPrincipalTagAttributeMap": signed((*Service).setPrincipalTagAttributeMap),
		"GetPrincipalTagAttributeMap": signed((*Service).getPrincipalTagAttributeMap),
		"TagResource":                 signed((*Service).tagResource),
		"UntagResource":               signed((*Service).untagResource),
		"ListTagsForResource":         signed((*Service).listTagsForResource),
	}
})

// Resource is the ARN that an operation on this body is authorised for: the identity pool's, or * where no pool is named.
// The body need not be valid: what Run would read differently, Run refuses.
func (s *Service) Resource(_ string, body []byte) string {
	var in struct{ IdentityPoolId, ResourceArn string }
	switch {
	case json.Unmarshal(body, &in) != nil:
		return "*"
	case in.IdentityPoolId != "" && checkID("", in.IdentityPoolId) == nil:
		return s.arn(in.IdentityPoolId)
	case in.ResourceArn != "" && s.poolOfARN(in.ResourceArn) != "":
		return in.ResourceArn
	}
	return "*"
}

func (s *Service) arn(pool string) string {
	return "arn:aws:cognito-identity:" + s.Region + ":" + s.AccountID + ":identitypool/" + pool
}

// poolOfARN is the id in the ARN of an identity pool of this region and account, or empty.
func (s *Service) poolOfARN(arn string) string {
	prefix := s.arn("")
	if len(arn) <= len(prefix) || arn[:len(prefix)] != prefix || checkID("", arn[len(prefix):]) != nil {
		return ""
	}
	return arn[len(prefix):]
}
