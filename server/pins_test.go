package server_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server"
	"github.com/gatepass/gatepass/sigv4"
)

func trustsOnly(principal string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + iamAccount + principal + `"},"Action":"sts:AssumeRole"}]}`
}

// assumes tries to get a session of a role.
func (d *desk) assumes(as sigv4.Credentials, role string) bool {
	d.t.Helper()
	admin := d.as
	d.as = as
	defer func() { d.as = admin }()
	v := url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {iamAccount + "role/" + role}, "RoleSessionName": {"desk"}}
	status, body := d.post("sts", v.Encode())
	if status != 200 && status != 403 {
		d.t.Errorf("AssumeRole %s: %d %s", role, status, body)
	}
	return status == 200
}

// user makes a user who may do everything.
func (d *desk) user(name string) sigv4.Credentials {
	d.t.Helper()
	d.do("CreateUser", "UserName="+name)
	d.do("AttachUserPolicy", "UserName="+name, "PolicyArn=arn:aws:iam::aws:policy/AdministratorAccess")
	return d.key(name)
}

func (d *desk) dismiss(name string, key sigv4.Credentials) {
	d.t.Helper()
	d.do("DeleteAccessKey", "UserName="+name, "AccessKeyId="+key.AccessKeyID)
	d.do("DetachUserPolicy", "UserName="+name, "PolicyArn=arn:aws:iam::aws:policy/AdministratorAccess")
	d.do("DeleteUser", "UserName="+name)
}

// TestPins: a trust policy means the role or user who had the name when it was written, not one who is made later under it.
func TestPins(t *testing.T) {
	d := freshDesk(t)
	for _, nobody := range []string{"user/ada", "role/none", "role/x/NotesUser"} {
		d.no(400, "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"`+iamAccount+nobody+`"`, "CreateRole", "RoleName=r", "AssumeRolePolicyDocument="+trustsOnly(nobody))
	}
	d.do("CreateRole", "RoleName=far", "AssumeRolePolicyDocument="+strings.Replace(trustsOnly("user/ada"), "000000000000", "999999999999", 1))
	ada := d.user("ada")
	d.do("CreateRole", "RoleName=r", "AssumeRolePolicyDocument="+trustsOnly("user/ada"))
	if !d.assumes(ada, "r") || d.assumes(adminCredentials, "r") {
		t.Error("whom the policy names may have the role, and nobody else")
	}
	d.dismiss("ada", ada)
	ada = d.user("ada")
	if d.assumes(ada, "r") {
		t.Error("another ada has the role of the first")
	}
	d.do("CreateRole", "RoleName=open", "AssumeRolePolicyDocument="+strings.Replace(trustsOnly("user/ada"), `"`+iamAccount+`user/ada"`, `["`+iamAccount+`user/ada","000000000000"]`, 1))
	d.dismiss("ada", ada)
	ada = d.user("ada")
	if !d.assumes(ada, "open") {
		t.Error("the account is trusted whoever is in it")
	}
	d.do("UpdateAssumeRolePolicy", "RoleName=r", "PolicyDocument="+trustsOnly("user/ada"))
	if !d.assumes(ada, "r") {
		t.Error("a policy that is written again means who is there now")
	}
	// Sessions of a role, named by the role and by themselves.
	for _, principal := range []string{"role/mid", "STS"} {
		trust := trustsOnly(principal)
		if principal == "STS" {
			trust = strings.Replace(trust, iamAccount+"STS", "arn:aws:sts::000000000000:assumed-role/mid/desk", 1)
		}
		d.do("CreateRole", "RoleName=mid", "AssumeRolePolicyDocument="+trustRoot)
		d.do("AttachRolePolicy", "RoleName=mid", "PolicyArn=arn:aws:iam::aws:policy/AdministratorAccess")
		d.do("UpdateAssumeRolePolicy", "RoleName=r", "PolicyDocument="+trust)
		if !d.assumes(d.session("mid"), "r") {
			t.Error("the session of a role that is trusted")
		}
		d.do("DetachRolePolicy", "RoleName=mid", "PolicyArn=arn:aws:iam::aws:policy/AdministratorAccess")
		d.do("DeleteRole", "RoleName=mid")
		d.do("CreateRole", "RoleName=mid", "AssumeRolePolicyDocument="+trustRoot)
		d.do("AttachRolePolicy", "RoleName=mid", "PolicyArn=arn:aws:iam::aws:policy/AdministratorAccess")
		if d.assumes(d.session("mid"), "r") {
			t.Error("the session of another role of the name")
		}
		d.do("DetachRolePolicy", "RoleName=mid", "PolicyArn=arn:aws:iam::aws:policy/AdministratorAccess")
		d.do("DeleteRole", "RoleName=mid")
	}
}

// TestDeclaredPins: a start keeps to whom the trust of a declared role meant before, unless the file declares them as well.
func TestDeclaredPins(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "gate.db")
	start := func(then func(d *desk)) {
		t.Helper()
		c := withAdmin()
		trust, own := server.Document(trustsOnly("user/ada")), server.Document(trustsOnly("user/root"))
		c.Roles = append(c.Roles, server.Role{Name: "r", Trust: &trust}, server.Role{Name: "own", Trust: &own})
		address, stop := running(t, &server.Server{DSN: dsn, Config: c, Handlers: server.SampleHandlers()})
		defer stop()
		then(&desk{t, address, adminCredentials})
	}
	var ada sigv4.Credentials
	may := func(d *desk, want bool, why string) {
		t.Helper()
		if d.assumes(ada, "r") != want {
			t.Error(why)
		}
		if !d.assumes(adminCredentials, "own") {
			t.Error("the administrator whom the file declares")
		}
	}
	start(func(d *desk) {
		ada = d.user("ada")
		may(d, true, "one who was not there is trusted by name")
	})
	start(func(d *desk) {
		may(d, true, "the same user after a start")
		d.dismiss("ada", ada)
		ada = d.user("ada")
		may(d, false, "another user of the name")
	})
	start(func(d *desk) {
		may(d, false, "another user of the name after a start")
		d.as = ada
		d.do("DeleteUserPolicy", "UserName=root", "PolicyName=all")
		d.do("DeleteAccessKey", "UserName=root", "AccessKeyId="+adminID)
		d.do("DeleteUser", "UserName=root")
	})
	start(func(d *desk) { may(d, false, "another user of the name after two starts") })
}

// TestPinnedAPI: the policy of an API means the role or user who had the name when it was written, too, and an Allow of it is
// for no other.
func TestPinnedAPI(t *testing.T) {
	p := controlled(t)
	d := &desk{t, p.url, adminCredentials}
	calls := func(as sigv4.Credentials, want int, why string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+p.expand("/_aws/execute-api/$API/prod/"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := (&sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}).Sign(r, as, sigv4.HashOf(nil), time.Now()); err != nil {
			t.Fatal(err)
		}
		if status, body := fetch(t, r); status != want {
			t.Errorf("%s: %d %s\nwant %d", why, status, body, want)
		}
	}
	who := map[string]sigv4.Credentials{}
	create := func() {
		d.do("CreateUser", "UserName=ada")
		who["user"] = d.key("ada")
		d.do("CreateRole", "RoleName=mid", "AssumeRolePolicyDocument="+trustRoot)
		who["role"] = d.session("mid")
	}
	again := func() {
		d.do("DeleteAccessKey", "UserName=ada", "AccessKeyId="+who["user"].AccessKeyID)
		d.do("DeleteUser", "UserName=ada")
		d.do("DeleteRole", "RoleName=mid")
		create()
	}
	both := func(want int, why string) {
		t.Helper()
		calls(who["user"], want, "user: "+why)
		calls(who["role"], want, "role: "+why)
	}
	statement := func(effect, principal string) string {
		return `{\"Effect\":\"` + effect + `\",\"Principal\":` + principal + `,\"Action\":\"execute-api:Invoke\",\"Resource\":\"execute-api:/*\"}`
	}
	document := func(statements ...string) string {
		return `{\"Version\":\"2012-10-17\",\"Statement\":[` + strings.Join(statements, ",") + `]}`
	}
	names := `{\"AWS\":[\"` + iamAccount + `user/ada\",\"` + iamAccount + `role/mid\"]}`
	deploy := step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 201, "", ""}
	write := func(policy string) {
		t.Helper()
		p.run(step{"PATCH", "/restapis/$API", patch("replace", "/policy", policy), 200, "", ""}, deploy)
	}
	create()
	p.run(
		step{"POST", "/restapis", `{"name":"n","policy":"` + document(statement("Allow", names)) + `"}`, 201, "", "API=id"},
		step{"GET", "/restapis/$API", "", 200, "", "ROOT=rootResourceId"},
		step{"PUT", rootGET, `{"authorizationType":"AWS_IAM"}`, 201, "", ""},
		step{"PUT", rootGET + "/integration", `{"type":"HTTP_PROXY","httpMethod":"GET","uri":"$BACKEND/ok"}`, 201, "", ""},
		deploy,
	)
	both(200, "whom the policy names")
	again()
	both(403, "another of the name")
	p.run(deploy)
	both(403, "another of the name, after a deployment")
	p.run(step{"PATCH", "/restapis/$API", patch("replace", "/name", "m"), 200, "", ""}, deploy)
	both(403, "another of the name, after another change")
	write(document(statement("Allow", names)))
	both(200, "a policy that is written again means who is there now")
	write(document(statement("Allow", `\"*\"`)))
	again()
	both(200, "everybody")
	write(document(statement("Allow", `\"*\"`), statement("Deny", names)))
	again()
	both(403, "a Deny is for whoever has the name")
}
