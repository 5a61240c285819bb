package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"rsc.io/qr"
)

// pixels turns what was drawn for a terminal back into a picture (PGM), eight
// pixels a module: what is printed is light.
func pixels(t *testing.T, drawn string) []byte {
	t.Helper()
	var rows [][]bool
	for line := range strings.Lines(drawn) {
		line = strings.TrimSuffix(strings.TrimPrefix(line, "\x1b[40;97m"), "\x1b[0m\n")
		var up, down []bool
		for _, r := range line {
			up, down = append(up, r == '█' || r == '▀'), append(down, r == '█' || r == '▄')
		}
		rows = append(rows, up, down)
	}
	const scale = 8
	var out bytes.Buffer
	out.WriteString("P5\n")
	width := len(rows[0])
	out.WriteString(strings.Join([]string{strconv.Itoa(width * scale), strconv.Itoa(len(rows) * scale), "255\n"}, " "))
	for _, row := range rows {
		if len(row) != width {
			t.Fatalf("rows of %d and %d modules", width, len(row))
		}
		for range scale {
			for _, light := range row {
				v := byte(0)
				if light {
					v = 255
				}
				out.Write(bytes.Repeat([]byte{v}, scale))
			}
		}
	}
	return out.Bytes()
}

// TestQRIsRead has another program read the code off the terminal: the longest
// secret Cognito makes, and the longest name that goes with it.
func TestQRIsRead(t *testing.T) {
	if _, err := exec.LookPath("zbarimg"); err != nil {
		if os.Getenv("GATEPASS_REQUIRE") == "all" {
			t.Fatal(err)
		}
		t.Skip("zbarimg is not here: apt-get install zbar-tools")
	}
	secret := strings.Repeat("GEZDGNBVGY3TQOJQ", 4)[:52]
	for _, uri := range []string{"otpauth://totp/ada?secret=" + secret, "otpauth://totp/" + strings.Repeat("n", 31) + "?secret=" + secret} {
		code, err := qr.Encode(uri, qr.L)
		if err != nil {
			t.Fatal(err)
		}
		drawn := halfBlocks(code.Size, code.Black)
		lines := strings.Split(strings.TrimSuffix(drawn, "\n"), "\n")
		if width := utf8.RuneCountInString(lines[0]) - len("\x1b[40;97m\x1b[0m"); len(lines) > 21 || width > 80 {
			t.Errorf("%d lines of %d columns leave no room on a terminal of 24 by 80", len(lines), width)
		}
		file := filepath.Join(t.TempDir(), "code.pgm")
		if err := os.WriteFile(file, pixels(t, drawn), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("zbarimg", "-q", "--raw", file).Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != uri {
			t.Errorf("read as %q, %v", got, err)
		}
	}
}
