// Package corpus holds requests that signers and shells get wrong, for the tests
// of everything that sends signed requests. They are command lines, as a user
// would type them behind "gatepass call".
package corpus

import "strings"

// A Case is one request.
type Case struct {
	Name   string
	Target string   // path and query as typed, to be put behind a base URL
	Args   []string // further arguments; "FILE" in one stands for the name of a file with the body
	File   string   // what is in that file
	Stdin  string
	Host   string // in place of the name in the base URL; empty: that of the base URL

	Method string // what must arrive; empty: GET
	Sent   string // the target that must arrive; empty: Target
	Body   string // what must arrive; "*": not to be foretold
	Header string // "Name: value" that must arrive, values joined by "|"; empty: any
	Gate   int    // the status of the gatepass gate, which is stricter than signatures are; zero: 200
}

// Cases are all of them. They need an API that takes every path and method.
func Cases() []Case {
	var all []Case
	for _, group := range [][]Case{queries(), paths(), headers(), bodies(), methods()} {
		all = append(all, group...)
	}
	for i := range all {
		c := &all[i]
		if c.Method == "" {
			c.Method = "GET"
		}
		if c.Gate == 0 {
			c.Gate = 200
		}
		if c.Sent == "" {
			c.Sent = c.Target
		}
	}
	return all
}

func queries() []Case {
	return []Case{
		{Name: "unsorted", Target: "/q?b=2&a=1&c=3"},
		{Name: "repeated key", Target: "/q?a=2&a=1&a=2&a=10"},
		{Name: "repeated key, empty", Target: "/q?a&a=&a=1"},
		{Name: "empty value", Target: "/q?a="},
		{Name: "no value", Target: "/q?v"},
		{Name: "no value between", Target: "/q?b=1&v&a=2"},
		{Name: "empty segments", Target: "/q?a=1&&b=2&"},
		{Name: "empty key", Target: "/q?=1", Gate: 400},
		{Name: "raw colon", Target: "/q?a=1:2"},
		{Name: "raw asterisk", Target: "/q?a=*"},
		{Name: "raw slash", Target: "/q?a=b/c"},
		{Name: "raw equals sign", Target: "/q?a=b=c=="},
		{Name: "raw at", Target: "/q?a=x@y"},
		{Name: "raw question mark", Target: "/q?a=b?c?"},
		{Name: "raw sub-delimiters", Target: "/q?a='(x),!$"},
		{Name: "raw semicolon", Target: "/q?a=1;b=2", Sent: "/q?a=1%3Bb=2"},
		{Name: "lower-case hex", Target: "/q?a=%3d%2f"},
		{Name: "encoded blank", Target: "/q?a=b%20c"},
		{Name: "plus", Target: "/q?a=b+c", Sent: "/q?a=b%20c"},
		{Name: "encoded plus", Target: "/q?a=b%2Bc"},
		{Name: "encoded plus, lower case", Target: "/q?a=b%2bc"},
		{Name: "encoded unreserved", Target: "/q?%61=%41%7E%2d"},
		{Name: "percent", Target: "/q?a=%25&b=%2520"},
		{Name: "UTF-8", Target: "/q?é=ü€", Sent: "/q?%C3%A9=%C3%BC%E2%82%AC"},
		{Name: "UTF-8, encoded", Target: "/q?%C3%A9=%c3%bc"},
		{Name: "raw blank", Target: "/q?a b=c d", Sent: "/q?a%20b=c%20d"},
		{Name: "raw brackets", Target: "/q?f[x]=1&f[]=2", Sent: "/q?f%5Bx%5D=1&f%5B%5D=2"},
		{Name: "JSON", Target: `/q?f={"a":[1,2]}`, Args: []string{"-g"}, Sent: "/q?f=%7B%22a%22:%5B1,2%5D%7D"},
		{Name: "bytes that no URL holds", Target: "/q?a=|^`\\<>", Sent: "/q?a=%7C%5E%60%5C%3C%3E"},
		{Name: "sorted by encoded name", Target: "/q?agent-role=1&agent%3Acontains=2&agent.x=3"},
		{Name: "case of keys", Target: "/q?a=1&A=2&B=3"},
		{Name: "one key the beginning of another", Target: "/q?ab=1&a-b=2&a=3&a%20=4"},
		{Name: "long", Target: "/q?a=" + strings.Repeat("x%20", 1000)},
		{Name: "by flags", Target: "/q?z=1", Args: []string{"--query", "a b=c&d", "-G", "--data-urlencode", "e=f g"}, Sent: "/q?z=1&e=f%20g&a%20b=c%26d"},
	}
}

func paths() []Case {
	return []Case{
		{Name: "encoded blank", Target: "/a%20b"},
		{Name: "raw blank", Target: "/a b/c", Sent: "/a%20b/c"},
		{Name: "UTF-8", Target: "/é/日本", Sent: "/%C3%A9/%E6%97%A5%E6%9C%AC"},
		{Name: "UTF-8, lower-case hex", Target: "/%c3%a9"},
		{Name: "emoji", Target: "/🦉", Sent: "/%F0%9F%A6%89"},
		{Name: "encoded slash", Target: "/a%2Fb", Gate: 400},
		{Name: "encoded slash, lower case", Target: "/a%2fb", Gate: 400},
		{Name: "colon and at", Target: "/x:y/me@example.com"},
		{Name: "identity id", Target: "/us-east-1:6a7e9a55-0000-4000-8000-000000000001/notes"},
		{Name: "encoded equals sign", Target: "/a%3D"},
		{Name: "equals sign", Target: "/a=b&c"},
		{Name: "asterisk", Target: "/a*b/*"},
		{Name: "connection", Target: "/@connections/L0SM9cOFvHcCIhw%3D"},
		{Name: "encoded connection", Target: "/%40connections/L0SM9cOFvHcCIhw%3d"},
		{Name: "dot segments", Target: "/a/./b/../c", Sent: "/a/c"},
		{Name: "two slashes", Target: "/a//b", Sent: "/a/b"},
		{Name: "final slash", Target: "/a/"},
		{Name: "dots in names", Target: "/a..b/.c/d."},
		{Name: "encoded percent", Target: "/a%25b%2520c"},
		{Name: "encoded unreserved", Target: "/%61%7E"},
		{Name: "template, one segment", Target: "/users/{id}/x{?q}", Args: []string{"--param", "id=a:b c", "--param", "q=é&"}, Sent: "/users/a%3Ab%20c/x?q=%C3%A9%26"},
		{Name: "fairly long", Target: "/" + strings.Repeat("abcdefghi%20/", 60) + "x"},
		{Name: "dollar", Target: "/$default/$"},
		{Name: "quotes", Target: "/it's/(x)!"},
		{Name: "plus", Target: "/a+b%2B"},
		{Name: "comma and semicolon", Target: "/a,b;c=d"},
		{Name: "tilde", Target: "/~ada/-._~"},
		{Name: "brackets", Target: "/a[1]", Args: []string{"-g"}},
		{Name: "bytes that no URL holds", Target: "/a|b^c\"d", Sent: "/a%7Cb%5Ec%22d"},
		{Name: "template", Target: "/users/{id}/x{?q}", Args: []string{"--param", "id=a/b c", "--param", "q=é&"}, Sent: "/users/a%2Fb%20c/x?q=%C3%A9%26", Gate: 400},
		{Name: "long", Target: "/" + strings.Repeat("abcdefghi%20/", 200) + "x", Gate: 414},
	}
}

func headers() []Case {
	h := func(lines ...string) (args []string) {
		for _, l := range lines {
			args = append(args, "-H", l)
		}
		return args
	}
	return []Case{
		{Name: "blanks within", Target: "/h", Args: h("X-Amz-Meta-A: a   b  c"), Header: "X-Amz-Meta-A: a   b  c"},
		{Name: "tab within", Target: "/h", Args: h("X-Amz-Meta-A: a\tb"), Header: "X-Amz-Meta-A: a\tb"},
		{Name: "blanks around", Target: "/h", Args: h("X-Amz-Meta-A:   a  "), Header: "X-Amz-Meta-A: a"},
		{Name: "repeated", Target: "/h", Args: h("X-Amz-Meta-A: b", "X-Amz-Meta-A: a"), Header: "X-Amz-Meta-A: b|a"},
		{Name: "empty", Target: "/h", Args: h("X-Amz-Meta-A;"), Header: "X-Amz-Meta-A: "},
		{Name: "quotes", Target: "/h", Args: h(`X-Amz-Meta-A: "a   b", 'c'`), Header: `X-Amz-Meta-A: "a   b", 'c'`},
		{Name: "commas and colons", Target: "/h", Args: h("X-Amz-Meta-A: a,b:c;d=e"), Header: "X-Amz-Meta-A: a,b:c;d=e"},
		{Name: "UTF-8", Target: "/h", Args: h("X-Amz-Meta-A: é"), Header: "X-Amz-Meta-A: é", Gate: 400},
		{Name: "names in order", Target: "/h", Args: h("X-Amz-Meta-B: 1", "X-Amz-Meta-A-B: 2", "X-Amz-Meta-A: 3"), Header: "X-Amz-Meta-A-B: 2"},
		{Name: "name in lower case", Target: "/h", Args: h("x-amz-meta-a: v"), Header: "X-Amz-Meta-A: v"},
		{Name: "not signed", Target: "/h", Args: h("X-Forwarded-For: 192.0.2.1", "Cache-Control: no-store", "TE: trailers"), Header: "X-Forwarded-For: 192.0.2.1"},
		{Name: "long", Target: "/h", Args: h("X-Amz-Meta-A: " + strings.Repeat("v ", 2000) + "v"), Header: "X-Amz-Meta-A: " + strings.Repeat("v ", 2000) + "v"},
		{Name: "no Accept", Target: "/h", Args: h("Accept:", "User-Agent: me")},
		{Name: "cookie", Target: "/h", Args: []string{"-b", "a=b; c=d"}, Header: "Cookie: a=b; c=d"},
	}
}

func bodies() []Case {
	binary := "\x00\x01\xff\xfe\r\n%d\\'\"$`" + strings.Repeat("\x00\x80", 50)
	return []Case{
		{Name: "empty", Target: "/b", Args: []string{"-d", ""}, Method: "POST"},
		{Name: "form", Target: "/b", Args: []string{"-d", "a=b", "-d", "c=d e"}, Method: "POST", Body: "a=b&c=d e", Header: "Content-Type: application/x-www-form-urlencoded"},
		{Name: "JSON", Target: "/b", Args: []string{"--json", `{"a":"it's \"é\""}`}, Method: "POST", Body: `{"a":"it's \"é\""}`, Header: "Content-Type: application/json"},
		{Name: "items", Target: "/b", Args: []string{"a=b", "c:=[1,2]", "d==e"}, Method: "POST", Sent: "/b?d=e", Body: `{"a":"b","c":[1,2]}`},
		{Name: "binary", Target: "/b", Args: []string{"--data-binary", "@FILE"}, File: binary, Method: "POST", Body: binary},
		{Name: "binary from stdin", Target: "/b", Args: []string{"--data-binary", "@-", "-H", "Content-Type: application/octet-stream"}, Stdin: binary, Method: "POST", Body: binary, Header: "Content-Type: application/octet-stream"},
		{Name: "over 1 MiB", Target: "/b", Args: []string{"--data-binary", "@FILE"}, File: strings.Repeat("0123456789abcdef", 70000), Method: "POST", Body: strings.Repeat("0123456789abcdef", 70000)},
		{Name: "over 128 KiB from stdin", Target: "/b", Args: []string{"--data-binary", "@-"}, Stdin: strings.Repeat("0123456789abcde\n", 10000), Method: "POST", Body: strings.Repeat("0123456789abcde\n", 10000)},
		{Name: "multipart", Target: "/b", Args: []string{"-F", "a=b c", "-F", "f=@FILE;type=text/x;filename=é\".txt"}, File: binary, Method: "POST", Body: "*"},
		{Name: "upload", Target: "/b", Args: []string{"-T", "FILE"}, File: "a\nb\r\n", Method: "PUT", Body: "a\nb\r\n"},
		{Name: "line ends", Target: "/b", Args: []string{"--data-raw", "a\r\nb\n\n"}, Method: "POST", Body: "a\r\nb\n\n"},
		{Name: "at", Target: "/b", Args: []string{"--data-raw", "@a"}, Method: "POST", Body: "@a"},
		{Name: "hyphens", Target: "/b", Args: []string{"--data-raw", "--a\x01"}, Method: "POST", Body: "--a\x01"},
		{Name: "text of a shell", Target: "/b", Args: []string{"--data-raw", "$(x) `y` ${z} \\ !! *"}, Method: "POST", Body: "$(x) `y` ${z} \\ !! *"},
		{Name: "no Content-Type", Target: "/b", Args: []string{"-d", "x", "-H", "Content-Type:"}, Method: "POST", Body: "x"},
		{Name: "Content-Type with parameters", Target: "/b", Args: []string{"-d", "x", "-H", `Content-Type: text/plain;  charset="utf-8"`}, Method: "POST", Body: "x", Header: `Content-Type: text/plain;  charset="utf-8"`},
	}
}

func methods() []Case {
	return []Case{
		{Name: "DELETE", Target: "/m", Args: []string{"-X", "DELETE"}, Method: "DELETE"},
		{Name: "DELETE with body", Target: "/m", Args: []string{"-X", "DELETE", "-d", "x"}, Method: "DELETE", Body: "x"},
		{Name: "PATCH", Target: "/m", Args: []string{"-X", "PATCH", "--json", "{}"}, Method: "PATCH", Body: "{}"},
		{Name: "PUT without body", Target: "/m", Args: []string{"-X", "PUT"}, Method: "PUT"},
		{Name: "OPTIONS", Target: "/m", Args: []string{"-X", "OPTIONS"}, Method: "OPTIONS"},
		{Name: "HEAD", Target: "/m?b=1&a=2", Args: []string{"-I"}, Method: "HEAD"},
		{Name: "IPv6", Target: "/m?a=b", Host: "[::1]"},
		{Name: "name", Target: "/m", Host: "localhost"},
		{Name: "name in capitals", Target: "/m", Host: "LocalHost"},
		{Name: "another Host", Target: "/m", Args: []string{"-H", "Host: abc.execute-api.us-east-1.amazonaws.com"}, Gate: 403},
		{Name: "another Host with a port", Target: "/m", Args: []string{"-H", "Host: api.example:8443"}},
	}
}
