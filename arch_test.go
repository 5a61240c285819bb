package gatepass_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/gatepass/gatepass"

// floors is the table of ARCHITECTURE.md: a package imports only from lower
// floors. A package that is not listed fails the test, so that a new room is a
// decision and not an accident.
var floors = map[string]int{
	"sigv4":                      0,
	"srp":                        0,
	"policy":                     0,
	"internal/token":             0,
	"internal/seal":              0,
	"internal/loopback":          1,
	"internal/wire":              1,
	"internal/admin":             1,
	"server/store":               1,
	"":                           2,
	"server/store/storetest":     2,
	"server/internal/userpool":   2,
	"server/internal/identity":   2,
	"server/internal/sts":        2,
	"server/internal/gateway":    2,
	"server/internal/apidef":     1,
	"server/internal/tree":       1,
	"server/internal/schema":     1,
	"server/internal/apigateway": 2,
	"server/internal/openapi":    2,
	"server/internal/cfn":        2,
	"server/internal/iam":        2,
	"server":                     3,
	"cognitocreds":               3,
	"proxy":                      3,
	"internal/profile":           3,
	"internal/vault":             3,
	"internal/curl":              3,
	"internal/curl/corpus":       3,
	"internal/explain":           3,
	"gatepasstest":               4,
	"internal/cli":               5,
	"cmd/gatepass":               6,
}

// strangers lists what a package may import from outside the module and the
// standard library, by longest matching prefix. Packages that are not named may
// import anything in go.mod.
var strangers = map[string][]string{
	"sigv4":                  {},
	"srp":                    {"filippo.io/bigmod", "golang.org/x/sys/cpu"},
	"policy":                 {},
	"internal/token":         {"github.com/go-jose/go-jose/v4"},
	"internal/seal":          {"golang.org/x/crypto"},
	"internal/loopback":      {},
	"internal/wire":          {},
	"internal/admin":         {},
	"server/internal/schema": {},
	"":                       {"golang.org/x"},
	"cognitocreds":           {"github.com/aws/aws-sdk-go-v2/aws"},
}

type source struct {
	dir  string
	name string
	file *ast.File
	fset *token.FileSet
}

// sources parses every Go file of the module, tests included.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipDir(p, d.Name())
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(p))
		if dir == "." {
			dir = ""
		}
		all = append(all, source{dir: dir, name: filepath.Base(p), file: f, fset: fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// skipDir leaves out what is not this module: other modules and dot folders.
func skipDir(p, name string) error {
	other := p == "bench" || p == "interop" || name == "node_modules" || name == "testdata"
	if other || (p != "." && strings.HasPrefix(name, ".")) {
		return filepath.SkipDir
	}
	return nil
}

func (s source) test() bool { return strings.HasSuffix(s.name, "_test.go") }

func (s source) imports(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, im := range s.file.Imports {
		p, err := strconv.Unquote(im.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// TestFloors holds the import table: no package imports from its own floor or a
// higher one, and the client half never links the server half.
func TestFloors(t *testing.T) {
	for _, s := range sources(t) {
		floor, known := floors[s.dir]
		if !known {
			t.Errorf("%s: package is not in the table of floors: add it to arch_test.go and ARCHITECTURE.md", path.Join(s.dir, s.name))
			continue
		}
		if s.test() {
			continue // a test may use anything that does not make a cycle
		}
		for _, im := range s.imports(t) {
			checkFloor(t, s, floor, im)
		}
	}
}

func checkFloor(t *testing.T, s source, floor int, im string) {
	t.Helper()
	where := path.Join(s.dir, s.name)
	if im != module && !strings.HasPrefix(im, module+"/") {
		checkStranger(t, s, im)
		return
	}
	dep := strings.TrimPrefix(strings.TrimPrefix(im, module), "/")
	depFloor, known := floors[dep]
	if !known || depFloor >= floor {
		t.Errorf("%s: floor %d imports %q (floor %d)", where, floor, im, depFloor)
	}
	client := s.dir == "" || s.dir == "cognitocreds" || s.dir == "proxy"
	if client && (dep == "server" || strings.HasPrefix(dep, "server/")) {
		t.Errorf("%s: the client half imports %q of the server half", where, im)
	}
	if s.dir == "server" && dep == "" {
		t.Errorf("%s: the server half imports the client", where)
	}
}

func checkStranger(t *testing.T, s source, im string) {
	t.Helper()
	allowed, limited := strangers[s.dir]
	first, _, _ := strings.Cut(im, "/")
	if !limited || !strings.Contains(first, ".") {
		return
	}
	if !slices.ContainsFunc(allowed, func(p string) bool { return im == p || strings.HasPrefix(im, p+"/") }) {
		t.Errorf("%s: imports %q; %q may import only the standard library and %v", path.Join(s.dir, s.name), im, s.dir, allowed)
	}
}

// TestKernels holds the rule that a kernel has no clock, no randomness, no I/O
// and no logging of its own: what it needs is passed in.
func TestKernels(t *testing.T) {
	banned := []string{"crypto/rand", "math/rand", "math/rand/v2", "os", "log", "log/slog", "net", "database/sql"}
	allowedCalls := map[string]bool{"log/slog": true} // slog.Value is how a secret redacts itself
	for _, s := range sources(t) {
		if f, ok := floors[s.dir]; !ok || f != 0 || s.test() {
			continue
		}
		for _, im := range s.imports(t) {
			if slices.Contains(banned, im) && !allowedCalls[im] {
				t.Errorf("%s: a kernel imports %q", path.Join(s.dir, s.name), im)
			}
		}
		noClock(t, s)
	}
}

func noClock(t *testing.T, s source) {
	t.Helper()
	ast.Inspect(s.file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		id, ok := sel.X.(*ast.Ident)
		if ok && id.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "Sleep"}, sel.Sel.Name) {
			t.Errorf("%s: a kernel calls time.%s", s.fset.Position(sel.Pos()), sel.Sel.Name)
		}
		return true
	})
}

// TestSizes holds the size rules: functions of a median of at most 10 lines,
// 90 % at most 36, at most 1 % over 60 and none over 100; files of at most 500
// lines, tests at most 800.
func TestSizes(t *testing.T) {
	var lens []int
	for _, s := range sources(t) {
		checkFileSize(t, s)
		if s.test() {
			continue
		}
		for _, d := range s.file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			n := s.fset.Position(fn.End()).Line - s.fset.Position(fn.Pos()).Line + 1
			lens = append(lens, n)
			if n > 60 {
				t.Logf("%s: %s has %d lines", path.Join(s.dir, s.name), fn.Name.Name, n)
			}
			if n > 100 {
				t.Errorf("%s: %s has %d lines, over 100", path.Join(s.dir, s.name), fn.Name.Name, n)
			}
		}
	}
	checkDistribution(t, lens)
}

func checkFileSize(t *testing.T, s source) {
	t.Helper()
	limit := 500
	if s.test() {
		limit = 800
	}
	if n := s.fset.File(s.file.Pos()).LineCount(); n > limit {
		t.Errorf("%s: %d lines, over %d", path.Join(s.dir, s.name), n, limit)
	}
}

func checkDistribution(t *testing.T, lens []int) {
	t.Helper()
	if len(lens) == 0 {
		t.Fatal("no functions found")
	}
	slices.Sort(lens)
	over := len(lens) - func() int { i, _ := slices.BinarySearch(lens, 61); return i }()
	median, p90 := lens[len(lens)/2], lens[len(lens)*9/10]
	t.Logf("%d functions: median %d, 90 %% %d, over 60 lines: %d", len(lens), median, p90, over)
	if median > 10 || p90 > 36 || over*100 > len(lens) {
		t.Errorf("sizes out of bounds: median %d (10), 90 %% %d (36), over 60: %d of %d (1 %%)", median, p90, over, len(lens))
	}
}

// TestDocumented holds that every exported name of a public package has a
// comment, and that no package has an init function or a package variable that
// is not an error, a table, an embed or a compiled pattern.
func TestDocumented(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		for _, d := range s.file.Decls {
			checkDecl(t, s, d)
		}
	}
}

func checkDecl(t *testing.T, s source, d ast.Decl) {
	t.Helper()
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.Name == "init" && d.Recv == nil {
			t.Errorf("%s: init function", s.fset.Position(d.Pos()))
		}
		if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
			t.Errorf("%s: exported %s has no comment", s.fset.Position(d.Pos()), d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			ts, ok := spec.(*ast.TypeSpec)
			if ok && ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil {
				t.Errorf("%s: exported type %s has no comment", s.fset.Position(d.Pos()), ts.Name.Name)
			}
		}
	}
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if ix, ok := typ.(*ast.IndexExpr); ok {
		typ = ix.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}
