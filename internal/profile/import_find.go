package profile

import (
	"fmt"
	"strings"

	"github.com/gatepass/gatepass/sigv4"
)

// Grades of a finding: a better one wins over a worse one without a conflict.
const (
	byShape = iota + 1 // the value alone says what it is
	byName             // so does the name
	byKey              // the format fixes the key
)

// candidate is a value for a field.
type candidate struct {
	Value
	grade int
}

// finder looks for the parts of a profile in one file.
type finder struct {
	file     string
	part     string // only what is under this key
	partSeen bool
	loose    bool // client ids may be known by their form alone
	found    map[string][]candidate
	apis     []apiFound
	unused   []Value
}

// root looks through one value of the file.
func (f *finder) root(r root) {
	var path []string
	if r.name != "" {
		path = []string{r.name}
	}
	f.walk(r.node, path)
}

func (f *finder) walk(n *node, path []string) {
	switch n.kind {
	case kindObject:
		f.object(n, path)
	case kindList:
		for i, item := range n.items {
			f.walk(item, under(path, itemName(item, i)))
		}
	case kindText, kindExpression:
		f.leaf(n, path)
	}
}

// itemName is the name of a stack or of an API, else the place in the list.
func itemName(item *node, i int) string {
	for _, key := range []string{"StackName", "name"} {
		if s := item.str(key); s != "" {
			return s
		}
	}
	return fmt.Sprintf("[%d]", i)
}

func under(path []string, key string) []string {
	return append(path[:len(path):len(path)], key)
}

func (f *finder) object(n *node, path []string) {
	if f.isAPI(n, path) {
		return
	}
	if key, value := n.str("OutputKey"), n.get("OutputValue"); key != "" && value != nil { // CloudFormation
		f.walk(value, under(path[:max(0, len(path)-1)], key))
		return
	}
	if value := n.get("value"); value != nil && n.get("type") != nil && n.get("sensitive") != nil { // terraform output -json
		f.walk(value, path)
		return
	}
	for i, key := range n.keys {
		f.walk(n.items[i], under(path, key))
	}
}

// leaf takes a string or an expression for what its path says, else for what its
// form says.
func (f *finder) leaf(n *node, path []string) {
	if len(path) == 0 || !f.wanted(path) || n.kind == kindText && strings.TrimSpace(n.text) == "" {
		return
	}
	v := Value{File: f.file, Line: n.line, Key: dotted(path)}
	for _, k := range knownKeys {
		if hasPath(path, k.path) {
			f.take(k.field, byKey, n, v)
			return
		}
	}
	key := path[len(path)-1]
	if field := fieldOf(path); field != "" && f.take(field, byName, n, v) {
		return
	}
	if n.kind == kindText {
		f.shape(n, key, v)
	} else if saysAPI(key) {
		f.skip(fieldAPI+"."+apiName(key), n, v)
	}
}

// wanted says whether a path is in the part that was asked for.
func (f *finder) wanted(path []string) bool {
	in := f.part == "" || strings.Contains("."+dotted(path)+".", "."+f.part+".")
	f.partSeen = f.partSeen || in
	return in
}

func dotted(path []string) string {
	return printable(strings.ReplaceAll(strings.Join(path, "."), ".[", "["))
}

// take makes the value a candidate for the field, or says why not. It returns
// false if the name may have meant something else.
func (f *finder) take(field string, grade int, n *node, v Value) bool {
	v.Field = field
	if why, ok := whyUnused[field]; ok {
		v.Note = why
		if n.kind == kindText && field != seenSecret && field != seenAPIKey {
			v.Text = printable(strings.TrimSpace(n.text))
		}
		f.unused = append(f.unused, v)
		return true
	}
	if n.kind == kindExpression {
		f.skip(field, n, v)
		return true
	}
	text, form := strings.TrimSpace(n.text), formOf(field)
	if text != n.text {
		v.Note = "spaces around it removed"
	}
	v.Text = text
	if field == fieldEndpoint {
		return f.endpoint(grade, v)
	}
	if isPlaceholder(text) || !form(text) {
		return f.misfit(grade, v)
	}
	if field == fieldClient && grade == byName && !saysClient(v.Key) && !isAWSClient(text) {
		return false // some other kind of client
	}
	f.found[field] = append(f.found[field], candidate{v, grade})
	return true
}

// saysClient says whether a key is one that people give to app clients.
func saysClient(path string) bool {
	key := plainKey(path[strings.LastIndexByte(path, '.')+1:])
	return strings.HasSuffix(key, "clientid") || hasAny(key, "userpool", "cognito")
}

// misfit reports a value that is not what its name says.
func (f *finder) misfit(grade int, v Value) bool {
	if grade < byKey && !saysID(v.Key[strings.LastIndexByte(v.Key, '.')+1:]) {
		return false
	}
	v.Note = "not of the form of one"
	if isPlaceholder(v.Text) {
		v.Note = "a placeholder"
	}
	v.Text = shorten(v.Text)
	f.unused = append(f.unused, v)
	return true
}

func formOf(field string) func(string) bool {
	switch field {
	case fieldRegion:
		return sigv4.IsRegion
	case fieldUserPool:
		return isUserPool
	case fieldIdentityPool:
		return isIdentityPool
	case fieldClient:
		return isClient
	}
	return func(string) bool { return true }
}

// skip reports an expression.
func (f *finder) skip(field string, n *node, v Value) {
	v.Field, v.Note = field, "only known when the program runs: "+shorten(n.text)
	f.unused = append(f.unused, v)
}

// endpoint takes the base URL of a server that is not AWS.
func (f *finder) endpoint(grade int, v Value) bool {
	if !strings.Contains(v.Text, "://") {
		v.Text = "https://" + v.Text // the native libraries want a host
	}
	u, ok := baseURL(v.Text)
	if !ok || isPlaceholder(v.Text) {
		return f.misfit(grade, v)
	}
	if _, service := sigv4.ScopeOf(u.Hostname()); service != "" || strings.HasSuffix(u.Hostname(), ".amazoncognito.com") {
		return true // where gatepass goes by itself, or a page to sign in
	}
	if v.Text = strings.TrimRight(v.Text, "/"); !isEndpoint(v.Text) {
		v.Note = "not https, and not on this machine"
		f.unused = append(f.unused, v)
		return true
	}
	f.found[fieldEndpoint] = append(f.found[fieldEndpoint], candidate{v, grade})
	return true
}

// shape takes a value that is known by its form.
func (f *finder) shape(n *node, key string, v Value) {
	text := strings.TrimSpace(n.text)
	v.Text = text
	switch {
	case isAWSUserPool(text):
		v.Field = fieldUserPool
	case isAWSIdentityPool(text):
		v.Field = fieldIdentityPool
	case f.loose && isAWSClient(text) && !hasAny(plainKey(key), "api", "appsync", "graphql", "secret", "token", "key", "password"):
		v.Field = fieldClient
	default:
		f.url(text, key, v)
		return
	}
	f.found[v.Field] = append(f.found[v.Field], candidate{v, byShape})
}
