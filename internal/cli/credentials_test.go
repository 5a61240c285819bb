package cli

import (
	"os/exec"
	"strings"
	"testing"
)

// odd are values that a careless line would not bring back.
var odd = []string{
	"plain", "with / + = in it", "it's", `back\slash`, `"quoted"`, "$HOME `id` $(id)", "a'b'c''", `\'`, "'", "", "!history", "tab\tin", "ünï‘’‚‛cöde", "%PATH%", "~", "*", "a#b;c&d|e",
}

// TestAssign has the shells themselves say what they understood.
func TestAssign(t *testing.T) {
	for _, shell := range []struct{ format, name, print string }{
		{"export-env", "sh", `printf %s "$V"`},
		{"export-env", "bash", `printf %s "$V"`},
		{"fish", "fish", `printf %s "$V"`},
		{"powershell", "pwsh", `[Console]::Out.Write($env:V)`},
	} {
		if _, err := exec.LookPath(shell.name); err != nil {
			t.Logf("%s is not here: install it to check --format %s with it", shell.name, shell.format)
			continue
		}
		for _, value := range append(odd, "two\nlines") {
			line, err := assign(shell.format, "V", value)
			if err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(shell.name, "-c", line+"\n"+shell.print).Output() // on stderr they complain of languages that are not here
			if err != nil || string(out) != value {
				t.Errorf("%s: %s\ngives %q, %v; want %q", shell.name, line, out, err, value)
			}
		}
	}
}

func TestAssignForms(t *testing.T) {
	for _, c := range []struct{ format, value, want string }{
		{"fish", `a\'b`, `set -gx V 'a\\\'b'`},
		{"powershell", "it’s '$x'", "$env:V = 'it’’s ''$x'''"},
		{"env", `it's "$x"`, `V=it's "$x"`},
	} {
		if got, err := assign(c.format, "V", c.value); err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", c.format, got, err, c.want)
		}
	}
	if _, err := assign("env", "V", "two\nlines"); err == nil {
		t.Error("an env file took a line end")
	}
}

func TestSetAWSProfile(t *testing.T) {
	set := [][2]string{{"credential_process", "gatepass credentials --format process"}, {"region", "eu-west-1"}}
	const added = "credential_process = gatepass credentials --format process\nregion = eu-west-1\n"
	for _, c := range []struct{ name, before, profile, want string }{
		{"empty", "", "notes", "[profile notes]\n" + added},
		{"default", "", "default", "[default]\n" + added},
		{"no line end", "[profile a]\nx = 1", "notes", "[profile a]\nx = 1\n\n[profile notes]\n" + added},
		{"there", "[profile notes]\nregion=us-east-1\nCredential_Process = old credentials --format process\nx = 1\n[profile b]\nregion = z\n", "notes", "[profile notes]\n" + added + "x = 1\n[profile b]\nregion = z\n"},
		{"last, no line end", "[profile notes]", "notes", "[profile notes]\n" + added},
		{"spelled otherwise", "[ profile  \"notes\" ] # mine\nx = 1\n", "notes", "[ profile  \"notes\" ] # mine\n" + added + "x = 1\n"},
		{"nested keys stay", "[profile notes]\ns3 =\n  region = x\n", "notes", "[profile notes]\n" + added + "s3 =\n  region = x\n"},
		{"CRLF", "[profile a]\r\nx = 1\r\n", "notes", "[profile a]\r\nx = 1\r\n\n[profile notes]\n" + added},
		{"a longer name", "[profile notes2]\nregion = x\n", "notes", "[profile notes2]\nregion = x\n\n[profile notes]\n" + added},
	} {
		got, err := setAWSProfile(c.before, c.profile, set)
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v\nwant %q", c.name, got, err, c.want)
		}
		if again, err := setAWSProfile(got, c.profile, set); err != nil || again != got {
			t.Errorf("%s, again: %q, %v", c.name, again, err)
		}
	}
	if _, err := setAWSProfile("[profile notes]\nrole_arn = x\n", "notes", set); err == nil {
		t.Error("a profile of a role was overwritten")
	}
	for _, bad := range []string{"a\ncredential_process = id", "a\rb", "a\x00", "a\x1b[2J"} {
		if got, err := setAWSProfile("", "notes", [][2]string{set[0], {"endpoint_url", bad}}); err == nil {
			t.Errorf("%q was written: %q", bad, got)
		}
	}
}

func TestCommandLine(t *testing.T) {
	got, err := commandLine([]string{"/opt/my tools/gatepass", "-p", "notes"})
	if err != nil || got != `"/opt/my tools/gatepass" -p notes` {
		t.Errorf("%s, %v", got, err)
	}
	for _, w := range []string{`a"b`, "$x", "`x`", "a\nb"} {
		if got, err := commandLine([]string{w}); err == nil {
			t.Errorf("%q became %s", w, got)
		}
	}
}

// FuzzSetAWSProfile: whatever the file holds, doing it twice is doing it once,
// no line of another section is touched, and ours are there.
func FuzzSetAWSProfile(f *testing.F) {
	for _, text := range []string{"", "[default]\nregion = x\n", "[profile a]\r\nx=1\r\n\r\n[profile b]\ny", "[", "[]\n", "]\n[profile notes", "# [profile notes]\n", "region = x\n[profile notes]#\n  region = y"} {
		f.Add(text)
	}
	set := [][2]string{{"credential_process", "gatepass credentials --format process"}, {"region", "eu-west-1"}}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := setAWSProfile(text, "notes", set)
		if err != nil {
			return // the section holds what contradicts ours
		}
		if again, err := setAWSProfile(got, "notes", set); err != nil || again != got {
			t.Errorf("twice: %q, %v; once: %q", again, err, got)
		}
		lines := strings.SplitAfter(got, "\n")
		from, to := awsSection(lines, "[profile notes]")
		if from < 0 || !strings.Contains(strings.Join(lines[from:to], ""), settingLines(set)) {
			t.Errorf("not set: %q", got)
		}
		old := strings.SplitAfter(text, "\n")
		start, end := awsSection(old, "[profile notes]")
		if start < 0 {
			start, end = len(old), len(old)
		}
		if !strings.HasPrefix(got, strings.Join(old[:start], "")) || !strings.HasSuffix(got, strings.Join(old[end:], "")) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
