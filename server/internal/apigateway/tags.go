package apigateway

import (
	"context"
	"encoding/json"
	"maps"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func tagOperations() []entry {
	var out []entry
	for _, base := range []string{"", "/v2"} {
		one := base + "/tags/{arn}"
		add := entry{"TagResource", "PUT " + one, 204, tagResource}
		if base != "" {
			add = entry{"TagResource", "POST " + one, 201, tagResource}
		}
		out = append(out, add, entry{"GetTags", "GET " + one, 200, getTags}, entry{"UntagResource", "DELETE " + one, 204, untagResource})
	}
	return out
}

// kinds are the records that the first segment of a path names.
var kinds = map[string]store.APIKind{
	"restapis": store.KindRestAPI, "apis": store.KindHTTPAPI, "apikeys": store.KindAPIKey, "usageplans": store.KindUsagePlan, "domainnames": store.KindAPIDomain,
}

// taggable is what has tags: a record, or a stage in it.
type taggable struct {
	kind      store.APIKind // zero: none
	id, stage string
}

// taggableAt is what a path is about, /restapis/ID/stages/NAME/… or
// /usageplans/ID/…; exact, if it is that and nothing in it.
func taggableAt(segments []string) (at taggable, exact bool) {
	if len(segments) < 2 {
		return at, false
	}
	at.kind, at.id = kinds[segments[0]], segments[1]
	if staged := at.kind == store.KindRestAPI || at.kind == store.KindHTTPAPI; staged && len(segments) > 3 && segments[2] == "stages" {
		at.stage = segments[3]
		return at, len(segments) == 4
	}
	return at, at.kind != "" && len(segments) == 2
}

// tagged is what a record, and what the stages in it, have.
type tagged struct {
	wire.TagsInput
	Stages map[string]*wire.TagsInput
}

// tagsOf are the tags of what a path is about, a stage's over its API's; none of
// what is not there.
func (s *Service) tagsOf(ctx context.Context, segments []string) (map[string]string, error) {
	if segments[0] == "v2" {
		segments = segments[1:]
	}
	if len(segments) == 2 && segments[0] == "tags" {
		segments = strings.Split(strings.TrimPrefix(segments[1], s.arn("/")), "/")
	}
	at, _ := taggableAt(segments)
	if at.kind == "" {
		return nil, nil
	}
	v, err := recordOf[tagged](s.Store.APIRecord(ctx, at.kind, at.id))
	if err != nil {
		return nil, missing(err, nil)
	}
	out := map[string]string{}
	maps.Copy(out, v.Tags)
	if st := v.Stages[at.stage]; st != nil {
		maps.Copy(out, st.Tags)
	}
	return out, nil
}

func (c *call) badARN() error {
	return badRequest("Invalid resource ARN specified in the request: %s", c.vars["arn"])
}

func (c *call) arnNotFound() error {
	return notFound("Invalid resource ARN specified in the request: %s", c.vars["arn"])
}

// taggable is what the ARN in the path names.
func (c *call) taggable() (taggable, error) {
	path, ok := strings.CutPrefix(c.vars["arn"], c.s.arn("/"))
	at, exact := taggableAt(strings.Split(path, "/"))
	if !ok || !exact {
		return at, c.badARN()
	}
	return at, nil
}

func getTags(c *call) (any, error) {
	at, err := c.taggable()
	if err != nil {
		return nil, err
	}
	v, err := recordOf[tagged](c.s.Store.APIRecord(c.ctx, at.kind, at.id))
	if err != nil {
		return nil, missing(err, c.arnNotFound())
	}
	out := &v.TagsInput
	if at.stage != "" {
		if out = v.Stages[at.stage]; out == nil {
			return nil, c.arnNotFound()
		}
	}
	if out.Tags == nil {
		out.Tags = map[string]string{}
	}
	return *out, nil
}

// retag changes the tags of what the ARN in the path names.
func (c *call) retag(fn func(tags map[string]string)) error {
	at, err := c.taggable()
	if err != nil {
		return err
	}
	var path []string
	if at.stage != "" {
		path = []string{"Stages", at.stage}
	}
	return c.s.edit(c, func(e *edit) error {
		rec, err := e.APIRecord(e.ctx, at.kind, at.id)
		if err != nil {
			return missing(err, c.arnNotFound())
		}
		if rec.Doc, err = retagged(rec.Doc, path, fn); err != nil {
			return missing(err, c.arnNotFound())
		}
		return e.PutAPIRecord(at.kind, rec)
	})
}

// retagged changes the tags of what a path of members leads to in a record, and
// nothing else of it; store.ErrNotFound.
func retagged(doc json.RawMessage, path []string, fn func(tags map[string]string)) (json.RawMessage, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(doc, &all); err != nil {
		return nil, err
	}
	if len(path) > 0 {
		if all[path[0]] == nil {
			return nil, store.ErrNotFound
		}
		inner, err := retagged(all[path[0]], path[1:], fn)
		if err != nil {
			return nil, err
		}
		all[path[0]] = inner
		return json.Marshal(all)
	}
	var tags map[string]string
	if old := all["tags"]; old != nil {
		if err := json.Unmarshal(old, &tags); err != nil {
			return nil, err
		}
	}
	if tags == nil {
		tags = map[string]string{}
	}
	fn(tags)
	var err error
	if all["tags"], err = json.Marshal(tags); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}

func tagResource(c *call) (any, error) {
	var in wire.TagsInput
	if err := decode(c.Body, &in); err != nil {
		return nil, err
	}
	return nil, c.retag(func(tags map[string]string) { maps.Copy(tags, in.Tags) })
}

func untagResource(c *call) (any, error) {
	return nil, c.retag(func(tags map[string]string) {
		for _, k := range c.Query["tagKeys"] {
			delete(tags, k)
		}
	})
}
