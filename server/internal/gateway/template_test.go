package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

func templateCall() *call {
	c := &call{
		g: &Gateway{AccountID: "111122223333"}, r: &http.Request{Method: "POST", RequestURI: "/prod/x", Host: testHost, Header: http.Header{}, Proto: "HTTP/1.1"},
		target: Target{API: "abc123", Stage: "prod", Path: "/x"}, now: testTime, out: &response{},
		stage: &apidef.Stage{Name: "prod", Variables: map[string]string{"b": "2", "a": "1"}},
	}
	c.identity.SourceIP = "203.0.113.9"
	c.auth = authorized{kind: apidef.CognitoAuthorizer, claims: map[string]string{"sub": "9f3c", "cognito:username": "ada"}}
	return c
}

func renderText(t *testing.T, text, body string) (string, *templateInput, error) {
	t.Helper()
	tpl, err := parseTemplate(text)
	if err != nil {
		return "", nil, err
	}
	in := &templateInput{c: templateCall(), body: []byte(body), overrides: map[string][]string{}, params: func() *jsonObject {
		all := newObject()
		all.put("path", sortedObject(map[string]string{"id": "7", "both": "path"}))
		all.put("querystring", sortedObject(map[string]string{"q": "a b", "both": "query"}))
		header := sortedObject(map[string]string{"X-Tenant": `o'neil "x"`, "Accept": "*/*"})
		header.fold = true
		all.put("header", header)
		return all
	}}
	out, err := tpl.render(context.Background(), in)
	return out, in, err
}

func TestTemplates(t *testing.T) {
	const body = `{"name":"Ada","n":3,"big":12345678901234567890,"f":1.50,"list":[{"id":1,"k":"x"},{"id":2,"k":"y"}],"nested":{"a":{"b":[1,2,{"c":"é"}]}},"null":null,"quote":"a\"b'c\\d\n","html":"<&>","true":true}`
	for _, tt := range []struct{ name, text, want string }{
		{"plain", `{"statusCode": 200}`, `{"statusCode": 200}`},
		{"a lone dollar and hash", "costs $5, $ and #1 # \\$input \\#if", "costs $5, $ and #1 # $input #if"},
		{"body", `$input.body`, body},
		{"json whole", `$input.json('$')`, `{"name":"Ada","n":3,"big":12345678901234567890,"f":1.50,"list":[{"id":1,"k":"x"},{"id":2,"k":"y"}],"nested":{"a":{"b":[1,2,{"c":"é"}]}},"null":null,"quote":"a\"b'c\\d\n","html":"<&>","true":true}`},
		{"json part", `$input.json("$.nested.a.b[2]") $input.json('$.name') $input.json('$.list[*].k') $input.json('$.list[-1].id')`, `{"c":"é"} "Ada" ["x","y"] 2`},
		{"json bracket", `$input.json("$['nested']['a'].b[0]")`, `1`},
		{"json absent", `$input.json('$.nothing')`, `""`},
		{"path", `$input.path('$.name') $input.path('$').n $input.path('$.list')[0].k ${input.path('$.list').size()} $!input.path('$.nothing')`, `Ada 3 x 2 `},
		{"path object", `$input.path('$.nested')`, `{a={b=[1,2,{"c":"é"}]}}`},
		{"params", `$input.params('id') $input.params('q') $input.params('x-tenant') $input.params('both') [$input.params('none')]`, `7 a b o'neil "x" path []`},
		{"params by place", `$input.params().querystring.both $input.params().header.get('Accept') $input.params().path['id']`, `query */* 7`},
		{"context", `$context.identity.sourceIp $context.apiId ${context.stage} $context.authorizer.claims.sub $context.authorizer.claims['cognito:username'] [$context.identity.userArn]`, `203.0.113.9 abc123 prod 9f3c ada []`},
		{"stage variables", `$stageVariables.a ${stageVariables.b} [$stageVariables.none] $stageVariables.get('a')`, `1 2 [] 1`},
		{"escapeJavaScript", `$util.escapeJavaScript($input.path('$.quote')) $util.escapeJavaScript("é😀")`, `a\"b\'c\\d\n \u00E9\uD83D\uDE00`},
		{"escapeJavaScript as the manual undoes it", `$util.escapeJavaScript("it's").replaceAll("\\'","'")`, `it's`},
		{"util", `$util.urlEncode("a b/é~*") $util.urlDecode("a+b%2F") $util.base64Encode("abc") $util.base64Decode("YWJj") $util.parseJson('{"a":[1]}').a[0]`, `a+b%2F%C3%A9%7E* a b/ YWJj abc 1`},
		{"set", "#set($x = 'v')\n#set( $y=\"$x-${x}s\" )$x $y", `v v-vs`},
		{"set numbers", `#set($n = 7 + 2 * 3 - 10 / 4)$n #set($m = 7 % 4)$m #set($f = 1.5 + 1)$f #set($neg = -3)$neg`, `11 3 2.5 -3`},
		{"if", `#if($input.path('$.n') == 3)three#elseif($x)b#{else}c#end#if($input.path('$.nothing'))no#{else}yes#end#set($x=1)`, `threeyes`},
		{"comparisons", `#if(2 > 1 && "a" != "b" and !(1 >= 2) || false)y#end#if(10 lt 9)n#end#if("10" == 10)s#end#if($input.params('none') != "")n#end#if(not false)t#end`, `yst`},
		{"truth", `#if("")e#end#if($null)n#end#if(0)z#end`, `ez`},
		{"foreach", "#foreach($i in $input.path('$.list'))$i.id:$i.k#if($foreach.hasNext),#end#end", `1:x,2:y`},
		{"foreach counters", `#foreach($i in ["a","b"])$foreach.index$foreach.count$velocityCount$foreach.first$foreach.last #end`, `011truefalse 122falsetrue `},
		{"foreach within", `#foreach($a in [1..2])#foreach($b in [3..2])$a$b;#end$foreach.index #end`, `13;12;0 23;22;1 `},
		{"foreach of an object", `#foreach($e in {"a":1,"b":2}.x)$e#end#set($m = {"a":1,"b":2})#foreach($e in $m.entrySet())$e.key=$e.value $e.getKey() #end#foreach($v in $m)$v#end`, ``},
		{"break and stop", "#foreach($a in [1..9])$a#if($a == 3)#break#end#end.#stop more", `123.`},
		{"comments", "a## x\nb#* $input.none() *#c#[[ $raw #if ]]#", `abc $raw #if `},
		{"lines of directives end with them", "{\n  #set($a = 1)\n  #if($a == 1)\n  \"a\": $a\n  #end\n}", "{\n      \"a\": 1\n  }"},
		{
			"text methods", `#set($s = "Hello")$s.length() $s.substring(1,3) $s.substring(3) $s.toUpperCase() $s.replace("l","L") $s.split("l").size() $s.contains("ell") $s.indexOf("o") $s.matches("H.*o") $s.concat("!") $s.equals("Hello") ${s.startsWith("He")}`,
			`5 el lo HELLO HeLLo 3 true 4 true Hello! true true`,
		},
		{
			"list and map methods", `#set($l = [])#set($z = $l.add("a"))#set($z = $l.add(2))$l $l.size() $l.contains(2) $l.get(0)#set($m = {})$!m.put("k", [1])$m $m.containsKey("k") $m.keySet()#set($m.x = 5)#set($m['y'] = 6) $m.x$m.y`,
			`["a",2] 2 true a{k=[1]} true ["k"] 56`,
		},
		{"missing is empty", `[$input.path('$.a.b.c').d.toString()]`, `[]`},
		{"names with hyphens", `#set($a-b = 1)$a-b-$a-b`, `1-1`},
		{"numbers of texts", `#set($Integer = 0)#set($n = $Integer.parseInt("41") + 1)$n $input.path('$.f').intValue()`, `42 1`},
		{"what is not there is empty", `#if($input.path('$.nothing') == '')a#end#if($input.path('$').nothing != '')b#end#if("$input.path('$.nothing')" == "")c#end#if($input.path('$.n') == '')d#end`, `ac`},
		{"define", `#define($loop){#foreach($k in $map.keySet())"$k":"$map.get($k)"#if($foreach.hasNext),#end#end}#end#set($map = $stageVariables)$loop#set($map = $context.authorizer.claims) $loop`, `{"a":"1","b":"2"} {"cognito:username":"ada","sub":"9f3c"}`},
		{"identity as a whole", `#set($i = $context.identity)$i.sourceIp [$i.get("userArn")] $i.size() $context.identity.keySet().contains("user") $context.authorizer.get("claims").sub`, `203.0.113.9 [] 14 true 9f3c`},
		{"headers in any case", `#set($h = $input.params().header)$h.get("x-tenant").length() $h.containsKey("ACCEPT") $h.accept`, `10 true */*`},
		{"replaceFirst and groups", `$input.path('$.name').replaceFirst("(A)d","$1\$")`, `A$a`},
	} {
		if tt.name == "foreach of an object" {
			tt.text = tt.text[strings.Index(tt.text, "#set"):]
			tt.want = `a=1 a b=2 b 12`
		}
		got, _, err := renderText(t, tt.text, body)
		if err != nil || got != tt.want {
			t.Errorf("%s: %q, want %q (%v)", tt.name, got, tt.want, err)
		}
	}
}

// TestConsoleTemplate is "Method Request passthrough" of the console, as it is.
func TestConsoleTemplate(t *testing.T) {
	const text = `##  This template will pass through all parameters including path, querystring, header, stage variables, and context through to the integration endpoint via the body/payload
#set($allParams = $input.params())
{
"body-json" : $input.json('$'),
"params" : {
#foreach($type in $allParams.keySet())
    #set($params = $allParams.get($type))
"$type" : {
    #foreach($paramName in $params.keySet())
    "$paramName" : "$util.escapeJavaScript($params.get($paramName))"
        #if($foreach.hasNext),#end
    #end
}
    #if($foreach.hasNext),#end
#end
},
"stage-variables" : {
#foreach($key in $stageVariables.keySet())
"$key" : "$util.escapeJavaScript($stageVariables.get($key))"
    #if($foreach.hasNext),#end
#end
},
"context" : {
    "account-id" : "$context.identity.accountId",
    "api-id" : "$context.apiId",
    "api-key" : "$context.identity.apiKey",
    "authorizer-principal-id" : "$context.authorizer.principalId",
    "caller" : "$context.identity.caller",
    "cognito-authentication-provider" : "$context.identity.cognitoAuthenticationProvider",
    "cognito-authentication-type" : "$context.identity.cognitoAuthenticationType",
    "cognito-identity-id" : "$context.identity.cognitoIdentityId",
    "cognito-identity-pool-id" : "$context.identity.cognitoIdentityPoolId",
    "http-method" : "$context.httpMethod",
    "stage" : "$context.stage",
    "source-ip" : "$context.identity.sourceIp",
    "user" : "$context.identity.user",
    "user-agent" : "$context.identity.userAgent",
    "user-arn" : "$context.identity.userArn",
    "request-id" : "$context.requestId",
    "resource-id" : "$context.resourceId",
    "resource-path" : "$context.resourcePath"
    }
}
`
	got, _, err := renderText(t, text, `{"a":[1]}`)
	if err != nil {
		t.Fatal(err)
	}
	got = strings.ReplaceAll(got, `\'`, `'`) // which is no JSON, on AWS neither
	var out map[string]any
	if err := json.Unmarshal([]byte(got), &out); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	params := out["params"].(map[string]any)
	if params["header"].(map[string]any)["X-Tenant"] != `o'neil "x"` || params["path"].(map[string]any)["id"] != "7" ||
		out["stage-variables"].(map[string]any)["b"] != "2" || out["context"].(map[string]any)["source-ip"] != "203.0.113.9" {
		t.Errorf("%s", got)
	}
}

func TestTemplatesRefusedByName(t *testing.T) {
	for text, want := range map[string]string{
		"a\n  #macro(x)": "line 2, column 3: #macro", "#parse('x')": "#parse", "#include('x')": "#include", "#evaluate('x')": "#evaluate",
		"#mine($input.body)":                 "#mine",
		"$foo":                               "line 1, column 1: the variable $foo is never set",
		"\n\n x $util.toJson($x)":            "line 3, column 4: $util.toJson()",
		"$util.escapeJavaScript()":           "$util.escapeJavaScript()",
		"$input.nothing":                     "$input.nothing",
		"$input.json()":                      "$input.json()",
		"$context.nothing":                   "$context.nothing",
		"$input.body.getClass()":             "getClass()",
		"#set($x = 1)$x.class.forName('a')":  "forName()",
		"#set($x = $input.body.substring())": "substring()",
		"#set($context.stage = 'x')":         "$context.stage cannot be set",
		"#set($input.body = 'x')":            "cannot be set",
		"#set($context.responseOverride.header.X-Gatepass-User-Sub = 'x')": "X-Gatepass-User-Sub",
		"#set($context.requestOverride.header.Content-Length = 'x')":       "Content-Length",
		"#if(true)": "#if without its #end", "#foreach($a in [1])x": "#foreach without its #end",
		"#end": "#end without a block", "#else": "#else without",
		"#if(true)#else a#elseif(true)#end": "#if without",
		"#if(true":                          ") is missing", "#set($x 1)": "= is missing", "#set(x = 1)": "needs a variable", "#set($x = )": "not an expression",
		"#set($x = 'a)": "no closing quote", "${input.body": "} is missing", "#* x": "*# is missing",
		"#foreach($x of $y)#end": "#foreach is not like", "#set($x = 01)": "not a number",
		strings.Repeat("#if(true)", 200): "nested too deep", strings.Repeat("(", 10): "", "#set($x = " + strings.Repeat("[", 5000): "nested too deep",
		"#set($x = " + strings.Repeat("!", 5000): "nested too deep",
	} {
		_, err := parseTemplate(text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.50q: %v, want %q", text, err, want)
		}
	}
}

func TestTemplatesEnd(t *testing.T) {
	for name, text := range map[string]string{
		"doubling":        `#set($x = "xxxxxxxxxxxxxxxx")#foreach($i in [1..60])#set($x = "$x$x")#end$x`,
		"loops":           `#foreach($a in [1..9999])#foreach($b in [1..9999])#foreach($c in [1..9999])x#end#end#end`,
		"a long range":    `#foreach($a in [1..99999999])#end`,
		"block in itself": `#define($d)x$d#end$d`,
		"list in itself":  `#set($l = [])#set($z = $l.add($l))#set($z = $l.add($l))$l`,
		"map in itself":   `#set($m = {})#set($m.a = $m)#set($m.b = $m)$m`,
		"list doubling":   `#set($l = [1,2,3])#foreach($i in [1..99])#set($z = $l.addAll($l))#end`,
		"replace":         `#set($x = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")#foreach($i in [1..40])#set($x = $x.replace("a", "aaaaaaaaaaaaaaaaaaaaaa"))#end`,
		"replaceAll":      `#set($x = "aaaaaaaaaaaaaaaa")#foreach($i in [1..40])#set($x = $x.replaceAll("", "aaaaaaaaaaaaaaaaaaaaaa"))#end`,
		"output":          `#set($x = $input.body)#foreach($i in [1..9999])$x#end`,
		"JSON":            `#foreach($i in [1..99999])#set($x = $input.json('$'))#end`,
		// What follows makes no text that is kept.
		"equal lists":    `#set($l = $input.path('$'))#foreach($i in [1..9999])#if($l == $l)#end#end`,
		"equal texts":    `#set($l = $input.path('$[0]'))#foreach($i in [1..9999])#if($l == $l)#end#end`,
		"a key":          `#set($l = $input.path('$'))#set($m = {})#foreach($i in [1..9999])#set($x = $m.get($l))#end`,
		"an argument":    `#set($l = $input.path('$'))#foreach($i in [1..9999])#set($x = $input.path("$[0]").contains($l))#end`,
		"equals":         `#set($l = $input.path('$'))#foreach($i in [1..9999])#if($l.equals($l))#end#end`,
		"every value":    `#foreach($i in [1..9999])#set($x = $input.path('$[*].nothing'))#end`,
		"every value, j": `#foreach($i in [1..9999])#set($x = $input.json('$[*].nothing'))#end`,
		"members":        `#set($m = {})#foreach($i in [1..9000])#set($x = $m.put($i, 1))#end#foreach($i in [1..9000])#foreach($x in $m)#break#end#end`,
		"removed":        `#set($m = {})#foreach($i in [1..9000])#set($x = $m.put($i, 1))#end#foreach($i in [1..9000])#set($x = $m.remove("none"))#end`,
	} {
		body := `["` + strings.Repeat("x", 1<<20) + `"]`
		_, _, err := renderText(t, text, body)
		if !errors.Is(err, errTemplateSize) && !errors.Is(err, errTemplateSteps) && !errors.Is(err, errDepth) {
			t.Errorf("%s: %v", name, err)
		}
	}
	tpl, err := parseTemplate("#foreach($a in [1..9])$a#end")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), -time.Second)
	defer cancel()
	if _, err := tpl.render(ctx, &templateInput{c: templateCall()}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("late: %v", err)
	}
}

func TestTemplateFailures(t *testing.T) {
	for text, body := range map[string]string{
		`$input.path('$..a')`: `{}`, `$util.base64Decode("!")`: ``, `$util.parseJson("{")`: ``,
		`$input.body.matches("(")`: `x`, `#set($i = 0)$i.parseInt($input.body)`: `x`,
	} {
		if got, _, err := renderText(t, text, body); err == nil {
			t.Errorf("%s: %q", text, got)
		}
	}
}

func TestTemplateOverrides(t *testing.T) {
	_, in, err := renderText(t, `#set($context.responseOverride.status = 404)#set($context.responseOverride.header.X-A = "v $input.params('id')")`+
		`#set($context.requestOverride.path.itemPath = "p")#set($context.requestOverride.querystring['a'] = "q")#set($context.responseOverride.header.X-B = ["1", "2"])`, ``)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"responseOverride.status": "404", "responseOverride.header.X-A": "v 7", "requestOverride.path.itemPath": "p", "requestOverride.querystring.a": "q", "responseOverride.header.X-B": "1|2",
	} {
		if got := strings.Join(in.overrides[name], "|"); got != want {
			t.Errorf("%s: %q in %v", name, got, in.overrides)
		}
	}
}

// FuzzTemplate holds that any template either is refused or runs within its
// bounds, and that text without $, # and \ comes out as it went in.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{
		`{"a": $input.json('$.a')}`, "#foreach($i in [1..3])$i#if($foreach.hasNext),#end#end", `#set($x = {"a":[1,"$x"]})$x.a[1]`,
		"#[[x]]#", "#if(1<2 && 'a' == \"b\")x#elseif($null)y#else z#end", "$!{input.params('a')}", "#set($x = $util.parseJson($input.body))$x",
		`$input.body.replaceAll("(a)","$1")`, "plain {} text",
	} {
		f.Add(s, `{"a":[1,{"b":null}]}`)
	}
	f.Fuzz(func(t *testing.T, text, body string) {
		got, _, err := renderText(t, text, body)
		if len(got) > maxPayload {
			t.Errorf("%d bytes", len(got))
		}
		if !strings.ContainsAny(text, `$#\`) && (err != nil || got != text) {
			t.Errorf("text %q came out as %q (%v)", text, got, err)
		}
	})
}

// FuzzJSONValue holds that what is decoded is written as it was.
func FuzzJSONValue(f *testing.F) {
	f.Add(`{"b":1.50,"a":[null,true,"é<"],"b":{}}`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := decodeJSON([]byte(text))
		if err != nil {
			return
		}
		var out strings.Builder
		if err := writeJSON(&out, v, maxPayload, 0); err != nil {
			return
		}
		var want, got any
		if json.Unmarshal([]byte(text), &want) != nil || json.Unmarshal([]byte(out.String()), &got) != nil {
			t.Fatalf("%q became %q", text, out.String())
		}
		a, _ := json.Marshal(want)
		b, _ := json.Marshal(got)
		if string(a) != string(b) {
			t.Errorf("%q became %q", text, out.String())
		}
	})
}

// TestTemplatesOfBodies are the answers that API Gateway's console gave for
// bodies that are empty or no JSON.
func TestTemplatesOfBodies(t *testing.T) {
	for _, tt := range []struct{ text, body, want string }{
		{`$input.body`, ``, `{}`},
		{`$util.urlEncode($input.body)`, ``, `%7B%7D`},
		{`$input.path("$.myVar")`, ``, ``},
		{`$input.path("$.myVar")`, `not json`, ``},
		{`$input.json('$.message')`, `not json`, `""`},
		{`$input.json('$.message')`, `"#foobar123"`, `""`},
		{`$input.json('$.message').testAccess`, `"#foobar123"`, ``},
		{`$util.escapeJavaScript($input.json('$.message'))`, `"#foobar123"`, `\"\"`},
		{`$util.escapeJavaScript($input.json('$.message'))`, `{"action":"$default","message":"foobar"}`, `\"foobar\"`},
		{`$input.json('$.a')`, strings.Repeat("[", 1000), `""`},
	} {
		got, _, err := renderText(t, tt.text, tt.body)
		if err != nil || got != tt.want {
			t.Errorf("%s of %.20s: %q, want %q (%v)", tt.text, tt.body, got, tt.want, err)
		}
	}
}
