package sts_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/internal/wire"
)

// FuzzQuery holds that every form is answered or refused by name, that a refusal is the caller's fault, and that what is issued
// is who it says it is and no wider than its role.
func FuzzQuery(f *testing.F) {
	const version = "&Version=2011-06-15"
	for _, form := range []string{
		"Action=GetCallerIdentity", "Action=GetSessionToken&DurationSeconds=900", "Action=GetAccessKeyInfo&AccessKeyId=" + longTerm,
		"Action=AssumeRole&RoleSessionName=xy&RoleArn=" + readerARN + "&Tags.member.1.Key=a&Tags.member.1.Value=b&TransitiveTagKeys.member.1=A&ExternalId=xx",
		"Action=AssumeRole&RoleSessionName=xy&RoleArn=" + readerARN + "&Policy=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22%7D%5D%7D",
		"Action=AssumeRole&RoleSessionName=xy&RoleArn=" + readerARN + "&PolicyArns.member.1.arn=arn:aws:iam::111122223333:policy/x&SourceIdentity=ada",
		"Action=AssumeRoleWithWebIdentity&RoleSessionName=xy&RoleArn=" + readerARN + "&WebIdentityToken=a.b.c", "Action=DecodeAuthorizationMessage&EncodedMessage=x",
	} {
		f.Add(form + version)
	}
	s := office(f)
	c := admin(f, s)
	f.Fuzz(func(t *testing.T, body string) {
		form, err := wire.ParseQuery(httptest.NewRequest(http.MethodPost, "/", nil), []byte(body))
		if err != nil {
			return
		}
		_, op, err := s.Op(form)
		if err != nil {
			return
		}
		out, err := op.Run(t.Context(), c, form)
		if err != nil {
			var e *wire.Error
			if !errors.As(err, &e) || e.Code == "" || e.Status >= 500 {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		if got, ok := out.(wire.AssumeRoleResult); ok {
			who := callerOf(t, s, got.Credentials.AccessKeyId, got.Credentials.SessionToken)
			if who.Principal.ARN != got.AssumedRoleUser.Arn || who.Principal.RoleARN != form.Get("RoleArn") || strings.ContainsAny(who.Principal.ARN, "*?\n ") ||
				form.Has("Policy") && len(who.Policies.Session) == 0 {
				t.Fatalf("%q: %+v", body, who.Principal)
			}
		}
	})
}
