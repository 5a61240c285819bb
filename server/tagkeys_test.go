package server_test

import (
	"net/http"
	"testing"

	"github.com/gatepass/gatepass/server"
)

// TestControlTagKeys: who may take away some tags takes away no others, and the tags of a stage guard the stage.
func TestControlTagKeys(t *testing.T) {
	c := server.Sample("")
	c.Admins = []server.Admin{
		{Name: "root", AccessKeyID: adminID, Secret: adminKey, Policies: map[string]server.Document{"all": everything}},
		{Name: "clerk", AccessKeyID: clerkID, Secret: adminKey, Policies: map[string]server.Document{
			"color": `{"Version":"2012-10-17","Statement":[
				{"Effect":"Allow","Action":"apigateway:DELETE","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["color"]}}},
				{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/guarded":"yes"}}}]}`,
		}},
	}
	p := &plane{t: t, url: serve(t, &server.Server{Config: c, Handlers: server.SampleHandlers()}), key: adminID, vars: map[string]string{}}
	p.run(
		step{"POST", "/v2/apis", `{"name":"n","protocolType":"HTTP","tags":{"_custom_id_":"apione","color":"blue","team":"a"}}`, 201, "", ""},
		step{"POST", "/v2/apis/apione/stages", `{"stageName":"prod","tags":{"guarded":"yes"}}`, 201, "", ""},
		step{"POST", "/v2/apis/apione/stages", `{"stageName":"test","tags":{"guarded":"no"}}`, 201, "", ""},
	)
	p.key = clerkID
	const tags = "/v2/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2Fapione"
	for _, try := range []struct {
		path   string
		status int
	}{
		{tags + "?tagKeys=team", http.StatusForbidden},
		{tags + "?tagKeys=color&tagKeys=team", http.StatusForbidden},
		{tags + "?tagKeys=color", http.StatusNoContent},
		{tags + "%2Fstages%2Fprod?tagKeys=color", http.StatusForbidden},
		{"/v2/apis/apione/stages/prod", http.StatusForbidden},
		{"/v2/apis/apione/stages/test", http.StatusNoContent},
	} {
		if status, _, body := p.send("DELETE", try.path, ""); status != try.status {
			t.Errorf("%s: %d %s", try.path, status, body)
		}
	}
}
