package curl

import (
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// setter is a flag whose value is a function's business.
type setter struct {
	kind string
	set  func(string) error
}

func (s setter) String() string { return "" }

func (s setter) Type() string { return s.kind }

func (s setter) Set(v string) error { return s.set(v) }

// Flags gives fs curl's flags, and those for query, params, jq and templates.
func (o *Options) Flags(fs *pflag.FlagSet) {
	o.requestFlags(fs)
	o.bodyFlags(fs)
	o.outputFlags(fs)
	o.transferFlags(fs)
	o.connFlags(fs)
	setTo(fs, "config", "K", "`file`", "read flags from a file, as curl's", o.readConfig(fs))
}

func setTo(fs *pflag.FlagSet, name, short, kind, usage string, set func(string) error) {
	word := strings.Trim(kind, "`")
	fs.VarP(setter{word, set}, name, short, usage)
}

func (o *Options) requestFlags(fs *pflag.FlagSet) {
	setTo(fs, "url", "", "URL", "the URL, in place of the argument", o.setURL)
	setTo(fs, "request", "X", "method", "the method; POST with data, else GET", func(v string) error {
		o.Method, o.Transfer.methodIsTyped = v, true
		return nil
	})
	fs.StringArrayVarP(&o.Headers, "header", "H", nil, "`line` \"Name: value\"; \"Name;\" is empty, \"Name:\" none; @file")
	fs.StringArrayVar(&o.Params, "param", nil, "`name=value` for {name} in the URL")
	fs.StringArrayVar(&o.Query, "query", nil, "`name=value` for the query, encoded")
	fs.StringArrayVar(&o.URLQuery, "url-query", nil, "`data` for the query, as for --data-urlencode")
	fs.BoolVarP(&o.Get, "get", "G", false, "put the data into the query and GET")
	fs.BoolVarP(&o.Head, "head", "I", false, "HEAD: the headers only")
	fs.StringVarP(&o.UserAgent, "user-agent", "A", "", "`name` to send as User-Agent")
	fs.StringVarP(&o.Referer, "referer", "e", "", "`URL` to send as Referer")
	fs.StringVarP(&o.Range, "range", "r", "", "`bytes` of the answer to ask for, like 0-499")
	setTo(fs, "cookie", "b", "name=value", "cookies to send", o.setCookie)
	setTo(fs, "user", "u", "name:password", "not supported: it would stand in the place of the signature", refuseUser)
	fs.BoolVarP(&o.Literal, "globoff", "g", false, "braces in the URL are no template")
	ignored(fs, "path-as-is", "", "always so: the path is sent as typed")
}

func refuseUser(string) error {
	return &Error{
		Text: "a user and password would stand in the place of the signature",
		Hint: "AWS keys: --aws-profile; Basic authentication: --auth none -H 'Authorization: Basic ...'",
	}
}

func (o *Options) setCookie(v string) error {
	if !strings.Contains(v, "=") {
		return errorf("cookie files are not supported: give name=value")
	}
	if o.Cookie != "" {
		v = o.Cookie + "; " + v
	}
	o.Cookie = v
	return nil
}

// ignored is a flag for what is done anyway.
func ignored(fs *pflag.FlagSet, name, short, usage string) {
	fs.BoolP(name, short, false, usage)
	_ = fs.MarkHidden(name) // it exists
}

func (o *Options) bodyFlags(fs *pflag.FlagSet) {
	data := func(name, short string, kind DataKind, usage string) {
		setTo(fs, name, short, "data", usage, func(v string) error {
			o.Data = append(o.Data, Data{kind, v})
			return nil
		})
	}
	data("data", "d", DataASCII, "body: text, @file, or @- for stdin; repeated, joined by &")
	data("data-ascii", "", DataASCII, "the same as --data")
	_ = fs.MarkHidden("data-ascii") // it exists
	data("data-raw", "", DataRaw, "body, also if it begins with @")
	data("data-binary", "", DataBinary, "body: text or @file, as it is")
	data("data-urlencode", "", DataURLEncode, "body, encoded: text, =text, name=text, @file, name@file")
	data("json", "", DataJSON, "body that is JSON: text or @file")
	form := func(name, short string, literal bool, usage string) {
		setTo(fs, name, short, "name=value", usage, func(v string) error {
			o.Form = append(o.Form, Field{v, literal})
			return nil
		})
	}
	form("form", "F", false, "part of a form: text, @file, <file; then ;type= ;filename=")
	form("form-string", "", true, "part of a form, as it is")
	fs.StringVarP(&o.Upload, "upload-file", "T", "", "PUT a `file`; - is stdin")
	fs.BoolVar(&o.Compressed, "compressed", false, "ask for a compressed answer and unpack it")
}

func (o *Options) outputFlags(fs *pflag.FlagSet) {
	out := &o.Output
	fs.BoolVarP(&out.Include, "include", "i", false, "headers of the answer before its body")
	fs.BoolVar(&out.Include, "show-headers", false, "the same as --include")
	_ = fs.MarkHidden("show-headers") // it exists
	fs.StringVarP(&out.DumpHeader, "dump-header", "D", "", "headers of the answer to a `file`; - is stdout")
	fs.StringVarP(&out.File, "output", "o", "", "body to a `file`; - is stdout, also for binary")
	fs.BoolVarP(&out.RemoteName, "remote-name", "O", false, "body to a file named as the URL's last part")
	fs.StringVar(&out.Dir, "output-dir", "", "`directory` of the file of -o or -O")
	fs.BoolVar(&out.CreateDirs, "create-dirs", false, "make the directories of -o")
	fs.StringVarP(&out.WriteOut, "write-out", "w", "", "`format` to print at the end: %{http_code} %{time_total} %{json} %header{name}")
	fs.StringVarP(&out.JQ, "jq", "q", "", "filter a JSON answer by a jq `expression`")
	fs.StringVarP(&out.Template, "template", "t", "", "print a JSON answer by a Go `template`")
	fs.BoolVarP(&out.Verbose, "verbose", "v", false, "requests and headers on stderr, secrets withheld")
	fs.BoolVarP(&out.Silent, "silent", "s", false, "no progress, no notes, no errors")
	fs.BoolVarP(&out.ShowError, "show-error", "S", false, "errors also with --silent")
	fs.BoolVarP(&out.ProgressBar, "progress-bar", "#", false, "progress as a bar")
	fs.BoolVar(&out.NoMeter, "no-progress-meter", false, "no progress")
	ignored(fs, "no-buffer", "N", "always so: what arrives is written")
	fs.BoolVarP(&o.Transfer.Fail, "fail", "f", false, "exit 22 without the body on a status of 400 or more")
	fs.BoolVar(&o.Transfer.FailWithBody, "fail-with-body", false, "exit 22 after the body on a status of 400 or more")
}

func (o *Options) transferFlags(fs *pflag.FlagSet) {
	t := &o.Transfer
	fs.BoolVarP(&t.Location, "location", "L", false, "follow redirects; another host gets no credentials")
	fs.IntVar(&t.MaxRedirects, "max-redirs", 50, "`number` of redirects to follow")
	fs.IntVar(&t.Retry, "retry", 0, "`number` of times to try again when that may help")
	seconds(fs, &t.RetryDelay, "retry-delay", "", "time between tries; else 1 s, doubled each time")
	seconds(fs, &t.RetryMaxTime, "retry-max-time", "", "no more tries after this time")
	fs.BoolVar(&t.RetryAll, "retry-all-errors", false, "try again on every error")
	fs.BoolVar(&t.RetryRefused, "retry-connrefused", false, "try again when nothing listens")
	seconds(fs, &t.MaxTime, "max-time", "m", "longest time of a try")
	setTo(fs, "limit-rate", "", "speed", "bytes a second; K, M and G are units", func(v string) (err error) {
		t.LimitRate, err = bytesOf(v)
		return err
	})
	setTo(fs, "continue-at", "C", "offset", "resume a download; - finds the offset", func(v string) error {
		if _, err := strconv.ParseUint(v, 10, 63); err != nil && v != "-" {
			return errorf("%q is not an offset in bytes", v)
		}
		t.ContinueAt = v
		return nil
	})
}

func (o *Options) connFlags(fs *pflag.FlagSet) {
	c := &o.Conn
	fs.BoolVarP(&c.Insecure, "insecure", "k", false, "do not check the server's certificate")
	fs.StringVar(&c.CACert, "cacert", "", "`file` with the certificates to trust")
	fs.StringVarP(&c.Cert, "cert", "E", "", "`file` with the client's certificate")
	fs.StringVar(&c.Key, "key", "", "`file` with the client's key")
	fs.StringVarP(&c.Proxy, "proxy", "x", "", "`URL` of a proxy: http, https, socks5, socks5h")
	fs.StringVar(&c.NoProxy, "noproxy", "", "`hosts` that need no proxy, by commas; * is all")
	fs.StringArrayVar(&c.Resolve, "resolve", nil, "`host:port:address` to use instead of DNS")
	fs.StringArrayVar(&c.ConnectTo, "connect-to", nil, "`host:port:host2:port2` to connect to instead")
	fs.BoolVarP(&c.IPv4, "ipv4", "4", false, "IPv4 only")
	fs.BoolVarP(&c.IPv6, "ipv6", "6", false, "IPv6 only")
	fs.BoolVar(&c.HTTP11, "http1.1", false, "HTTP/1.1 only")
	fs.BoolVar(&c.HTTP2, "http2", false, "HTTP/2 where the server has it (the default with https)")
	fs.BoolVar(&c.H2Prior, "http2-prior-knowledge", false, "HTTP/2 only, without asking")
	fs.BoolVar(&c.TLS12, "tlsv1.2", false, "TLS 1.2 or newer (the default)")
	fs.BoolVar(&c.TLS13, "tlsv1.3", false, "TLS 1.3 or newer")
	fs.StringVar(&c.UnixSocket, "unix-socket", "", "`path` of a socket to connect to")
	seconds(fs, &c.ConnectTimeout, "connect-timeout", "", "longest time for a connection")
}

// seconds is a flag in seconds, with decimals.
func seconds(fs *pflag.FlagSet, d *time.Duration, name, short, usage string) {
	setTo(fs, name, short, "seconds", usage, func(v string) error {
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || !(f >= 0 && f <= 1e9) {
			return errorf("%q is not a number of seconds", v)
		}
		*d = time.Duration(f * float64(time.Second))
		return nil
	})
}

// bytesOf reads a number with one of curl's units.
func bytesOf(v string) (int64, error) {
	num, unit := v, int64(1)
	if i := strings.IndexByte("kmgKMG", lastByte(v)); i >= 0 {
		num, unit = v[:len(v)-1], 1<<(10*(i%3+1))
	}
	n, err := strconv.ParseInt(strings.TrimRight(num, "bB"), 10, 40)
	if err != nil || n < 0 || n > 1<<32 {
		return 0, errorf("%q is not a number of bytes", v)
	}
	return n * unit, nil
}

func lastByte(s string) byte {
	if s == "" {
		return 0
	}
	return s[len(s)-1]
}
