package policy_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/gatepass/gatepass/policy"
)

func Example() {
	p, err := policy.Parse([]byte(`{
	  "Version": "2012-10-17",
	  "Statement": [
	    {"Sid": "Notes", "Effect": "Allow", "Action": "execute-api:Invoke",
	     "Resource": "arn:aws:execute-api:us-east-1:*:*/prod/GET/notes/${cognito-identity.amazonaws.com:sub}/*"},
	    {"Sid": "NoDrafts", "Effect": "Deny", "Action": "*", "Resource": "arn:aws:execute-api:*/drafts/*"}
	  ]
	}`), policy.Identity)
	if err != nil {
		fmt.Println(err)
		return
	}
	p.Name = "notes"
	req := policy.Request{
		Principal: policy.Principal{Type: "AssumedRole", IdentityID: "us-east-1:ada"},
		Action:    "execute-api:Invoke",
		Time:      time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	for _, path := range []string{"us-east-1:ada/17", "us-east-1:bob/17", "us-east-1:ada/drafts/1"} {
		req.Resource = "arn:aws:execute-api:us-east-1:111122223333:abcdef1234/prod/GET/notes/" + path
		d := policy.Evaluate(req, p)
		fmt.Printf("%s: %v%s\n", path, d.Reason, d.Suffix())
	}
	// Output:
	// us-east-1:ada/17: Allow
	// us-east-1:bob/17: ImplicitDeny because no identity-based policy allows the execute-api:Invoke action
	// us-east-1:ada/drafts/1: ExplicitDeny with an explicit deny in an identity-based policy
}

func ExampleSyntaxError() {
	_, err := policy.Parse([]byte(`{"Statement": [{
  "Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"
}]}`), policy.Identity)
	var syntax *policy.SyntaxError
	if errors.As(err, &syntax) {
		fmt.Println(syntax.Code, syntax.Message)
		fmt.Println(err)
	}
	// Output:
	// MalformedPolicyDocument Syntax errors in policy.
	// policy:2:21: Syntax errors in policy. the key "Effect" appears twice in one object; keep one
}

func ExampleEvaluateTrust() {
	trust, err := policy.Parse([]byte(`{"Version": "2012-10-17", "Statement": [{
	  "Effect": "Allow",
	  "Principal": {"Federated": "cognito-identity.amazonaws.com"},
	  "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
	  "Condition": {
	    "StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:pool"},
	    "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}}}]}`), policy.Trust)
	if err != nil {
		fmt.Println(err)
		return
	}
	// A web identity has no ARN yet: the provider vouches for it.
	caller := policy.Principal{FederatedProvider: "cognito-identity.amazonaws.com", IdentityPoolID: "us-east-1:pool"}
	for _, amr := range []string{"authenticated", "unauthenticated"} {
		caller.AMR = []string{amr}
		d := policy.EvaluateTrust(policy.Request{Principal: caller, Action: "sts:AssumeRoleWithWebIdentity"}, trust)
		fmt.Println(amr, d.Allowed)
	}
	// Output:
	// authenticated true
	// unauthenticated false
}
