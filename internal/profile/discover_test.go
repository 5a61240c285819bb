package profile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree makes files below a new directory.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func discover(t *testing.T, dir string) []string {
	t.Helper()
	got, err := Discover(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		got[i] = filepath.ToSlash(strings.TrimPrefix(got[i], dir+string(filepath.Separator)))
	}
	return got
}

func TestDiscover(t *testing.T) {
	dir := tree(t, ".git/config", "amplify_outputs.json", ".env", ".env.local", ".env.example", "src/aws-exports.js", "packages/web/.sst/outputs.json", "packages/web/src/x.ts", "packages/empty/x")
	want := []string{"amplify_outputs.json", "src/aws-exports.js", ".env.local", ".env"}
	if d := cmp.Diff(want, discover(t, dir)); d != "" {
		t.Errorf("at the top:\n%s", d)
	}
	if got := discover(t, filepath.Join(dir, "packages/web")); !slices.Equal(got, []string{".sst/outputs.json"}) {
		t.Errorf("the nearest directory has %q", got)
	}
	got, err := Discover(filepath.Join(dir, "packages/empty"))
	if err != nil || len(got) != 4 || got[0] != filepath.Join(dir, "amplify_outputs.json") {
		t.Errorf("from below: %q, %v", got, err)
	}
	got, err = Discover(filepath.Join(dir, "src"))
	if err != nil || len(got) != 4 || got[0] != filepath.Join(dir, "amplify_outputs.json") {
		t.Errorf("among the sources: %q, %v", got, err)
	}
	alone := tree(t, ".git/config", "x/src/.env", "cdk-outputs.json")
	if got := discover(t, filepath.Join(alone, "x/src")); !slices.Equal(got, []string{".env"}) {
		t.Errorf("only among the sources: %q", got)
	}
	outer := tree(t, "cdk-outputs.json", "repo/.git/config", "repo/x/y")
	if got := discover(t, filepath.Join(outer, "repo/x")); len(got) > 0 {
		t.Errorf("went out of the repository: %q", got)
	}
}

// TestDiscoverFollowsNoLinkOut holds that a repository cannot make gatepass read
// a file elsewhere, or wait for a pipe.
func TestDiscoverFollowsNoLinkOut(t *testing.T) {
	secret := tree(t, "secret.json")
	dir := tree(t, ".git/config", "real.json")
	for link, target := range map[string]string{
		"amplify_outputs.json": filepath.Join(secret, "secret.json"),
		"aws-exports.js":       "../" + filepath.Base(secret) + "/secret.json",
		"cdk-outputs.json":     "real.json",
		"src":                  secret,
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	if got := discover(t, dir); !slices.Equal(got, []string{"cdk-outputs.json"}) {
		t.Errorf("got %q", got)
	}
}

func mustImport(t *testing.T, name, data string) *Imported {
	t.Helper()
	im, err := Import(name, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// TestMerge holds that files complete each other, that the first wins, and that
// two deployments are never mixed.
func TestMerge(t *testing.T) {
	first := mustImport(t, "amplify_outputs.json", `{"auth": {"user_pool_id": "us-east-1_Firstpool", "user_pool_client_id": "aaaaaaaaaaaaaaaaaaaaaaaaaa"}}`)
	apis := mustImport(t, ".env", "VITE_API_URL=https://api.example.com\nVITE_REGION=us-west-2\n")
	other := mustImport(t, "src/aws-exports.js", `export default {aws_user_pools_id: "us-east-1_Otherpool",
		aws_cognito_identity_pool_id: "us-east-1:11111111-2222-3333-4444-555555555555",
		aws_cloud_logic_custom: [{name: "old", endpoint: "https://old.example.com"}]}`)
	im := Merge(first, other, apis)
	want := Profile{
		Region: "us-east-1", UserPoolID: "us-east-1_Firstpool", ClientID: "aaaaaaaaaaaaaaaaaaaaaaaaaa",
		APIs: map[string]API{"api": {URL: "https://api.example.com"}},
	}
	if d := cmp.Diff(want, im.Profile); d != "" {
		t.Error(d)
	}
	checkValues(t, im)
	if len(im.Conflicts) != 1 || im.Conflicts[0].String() !=
		"user_pool_id: us-east-1_Firstpool (amplify_outputs.json:1 auth.user_pool_id), or us-east-1_Otherpool (src/aws-exports.js:1 aws_user_pools_id)" {
		t.Errorf("conflicts %v", im.Conflicts)
	}
	text := render(im)
	for _, part := range []string{"another deployment, left out", "us-west-2", "the user pool is in us-east-1"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not told in:\n%s", part, text)
		}
	}
	if strings.Contains(text, "old.example.com") {
		t.Errorf("an API of another deployment is in:\n%s", text)
	}
	if empty := Merge(); !empty.Empty() {
		t.Errorf("of nothing: %+v", empty)
	}
}

func TestValidate(t *testing.T) {
	good := Profile{
		Region: "eu-west-1", UserPoolID: "eu-west-1_AbCdEf123", ClientID: "notesweb",
		IdentityPoolID: "eu-west-1:11111111-2222-3333-4444-555555555555", Endpoint: "http://127.0.0.1:8787",
		APIs: map[string]API{"notes": {URL: "wss://a.execute-api.eu-west-1.amazonaws.com/prod", Region: "us-gov-west-1", Service: "execute-api"}},
	}
	for _, p := range []Profile{{}, good, {UserPoolID: "local_1abc"}, {Endpoint: "https://gate.example/base"}} {
		if err := Validate(p); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
	}
	for _, c := range []struct {
		p    Profile
		want string
	}{
		{Profile{Region: "Ireland"}, `region: "Ireland" is not a region such as eu-west-1`},
		{Profile{UserPoolID: "eu-west-1:11111111-2222-3333-4444-555555555555"}, `user_pool_id: "eu-west-1:`},
		{Profile{ClientID: "my client"}, `client_id: "my client" is not an app client id`},
		{Profile{IdentityPoolID: "eu-west-1_AbCdEf123"}, `identity_pool_id: `},
		{Profile{Endpoint: "127.0.0.1:8787"}, `endpoint: "127.0.0.1:8787" is not a base URL`},
		{Profile{Endpoint: "http://gate.example"}, `plain http only on this machine`},
		{Profile{APIs: map[string]API{"a b": {URL: "https://x"}}}, `"a b" cannot be the name of an API`},
		{Profile{APIs: map[string]API{"https": {URL: "https://x"}}}, `"https" cannot be the name of an API`},
		{Profile{APIs: map[string]API{"notes": {}}}, `apis.notes: has no url`},
		{Profile{APIs: map[string]API{"notes": {URL: " https://x"}}}, `apis.notes.url: " https://x" is not the base URL`},
		{Profile{APIs: map[string]API{"notes": {URL: "https://u:p@x"}}}, `apis.notes.url: `},
		{Profile{APIs: map[string]API{"notes": {URL: "https://x", Region: "x"}}}, `apis.notes.region: `},
		{Profile{APIs: map[string]API{"notes": {URL: "https://x", Service: "Execute API"}}}, `apis.notes.service: `},
	} {
		if err := Validate(c.p); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v:\n got %v\nwant %s", c.p, err, c.want)
		}
	}
	spaced := Profile{ClientID: "notesweb ", APIs: map[string]API{"notes": {URL: " https://x/prod/"}}}
	p, notes := Trim(spaced)
	if p.ClientID != "notesweb" || p.APIs["notes"].URL != "https://x/prod" || Validate(p) != nil {
		t.Errorf("trimmed to %+v", p)
	}
	if want := []string{`client_id: spaces around "notesweb" removed`, `apis.notes.url: spaces around "https://x/prod/" removed`}; !slices.Equal(notes, want) {
		t.Errorf("notes %q", notes)
	}
	if spaced.APIs["notes"].URL != " https://x/prod/" {
		t.Error("Trim changed the caller's map")
	}
}
