package wire

// IAMPolicy is a managed policy as IAM answers with it.
type IAMPolicy struct {
	PolicyName, PolicyId, Arn, Path, DefaultVersionId string
	AttachmentCount, PermissionsBoundaryUsageCount    int
	IsAttachable                                      bool
	Description                                       string `xml:",omitempty"`
	CreateDate, UpdateDate                            string
	Tags                                              *Members[IAMTag] `xml:",omitempty"`
}

// IAMPolicyOutput is the result of CreatePolicy and GetPolicy.
type IAMPolicyOutput struct{ Policy IAMPolicy }

// ListPoliciesOutput is the result of ListPolicies.
type ListPoliciesOutput struct {
	Policies Members[IAMPolicy]
	IAMPage
}

// IAMPolicyVersion is a version of a managed policy; lists leave the document
// out.
type IAMPolicyVersion struct {
	Document         string `xml:",omitempty"`
	VersionId        string
	IsDefaultVersion bool
	CreateDate       string
}

// PolicyVersionOutput is the result of CreatePolicyVersion and GetPolicyVersion.
type PolicyVersionOutput struct{ PolicyVersion IAMPolicyVersion }

// ListPolicyVersionsOutput is the result of ListPolicyVersions.
type ListPolicyVersionsOutput struct {
	Versions Members[IAMPolicyVersion]
	IAMPage
}

// IAMPolicyRole and IAMPolicyUser name who has a policy.
type IAMPolicyRole struct{ RoleName, RoleId string }

// IAMPolicyUser names a user who has a policy.
type IAMPolicyUser struct{ UserName, UserId string }

// ListEntitiesOutput is the result of ListEntitiesForPolicy.
type ListEntitiesOutput struct {
	PolicyGroups Members[struct{}]
	PolicyUsers  Members[IAMPolicyUser]
	PolicyRoles  Members[IAMPolicyRole]
	IAMPage
}

// OIDCProviderARN names an OpenID provider.
type OIDCProviderARN struct{ Arn string }

// CreateOIDCProviderOutput is the result of CreateOpenIDConnectProvider.
type CreateOIDCProviderOutput struct {
	OpenIDConnectProviderArn string
	Tags                     *Members[IAMTag] `xml:",omitempty"`
}

// OIDCProviderOutput is the result of GetOpenIDConnectProvider.
type OIDCProviderOutput struct {
	Url            string
	ClientIDList   Members[string]
	ThumbprintList Members[string]
	CreateDate     string
	Tags           *Members[IAMTag] `xml:",omitempty"`
}

// ListOIDCProvidersOutput is the result of ListOpenIDConnectProviders.
type ListOIDCProvidersOutput struct {
	OpenIDConnectProviderList Members[OIDCProviderARN]
}

// SimulationOutput is the result of SimulatePrincipalPolicy and
// SimulateCustomPolicy.
type SimulationOutput struct {
	EvaluationResults Members[IAMEvaluation]
	IAMPage
}

// IAMEvaluation is what a simulation says of one action on one resource.
type IAMEvaluation struct {
	EvalActionName, EvalResourceName string
	EvalDecision                     string // allowed, explicitDeny, implicitDeny
	MatchedStatements                Members[IAMStatement]
	MissingContextValues             Members[string]
	PermissionsBoundaryDecision      *IAMBoundaryDecision `xml:"PermissionsBoundaryDecisionDetail,omitempty"`
}

// IAMBoundaryDecision says whether a permissions boundary allows.
type IAMBoundaryDecision struct{ AllowedByPermissionsBoundary bool }

// IAMStatement says where a statement stands.
type IAMStatement struct {
	SourcePolicyId, SourcePolicyType string
	StartPosition, EndPosition       IAMPosition
}

// IAMPosition is a place in a document, both from 1.
type IAMPosition struct{ Line, Column int }

// ContextKeysOutput is the result of GetContextKeysForCustomPolicy and
// GetContextKeysForPrincipalPolicy.
type ContextKeysOutput struct {
	ContextKeyNames Members[string]
}
