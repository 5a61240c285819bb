package gateway

import (
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// logFormat is the format of an access log ("Set up CloudWatch API logging"),
// ready to write: literal, variable, literal, variable, …, literal.
type logFormat struct {
	literals []string
	vars     []logVar
	file     *logFile // nil: the server's log
	path     string
}

// logVar is a variable with the way its value is escaped where it stands.
type logVar struct {
	name   string
	escape func(value string) string
}

// compileLogs reads the formats of an API's stages.
func compileLogs(stages []apidef.Stage) (map[string]*logFormat, error) {
	out := map[string]*logFormat{}
	for _, s := range stages {
		if s.AccessLog == nil {
			continue
		}
		f, err := compileLog(s.AccessLog.Format)
		if err != nil {
			return nil, invalid("Stages", "%s: AccessLog.Format: %v", s.Name, err)
		}
		f.path = s.AccessLog.File
		out[s.Name] = f
	}
	return out, nil
}

// compileLog reads a format. Only $context variables are known to it, and one of
// them tells the call from all others.
func compileLog(format string) (*logFormat, error) {
	format = strings.TrimSpace(format)
	if len(format) > maxLogFormat {
		return nil, formatError("it is longer than 3 KB")
	}
	if strings.ContainsAny(format, "\r\n") {
		return nil, formatError("it has line breaks; a call is one line")
	}
	out := &logFormat{}
	rest, identified := format, false
	for {
		at := strings.Index(rest, "$")
		if at < 0 {
			break
		}
		name, n, err := logName(rest[at:])
		if err != nil {
			return nil, err
		}
		identified = identified || name == "requestId" || name == "extendedRequestId"
		out.literals = append(out.literals, rest[:at])
		out.vars = append(out.vars, logVar{name: name})
		rest = rest[at+n:]
	}
	if !identified {
		return nil, formatError("it lacks $context.requestId, which tells the calls apart")
	}
	out.literals = append(out.literals, rest)
	out.chooseEscapes()
	return out, nil
}

// maxLogFormat is the quota of an access log template, in bytes.
const maxLogFormat = 3 << 10

type formatError string

func (e formatError) Error() string { return string(e) }

// logName reads the $context.NAME that s begins with, and its length.
func logName(s string) (name string, length int, err error) {
	rest, ok := strings.CutPrefix(s, "$context.")
	if !ok {
		return "", 0, formatError(strconv.Quote(firstWord(s)) + " is not a $context variable")
	}
	n := 0
	for n < len(rest) && isNameByte(rest[n], strings.HasPrefix(rest, "authorizer.")) {
		n++
	}
	name = strings.TrimRight(rest[:n], ".:-")
	if !knownContext(name) {
		return "", 0, formatError("there is no variable $context." + name)
	}
	return name, len("$context.") + len(name), nil
}

// isNameByte tells the bytes of a variable's name; claims are named by others.
func isNameByte(c byte, authorizer bool) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '.':
		return true
	}
	return authorizer && (c == ':' || c == '-')
}

func firstWord(s string) string {
	if i := strings.IndexAny(s, " \t\",<"); i > 0 {
		return s[:i]
	}
	return s
}

// chooseEscapes finds out what the format writes, so that a value stays a value:
// JSON, XML, values separated by commas, or words.
func (f *logFormat) chooseEscapes() {
	escape := escapeWord
	switch {
	case strings.HasPrefix(f.literals[0], "{"), strings.HasPrefix(f.literals[0], "["):
		f.chooseJSON()
		return
	case strings.HasPrefix(f.literals[0], "<"):
		escape = escapeXML
	case f.commas():
		escape = escapeCSV
	}
	for i := range f.vars {
		f.vars[i].escape = escape
	}
}

// chooseJSON tells variables within quotes from those that are a value alone.
func (f *logFormat) chooseJSON() {
	inside := false
	for i := range f.vars {
		lit := f.literals[i]
		for j := 0; j < len(lit); j++ {
			switch {
			case lit[j] == '\\' && inside:
				j++
			case lit[j] == '"':
				inside = !inside
			}
		}
		f.vars[i].escape = jsonValue
		if inside {
			f.vars[i].escape = escapeJSON
		}
	}
}

// commas tells a format of nothing but variables and commas.
func (f *logFormat) commas() bool {
	for i, lit := range f.literals {
		between := i > 0 && i < len(f.literals)-1
		if between && strings.TrimSpace(lit) != "," || !between && lit != "" {
			return false
		}
	}
	return len(f.vars) > 1
}

// line is the access log's line for a call, without its end.
func (f *logFormat) line(c *call) string {
	var b strings.Builder
	for i, v := range f.vars {
		b.WriteString(f.literals[i])
		b.WriteString(v.escape(c.logValue(v.name)))
	}
	b.WriteString(f.literals[len(f.vars)])
	return b.String()
}

// logValue is a variable as a log may have it: no secret, and of a message the
// first line, for what follows quotes the request with its token. A dash stands
// for nothing, as in API Gateway's logs.
func (c *call) logValue(name string) string {
	quoted := name == "error.messageString"
	if quoted {
		name = "error.message" // the format's quotes are the ones that count
	}
	v, _ := c.contextVar(name)
	switch name {
	case "identity.apiKey":
		v = maskKey(v)
	case "error.message", "authenticate.error", "authorize.error":
		v, _, _ = strings.Cut(v, "\n")
	}
	if v == "" {
		return "-"
	}
	return v
}

// maskKey leaves so much of an API key that its owner knows it.
func maskKey(key string) string {
	if len(key) < 20 {
		return ""
	}
	return strings.Repeat("*", len(key)-4) + key[len(key)-4:]
}

// escapeJSON is a value within the quotes of a JSON text.
func escapeJSON(v string) string {
	s := jsonString(v)
	return s[1 : len(s)-1]
}

// jsonValue is a value that stands alone in a JSON text: a number is one, and
// what is not there is null.
func jsonValue(v string) string {
	if v == "-" {
		return "null"
	}
	if isInteger(v) {
		return v
	}
	return jsonString(v)
}

func isInteger(v string) bool {
	if v == "" || len(v) > 15 || len(v) > 1 && v[0] == '0' {
		return false
	}
	return strings.Trim(v, "0123456789") == ""
}

func escapeXML(v string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(v)) // a Builder takes everything
	return b.String()
}

// escapeWord keeps a value on its line and within its quotes.
func escapeWord(v string) string {
	s := strconv.QuoteToASCII(v)
	return s[1 : len(s)-1]
}

// escapeCSV is a field of RFC 4180.
func escapeCSV(v string) string {
	v = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, v)
	if strings.ContainsAny(v, `",`) {
		return `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
	}
	return v
}

// logAccess writes the line of a call that is over. Where its file cannot be
// written the server's log gets it.
func (c *call) logAccess() {
	if c.api == nil {
		return
	}
	f := c.api.logs[c.target.Stage]
	if f == nil {
		return
	}
	line := f.line(c)
	var err error
	if f.file != nil {
		if err = f.file.write(line); err == nil {
			return
		}
	}
	if c.g.AccessLog != nil {
		c.g.AccessLog(c.r.Context(), line, err)
	}
}
