package wire_test

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/internal/wire"
)

// The shapes are those that botocore's model of IAM reads: a list is there when
// it is empty, a structure only when it has something.
func TestIAMShapes(t *testing.T) {
	tags := wire.List(wire.IAMTag{Key: "a", Value: "<b>"})
	for want, v := range map[string]any{
		"<ListRolesResult><Roles></Roles><IsTruncated>false</IsTruncated></ListRolesResult>": wire.QueryResult{Action: "ListRoles", Value: wire.IAMRolesOutput{}},
		"<XResult></XResult>": wire.QueryResult{Action: "X", Value: struct{}{}},
		"<LResult><PolicyNames><member>a</member><member>b</member></PolicyNames><IsTruncated>true</IsTruncated><Marker>m</Marker></LResult>": wire.QueryResult{
			Action: "L", Value: &wire.ListInlinePoliciesOutput{PolicyNames: wire.List("a", "b"), IAMPage: wire.IAMPage{IsTruncated: true, Marker: "m"}},
		},
		"<UResult><User><Path>/</Path><UserName>u</UserName><UserId></UserId><Arn></Arn><CreateDate></CreateDate>" +
			"<Tags><member><Key>a</Key><Value>&lt;b&gt;</Value></member></Tags></User></UResult>": wire.QueryResult{
			Action: "U", Value: wire.IAMUserOutput{User: wire.IAMUser{Path: "/", UserName: "u", Tags: &tags}},
		},
	} {
		got, err := xml.Marshal(v)
		if err != nil || string(got) != want {
			t.Errorf("%s, %v\nwant %s", got, err, want)
		}
	}
	if got := wire.EncodeDocument(`{"a": "b+é"}`); got != "%7B%22a%22%3A%20%22b%2B%C3%A9%22%7D" {
		t.Error(got)
	}
	if got := fmt.Sprintf("%+v", wire.AccessKeyOutput{AccessKey: wire.IAMAccessKey{SecretAccessKey: "s3cret"}}); strings.Contains(got, "s3cret") {
		t.Error(got)
	}
}
