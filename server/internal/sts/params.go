package sts

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
)

const (
	sessionNamePattern = `[\w+=,.@-]*`
	externalIDPattern  = `[\w+=,.@:\/-]*`
	maxPolicyText      = 2048 // characters of a session policy as it is sent
	maxPolicyARNs      = 10
	maxSessionTags     = 50
)

// params reads the parameters of a request and collects what is wrong with them, as AWS does, so that one answer names
// all mistakes.
type params struct {
	form     url.Values
	read     map[string]bool // parameters that somebody asked for
	problems []string
	err      error // a mistake that has a text of its own
}

func paramsOf(form url.Values) *params {
	return &params{form: form, read: map[string]bool{"Action": true, "Version": true}}
}

// problem notes a value that breaks a constraint of the API reference.
func (p *params) problem(name, value, constraint string) {
	p.problems = append(p.problems, "Value "+value+" at '"+lowerFirst(name)+"' failed to satisfy constraint: Member must "+constraint)
}

// fail keeps the first mistake of its own text.
func (p *params) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// text reads a parameter of least to most characters. It is empty if it was not sent, which is a mistake where required.
func (p *params) text(name string, required bool, least, most int) string {
	p.read[name] = true
	value, n := p.form.Get(name), utf8.RuneCountInString(p.form.Get(name))
	switch {
	case !p.form.Has(name):
		if required {
			p.problem(name, "null", "not be null")
		}
	case !utf8.ValidString(value):
		p.problem(name, "", "be UTF-8")
	case n < least:
		p.problem(name, shown(value), fmt.Sprint("have length greater than or equal to ", least))
	case n > most:
		p.problem(name, shown(value), fmt.Sprint("have length less than or equal to ", most))
	}
	return value
}

// pattern is text that has word characters and those in also only.
func (p *params) pattern(name string, required bool, least, most int, also, pattern string) string {
	value := p.text(name, required, least, most)
	if !wordsAnd(value, also) {
		p.problem(name, shown(value), "satisfy regular expression pattern: "+pattern)
	}
	return value
}

// shown quotes a value in an error; a long one would only fill the log.
func shown(value string) string {
	if len(value) > 256 {
		return "of " + strconv.Itoa(len(value)) + " bytes"
	}
	return "'" + value + "'"
}

// wordsAnd reports whether a text has nothing but letters, digits, underscores and the characters of also.
func wordsAnd(text, also string) bool {
	for i := range len(text) {
		c := text[i]
		word := c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		if !word && strings.IndexByte(also, c) < 0 {
			return false
		}
	}
	return true
}

// duration reads DurationSeconds; zero if it was not sent.
func (p *params) duration(least, most int) time.Duration {
	const name = "DurationSeconds"
	p.read[name] = true
	text := p.form.Get(name)
	if !p.form.Has(name) {
		return 0
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil || strconv.Itoa(n) != text:
		p.problem(name, shown(text), "be a whole number")
	case n < least:
		p.problem(name, shown(text), fmt.Sprint("have value greater than or equal to ", least))
	case n > most:
		p.problem(name, shown(text), fmt.Sprint("have value less than or equal to ", most))
	}
	return time.Duration(n) * time.Second
}

// list reads a list of structures or, with the field "", of values.
func (p *params) list(name string, limit int) []url.Values {
	p.read[name] = true
	list, err := wire.QueryList(p.form, name, limit)
	if err != nil {
		p.fail(err)
	}
	return list
}

// roleARN reads RoleArn.
func (p *params) roleARN() string {
	arn := p.text("RoleArn", true, 20, 2048)
	fields := strings.SplitN(arn, ":", 6)
	if len(fields) != 6 || fields[0] != "arn" || fields[2] != "iam" || fields[3] != "" || !strings.HasPrefix(fields[5], "role/") || strings.HasSuffix(arn, "/") {
		p.fail(wire.Errorf("ValidationError", "%s is invalid", arn))
	}
	return arn
}

// sessionPolicy reads Policy. The empty text is a mistake and not the same as none, for a session without a policy has all
// that the role has.
func (p *params) sessionPolicy() []string {
	text := p.text("Policy", false, 1, maxPolicyText)
	if text == "" {
		return nil
	}
	doc, err := policy.Parse([]byte(text), policy.Session)
	if err != nil {
		p.fail(malformedPolicy(err))
		return nil
	}
	return []string{doc.String()} // without the blanks
}

func malformedPolicy(err error) error {
	message := "Syntax errors in policy."
	if bad := new(policy.SyntaxError); errors.As(err, &bad) {
		message = bad.Message
	}
	e := wire.Errorf("MalformedPolicyDocument", "%s", message)
	e.Err, e.Cause = err, err.Error()
	return e
}

// policyARNs reads the managed policies that limit the session.
func (p *params) policyARNs() []string {
	var arns []string
	for _, member := range p.list("PolicyArns", maxPolicyARNs) {
		arn := member.Get("arn")
		if len(arn) < 20 || len(arn) > 2048 || len(member) != 1 || slices.Contains(arns, arn) {
			p.fail(wire.Errorf("ValidationError", "%s is invalid", shown(arn)))
		}
		arns = append(arns, arn)
	}
	return arns
}

// tags reads Tags and TransitiveTagKeys.
func (p *params) tags() (tags map[string]string, transitive []string) {
	sent := p.list("Tags", maxSessionTags)
	for _, member := range sent {
		if len(member) != 2 || !member.Has("Key") || !member.Has("Value") {
			p.fail(wire.Errorf("ValidationError", "a tag needs a Key and a Value"))
			return nil, nil
		}
		if err := addTag(&tags, member.Get("Key"), member.Get("Value")); err != nil {
			p.fail(err)
			return nil, nil
		}
	}
	for _, member := range p.list("TransitiveTagKeys", maxSessionTags) {
		transitive = append(transitive, member.Get(""))
	}
	if err := checkTransitive(tags, transitive); err != nil {
		p.fail(err)
	}
	return tags, transitive
}

// done gives the mistakes. A parameter that nobody read is refused by name: what it asks for would not happen.
func (p *params) done() error {
	for name := range p.form {
		first, _, _ := strings.Cut(name, ".")
		if !p.read[first] && !strings.HasPrefix(name, "X-Amz-") {
			p.fail(wire.Errorf("ValidationError", "gatepass does not support the parameter %s of %s", shown(name), p.form.Get("Action")))
		}
	}
	if n := len(p.problems); n > 0 {
		noun := "errors"
		if n == 1 {
			noun = "error"
		}
		return wire.Errorf("ValidationError", "%d validation %s detected: %s", n, noun, strings.Join(p.problems, "; "))
	}
	return p.err
}

func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }

// addTag adds a session tag (AWS STS API Reference, Tag). Keys have no case.
func addTag(tags *map[string]string, key, value string) error {
	switch {
	case key == "" || utf8.RuneCountInString(key) > 128 || !tagText(key):
		return wire.Errorf("ValidationError", "the tag key %s is not 1 to 128 letters, digits, blanks and _.:/=+-@", shown(key))
	case utf8.RuneCountInString(value) > 256 || !tagText(value):
		return wire.Errorf("ValidationError", "the value of the tag %s is not up to 256 letters, digits, blanks and _.:/=+-@", shown(key))
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return wire.Errorf("InvalidParameterValue", "'aws:' prefixed tag key names are not allowed for external use.")
	}
	if _, there := tagOf(*tags, key); there {
		return wire.Errorf("InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	}
	if *tags == nil {
		*tags = map[string]string{}
	}
	(*tags)[key] = value
	return nil
}

func tagText(text string) bool {
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.Z, r) && !strings.ContainsRune("_.:/=+-@", r) {
			return false
		}
	}
	return utf8.ValidString(text)
}

// tagOf finds a tag whatever the case of its key, and the key as it is there.
func tagOf(tags map[string]string, key string) (as string, there bool) {
	for have := range tags {
		if strings.EqualFold(have, key) {
			return have, true
		}
	}
	return "", false
}

func checkTransitive(tags map[string]string, transitive []string) error {
	for i, key := range transitive {
		if _, there := tagOf(tags, key); !there {
			return wire.Errorf("InvalidParameterValue", "The specified transitive tag key must be included in the requested tags.")
		}
		if slices.ContainsFunc(transitive[:i], func(other string) bool { return strings.EqualFold(other, key) }) {
			return wire.Errorf("InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
	}
	return nil
}
