package tree

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestReadsBothFormats(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"json":            {"{\"b\":1.50,\"a\":[true,null,\"x\\/\\ud83d\\ude00\"]}", `{"b":1.50,"a":[true,null,"x/😀"]}`},
		"yaml":            {"b: 1.50\na:\n  - true\n  - ~\n  - 'x'\n", `{"b":1.50,"a":[true,null,"x"]}`},
		"block":           {"a: |\n  one\n  two\nb: >-\n  three\n  four\n", `{"a":"one\ntwo\n","b":"three four"}`},
		"date stays text": {"Version: 2012-10-17\n", `{"Version":"2012-10-17"}`},
		"numeric key":     {"responses:\n  200:\n    description: ok\n", `{"responses":{"200":{"description":"ok"}}}`},
		"flow":            {"a: {b: [1, 2], c: 'd'}\n", `{"a":{"b":[1,2],"c":"d"}}`},
		"anchor":          {"a: &x\n  k: 1\nb: *x\n", `{"a":{"k":1},"b":{"k":1}}`},
		"merge":           {"a: &x\n  k: 1\n  l: 2\nb:\n  <<: *x\n  l: 3\n", `{"a":{"k":1,"l":2},"b":{"k":1,"l":3}}`},
		"empty value":     {"a:\nb: {}\n", `{"a":null,"b":{}}`},
		"comment":         {"# head\na: 1 # tail\n", `{"a":1}`},
		"hex":             {"a: 0x10\n", `{"a":16}`},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := Parse([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(n.JSON()); got != c.want {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestKeepsTags(t *testing.T) {
	n, err := Parse([]byte("a: !Ref Pool\nb: !Sub |\n  x ${A}\nc: !Join ['', [a, !GetAtt B.Arn]]\nd:\n  - !If [C, 1, 2]\ne: !Sub\n  - 'a ${X}'\n  - X: !Ref Y\n"))
	if err != nil {
		t.Fatal(err)
	}
	if a := n.Get("a"); a.Tag != "!Ref" || a.Text != "Pool" || a.Line != 1 {
		t.Errorf("a = %+v", a)
	}
	if b := n.Get("b"); b.Tag != "!Sub" || b.Text != "x ${A}\n" {
		t.Errorf("b = %+v", b)
	}
	if c := n.Get("c"); c.Tag != "!Join" || c.Items[1].Items[1].Tag != "!GetAtt" {
		t.Errorf("c = %+v", c)
	}
	if d := n.Get("d").Items[0]; d.Tag != "!If" || len(d.Items) != 3 {
		t.Errorf("d = %+v", d)
	}
	if e := n.Get("e"); e.Tag != "!Sub" || e.Items[1].Get("X").Tag != "!Ref" {
		t.Errorf("e = %+v", e)
	}
}

func TestRefuses(t *testing.T) {
	bomb := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := range 9 {
		a, b := string(rune('0'+i)), string(rune('1'+i))
		bomb += "a" + b + ": &a" + b + " [*a" + a + strings.Repeat(",*a"+a, 9) + "]\n"
	}
	for name, in := range map[string]string{
		"empty":           "",
		"two documents":   "a: 1\n---\nb: 2\n",
		"key twice, yaml": "a: 1\na: 2\n",
		"key twice, json": `{"a":1,"a":2}`,
		"alias bomb":      bomb,
		"long text often": "a: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.Repeat("*a,", 1000) + "1]\n",
		"own alias":       "a: &a [*a]\n",
		"deep json":       strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300),
		"deep yaml":       "a: " + strings.Repeat("[", 100000),
		"deep dashes":     strings.Repeat("- ", 100000) + "a",
		"not UTF-8":       "a: \xff\n",
		"unknown alias":   "a: *b\n",
		"open quote":      "a: 'b\n",
		"complex key":     "? [a]\n: 1\n",
		"too long":        strings.Repeat("#", maxBytes+1),
	} {
		t.Run(name, func(t *testing.T) {
			if n, err := Parse([]byte(in)); !errors.Is(err, ErrSyntax) {
				t.Errorf("got %v, %v", n, err)
			}
		})
	}
}

// TestManyKeys: a large mapping is read key by key, whatever it was made of.
func TestManyKeys(t *testing.T) {
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, "k%d: %d\n", i, i)
	}
	n, err := Parse([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	o := (&Reader{Wrap: ErrSyntax}).Object("", n)
	for i, f := range n.Fields {
		if o.Int(f.Key) != i {
			t.Fatalf("%s = %d", f.Key, o.Int(f.Key))
		}
	}
	n.Set("k5", Text("a"))
	n.Set("new", Text("b"))
	if n.Get("k5").Text != "a" || n.Get("new").Text != "b" || n.Get("gone") != nil || len(n.Fields) != 100_001 {
		t.Error("keys are lost")
	}
}

// What is no number is none, however YAML spells it: a throttle of NaN would
// throttle nothing.
func TestNumbers(t *testing.T) {
	n, err := Parse([]byte("a: 1.50\nb: .nan\nc: .inf\nd: -1\ne: NaN\nf: 0x10\n"))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]float64{"a": 1.5, "f": 16, "gone": 0} {
		r := &Reader{Wrap: ErrSyntax}
		if got := r.Object("", n).Float(key); got != want || r.Err != nil {
			t.Errorf("%s: %v, %v", key, got, r.Err)
		}
	}
	for _, key := range []string{"b", "c", "d", "e"} {
		r := &Reader{Wrap: ErrSyntax}
		if got := r.Object("", n).Float(key); !errors.Is(r.Err, ErrSyntax) {
			t.Errorf("%s: %v is taken", key, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: !Ref b\n", `{"a":[1,{"b":null}]}`, "a: &x {k: 1}\nb: *x\n<<: *x\n", "- - - a\n- |\n  t\n", "? a\n: b\n", "!!str 1", "a: !If [x, !Sub y, 1.50]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		n, err := Parse(in)
		if err != nil {
			return
		}
		if n.Kind != Map { // only those are written so that they read as JSON again
			return
		}
		text := n.JSON()
		again, err := Parse(text)
		if err != nil {
			t.Fatalf("%q is written as %q: %v", in, text, err)
		}
		if string(again.JSON()) != string(text) {
			t.Fatalf("%q: %q, then %q", in, text, again.JSON())
		}
	})
}
