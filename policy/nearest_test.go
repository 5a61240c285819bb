package policy

import "testing"

func TestNearest(t *testing.T) {
	const (
		resource  = `{"Sid":"resource","Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:s3:::other"}`
		action    = `{"Sid":"action","Effect":"Allow","Action":"execute-api:InvalidateCache","Resource":"*"}`
		condition = `{"Sid":"condition","Effect":"Allow","Action":"execute-api:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}}`
		neither   = `{"Sid":"neither","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::other"}`
		deny      = `{"Sid":"deny","Effect":"Deny","Action":"s3:*","Resource":"*"}`
	)
	req := Request{Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:us-east-1:1:a/prod/GET/notes"}
	for _, row := range []struct{ statements, sid, fails string }{
		{resource + "," + action + "," + condition + "," + neither + "," + deny, "condition", "Condition aws:PrincipalTag/team"},
		{action + "," + resource + "," + neither, "resource", "Resource"},
		{neither + "," + action, "action", "Action"},
		{neither + "," + deny, "", ""},
	} {
		p := mustParse(t, Identity, `{"Version":"2012-10-17","Statement":[`+row.statements+`]}`)
		p.Name = "notes"
		if Evaluate(req, p).Allowed {
			t.Fatalf("%s allows", row.statements)
		}
		near, ok := Nearest(req, nil, p)
		if ok != (row.sid != "") || ok && (near.Statement.Sid != row.sid || near.Fails != row.fails || near.Policy != "notes") {
			t.Errorf("%s: got %+v, %v, want %s: %s", row.statements, near, ok, row.sid, row.fails)
		}
	}
	if _, ok := Nearest(req); ok {
		t.Error("a statement out of no policy")
	}
}
