package iam

import (
	"encoding/json"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
)

// The sizes of policy documents in characters, white space not counted (IAM User Guide, "IAM and AWS STS quotas").
const (
	maxTrust      = 2048
	maxManaged    = 6144
	maxInlineRole = 10240
	maxInlineUser = 2048
	maxDocument   = 131072 // of a parameter, white space and all
)

func (p *params) document(name string) string { return p.needed(name, maxDocument) }

func size(doc string) (n int) {
	for _, r := range doc {
		if !strings.ContainsRune(" \t\r\n", r) {
			n++
		}
	}
	return n
}

// CheckTrust checks the trust policy of a role. Errors are a *wire.Error: MalformedPolicyDocument or LimitExceeded.
func CheckTrust(doc string) error {
	p, err := parse(doc, policy.Trust)
	if err != nil {
		return err
	}
	if size(doc) > maxTrust {
		return limitExceeded("Cannot exceed quota for ACLSizePerRole: %d", maxTrust)
	}
	return checkTrustActions(p)
}

func checkTrustActions(p *policy.Policy) error {
	var whole struct {
		Statement []struct{ Action, NotAction texts }
	}
	if err := json.Unmarshal([]byte(p.String()), &whole); err != nil {
		return err
	}
	for _, st := range whole.Statement {
		for _, a := range append(st.Action, st.NotAction...) {
			if len(a) < 4 || !strings.EqualFold(a[:4], "sts:") {
				return malformed("AssumeRole policy may only specify STS AssumeRole actions.", nil)
			}
		}
	}
	return nil
}

// texts is one text or a list of them.
type texts []string

// UnmarshalJSON reads either form.
func (t *texts) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, (*[]string)(t))
	}
	*t = texts{""}
	return json.Unmarshal(b, &(*t)[0])
}

// CheckInline checks the inline policies of a role or user. Errors are a *wire.Error: MalformedPolicyDocument, LimitExceeded,
// or ValidationError about a name.
func CheckInline(forUser bool, name string, docs map[string]string) error {
	k := roles
	if forUser {
		k = users
	}
	for policyName, doc := range docs {
		if policyName == "" || len(policyName) > maxPolicyName || !allOf(policyName, nameSigns) {
			return wire.Errorf("ValidationError", "%q is not the name of a policy", policyName)
		}
		if _, err := parse(doc, policy.Identity); err != nil {
			return err
		}
	}
	return k.fits(name, docs)
}

// fits checks the size of all inline policies together.
func (k *kind) fits(name string, docs map[string]string) error {
	total := 0
	for _, doc := range docs {
		total += size(doc)
	}
	if total > k.inline {
		return limitExceeded("Maximum policy size of %d bytes exceeded for %s %s", k.inline, k.name, name)
	}
	return nil
}

// CheckManaged checks a version of a managed policy. Errors are a *wire.Error: MalformedPolicyDocument or LimitExceeded.
func CheckManaged(doc string) error {
	p, err := parse(doc, policy.Identity)
	switch {
	case err != nil:
		return err
	case p.Version() != "2012-10-17":
		return malformed("Policy document must be version 2012-10-17 or greater.", nil)
	case size(doc) > maxManaged:
		return limitExceeded("Cannot exceed quota for PolicySize: %d", maxManaged)
	}
	return nil
}
