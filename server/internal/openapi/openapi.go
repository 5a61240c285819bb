// Package openapi reads OpenAPI 3.0 and 3.1 and Swagger 2.0 documents with
// API Gateway's extensions (x-amazon-apigateway-*) into API definitions, and
// writes such definitions as OpenAPI 3.0.
//
// Nothing is dropped silently. What an API does not keep, and documentation
// apart, comes back as a [Note]; what would leave a route less guarded than the
// document says is an error.
package openapi

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

// ErrDocument is what every error of Read and Write is.
var ErrDocument = errors.New("OpenAPI document")

// Options say what becomes of a document. The zero value reads a REST API.
type Options struct {
	Protocol apidef.Protocol // REST (zero) or HTTP
	ID       string          // of the API
	// BasePath is what becomes of the path of the first server: "ignore" (zero),
	// "prepend" to every path, or "split": prepended without its first segment.
	BasePath string
}

// Note is a part of a document that is not kept, and why.
type Note = tree.Note

// Read reads a document, JSON or YAML, into an API without stages. A route has
// one method. Errors answer to ErrDocument and name the place.
func Read(doc []byte, o Options) (apidef.API, []Note, error) {
	root, err := tree.Parse(doc)
	if err != nil {
		return apidef.API{}, nil, fmt.Errorf("%w: %w", ErrDocument, err)
	}
	r := &reader{opts: o, root: root}
	r.Wrap, r.Resolve, r.Guards = ErrDocument, r.deref, guards
	r.api.ID, r.api.Protocol = o.ID, o.Protocol
	r.document()
	if r.Err != nil {
		return apidef.API{}, nil, r.Err
	}
	return r.api, r.Notes, nil
}

// reader reads one document.
type reader struct {
	tree.Reader
	opts       Options
	root       *tree.Node
	swagger    bool // 2.0
	api        apidef.API
	modelBytes int
	prefix     string // of every path
	schemes    map[string]scheme
	security   *tree.Node                     // of operations without their own; nil: none
	validators map[string]apidef.RequestRules // by name
	validator  string                         // of operations without their own
}

func (r *reader) http() bool { return r.opts.Protocol == apidef.HTTP }

// document reads what paths refer to before the paths.
func (r *reader) document() {
	if r.opts.Protocol != "" && r.opts.Protocol != apidef.REST && !r.http() {
		r.Fail("", "a %s API is not described by OpenAPI", r.opts.Protocol)
		return
	}
	d := r.Object("", r.root)
	r.version(d)
	info := d.Sub("info")
	r.api.Name, r.api.Description = info.Text("title"), info.Text("description")
	info.Ignore("version", "summary", "termsOfService", "contact", "license")
	info.Done()
	r.basePath(d)
	r.extensions(d)
	r.components(d)
	r.security = d.Take("security")
	r.requestValidators(d)
	paths := d.Sub("paths")
	for _, f := range paths.Fields() {
		r.pathItem(f.Key, paths.Sub(f.Key))
	}
	d.Ignore("externalDocs", "tags", "jsonSchemaDialect", "schemes")
	d.Done()
}

func (r *reader) version(d *tree.Object) {
	v3, v2 := d.Text("openapi"), d.Text("swagger")
	r.swagger = v2 != ""
	switch {
	case v3 != "" && v2 != "":
		r.Fail("openapi", "the document says both openapi and swagger")
	case strings.HasPrefix(v3, "3.0"), strings.HasPrefix(v3, "3.1"), v2 == "2.0":
	default:
		r.Fail("openapi", "%q is not 3.0 or 3.1, nor is swagger 2.0", v3+v2)
	}
}

// basePath is the path of the first server, for the mode that wants it.
func (r *reader) basePath(d *tree.Object) {
	path := d.Text("basePath")
	servers := d.Take("servers")
	d.Ignore("host")
	if servers != nil && len(servers.Items) > 0 {
		path = serverPath(servers.Items[0])
	}
	path = strings.Trim(path, "/")
	switch r.opts.BasePath {
	case "", "ignore":
		return
	case "split":
		_, path, _ = strings.Cut(path, "/")
	case "prepend":
	default:
		r.Fail("", "the mode of the base path is %q, not ignore, prepend or split", r.opts.BasePath)
	}
	if path != "" {
		r.prefix = "/" + path
	}
}

// serverPath is the path of a server's URL with the defaults of its variables.
func serverPath(s *tree.Node) string {
	url, _ := s.Get("url").Scalar()
	if vars := s.Get("variables"); vars != nil {
		for _, v := range vars.Fields {
			def, _ := v.Value.Get("default").Scalar()
			url = strings.ReplaceAll(url, "{"+v.Key+"}", strings.Trim(def, "/"))
		}
	}
	if _, after, ok := strings.Cut(url, "://"); ok {
		_, url, _ = strings.Cut(after, "/")
	}
	return url
}
