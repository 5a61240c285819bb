package curl

import (
	"bytes"
	"testing"
)

// Wherever a text is cut, what comes out is the same.
func TestTamerPieces(t *testing.T) {
	const in, want = "a\x1b\u009b\u00a9\u20ac\xc2\xc2\x85\x00\r\n\t\x7f.", "a??\u00a9\u20ac\xc2??\r\n\t?."
	for cut := range len(in) {
		var out bytes.Buffer
		w := Streams{Terminal: true}.tamed(&out)
		for _, p := range []string{in[:cut], in[cut:]} {
			if n, err := w.Write([]byte(p)); n != len(p) || err != nil {
				t.Fatal(n, err)
			}
		}
		if out.String() != want {
			t.Errorf("cut at %d: %q, want %q", cut, out.String(), want)
		}
	}
}
