package curl

import (
	"crypto/rand"
	"path"
	"path/filepath"
	"strings"
)

// form writes the fields as multipart/form-data, and gives its Content-Type.
func (o *Options) form(src *source) (*Body, string, error) {
	boundary := "------------------------" + strings.ToLower(rand.Text()[:22])
	b := new(Body)
	for _, f := range o.Form {
		p, err := f.parse()
		if err != nil {
			return nil, "", err
		}
		b.addString("--" + boundary + "\r\n" + p.head() + "\r\n")
		if err := p.content(b, src); err != nil {
			return nil, "", err
		}
		b.addString("\r\n")
	}
	b.addString("--" + boundary + "--\r\n")
	return b, "multipart/form-data; boundary=" + boundary, nil
}

// formPart is one field, taken apart.
type formPart struct {
	name, value, typ, filename string
	file                       byte // '@', '<' or 0
	headers                    []string
}

func (f Field) parse() (p formPart, err error) {
	name, rest, ok := strings.Cut(f.Value, "=")
	if !ok {
		return p, &Error{Text: "the form field " + f.Value + " is not name=value", Hint: "--form name=@file, or name=text"}
	}
	p.name = name
	if f.Literal {
		p.value = rest
		return p, nil
	}
	if rest != "" && (rest[0] == '@' || rest[0] == '<') {
		p.file, rest = rest[0], rest[1:]
	}
	p.value, rest = formWord(rest, p.file != 0)
	for rest != "" {
		if rest[0] == ',' {
			return p, errorf("--form %s: several files in one field are not supported: use a field for each", name)
		}
		var key, value string
		key, rest, _ = strings.Cut(rest[1:], "=")
		value, rest = formWord(rest, false)
		if err := p.set(strings.TrimSpace(key), value); err != nil {
			return p, err
		}
	}
	p.guess()
	return p, nil
}

func (p *formPart) set(key, value string) error {
	switch key {
	case "type":
		p.typ = value
	case "filename":
		p.filename = value
	case "headers":
		if strings.ContainsAny(value, "\r\n") || strings.HasPrefix(value, "@") {
			return errorf("--form %s: ;headers= takes one header", p.name)
		}
		p.headers = append(p.headers, value)
	default:
		return errorf("--form %s: ;%s= is not supported", p.name, key)
	}
	return nil
}

// formWord reads up to the next ";", or "," after a file, or to the end of what
// stands in quotes. A ";" that begins none of the known attributes is content.
func formWord(s string, file bool) (word, rest string) {
	if strings.HasPrefix(s, `"`) {
		if word, rest, ok := quotedWord(s); ok {
			return word, rest
		}
	}
	for i := range len(s) {
		if s[i] == ',' && file || s[i] == ';' && (file || attribute(s[i+1:])) {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

func attribute(s string) bool {
	s = strings.TrimLeft(s, " ")
	for _, name := range []string{"type=", "filename=", "headers=", "encoder="} {
		if strings.HasPrefix(s, name) {
			return true
		}
	}
	return false
}

// quotedWord reads "..." in which \" and \\ are escapes; it must end the word.
func quotedWord(s string) (word, rest string, ok bool) {
	var out []byte
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			out = append(out, s[i])
		case s[i] == '"':
			rest = strings.TrimLeft(s[i+1:], " ")
			return string(out), rest, rest == "" || rest[0] == ';' || rest[0] == ','
		default:
			out = append(out, s[i])
		}
	}
	return "", "", false
}

// guess fills in what curl derives from the name of a file.
func (p *formPart) guess() {
	if p.file != '@' {
		return
	}
	if p.filename == "" {
		p.filename = filepath.Base(p.value)
	}
	for _, name := range []string{p.filename, p.value} {
		if p.typ == "" {
			p.typ = typeOf(name)
		}
	}
	if p.typ == "" {
		p.typ = "application/octet-stream"
	}
}

// typeOf is curl's own table: what a system adds to it would change the request
// from machine to machine.
func typeOf(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".gif":
		return "image/gif"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".png":
		return "image/png"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain"
	case ".htm", ".html":
		return "text/html"
	case ".pdf":
		return "application/pdf"
	case ".xml":
		return "application/xml"
	}
	return ""
}

// quotePart is s between the quotes of a part's header, as browsers write it.
func quotePart(s string) string {
	return strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A").Replace(s)
}

func (p *formPart) head() string {
	h := `Content-Disposition: form-data; name="` + quotePart(p.name) + `"`
	if p.filename != "" {
		h += `; filename="` + quotePart(p.filename) + `"`
	}
	h += "\r\n"
	if p.typ != "" {
		h += "Content-Type: " + p.typ + "\r\n"
	}
	for _, line := range p.headers {
		h += line + "\r\n"
	}
	return h
}

func (p *formPart) content(b *Body, src *source) error {
	if p.file == 0 {
		b.addString(p.value)
		return nil
	}
	return src.file(b, "--form "+p.name, p.value)
}
