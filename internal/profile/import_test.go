package profile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The deployment of the guide, as several of its tools write it.
const (
	guidePool = "us-east-1_udmFFSb92"
	guideApp  = "4hmari2sqvskrup67crkqa4rmo"
	guideIDs  = "us-east-1:ceef8ccc-0a19-4616-9067-854dc69c2d82"
)

func guide(apis map[string]API) Profile {
	return Profile{Region: "us-east-1", UserPoolID: guidePool, ClientID: guideApp, IdentityPoolID: guideIDs, APIs: apis}
}

// TestFormats holds what is read of each format. Where a client secret, a sign-in
// domain or a GraphQL endpoint stands in the file, it is among the unused.
func TestFormats(t *testing.T) {
	ids := "eu-west-1:11111111-2222-3333-4444-555555555555"
	custom := map[string]API{"api": {URL: "https://api.notes.example.com"}}
	native := Profile{
		Region: "eu-west-1", UserPoolID: "eu-west-1_AbCdEf123", ClientID: "6s2an8ugpr12rnq757jqdq301l", IdentityPoolID: ids,
		APIs: map[string]API{"notes": {URL: "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/dev"}},
	}
	nativeUnused := []string{"AppSync endpoint", "API key", "client secret", "sign-in domain"}
	for _, c := range []struct {
		file   string
		want   Profile
		unused []string
	}{
		{"amplify_outputs.json", Profile{
			Region: "eu-west-1", UserPoolID: "eu-west-1_AbCdEf123", ClientID: "1h57kf5cpq17m0eml12EXAMPLE", IdentityPoolID: ids,
			APIs: map[string]API{
				"notes":   {URL: "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod"},
				"billing": {URL: "https://billing.example.com/v2", Region: "eu-central-1"},
			},
		}, []string{"sign-in domain", "AppSync endpoint"}},
		{"aws-exports.js", Profile{
			Region: "us-east-1", UserPoolID: "us-east-1_Lhc964tLD", ClientID: "357mvn7k2nkjhl5nsq8h00o9tr",
			IdentityPoolID: "us-east-1:6a7e9a55-1111-4000-8000-000000000001",
			APIs: map[string]API{
				"leads-api": {URL: "https://nv01uveape.execute-api.us-east-1.amazonaws.com/prod"},
				"search":    {URL: "https://search.example.com", Region: "us-west-2", Service: "es"},
			},
		}, []string{"AppSync endpoint"}},
		{"aws-exports-by-hand.ts", Profile{
			Region: "eu-central-1", UserPoolID: "eu-central-1_cuvXSEQ7t", ClientID: "4lpkdidrd1j82sr5i6kpbifm5r",
			APIs: map[string]API{"IotHubAPI": {URL: "https://q5fu9a4dz4.execute-api.eu-central-1.amazonaws.com/prod"}},
		}, []string{"identity_pool_id"}},
		{"amplifyconfiguration.json", native, nativeUnused},
		{"amplifyconfiguration.dart", native, nativeUnused},
		{"main.tsx", Profile{
			Region: "us-east-2", UserPoolID: "us-east-2_c7gmXmRmx", ClientID: "3cjdn2n907cjjsq6d71djfd28l",
			IdentityPoolID: "us-east-2:5c7aee37-ba06-4240-ae73-50536f25153a", Endpoint: "http://localhost:9229",
			APIs: map[string]API{"orders": {URL: "https://tjp54xmqyz.execute-api.us-east-2.amazonaws.com/v1"}},
		}, []string{"sign-in domain", "AppSync endpoint"}},
		{"v5.js", Profile{
			Region: "us-east-1", UserPoolID: "us-east-1_Z2BqcgXCW", ClientID: "6lcn50fl2o4ivcnrt4okkb66gb",
			APIs: map[string]API{"notes": {URL: "https://5bv7x0iuga.execute-api.us-east-1.amazonaws.com/prod"}},
		}, []string{"region", "apis.later"}},
		{"rides.js", Profile{
			Region: "us-west-2", UserPoolID: "us-west-2_uXboG5pAb", ClientID: "25ddkmj4v6hfsfvruhpfi7n4hv",
			APIs: map[string]API{"api": {URL: "https://rc7nyt4tql.execute-api.us-west-2.amazonaws.com/prod"}},
		}, nil},
		{"config.js", guide(map[string]API{"api": {URL: "https://5by75p4gn3.execute-api.us-east-1.amazonaws.com/prod"}}), nil},
		{"stages.js#prod", Profile{
			Region: "us-east-1", UserPoolID: "us-east-1_Prodprod1", ClientID: "prodprodprodprodprodprodpr",
			IdentityPoolID: "us-east-1:eeeeeeee-0a19-4616-9067-854dc69c2d82",
			APIs:           map[string]API{"api": {URL: "https://prod123456.execute-api.us-east-1.amazonaws.com/prod"}},
		}, nil},
		{"sst3-outputs.json", guide(map[string]API{
			"api": {URL: "https://api.notes.example.com"},
			"fn":  {URL: "https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws", Service: "lambda"},
		}), nil},
		{"sst2-outputs.json", Profile{
			Region: "us-east-1", UserPoolID: "us-east-1_TYEz7XP7P", ClientID: "3fetogamdv9aqa0393adsd7viv",
			IdentityPoolID: "us-east-1:9bd0357e-2ac1-418d-a609-bc5e7bc064e3",
			APIs:           map[string]API{"api": {URL: "https://5bv7x0iuga.execute-api.us-east-1.amazonaws.com"}},
		}, nil},
		{"cdk-outputs.json", Profile{
			Region: "eu-west-1", UserPoolID: "eu-west-1_AbCdEf123", ClientID: "1h57kf5cpq17m0eml12example", IdentityPoolID: ids,
			APIs: map[string]API{
				"notes":           {URL: "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod"},
				"OrdersStack-api": {URL: "https://f6g7h8i9j0.execute-api.eu-west-1.amazonaws.com/prod"},
				"UsersStack-api":  {URL: "https://k1l2m3n4o5.execute-api.eu-west-1.amazonaws.com/prod"},
			},
		}, nil},
		{"describe-stacks.json", Profile{
			Region: "cn-north-1", UserPoolID: "cn-north-1_AbCdEf123", ClientID: "1h57kf5cpq17m0eml12example",
			IdentityPoolID: "cn-north-1:11111111-2222-3333-4444-555555555555",
			APIs:           map[string]API{"api": {URL: "https://a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn/prod"}},
		}, nil},
		{"expo.json", Profile{
			Region: "us-west-2", UserPoolID: "us-west-2_ArTpNRcbZ", ClientID: "4l4vvug8fc9qbfn54sn9pl5nah",
			APIs: map[string]API{"api": {URL: "https://5notcxv8de.execute-api.us-west-2.amazonaws.com/prod"}},
		}, []string{"sign-in domain"}},
		{"named.js", Profile{
			Region: "eu-west-1", UserPoolID: "eu-west-1_AbCdEf123",
			APIs: map[string]API{"notes": {URL: "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod"}},
		}, []string{"client_id"}},
		{"vite.env", guide(custom), []string{"sign-in domain", "apis.other"}},
		{"react-app.env", guide(custom), nil},
		{"next-public.env", guide(custom), nil},
		{"expo-public.env", guide(custom), nil},
		{"terraform.json", Profile{
			Region: "eu-west-1", UserPoolID: "eu-west-1_AbCdEf123", ClientID: "1h57kf5cpq17m0eml12example",
			APIs: map[string]API{"api": {URL: "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod"}},
		}, nil},
		{"placeholders.js", Profile{Region: "us-east-1"}, []string{"identity_pool_id", "user_pool_id", "client_id", "apis.apisrest"}},
	} {
		t.Run(c.file, func(t *testing.T) {
			im, err := ImportFile("testdata/import/" + c.file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, im.Profile); d != "" {
				t.Errorf("profile (-want +got):\n%s", d)
			}
			var unused []string
			for _, v := range im.Unused {
				unused = append(unused, v.Field)
			}
			if d := cmp.Diff(c.unused, unused); d != "" {
				t.Errorf("unused (-want +got):\n%s", d)
			}
			if len(im.Conflicts) > 0 {
				t.Errorf("conflicts: %v", im.Conflicts)
			}
			checkValues(t, im)
			checkPlaces(t, im)
		})
	}
}

// checkValues holds that the values are the profile, each field once.
func checkValues(t *testing.T, im *Imported) {
	t.Helper()
	var got Profile
	for _, v := range im.Values {
		if name, ok := strings.CutPrefix(v.Field, "apis."); ok {
			if im.Profile.APIs[name].URL != v.Text {
				t.Errorf("%s is %q in the values and %q in the profile", v.Field, v.Text, im.Profile.APIs[name].URL)
			}
			continue
		}
		p := got.field(v.Field)
		if p == nil || *p != "" {
			t.Fatalf("the values have %s twice, or it is no field", v.Field)
		}
		*p = v.Text
	}
	want := im.Profile
	want.APIs = nil
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("values (+) and profile (-) differ:\n%s", d)
	}
	if err := Validate(im.Profile); err != nil {
		t.Errorf("what was imported is not valid: %v", err)
	}
}

// checkPlaces holds that a value stands on the line it is said to stand on.
func checkPlaces(t *testing.T, im *Imported) {
	t.Helper()
	for _, v := range slices.Concat(im.Values, im.Unused) {
		if v.File == "" || v.Text == "" {
			continue
		}
		data, err := os.ReadFile(v.File)
		if err != nil {
			t.Fatal(err)
		}
		line := strings.Split(string(data), "\n")[v.Line-1]
		text := strings.TrimPrefix(v.Text, "https://")
		if !strings.Contains(line, text) && !strings.Contains(line, "REGION,") {
			t.Errorf("%s: %q is not on line %d: %s", v.Field, v.Text, v.Line, line)
		}
	}
}

// TestSecretsAreNotKept holds that neither secrets nor what looks like an id by
// chance leave a file.
func TestSecretsAreNotKept(t *testing.T) {
	for _, file := range []string{"amplifyconfiguration.json", "vite.env"} {
		im, err := ImportFile("testdata/import/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"topsecret", "da2-", "abcdefghijklmnopqrstuvwxyz\n", "Insidetext"} {
			if strings.Contains(render(im), secret) {
				t.Errorf("%s: %q is in the import", file, secret)
			}
		}
	}
}

// render writes an import as text.
func render(im *Imported) string {
	var b strings.Builder
	for _, v := range slices.Concat(im.Values, im.Unused) {
		fmt.Fprintf(&b, "%s\n%s\n%s\n%s\n", v.Field, v.Text, v.From(), v.Note)
	}
	for _, c := range im.Conflicts {
		fmt.Fprintf(&b, "%s\n", c)
	}
	return b.String()
}

// TestSeveral holds that of two deployments in one file none is guessed, and that
// the parts to choose from are named.
func TestSeveral(t *testing.T) {
	im, err := ImportFile("testdata/import/stages.js")
	if err != nil {
		t.Fatal(err)
	}
	if im.Profile.UserPoolID != "" || im.Profile.ClientID != "" || im.Profile.IdentityPoolID != "" {
		t.Errorf("guessed %+v", im.Profile)
	}
	if len(im.Conflicts) != 3 || im.Conflicts[0].Field != "user_pool_id" {
		t.Fatalf("conflicts %v", im.Conflicts)
	}
	if got := im.Conflicts[0].Parts(); !slices.Equal(got, []string{"dev", "prod"}) {
		t.Errorf("parts %q", got)
	}
	want := "user_pool_id: us-east-1_Devdevdev (testdata/import/stages.js:5 dev.cognito.USER_POOL_ID), or " +
		"us-east-1_Prodprod1 (testdata/import/stages.js:15 prod.cognito.USER_POOL_ID)"
	if got := im.Conflicts[0].String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := ImportFile("testdata/import/stages.js#test"); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "nothing in it is called test") {
		t.Errorf("a part that is not there: %v", err)
	}
}

// TestPrograms holds what is taken of a program, and what is left.
func TestPrograms(t *testing.T) {
	for _, c := range []struct{ name, program, want string }{
		{"two in a declaration", `const dev = {}, prod = {userPoolId: "eu-west-1_AbCdEf123"}`, "prod.userPoolId"},
		{"exports", `module.exports = {userPoolId: "eu-west-1_AbCdEf123"}`, "userPoolId"},
		{"a call", `setup(1, {userPoolId: "eu-west-1_AbCdEf123"})`, "userPoolId"},
		{"a function's result", `const f = () => { return {userPoolId: "eu-west-1_AbCdEf123"} }`, "userPoolId"},
		{"an arrow's result", `const f = () => ({userPoolId: "eu-west-1_AbCdEf123"})`, "userPoolId"},
		{"a cast", `export default <const>{userPoolId: "eu-west-1_AbCdEf123" as string}`, ""},
		{"as const", `export const c = {a: {userPoolId: "eu-west-1_AbCdEf123" as const}} as const`, "c.a.userPoolId"},
		{"a constant", `const POOL = "eu-west-1_AbCdEf123"; export default {userPoolId: POOL}`, "userPoolId"},
		{"a short member", `const userPoolId = "eu-west-1_AbCdEf123"; export default {userPoolId}`, "userPoolId"},
		{"a name with two meanings", `let P = "eu-west-1_AbCdEf123"; { let P = "eu-west-1_Other1234" } f({userPoolId: P})`, ""},
		{"constants alone", "export const USER_POOL_ID = 'eu-west-1_AbCdEf123'\nexport const X = 1", "USER_POOL_ID"},
		{"a constant with a cast", `export const USER_POOL_ID = 'eu-west-1_AbCdEf123' as const;`, "USER_POOL_ID"},
		{"a constant that goes on", "export const USER_POOL_ID = 'eu-west-1_AbCdEf123'\n  + suffix", ""},
		{"a constant of the environment", "export const USER_POOL_ID = process.env.P || 'eu-west-1_AbCdEf123'", ""},
		{"a commented value", `f({/* userPoolId: "eu-west-1_AbCdEf123" */})`, ""},
		{"a value in a string", "f(`{userPoolId: \"eu-west-1_AbCdEf123\"}`)", ""},
		{"an unknown alternative", `f({userPoolId: process.env.P || "eu-west-1_AbCdEf123"})`, ""},
		{"a substitution", "f({userPoolId: `${region}_AbCdEf123`})", ""},
		{"a sum", `f({userPoolId: "eu-west-1_" + "AbCdEf123"})`, ""},
		{"a type", `type C = {userPoolId: "eu-west-1_AbCdEf123"}`, ""},
		{"escapes", "f({userPoolId: \"eu\\u002dwest\\x2d1_AbC\\\ndEf123\"})", "userPoolId"},
		{"after a regular expression", `x = /["'{]/g; f({userPoolId: "eu-west-1_AbCdEf123"})`, "userPoolId"},
		{"after an apostrophe in JSX", "<p>don't</p>\nf({userPoolId: \"eu-west-1_AbCdEf123\"})", "userPoolId"},
		{"after a division", `x = a / b; y = c / {userPoolId: "eu-west-1_AbCdEf123"}`, ""},
	} {
		im, err := Import("c.ts", []byte(c.program))
		if err != nil {
			t.Fatal(err)
		}
		if got := im.value("user_pool_id"); got.Key != c.want || (got.Text == "eu-west-1_AbCdEf123") != (c.want != "") {
			t.Errorf("%s: %q at %q, want it at %q", c.name, got.Text, got.Key, c.want)
		}
	}
}

// TestNotUnderstood holds the errors: file, line, and what was expected.
func TestNotUnderstood(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"a.json", "{\n  \"a\": 1\n  \"b\": 2\n}", `a.json:3: cannot be imported: want , or } after a value, got a string`},
		{"a.json", "{\n  \"a\": [1, 2\n}", `a.json:3: cannot be imported: want , or ] after a value, got }`},
		{"a.json", "{\n  \"a\": process.env.A\n}", `a.json:2: cannot be imported: want a value, got process`},
		{"a.json", "", `a.json:1: cannot be imported: want a value, got the end of the file`},
		{"a.json", "{} {}", `a.json:1: cannot be imported: want the end of the file, got {`},
		{"a.json", strings.Repeat("[", 100), `a.json:1: cannot be imported: nested more than 40 deep`},
		{"a.json", strings.Repeat(" ", 2<<20) + "{}", `a.json: cannot be imported: larger than 2 MiB`},
		{"a.json", "{\"a\": \"\xff\"}", `a.json: cannot be imported: not a text in UTF-8`},
		{"a.dart", "const c = '''{\n\"a\": x y\n}''';", `a.dart:2: cannot be imported: want a value, got x`},
		{"a.dart", "const c = '''{", `a.dart:1: cannot be imported: a string of three quotes has no end`},
		{"a.toml", "a = 1", `a.toml: cannot be imported: want .json, .js, .ts, .dart or .env`},
	} {
		_, err := Import(c.name, []byte(c.data))
		if err == nil || err.Error() != c.want || !errors.Is(err, ErrFormat) {
			t.Errorf("%s %.40q\n got %v\nwant %s", c.name, c.data, err, c.want)
		}
	}
	if _, err := ImportFile(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := ImportFile("missing.json"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// TestRegions holds that regions come from ids, and that contradictions are told.
func TestRegions(t *testing.T) {
	const pool, ids = "us-east-1_udmFFSb92", "eu-west-1:11111111-2222-3333-4444-555555555555"
	for _, c := range []struct{ data, want, note string }{
		{`{"userPoolId": "` + pool + `"}`, "us-east-1", ""},
		{`{"identityPoolId": "` + ids + `"}`, "eu-west-1", ""},
		{`{"region": "us-west-2"}`, "us-west-2", ""},
		{`{"region": "us-west-2", "userPoolId": "local_abc"}`, "us-west-2", ""},
		{`{"userPoolId": "local_abc"}`, "", ""},
		{`{"region": "us-west-2", "userPoolId": "` + pool + `"}`, "us-east-1", "region us-west-2: the user pool is in us-east-1"},
		{`{"userPoolId": "` + pool + `", "identityPoolId": "` + ids + `"}`, "us-east-1", "region eu-west-1: of the identity pool, while the profile is in us-east-1"},
		{
			`{"api": {"url": "https://x"}, "apiGateway": {"REGION": "us-west-2", "URL": "https://a.execute-api.us-east-1.amazonaws.com/p"}}`,
			"", "apis.api.region us-west-2: the URL says us-east-1",
		},
	} {
		im, err := Import("c.json", []byte(c.data))
		if err != nil {
			t.Fatal(err)
		}
		note := ""
		for _, v := range im.Unused {
			note = v.Field + " " + v.Text + ": " + v.Note
		}
		if im.Profile.Region != c.want || note != c.note {
			t.Errorf("%s: region %q, note %q", c.data, im.Profile.Region, note)
		}
		checkValues(t, im)
	}
}

// TestOtherServers holds that ids of servers other than AWS are taken where their
// key says what they are, and that an API on this machine tells its server.
func TestOtherServers(t *testing.T) {
	im, err := Import("amplify_outputs.json", []byte(`{"auth": {
		"aws_region": "us-east-1", "user_pool_id": "us-east-1_Gatepass1", "user_pool_client_id": "notesweb",
		"identity_pool_id": "us-east-1:6a7e9a55-0000-4000-8000-000000000001"},
		"custom": {"API": {"notes": {"endpoint": "http://127.0.0.1:8787/_aws/execute-api/notes/prod"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Profile{
		Region: "us-east-1", UserPoolID: "us-east-1_Gatepass1", ClientID: "notesweb", Endpoint: "http://127.0.0.1:8787",
		IdentityPoolID: "us-east-1:6a7e9a55-0000-4000-8000-000000000001",
		APIs:           map[string]API{"notes": {URL: "http://127.0.0.1:8787/_aws/execute-api/notes/prod"}},
	}
	if d := cmp.Diff(want, im.Profile); d != "" {
		t.Error(d)
	}
	checkValues(t, im)
	far, err := Import("a.json", []byte(`{"api": "http://gate.example/_aws/execute-api/notes/prod", "userPoolEndpoint": "http://gate.example"}`))
	if err != nil || far.Profile.Endpoint != "" {
		t.Errorf("passwords would go to %q, %v", far.Profile.Endpoint, err)
	}
}

// TestWithoutEnding holds what is made of what comes through a pipe.
func TestWithoutEnding(t *testing.T) {
	for _, data := range []string{
		`{"Stacks": [{"Outputs": [{"OutputKey": "UserPoolId", "OutputValue": "eu-west-1_AbCdEf123"}]}]}`,
		"# lines of gatepass serve\nexport GATEPASS_USER_POOL_ID=eu-west-1_AbCdEf123\r\nexport AWS_SECRET_ACCESS_KEY=abcdefghijklmnopqrstuvwxyz\n",
	} {
		im, err := Import("stdin", []byte(data))
		if err != nil || im.Profile.UserPoolID != "eu-west-1_AbCdEf123" || im.Profile.ClientID != "" {
			t.Errorf("%+v, %v", im, err)
		}
	}
}

// FuzzImport holds that no file makes a reader panic, and that what is imported
// is valid and says where it is from.
func FuzzImport(f *testing.F) {
	endings := []string{".json", ".js", ".env", ".dart", ".ts", ".tsx", ""}
	files, err := filepath.Glob("testdata/import/*")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(byte(slices.Index(endings, filepath.Ext(file))), data)
	}
	f.Fuzz(func(t *testing.T, ending byte, data []byte) {
		name := "x" + endings[int(ending)%len(endings)]
		im, err := Import(name, data)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("%v is not ErrFormat", err)
			}
			return
		}
		checkValues(t, im)
		lines := strings.Count(string(data), "\n") + 1
		for _, v := range slices.Concat(im.Values, im.Unused) {
			if v.File != "" && (v.Line < 1 || v.Line > lines) {
				t.Errorf("%s is on line %d of %d", v.Field, v.Line, lines)
			}
		}
		if strings.ContainsFunc(render(im), func(r rune) bool { return r != '\n' && r < ' ' || r == 0x7f }) {
			t.Errorf("control characters in %q", render(im))
		}
		twice := Merge(im, im)
		if d := cmp.Diff(im.Profile, twice.Profile); d != "" {
			t.Errorf("merged with itself:\n%s", d)
		}
	})
}
