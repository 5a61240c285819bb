package apigateway

import (
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
)

func resourceOperations() []entry {
	return []entry{
		{"GetResources", "GET /restapis/{api}/resources", 200, viewAPI(getResources)},
		{"CreateResource", "POST /restapis/{api}/resources/{id}", 201, editAPI(createResource)},
		{"GetResource", "GET /restapis/{api}/resources/{id}", 200, viewAPI(getResource)},
		{"UpdateResource", "PATCH /restapis/{api}/resources/{id}", 200, editAPI(updateResource)},
		{"DeleteResource", "DELETE /restapis/{api}/resources/{id}", 202, editAPI(deleteResource)},
	}
}

// maxResources is the quota of AWS ("Resources/routes per API").
const maxResources = 300

func (a *restAPI) resource(id string) (*wire.Resource, error) {
	if r := a.Resources[id]; r != nil {
		return r, nil
	}
	return nil, notFound("Invalid Resource identifier specified")
}

// shown is a resource as calls that do not ask for its methods see it: with
// their names alone.
func (c *call) shown(r *wire.Resource) wire.Resource {
	out := *r
	if slices.Contains(c.Query["embed"], "methods") {
		return out
	}
	out.Methods = map[string]*wire.Method{}
	for name := range r.Methods {
		out.Methods[name] = &wire.Method{HTTPMethod: name}
	}
	return out
}

// getResources lists by path, as AWS does, and pages by it.
func getResources(c *call, a *restAPI) (any, error) {
	byPath := map[string]*wire.Resource{}
	for _, r := range a.Resources {
		byPath[r.Path] = r
	}
	return items(c, byPath, c.shown)
}

func getResource(c *call, a *restAPI) (any, error) {
	r, err := a.resource(c.vars["id"])
	if err != nil {
		return nil, err
	}
	return c.shown(r), nil
}

type pathPart struct {
	PathPart string `json:"pathPart"`
}

func createResource(e *edit, a *restAPI, in pathPart) (any, error) {
	parent, err := a.resource(e.vars["id"])
	if err != nil {
		return nil, err
	}
	return e.addResource(a, parent, in.PathPart)
}

func (e *edit) addResource(a *restAPI, parent *wire.Resource, part string) (*wire.Resource, error) {
	if len(a.Resources) >= maxResources {
		return nil, badRequest("Maximum number of resources for this API has been reached: %d", maxResources)
	}
	id, err := e.s.newID(6)
	if err != nil {
		return nil, err
	}
	r := &wire.Resource{ID: id, ParentID: parent.ID, PathPart: part}
	if err := a.place(r); err != nil {
		return nil, err
	}
	a.Resources[id] = r
	return r, nil
}

// place checks a resource against its parent and siblings, and gives it its path.
func (a *restAPI) place(r *wire.Resource) error {
	parent, err := a.resource(r.ParentID)
	if err != nil {
		return err
	}
	if !partForm(r.PathPart) {
		return badRequest("Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.")
	}
	if strings.HasSuffix(parent.PathPart, "+}") {
		return badRequest("Cannot create a child of a resource with a greedy path variable: %s", parent.PathPart)
	}
	for _, other := range a.Resources {
		switch {
		case other.ID == r.ID || other.ParentID != r.ParentID:
		case other.PathPart == r.PathPart:
			return conflict("Another resource with the same parent already has this name: %s", r.PathPart)
		case variable(other.PathPart) && variable(r.PathPart):
			return badRequest("A sibling (%s) of this resource already has a variable path part -- only one is allowed", other.PathPart)
		}
	}
	r.Path = strings.TrimSuffix(parent.Path, "/") + "/" + r.PathPart
	return nil
}

func variable(part string) bool { return strings.HasPrefix(part, "{") }

// partForm: letters, digits and some signs, or a variable.
func partForm(part string) bool {
	if inner, ok := strings.CutPrefix(part, "{"); ok {
		inner, ok = strings.CutSuffix(inner, "}")
		part = strings.TrimSuffix(inner, "+")
		if !ok {
			return false
		}
	}
	return part != "" && strings.Trim(part, ".") != "" && strings.IndexFunc(part, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-:$@~", r))
	}) < 0
}

func updateResource(e *edit, a *restAPI, in wire.PatchInput) (any, error) {
	r, err := a.resource(e.vars["id"])
	if err != nil {
		return nil, err
	}
	if err := patch(r, in.PatchOperations, "/parentId", "/pathPart"); err != nil {
		return nil, err
	}
	if r.Path == "/" {
		return nil, badRequest("The root resource cannot be changed")
	}
	if a.under(r.ParentID, r.ID) {
		return nil, badRequest("Resources cannot be cyclical.")
	}
	if err := a.place(r); err != nil {
		return nil, err
	}
	a.repath(r)
	return r, nil
}

// repath gives everything below a resource its path.
func (a *restAPI) repath(parent *wire.Resource) {
	for _, r := range a.Resources {
		if r.ParentID != parent.ID {
			continue
		}
		r.Path = strings.TrimSuffix(parent.Path, "/") + "/" + r.PathPart
		a.repath(r)
	}
}

// under: the resource is the other one or below it.
func (a *restAPI) under(id, ancestor string) bool {
	for range len(a.Resources) + 1 {
		if id == ancestor {
			return true
		}
		r := a.Resources[id]
		if r == nil {
			return false
		}
		id = r.ParentID
	}
	return true
}

func deleteResource(e *edit, a *restAPI, _ struct{}) (any, error) {
	r, err := a.resource(e.vars["id"])
	if err != nil {
		return nil, err
	}
	if r.Path == "/" {
		return nil, badRequest("Root resource cannot be deleted")
	}
	var gone []string
	for id := range a.Resources {
		if a.under(id, r.ID) {
			gone = append(gone, id)
		}
	}
	for _, id := range gone {
		delete(a.Resources, id)
	}
	return nil, nil
}
