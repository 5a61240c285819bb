package cfn

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// TestTranslation: a SAM template and what AWS's translator makes of it
// (testdata/sam/translate.py) come to the same APIs.
func TestTranslation(t *testing.T) {
	files, err := filepath.Glob("testdata/sam/*.yaml")
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			ours, theirs := apisOf(t, file), apisOf(t, strings.TrimSuffix(file, ".yaml")+".json")
			if diff := gocmp.Diff(theirs, ours); diff != "" {
				t.Errorf("-translated +ours\n%s", diff)
			}
		})
	}
}

func apisOf(t *testing.T, file string) []apidef.API {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, string(text))
	for i := range got.APIs {
		normal(&got.APIs[i])
	}
	slices.SortFunc(got.APIs, func(a, b apidef.API) int { return cmp.Compare(a.ID, b.ID) })
	return got.APIs
}

// normal drops what does not change what an API does: names, order, values that
// are the default, and the stage named Stage, which SAM makes by an old mistake.
func normal(a *apidef.API) {
	a.Name, a.Tags = "", nil
	if a.Policy != "" {
		var doc any
		if err := json.Unmarshal([]byte(a.Policy), &doc); err == nil {
			text, _ := json.Marshal(doc) // of what was read
			a.Policy = string(text)
		}
	}
	a.Stages = slices.DeleteFunc(a.Stages, func(s apidef.Stage) bool { return s.Name == "Stage" })
	slices.SortFunc(a.Authorizers, func(x, y apidef.Authorizer) int { return cmp.Compare(x.Name, y.Name) })
	slices.SortFunc(a.Routes, func(x, y apidef.Route) int { return cmp.Compare(x.Path+x.Methods[0], y.Path+y.Methods[0]) })
	for i := range a.Authorizers {
		a.Authorizers[i].URI = plainARN(a.Authorizers[i].URI)
	}
	for i := range a.Routes {
		in := &a.Routes[i].Integration
		in.URI = plainARN(in.URI)
		if in.Payload == "2.0" {
			in.Payload = ""
		}
	}
	if a.Models != nil { // their text is as it was written
		for name := range a.Models {
			a.Models[name] = "{}"
		}
	}
}

// plainARN is the function's ARN in an invocation ARN.
func plainARN(uri string) string {
	if _, rest, ok := strings.Cut(uri, "/functions/"); ok {
		return strings.TrimSuffix(rest, "/invocations")
	}
	return uri
}

// TestReadsWhatCDKMakes reads a stack as the CDK synthesizes it.
func TestReadsWhatCDKMakes(t *testing.T) {
	text, err := os.ReadFile("testdata/cdk/template.json")
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, string(text))
	var guards []string
	for _, a := range got.APIs {
		for _, rt := range a.Routes {
			guards = append(guards, strings.Join([]string{string(a.Protocol), rt.Methods[0], rt.Path, string(rt.Auth), string(rt.Integration.Type)}, " "))
		}
	}
	slices.Sort(guards)
	want := []string{
		"HTTP GET /jwt JWT AWS_PROXY", "HTTP GET /notes AWS_IAM AWS_PROXY", "REST GET /notes AWS_IAM AWS_PROXY",
		"REST GET /notes/{id} COGNITO_USER_POOLS AWS_PROXY", "REST OPTIONS / NONE MOCK", "REST OPTIONS /notes NONE MOCK", "REST OPTIONS /notes/{id} NONE MOCK",
	}
	if diff := gocmp.Diff(want, guards); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if len(got.Roles) != 1 || len(got.Roles[0].Policies) != 1 || got.IdentityPools[0].AuthenticatedRole != got.Roles[0].Name {
		t.Errorf("roles %+v, identity pools %+v", got.Roles, got.IdentityPools)
	}
	if len(got.Plans) != 1 || len(got.Plans[0].Keys) != 1 || len(got.Keys) != 1 || len(got.UserPools[0].Clients) != 1 {
		t.Errorf("plans %+v, keys %v, user pools %+v", got.Plans, got.Keys, got.UserPools)
	}
}
