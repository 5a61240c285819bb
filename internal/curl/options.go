package curl

import (
	"time"
)

// Options are what a curl command says. The zero value is a GET without an URL.
type Options struct {
	URL    string   // as typed; may hold {name} for Params
	Method string   // empty: inferred as curl does
	Items  []string // HTTPie's items: k=v k:=json k==query H:v @file

	Headers  []string // "Name: value", "Name;" for an empty one, "Name:" for none, "@file"
	Params   []string // "name=value" for {name} in the URL
	Query    []string // "name=value", encoded and put behind the URL's own query
	URLQuery []string // curl's --url-query

	Data   []Data // joined as curl joins them
	Form   []Field
	Get    bool   // -G: Data go to the query
	Head   bool   // -I
	Upload string // -T: the name of a file, or "-"

	UserAgent, Referer, Cookie, Range string
	Compressed                        bool

	Conn     Conn
	Transfer Transfer
	Output   Output

	// Literal says that braces in the URL are not a template (-g, and commands
	// that were pasted).
	Literal bool
	// SigV4 is the value of --aws-sigv4 of a pasted command, whose --user was dropped.
	SigV4 string
}

// A DataKind says how the value of a data flag is read.
type DataKind int

// The data flags.
const (
	DataASCII     DataKind = iota // --data: @file, of which line ends are dropped
	DataRaw                       // --data-raw: as it is
	DataBinary                    // --data-binary: @file as it is
	DataURLEncode                 // --data-urlencode: content, =content, name=content, @file, name@file
	DataJSON                      // --json: @file as it is; not joined by "&"
)

// Data is one data flag.
type Data struct {
	Kind  DataKind
	Value string
}

// A Field is one --form, or one --form-string.
type Field struct {
	Value   string
	Literal bool // --form-string
}

// Conn is how the server is reached.
type Conn struct {
	Insecure               bool
	CACert, Cert, Key      string // PEM files
	Proxy, NoProxy         string
	Resolve, ConnectTo     []string
	IPv4, IPv6             bool
	HTTP11, HTTP2, H2Prior bool
	TLS12, TLS13           bool
	UnixSocket             string
	ConnectTimeout         time.Duration // zero: 30 s
}

// Transfer is how often and how long it is tried.
type Transfer struct {
	Location      bool
	MaxRedirects  int // below zero: no limit
	Retry         int
	RetryDelay    time.Duration // zero: 1 s, doubled each time
	RetryMaxTime  time.Duration // zero: no limit
	RetryAll      bool
	RetryRefused  bool
	MaxTime       time.Duration // of each attempt; zero: no limit
	LimitRate     int64         // bytes a second, each way; zero: no limit
	ContinueAt    string        // a number of bytes, or "-"
	Fail          bool          // --fail
	FailWithBody  bool
	methodIsTyped bool // -X: also redirects keep the method
}

// Output is where the answer goes.
type Output struct {
	Include              bool
	DumpHeader           string
	File                 string // "-": stdout, also if it is binary
	RemoteName           bool
	Dir                  string
	CreateDirs           bool
	WriteOut             string
	JQ, Template         string
	Verbose              bool
	Silent, ShowError    bool
	ProgressBar, NoMeter bool
}
