package wire_test

import (
	"net/url"
	"reflect"
	"testing"

	"github.com/gatepass/gatepass/internal/wire"
)

func TestQueryList(t *testing.T) {
	for text, want := range map[string][]url.Values{
		"":                          nil,
		"T=":                        nil,
		"T.member.1=a&U.member.1=b": {{"": {"a"}}},
		"T.member.2.Key=b&T.member.1.Key=a&T.member.1.Value=": {{"Key": {"a"}, "Value": {""}}, {"Key": {"b"}}},
	} {
		form, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := wire.QueryList(form, "T", 2); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"T.member.0=a", "T.member.01=a", "T.member.x=a", "T.member.=a", "T.member.2=a", "T.member.-1=a",
		"T.member.1=a&T.member.3=b", "T.member.1=a&T.member.2=b&T.member.3=c", "T.member.99999999999999999999=a",
	} {
		form, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := wire.QueryList(form, "T", 2); err == nil || wire.AsError(err).Code != "ValidationError" {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}
