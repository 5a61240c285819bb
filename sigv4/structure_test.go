package sigv4

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// secretNames are what the package calls what an attacker must not learn of: the
// signature that is right, the parts of keys, secrets.
var secretNames = []string{"signature", "sum", "inner", "outer", "secret", "SecretAccessKey", "mac"}

// comparers compare in a time that depends on what they compare.
var comparers = []string{"bytes.Equal", "bytes.Compare", "slices.Equal", "slices.Compare", "strings.EqualFold", "strings.Compare", "strings.HasPrefix", "bytes.HasPrefix", "cmp.Compare", "reflect.DeepEqual"}

// comparisons lists, as "function: expression", where a file compares secrets in
// another way than constant time, and where in constant time.
func comparisons(t *testing.T, name, text string) (variable, constant []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		ast.Inspect(fn, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if n.Op == token.EQL || n.Op == token.NEQ {
					if ofSecrets(n.X) && ofSecrets(n.Y) || ofSecrets(n.X) && !emptiness(n.Y) || ofSecrets(n.Y) && !emptiness(n.X) {
						variable = append(variable, fn.Name.Name+": "+types.ExprString(n))
					}
				}
			case *ast.CallExpr:
				callee := types.ExprString(n.Fun)
				if slices.Contains(comparers, callee) && slices.ContainsFunc(n.Args, ofSecrets) {
					variable = append(variable, fn.Name.Name+": "+types.ExprString(n))
				}
				if callee == "hmac.Equal" || strings.HasPrefix(callee, "subtle.") {
					constant = append(constant, fn.Name.Name+": "+types.ExprString(n))
				}
			}
			return true
		})
	}
	return variable, constant
}

// ofSecrets says whether an expression has a secret's value, and not only its
// length.
func ofSecrets(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "len" {
				return false
			}
		}
		if id, ok := n.(*ast.Ident); ok && slices.Contains(secretNames, id.Name) {
			found = true
		}
		return true
	})
	return found
}

// emptiness is a constant that is there or not: nil, "".
func emptiness(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "nil"
	case *ast.BasicLit:
		return e.Value == `""`
	}
	return false
}

// A23: the verifier compares signatures in constant time, in one place, and whatever else
// compares secrets is not the attacker's to choose.
func TestA23ComparisonsAreConstantTime(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var variable, constant []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		v, c := comparisons(t, name, string(text))
		variable, constant = append(variable, v...), append(constant, c...)
	}
	// The second is the client's, who explains a refusal.
	if want := []string{"try: hmac.Equal(s.sum[:], c.signature[:])", "fits: hmac.Equal([]byte(got), []byte(g.trace.Signature))"}; !sameList(constant, want) {
		t.Errorf("signatures are compared in %q, want %q", constant, want)
	}
	// The cache looks a key up by a hash of the secret that the server itself found.
	if want := []string{"get: e.secret == sum"}; !sameList(variable, want) {
		t.Errorf("compared in variable time: %q, want %q", variable, want)
	}
}

func sameList(got, want []string) bool {
	slices.Sort(got)
	slices.Sort(want)
	return slices.Equal(got, want)
}

// TestA23CanFail: each of the ways in which the comparison of signatures could be
// made wrong is seen.
func TestA23CanFail(t *testing.T) {
	for _, wrong := range []string{
		"s.sum == c.signature", "c.signature != s.sum", "bytes.Equal(s.sum[:], c.signature[:])", "string(s.sum[:]) == hex",
		"strings.EqualFold(hex, string(c.signature[:]))", "s.sum[0] == c.signature[0] && hmac.Equal(s.sum[:], c.signature[:])", "key.secret == given",
	} {
		variable, _ := comparisons(t, "wrong.go", fmt.Sprintf("package p\nfunc try() bool { return %s }", wrong))
		if len(variable) == 0 {
			t.Errorf("%s is not seen", wrong)
		}
	}
	for _, right := range []string{"len(secret) < 16", "len(c.signature) != 64", "hmac.Equal(s.sum[:], c.signature[:])", `secret == ""`} {
		if variable, _ := comparisons(t, "right.go", fmt.Sprintf("package p\nfunc try() bool { return %s }", right)); len(variable) > 0 {
			t.Errorf("%s is taken for wrong: %q", right, variable)
		}
	}
}

// A23: however much of a signature is right, and wherever it is wrong, the refusal
// is the same.
func TestA23OneRefusal(t *testing.T) {
	whole := ""
	for i := range 64 {
		r := signed(t, "GET", "/a", "")
		auth := r.Header.Get("Authorization")
		at := len(auth) - 64 + i
		digit := byte('0')
		if auth[at] == digit {
			digit = '1'
		}
		r.Header.Set("Authorization", auth[:at]+string(digit)+auth[at+1:])
		err := verifyOnce(apiVerifier(), r, testCreds, testTime)
		if err == nil {
			t.Fatalf("digit %d is not compared", i)
		}
		if whole != "" && err.Error() != whole {
			t.Errorf("digit %d: %v, not %s", i, err, whole)
		}
		whole = err.Error()
	}
}
