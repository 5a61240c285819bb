package wire

import (
	"encoding/xml"
	"net/url"
	"strings"
	"time"
)

// Members is a list of the Query protocol, <NAME><member/>...</NAME>. Clients
// take an absent list for an absent field, so that the empty one is written too.
type Members[T any] struct {
	Member []T `xml:"member"`
}

// List makes Members.
func List[T any](all ...T) Members[T] { return Members[T]{all} }

// QueryResult writes a value as <{Action}Result>.
type QueryResult struct {
	Action string
	Value  any
}

// MarshalXML writes the element.
func (r QueryResult) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	return e.EncodeElement(r.Value, xml.StartElement{Name: xml.Name{Local: r.Action + "Result"}})
}

// ISOTime is a time of the Query protocol, whole seconds in UTC.
func ISOTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// EncodeDocument is how IAM answers with a policy document: percent-encoded (RFC
// 3986).
func EncodeDocument(doc string) string {
	return strings.ReplaceAll(url.QueryEscape(doc), "+", "%20")
}

// IAMRole is a role as IAM answers with it.
type IAMRole struct {
	Path, RoleName, RoleId, Arn, CreateDate string
	AssumeRolePolicyDocument                string
	Description                             string               `xml:",omitempty"`
	MaxSessionDuration                      int                  `xml:",omitempty"`
	PermissionsBoundary                     *IAMAttachedBoundary `xml:",omitempty"`
	Tags                                    *Members[IAMTag]     `xml:",omitempty"`
	RoleLastUsed                            *struct{}            `xml:",omitempty"`
}

// IAMUser is a user as IAM answers with it.
type IAMUser struct {
	Path, UserName, UserId, Arn, CreateDate string
	PermissionsBoundary                     *IAMAttachedBoundary `xml:",omitempty"`
	Tags                                    *Members[IAMTag]     `xml:",omitempty"`
}

// IAMAttachedBoundary names a permissions boundary.
type IAMAttachedBoundary struct {
	PermissionsBoundaryType, PermissionsBoundaryArn string
}

// IAMTag is a tag of a role, user, policy or provider.
type IAMTag struct{ Key, Value string }

// IAMRoleOutput is the result of CreateRole and GetRole.
type IAMRoleOutput struct{ Role IAMRole }

// IAMUserOutput is the result of CreateUser and GetUser.
type IAMUserOutput struct{ User IAMUser }

// IAMPage ends the result of a List operation.
type IAMPage struct {
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

// IAMRolesOutput is the result of ListRoles.
type IAMRolesOutput struct {
	Roles Members[IAMRole]
	IAMPage
}

// IAMUsersOutput is the result of ListUsers.
type IAMUsersOutput struct {
	Users Members[IAMUser]
	IAMPage
}

// InlinePolicyOutput is the result of GetRolePolicy and GetUserPolicy.
type InlinePolicyOutput struct {
	RoleName                   string `xml:",omitempty"`
	UserName                   string `xml:",omitempty"`
	PolicyName, PolicyDocument string
}

// ListInlinePoliciesOutput is the result of ListRolePolicies and
// ListUserPolicies.
type ListInlinePoliciesOutput struct {
	PolicyNames Members[string]
	IAMPage
}

// IAMAttachedPolicy names a managed policy that is attached.
type IAMAttachedPolicy struct{ PolicyName, PolicyArn string }

// ListAttachedPoliciesOutput is the result of ListAttachedRolePolicies and
// ListAttachedUserPolicies.
type ListAttachedPoliciesOutput struct {
	AttachedPolicies Members[IAMAttachedPolicy]
	IAMPage
}

// ListTagsOutput is the result of ListRoleTags, ListUserTags, ListPolicyTags and
// ListOpenIDConnectProviderTags.
type ListTagsOutput struct {
	Tags Members[IAMTag]
	IAMPage
}

// IAMAccessKey is an access key; its secret is there when it has just been made.
type IAMAccessKey struct {
	redacted
	UserName, AccessKeyId, Status string
	SecretAccessKey               string `xml:",omitempty"`
	CreateDate                    string
}

// AccessKeyOutput is the result of CreateAccessKey.
type AccessKeyOutput struct {
	redacted
	AccessKey IAMAccessKey
}

// ListAccessKeysOutput is the result of ListAccessKeys.
type ListAccessKeysOutput struct {
	redacted
	UserName          string
	AccessKeyMetadata Members[IAMAccessKey]
	IAMPage
}

// IAMGroupsOutput is the result of ListGroupsForUser: there are no groups.
type IAMGroupsOutput struct {
	Groups Members[struct{}]
	IAMPage
}

// IAMInstanceProfilesOutput is the result of ListInstanceProfilesForRole: there
// are no instance profiles.
type IAMInstanceProfilesOutput struct {
	InstanceProfiles Members[struct{}]
	IAMPage
}
