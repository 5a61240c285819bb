package gateway

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

func TestStageVariablesInURIs(t *testing.T) {
	s := newStand(t)
	vars := func(more map[string]string) map[string]string {
		out := map[string]string{"host": strings.TrimPrefix(s.backend.URL, "http://")}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	s.serve(apidef.API{
		ID: "abc123",
		Stages: []apidef.Stage{
			{Name: "prod", Variables: vars(map[string]string{"path": "v1/live", "key": "a=1"})},
			{Name: "dev", Variables: vars(map[string]string{"path": "v2", "key": "a=2&b=3"})},
		},
		Routes: []apidef.Route{{Path: "/n/{id}", Methods: []string{"GET"}, Auth: apidef.AuthNone, Integration: apidef.Integration{
			URI: "http://${stageVariables.host}/${stageVariables.path}/{id}?${stageVariables.key}",
		}}},
	})
	for target, want := range map[string]string{
		"/prod/n/7":       "/v1/live/7?a=1",
		"/dev/n/7%20x":    "/v2/7%20x?a=2&b=3",
		"/dev/n/7?c=4&c=": "/v2/7?a=2&b=3&c=4&c=",
	} {
		if got := s.passed(target, s.do(s.request("GET", target, ""))); got.target != want {
			t.Errorf("%s: backend saw %s, want %s", target, got.target, want)
		}
	}
}

func TestStageVariablesAreCheckedWhenLoaded(t *testing.T) {
	for name, vars := range map[string]map[string]string{
		"missing":          {},
		"C17 link-local":   {"host": "169.254.169.254"},
		"a user":           {"host": "u:p@127.0.0.1"},
		"value of control": {"host": "127.0.0.1\r\n"},
		"name":             {"host": "127.0.0.1", "ho-st": "x"},
		"long":             {"host": "127.0.0.1", "x": strings.Repeat("a", 513)},
		"placeholder":      {"host": "{id}"},
	} {
		a := apidef.API{
			ID: "abc", Stages: []apidef.Stage{{Name: "prod", Variables: vars}},
			Routes: []apidef.Route{{Path: "/{id}", Methods: []string{"GET"}, Auth: apidef.AuthNone, Integration: apidef.Integration{URI: "http://${stageVariables.host}/x"}}},
		}
		if err := Validate(a); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
