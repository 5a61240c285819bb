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

// tagged runs fn on the tags of what an ARN names, and keeps them if fn says that
// it has changed them.
func (e *edit) tagged(fn func(tags *map[string]string) bool) error {
	arn := e.vars["arn"]
	path, ok := strings.CutPrefix(arn, e.s.arn("/"))
	if !ok {
		return badRequest("Invalid resource ARN specified in the request: %s", arn)
	}
	keys := strings.Split(path, "/")
	switch {
	case keys[0] == "restapis" && len(keys) == 2, keys[0] == "restapis" && len(keys) == 4 && keys[2] == "stages":
		return taggedIn(e, store.KindRestAPI, keys, func(a *restAPI, stage string) *map[string]string {
			if stage == "" {
				return &a.Tags
			}
			if st := a.Stages[stage]; st != nil {
				return &st.Tags
			}
			return nil
		}, fn)
	case keys[0] == "apis" && len(keys) == 2, keys[0] == "apis" && len(keys) == 4 && keys[2] == "stages":
		return taggedIn(e, store.KindHTTPAPI, keys, func(a *httpAPI, stage string) *map[string]string {
			if stage == "" {
				return &a.Tags
			}
			if st := a.Stages[stage]; st != nil {
				return &st.Tags
			}
			return nil
		}, fn)
	case keys[0] == "apikeys" && len(keys) == 2:
		return taggedIn(e, store.KindAPIKey, keys, func(k *keyRecord, _ string) *map[string]string { return &k.Tags }, fn)
	case keys[0] == "usageplans" && len(keys) == 2:
		return taggedIn(e, store.KindUsagePlan, keys, func(p *planRecord, _ string) *map[string]string { return &p.Tags }, fn)
	case keys[0] == "domainnames" && len(keys) == 2:
		return taggedIn(e, store.KindAPIDomain, keys, func(d *domainRecord, _ string) *map[string]string { return &d.Tags }, fn)
	}
	return badRequest("Invalid resource ARN specified in the request: %s", arn)
}

func taggedIn[T any](e *edit, kind store.APIKind, keys []string, of func(t *T, stage string) *map[string]string, fn func(tags *map[string]string) bool) error {
	refusal := notFound("Invalid resource ARN specified in the request: %s", e.vars["arn"])
	rec, err := e.APIRecord(e.ctx, kind, keys[1])
	if err != nil {
		return missing(err, refusal)
	}
	var t T
	if err := json.Unmarshal(rec.Doc, &t); err != nil {
		return err
	}
	stage := ""
	if len(keys) == 4 {
		stage = keys[3]
	}
	tags := of(&t, stage)
	if tags == nil {
		return refusal
	}
	if !fn(tags) {
		return nil
	}
	return e.put(kind, rec.ID, rec.Parent, t)
}

// kinds are the records that the first segment of a path names.
var kinds = map[string]store.APIKind{
	"restapis": store.KindRestAPI, "apis": store.KindHTTPAPI, "apikeys": store.KindAPIKey, "usageplans": store.KindUsagePlan, "domainnames": store.KindAPIDomain,
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
	if len(segments) < 2 || kinds[segments[0]] == "" {
		return nil, nil
	}
	rec, err := s.Store.APIRecord(ctx, kinds[segments[0]], segments[1])
	if err != nil {
		return nil, missing(err, nil)
	}
	var v struct {
		wire.TagsInput
		Stages map[string]wire.TagsInput
	}
	if err := json.Unmarshal(rec.Doc, &v); err != nil || len(segments) < 4 || segments[2] != "stages" {
		return v.Tags, err
	}
	return over(v.Tags, v.Stages[segments[3]].Tags), nil
}

// over puts the tags of a stage over those of its API.
func over(api, stage map[string]string) map[string]string {
	out := maps.Clone(api)
	if out == nil {
		return stage
	}
	maps.Copy(out, stage)
	return out
}

func tagResource(s *Service, c *call) (any, error) {
	var in wire.TagsInput
	if err := decode(c.Body, &in); err != nil {
		return nil, err
	}
	return nil, s.edit(c, func(e *edit) error {
		return e.tagged(func(tags *map[string]string) bool {
			if *tags == nil {
				*tags = map[string]string{}
			}
			for k, v := range in.Tags {
				(*tags)[k] = v
			}
			return true
		})
	})
}

func getTags(s *Service, c *call) (any, error) {
	out := wire.TagsInput{Tags: map[string]string{}}
	err := s.edit(c, func(e *edit) error {
		return e.tagged(func(tags *map[string]string) bool {
			for k, v := range *tags {
				out.Tags[k] = v
			}
			return false
		})
	})
	return out, err
}

func untagResource(s *Service, c *call) (any, error) {
	return nil, s.edit(c, func(e *edit) error {
		return e.tagged(func(tags *map[string]string) bool {
			for _, k := range c.Query["tagKeys"] {
				delete(*tags, k)
			}
			return true
		})
	})
}
