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
type Note struct {
	Path, Reason string
}

// String is the note on one line.
func (n Note) String() string { return n.Path + ": " + n.Reason }

// Read reads a document, JSON or YAML, into an API without stages. A route has
// one method. Errors answer to ErrDocument and name the place.
func Read(doc []byte, o Options) (apidef.API, []Note, error) {
	root, err := tree.Parse(doc)
	if err != nil {
		return apidef.API{}, nil, fmt.Errorf("%w: %w", ErrDocument, err)
	}
	r := &reader{opts: o, root: root}
	r.api.ID, r.api.Protocol = o.ID, o.Protocol
	r.document()
	if r.err != nil {
		return apidef.API{}, nil, r.err
	}
	return r.api, r.notes, nil
}

// reader reads one document. The first error stays; what is read after it does
// not matter.
type reader struct {
	opts       Options
	root       *tree.Node
	swagger    bool // 2.0
	api        apidef.API
	notes      []Note
	err        error
	prefix     string // of every path
	schemes    map[string]scheme
	security   *tree.Node                     // of operations without their own; nil: none
	validators map[string]apidef.RequestRules // by name
	validator  string                         // of operations without their own
}

func (r *reader) http() bool { return r.opts.Protocol == apidef.HTTP }

func (r *reader) note(path, format string, args ...any) {
	r.notes = append(r.notes, Note{strings.TrimPrefix(path, "."), fmt.Sprintf(format, args...)})
}

func (r *reader) fail(path, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s: %s", ErrDocument, strings.TrimPrefix(path, "."), fmt.Sprintf(format, args...))
	}
}

// document reads what paths refer to before the paths.
func (r *reader) document() {
	if r.opts.Protocol != "" && r.opts.Protocol != apidef.REST && !r.http() {
		r.fail("", "a %s API is not described by OpenAPI", r.opts.Protocol)
		return
	}
	d := r.object("", r.root)
	r.version(d)
	info := d.sub("info")
	r.api.Name, r.api.Description = info.text("title"), info.text("description")
	info.ignore("version", "summary", "termsOfService", "contact", "license")
	info.done()
	r.basePath(d)
	r.extensions(d)
	r.components(d)
	r.security = d.take("security")
	r.requestValidators(d)
	paths := d.sub("paths")
	for _, f := range paths.fields() {
		r.pathItem(f.Key, paths.sub(f.Key))
	}
	d.ignore("externalDocs", "tags", "jsonSchemaDialect", "schemes")
	d.done()
}

func (r *reader) version(d *object) {
	v3, v2 := d.text("openapi"), d.text("swagger")
	r.swagger = v2 != ""
	switch {
	case v3 != "" && v2 != "":
		r.fail("openapi", "the document says both openapi and swagger")
	case strings.HasPrefix(v3, "3.0"), strings.HasPrefix(v3, "3.1"), v2 == "2.0":
	default:
		r.fail("openapi", "%q is not 3.0 or 3.1, nor is swagger 2.0", v3+v2)
	}
}

// basePath is the path of the first server, for the mode that wants it.
func (r *reader) basePath(d *object) {
	path := d.text("basePath")
	servers := d.take("servers")
	d.ignore("host")
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
		r.fail("", "the mode of the base path is %q, not ignore, prepend or split", r.opts.BasePath)
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
