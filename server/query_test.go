package server_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server"
	"github.com/gatepass/gatepass/sigv4"
)

const (
	callerIdentity = "Action=GetCallerIdentity&Version=2011-06-15"
	everything     = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
)

func withAdmin() *server.Config {
	c := server.Sample("")
	c.Admins = []server.Admin{{Name: "root", AccessKeyID: adminID, Secret: adminKey, Policies: map[string]server.Document{"all": everything}}}
	return c
}

var adminCredentials = sigv4.Credentials{AccessKeyID: adminID, SecretAccessKey: adminKey}

func signer(service, region string) *sigv4.Signer {
	return &sigv4.Signer{Region: region, Profile: sigv4.Generic(service)}
}

// query posts a form, signed if creds has a key, and gives status and body.
func query(t *testing.T, address string, creds sigv4.Credentials, form string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	if creds.AccessKeyID != "" {
		if err := signer("sts", "us-east-1").Sign(r, creds, sigv4.HashOf([]byte(form)), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	return fetch(t, r)
}

// refusalHeader is the sealed reason of a refusal.
func refusalHeader(t *testing.T, address string, creds sigv4.Credentials, form string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := signer("sts", "us-east-1").Sign(r, creds, sigv4.HashOf([]byte(form)), time.Now()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.Header.Get("X-Gatepass-Authorization-Message")
}

func fetch(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// TestB08_CallerIdentity: a presigned GetCallerIdentity proves who sent it only if nothing else can be made of it: it is good
// for its own host, region, service, path, method and action, and nothing leads elsewhere.
func TestB08_CallerIdentity(t *testing.T) {
	address := serve(t, &server.Server{Config: withAdmin(), Handlers: server.SampleHandlers()})
	presign := func(target, service, region string) *url.URL {
		r, err := http.NewRequest(http.MethodGet, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		u, err := signer(service, region).Presign(r, adminCredentials, sigv4.HashOf(nil), 15*time.Minute, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	good := presign(address+"/?"+callerIdentity, "sts", "us-east-1").String()
	for name, c := range map[string]struct {
		method, target, host, body string
		status                     int
		contains                   string
	}{
		"as presigned":     {"GET", good, "", "", 200, "<Arn>arn:aws:iam::000000000000:user/root</Arn>"},
		"another host":     {"GET", good, "vault.example", "", 403, "SignatureDoesNotMatch"},
		"another method":   {"DELETE", good, "", "", 404, ""},
		"posted":           {"POST", good, "", "", 400, "MalformedQueryString"},
		"posted, a body":   {"POST", good, "", "Action=AssumeRole&Version=2011-06-15", 400, "MalformedQueryString"},
		"another path":     {"GET", strings.Replace(good, "/?", "/x?", 1), "", "", 404, ""},
		"two slashes":      {"GET", strings.Replace(good, "/?", "//?", 1), "", "", 404, ""},
		"a dot":            {"GET", strings.Replace(good, "/?", "/./?", 1), "", "", 404, ""},
		"another action":   {"GET", strings.Replace(good, "GetCallerIdentity", "GetSessionToken", 1), "", "", 403, "SignatureDoesNotMatch"},
		"two actions":      {"GET", good + "&Action=GetSessionToken", "", "", 400, "MalformedQueryString"},
		"another service":  {"GET", presign(address+"/?"+callerIdentity, "iam", "us-east-1").String(), "", "", 403, "SignatureDoesNotMatch"},
		"another region":   {"GET", presign(address+"/?"+callerIdentity, "sts", "eu-west-1").String(), "", "", 403, "SignatureDoesNotMatch"},
		"no signature":     {"GET", address + "/?" + callerIdentity, "", "", 403, "MissingAuthenticationToken"},
		"signed by no one": {"GET", strings.Replace(good, adminID, "AKIANOBODY0000000000", 1), "", "", 403, "InvalidClientTokenId"},
	} {
		r, err := http.NewRequest(c.method, c.target, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		if c.method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if status, body := fetch(t, r); status != c.status || !strings.Contains(body, c.contains) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

// TestQueryErrors: the XML of refusals, as clients of the Query protocol read it.
func TestQueryErrors(t *testing.T) {
	address := serve(t, &server.Server{Config: withAdmin(), Handlers: server.SampleHandlers()})
	for name, c := range map[string]struct {
		form   string
		creds  sigv4.Credentials
		status int
		code   string
	}{
		"no action":       {"Version=2011-06-15", adminCredentials, 400, "MissingAction"},
		"no such action":  {"Action=Nothing&Version=2011-06-15", adminCredentials, 400, "InvalidAction"},
		"no version":      {"Action=GetCallerIdentity", adminCredentials, 400, "InvalidAction"},
		"another version": {"Action=GetCallerIdentity&Version=2011-06-16", adminCredentials, 400, "InvalidAction"},
		"wrong secret":    {callerIdentity, sigv4.Credentials{AccessKeyID: adminID, SecretAccessKey: adminKey + "x"}, 403, "SignatureDoesNotMatch"},
		"unsigned":        {callerIdentity, sigv4.Credentials{}, 403, "MissingAuthenticationToken"},
		"unsigned action": {"Action=AssumeRoleWithWebIdentity&Version=2011-06-15", sigv4.Credentials{}, 400, "ValidationError"},
		"JSON":            {`{"Action":"GetCallerIdentity"}`, sigv4.Credentials{}, 400, "MissingAction"},
	} {
		status, body := query(t, address, c.creds, c.form)
		if status != c.status || !strings.Contains(body, "<Code>"+c.code+"</Code>") || !strings.HasPrefix(body, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">`) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	_, body := query(t, address, adminCredentials, "Action=AssumeRole&Version=2011-06-15&RoleArn="+url.QueryEscape("arn:aws:iam::000000000000:role/x")+"&RoleSessionName="+url.QueryEscape("a&b<c>"))
	if !strings.Contains(body, "Value &#39;a&amp;b&lt;c&gt;&#39; at") {
		t.Errorf("H05: not escaped: %s", body)
	}
}

// TestH11_KeyFile: the root key is changed in two steps, each a start of the server with another order of the same file, and
// credentials of before and after are good all the time.
func TestH11_KeyFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "root.key")
	keys := []string{"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="}
	var issued []sigv4.Credentials
	step := func(order ...string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(strings.Join(order, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s := &server.Server{DSN: filepath.Join(dir, "gate.db"), KeyFile: file, Config: withAdmin(), Handlers: server.SampleHandlers()}
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		front := httptest.NewServer(s)
		defer front.Close()
		address := front.URL
		status, body := query(t, address, adminCredentials, "Action=GetSessionToken&Version=2011-06-15")
		if status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
		issued = append(issued, sigv4.Credentials{AccessKeyID: element(body, "AccessKeyId"), SecretAccessKey: element(body, "SecretAccessKey"), SessionToken: element(body, "SessionToken")})
		for i, c := range issued {
			if status, body := query(t, address, c, callerIdentity); status != http.StatusOK {
				t.Errorf("with the keys %v the credentials of step %d: %d %s", order, i, status, body)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	step(keys[0])
	step(keys[0], keys[1]) // the new key opens
	step(keys[1], keys[0]) // and now seals
	issued = issued[2:]
	step(keys[1]) // the old key is gone, and so is what it sealed
}

func element(body, name string) string {
	_, rest, _ := strings.Cut(body, "<"+name+">")
	value, _, _ := strings.Cut(rest, "</"+name+">")
	return value
}

// TestCallersAreLogged: the log says who assumed a role and who was refused, once a signature has proven it.
func TestCallersAreLogged(t *testing.T) {
	var out strings.Builder
	s := &server.Server{Config: withAdmin(), Handlers: server.SampleHandlers(), Logger: slog.New(slog.NewTextHandler(&out, nil))}
	front := httptest.NewServer(s)
	wrong := sigv4.Credentials{AccessKeyID: adminID, SecretAccessKey: adminKey + "x"}
	for _, creds := range []sigv4.Credentials{adminCredentials, wrong} {
		query(t, front.URL, creds, "Action=AssumeRole&Version=2011-06-15&RoleSessionName=desk&RoleArn=arn:aws:iam::000000000000:role/NotesUser")
	}
	front.Close() // waits for the log of what was answered
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(out.String()) {
		if strings.Contains(line, "operation=AssumeRole") {
			lines = append(lines, line)
		}
	}
	const who = "caller=arn:aws:iam::000000000000:user/root access_key_id=" + adminID
	if len(lines) != 2 || !strings.Contains(lines[0], "error=AccessDenied ") || !strings.Contains(lines[0], who) ||
		!strings.Contains(lines[1], "error=SignatureDoesNotMatch ") || strings.Contains(lines[1], "caller=") {
		t.Errorf("%s", lines)
	}
}

// TestUserSessions: credentials of GetSessionToken are good for AssumeRole and GetCallerIdentity, and not for the rest of STS.
func TestUserSessions(t *testing.T) {
	address := serve(t, &server.Server{Config: withAdmin(), Handlers: server.SampleHandlers()})
	_, body := query(t, address, adminCredentials, "Action=GetSessionToken&Version=2011-06-15")
	c := sigv4.Credentials{AccessKeyID: element(body, "AccessKeyId"), SecretAccessKey: element(body, "SecretAccessKey"), SessionToken: element(body, "SessionToken")}
	for form, want := range map[string]string{
		"Action=GetCallerIdentity": "<Arn>arn:aws:iam::000000000000:user/root</Arn>",
		"Action=AssumeRole&RoleSessionName=xy&RoleArn=arn:aws:iam::000000000000:role/NotesUser": "not authorized to perform: sts:AssumeRole",
		"Action=GetAccessKeyInfo&AccessKeyId=" + adminID:                                        "<Code>InvalidClientTokenId</Code>",
		"Action=GetSessionToken": "Cannot call GetSessionToken with session credentials",
	} {
		if _, body := query(t, address, c, form+"&Version=2011-06-15"); !strings.Contains(body, want) {
			t.Errorf("%s: %s", form, body)
		}
	}
}

// TestGuestCredentials: GetCredentialsForIdentity limits guests whatever their role allows (4.8).
func TestGuestCredentials(t *testing.T) {
	c := withAdmin()
	c.IdentityPools[0].AllowGuests, c.IdentityPools[0].UnauthenticatedRole = true, "Guest"
	c.Roles = append(c.Roles, server.Role{Name: "Guest", Policies: map[string]server.Document{"all": everything}})
	address := serve(t, &server.Server{Config: c, Handlers: server.SampleHandlers()})
	_, _, body := post(t, address, "AWSCognitoIdentityService.GetId", fmt.Sprintf(`{"IdentityPoolId":%q}`, server.SampleIdentityPool))
	_, _, body = post(t, address, "AWSCognitoIdentityService.GetCredentialsForIdentity", body)
	field := func(name string) string {
		_, rest, _ := strings.Cut(body, `"`+name+`":"`)
		value, _, _ := strings.Cut(rest, `"`)
		return value
	}
	guest := sigv4.Credentials{AccessKeyID: field("AccessKeyId"), SecretAccessKey: field("SecretKey"), SessionToken: field("SessionToken")}
	status, answer := query(t, address, guest, callerIdentity)
	if status != http.StatusOK || !strings.Contains(answer, "assumed-role/Guest/CognitoIdentityCredentials") {
		t.Fatalf("%d %s", status, answer)
	}
	status, answer = query(t, address, guest, "Action=GetAccessKeyInfo&Version=2011-06-15&AccessKeyId="+adminID)
	if status != http.StatusForbidden || !strings.Contains(answer, "<Code>AccessDenied</Code>") || !strings.Contains(answer, "no session policy") {
		t.Errorf("a service that guests do not get: %d %s", status, answer)
	}
	// Who may decode it learns from the refusal what decided.
	message := refusalHeader(t, address, guest, "Action=GetAccessKeyInfo&Version=2011-06-15&AccessKeyId="+adminID)
	decode := "Action=DecodeAuthorizationMessage&Version=2011-06-15&EncodedMessage=" + url.QueryEscape(message)
	status, answer = query(t, address, adminCredentials, decode)
	for _, want := range []string{"&#34;allowed&#34;:false", "&#34;action&#34;:&#34;sts:GetAccessKeyInfo&#34;", "assumed-role/Guest/CognitoIdentityCredentials", "unauthenticated"} {
		if status != http.StatusOK || !strings.Contains(answer, want) {
			t.Errorf("decoded: %d %s\nwant %s", status, answer, want)
		}
	}
	if status, answer = query(t, address, guest, decode); status != http.StatusForbidden {
		t.Errorf("the guest reads his message: %d %s", status, answer)
	}
	if status, answer = invoke(t, address, guest, http.MethodGet, ""); status != http.StatusOK {
		t.Errorf("the API gateway is open to guests: %d %s", status, answer)
	}
}

// invoke calls the sample API.
func invoke(t *testing.T, address string, creds sigv4.Credentials, method, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, address+"/_aws/execute-api/notes/prod/notes", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	gate := &sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
	if err := gate.Sign(r, creds, sigv4.HashOf([]byte(body)), time.Now()); err != nil {
		t.Fatal(err)
	}
	return fetch(t, r)
}

// TestH03_Gate: the gate and the control planes hold a session to its session policy.
func TestH03_Gate(t *testing.T) {
	c := withAdmin()
	trust := server.Document(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"sts:AssumeRole"}}`)
	c.Roles = append(c.Roles, server.Role{Name: "Worker", Trust: &trust, Policies: map[string]server.Document{"all": everything}})
	address := serve(t, &server.Server{Config: c, Handlers: server.SampleHandlers()})
	session := func(policy string) sigv4.Credentials {
		form := "Action=AssumeRole&Version=2011-06-15&RoleSessionName=desk&RoleArn=arn:aws:iam::000000000000:role/Worker"
		if policy != "" {
			form += "&Policy=" + url.QueryEscape(policy)
		}
		status, body := query(t, address, adminCredentials, form)
		if status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
		return sigv4.Credentials{AccessKeyID: element(body, "AccessKeyId"), SecretAccessKey: element(body, "SecretAccessKey"), SessionToken: element(body, "SessionToken")}
	}
	get := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:notes/prod/GET/*"}}`
	for name, c := range map[string]struct {
		policy          string
		get, post, keys int
	}{
		"no policy": {"", 200, 201, 200}, "everything": {everything, 200, 201, 200}, "GET only": {get, 200, 403, 403},
	} {
		creds := session(c.policy)
		if status, body := invoke(t, address, creds, http.MethodGet, ""); status != c.get {
			t.Errorf("%s: GET %d %s", name, status, body)
		}
		if status, body := invoke(t, address, creds, http.MethodPost, `{"content":"x"}`); status != c.post {
			t.Errorf("%s: POST %d %s", name, status, body)
		}
		if status, body := query(t, address, creds, "Action=GetAccessKeyInfo&Version=2011-06-15&AccessKeyId="+adminID); status != c.keys {
			t.Errorf("%s: GetAccessKeyInfo %d %s", name, status, body)
		}
	}
}
