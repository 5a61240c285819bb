package curl

import (
	"path"
	"strings"

	"github.com/spf13/pflag"
)

// ParseCommand reads a curl command as it is copied from a browser, from a page
// or from gatepass itself, quoted for bash or for cmd.exe. A pipe behind it is
// left out, a printf before it is the body. Errors are [Error]: what curl has and
// this package has not is named.
func ParseCommand(command string) (*Options, error) {
	words, stdin, err := commandWords(strings.TrimSpace(command))
	if err != nil {
		return nil, err
	}
	o := &Options{}
	fs := pflag.NewFlagSet("curl", pflag.ContinueOnError)
	o.Flags(fs)
	user := o.pastedFlags(fs)
	if err := o.arguments(fs, words); err != nil {
		return nil, err
	}
	if *user && o.SigV4 == "" {
		return nil, refuseUser("")
	}
	if o.URL == "" {
		return nil, errorf("the command has no URL")
	}
	if stdin != nil {
		o.stdinData(*stdin)
	}
	return o, o.pastedURL()
}

// commandWords gives the words behind "curl", and what is piped into it.
func commandWords(s string) (words []string, stdin *string, err error) {
	s = strings.TrimPrefix(s, "$ ")
	if forWindows(s) {
		if s, err = fromWindows(s); err != nil {
			return nil, nil, err
		}
	}
	if strings.HasPrefix(s, "printf ") {
		if stdin, s, err = piped(s); err != nil {
			return nil, nil, err
		}
	}
	if words, err = split(s); err != nil {
		return nil, nil, err
	}
	if len(words) == 0 {
		return nil, nil, errorf("there is no command")
	}
	if name := strings.TrimSuffix(path.Base(words[0]), ".exe"); name != "curl" {
		return nil, nil, &Error{Text: quoteArg(words[0]) + " is not curl", Hint: "the command begins with curl"}
	}
	return words[1:], stdin, nil
}

// forWindows says whether a browser wrote the command for cmd.exe.
func forWindows(s string) bool {
	_, rest, _ := strings.Cut(s, " ")
	return strings.HasPrefix(rest, `^"`) || strings.HasPrefix(rest, `"`) && (strings.Contains(s, "\" ^\n") || strings.Contains(s, "\" ^\r\n"))
}

// piped reads "printf FORMAT | " as [Request.Print] writes it.
func piped(s string) (*string, string, error) {
	words, err := split(s)
	if err != nil {
		return nil, "", err
	}
	_, rest, ok := strings.Cut(s, "' | ")
	if len(words) != 2 || !ok {
		return nil, "", errorf("printf is understood with one format and a pipe into curl")
	}
	text, err := unprintf(words[1])
	return &text, rest, err
}

// stdinData puts what is piped in where the command reads stdin.
func (o *Options) stdinData(text string) {
	for i, d := range o.Data {
		if d.Kind != DataRaw && d.Value == "@-" {
			o.Data[i] = Data{DataRaw, text}
		}
	}
}

// pastedFlags registers what stands in pasted commands only, and takes out what
// curl does not have. The result says whether there was a --user.
func (o *Options) pastedFlags(fs *pflag.FlagSet) *bool {
	user := new(bool)
	fs.Lookup("user").Value = setter{"name:password", func(string) error {
		*user = true
		return nil
	}}
	setTo(fs, "aws-sigv4", "", "provider", "signing as curl does it", func(v string) error {
		o.SigV4 = v
		return nil
	})
	return user
}

// foreign are the flags that curl does not have, or has with another meaning.
func foreign(name string) bool {
	switch name {
	case "param", "query", "jq", "template":
		return true
	}
	return false
}

func (o *Options) setURL(v string) error {
	if o.URL != "" {
		return errorf("one URL at a time: %s and %s", quoteArg(o.URL), quoteArg(v))
	}
	o.URL = v
	return nil
}

// arguments reads curl's arguments as curl does.
func (o *Options) arguments(fs *pflag.FlagSet, words []string) error {
	for i := 0; i < len(words); i++ {
		w := words[i]
		var used int
		var err error
		switch {
		case w == "--":
			for _, u := range words[i+1:] {
				if err := o.setURL(u); err != nil {
					return err
				}
			}
			return nil
		case strings.HasPrefix(w, "--"):
			used, err = o.long(fs, w[2:], words[i+1:])
		case len(w) > 1 && w[0] == '-':
			used, err = o.short(fs, w[1:], words[i+1:])
		default:
			err = o.setURL(w)
		}
		if err != nil {
			return err
		}
		i += used
	}
	return nil
}

func unsupported(flag string) error { return errorf("curl's %s is not supported", flag) }

// long sets a long flag and says how many of the words behind it were its value.
func (o *Options) long(fs *pflag.FlagSet, name string, rest []string) (int, error) {
	f := fs.Lookup(name)
	if f == nil && strings.HasPrefix(name, "no-") {
		if g := fs.Lookup(name[3:]); g != nil && isBool(g) {
			return 0, g.Value.Set("false")
		}
	}
	if f == nil || foreign(name) {
		if name == "disable" {
			return 0, nil
		}
		return 0, unsupported("--" + name)
	}
	if isBool(f) {
		return 0, set(fs, f, "true")
	}
	if len(rest) == 0 {
		return 0, errorf("--%s needs a value", name)
	}
	return 1, set(fs, f, rest[0])
}

// short sets the short flags of one word.
func (o *Options) short(fs *pflag.FlagSet, letters string, rest []string) (int, error) {
	for i := range len(letters) {
		if letters[i] == 'q' {
			continue // no .curlrc is read anyway
		}
		f := fs.ShorthandLookup(letters[i : i+1])
		switch {
		case letters[i] >= 0x80 || f == nil || foreign(f.Name):
			return 0, unsupported("-" + string(rune(letters[i])))
		case isBool(f):
			if err := set(fs, f, "true"); err != nil {
				return 0, err
			}
			continue
		case i+1 < len(letters):
			return 0, set(fs, f, letters[i+1:])
		case len(rest) == 0:
			return 0, errorf("-%c needs a value", letters[i])
		}
		return 1, set(fs, f, rest[0])
	}
	return 0, nil
}

// argument sets the flag of a line of a config file.
func (o *Options) argument(fs *pflag.FlagSet, name, value string) error {
	if name == "url" || name == "--url" {
		return o.setURL(value)
	}
	var used int
	var err error
	rest := []string{value}
	if value == "" {
		rest = nil
	}
	switch {
	case strings.HasPrefix(name, "--"):
		used, err = o.long(fs, name[2:], rest)
	case strings.HasPrefix(name, "-") && len(name) > 1:
		used, err = o.short(fs, name[1:], rest)
	default:
		used, err = o.long(fs, name, rest)
	}
	if err == nil && used != len(rest) {
		return errorf("%s takes no value", name)
	}
	return err
}

func set(fs *pflag.FlagSet, f *pflag.Flag, v string) error {
	if err := f.Value.Set(v); err != nil {
		if e, ok := err.(*Error); ok {
			return &Error{Text: "--" + f.Name + ": " + e.Text, Hint: e.Hint}
		}
		return errorf("--%s: %v", f.Name, err)
	}
	f.Changed = true
	return nil
}

func isBool(f *pflag.Flag) bool { return f.Value.Type() == "bool" }

// pastedURL gives the URL the scheme that curl guesses, and takes out the
// escapes of globbing; lists and ranges are not expanded.
func (o *Options) pastedURL() error {
	if !strings.Contains(o.URL, "://") {
		o.URL = "http://" + o.URL
	}
	if o.Literal {
		return nil
	}
	o.Literal = true
	scheme, rest, _ := strings.Cut(o.URL, "://")
	host := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789abcdefABCDEF:.%[]"))]
	if !strings.HasPrefix(rest, "[") {
		host = ""
	}
	var out []byte
	for i := len(host); i < len(rest); i++ {
		glob := strings.IndexByte("{}[]", rest[i]) >= 0
		if rest[i] == '\\' && i+1 < len(rest) && strings.IndexByte("{}[]", rest[i+1]) >= 0 {
			i++
			glob = false
		}
		if glob {
			return &Error{Text: "curl takes the " + string(rest[i]) + " of the URL for a list or a range", Hint: "-g if it is meant as it is"}
		}
		out = append(out, rest[i])
	}
	o.URL = scheme + "://" + host + string(out)
	return nil
}
