package curl

import (
	"net/url"
	"strings"
)

// What a path and a query may carry as they are, besides unreserved bytes: all
// that net/url passes on untouched.
const (
	pathKeep  = "/%!$&'()*+,;=:@[]"
	queryKeep = pathKeep + "?"
)

// location makes the URL of what was typed, without changing what can be sent as
// it is. Blanks, UTF-8 and other bytes that an URL cannot hold are encoded.
func (o *Options) location(extra []string) (*url.URL, error) {
	typed, err := o.expand()
	if err != nil {
		return nil, err
	}
	typed, _, _ = strings.Cut(typed, "#")
	base, query, hasQuery := strings.Cut(typed, "?")
	scheme, rest, ok := strings.Cut(base, "://")
	if !ok {
		return nil, errorf("%q is not a URL", o.URL)
	}
	host, path, _ := strings.Cut(rest, "/")
	for _, pair := range extra {
		if hasQuery && query != "" {
			pair = "&" + pair
		}
		query, hasQuery = query+pair, true
	}
	s := scheme + "://" + host + "/" + pctEncode(path, pathKeep)
	if hasQuery {
		s += "?" + pctEncode(query, queryKeep)
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, errorf("%v", err)
	}
	return u, checkURL(u)
}

func checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return errorf("%s is not http or https", u.Scheme)
	case u.Hostname() == "":
		return errorf("the URL names no host")
	case u.User != nil:
		return refuseUser("")
	}
	return nil
}

// extraQuery are the parameters that flags and items add, encoded.
func (o *Options) extraQuery(src *source, items *items) ([]string, error) {
	var out []string
	for _, q := range o.URLQuery {
		enc, err := urlQuery(src, q)
		if err != nil {
			return nil, err
		}
		out = append(out, enc)
	}
	for _, q := range append(append([]string(nil), o.Query...), items.query...) {
		name, value, ok := strings.Cut(q, "=")
		enc := pctEncode(name, "")
		if ok {
			enc += "=" + pctEncode(value, "")
		}
		out = append(out, enc)
	}
	return out, nil
}

// urlQuery is one --url-query: "+" and the rest as it is, else as --data-urlencode.
func urlQuery(src *source, v string) (string, error) {
	if raw, ok := strings.CutPrefix(v, "+"); ok {
		return raw, nil
	}
	b := new(Body)
	if err := addEncoded(b, src, v); err != nil {
		return "", err
	}
	enc, err := b.all(maxMemory)
	return string(enc), err
}

// uploadURL adds the file's name to a URL that ends in a slash, as curl does.
func (o *Options) uploadURL(u *url.URL) {
	if o.Upload == "" || o.Upload == "-" || !strings.HasSuffix(u.Path, "/") || u.RawQuery != "" {
		return
	}
	name := o.Upload[strings.LastIndexAny(o.Upload, `/\`)+1:]
	raw := u.EscapedPath() + pctEncode(name, "")
	if p, err := url.PathUnescape(raw); err == nil {
		u.Path, u.RawPath = p, raw
	}
}
