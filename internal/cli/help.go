package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// helpTopics are pages of gatepass help that are no commands; those that args do
// not name are only listed.
func helpTopics(args []string) []*cobra.Command {
	topics := []*cobra.Command{
		{Use: "environment", Short: "the environment variables"},
		{Use: "exit-codes", Short: "the exit codes"},
		{Use: "formatting", Short: "choosing and laying out what call prints", Long: formattingPage},
	}
	for i, page := range []func() string{environmentPage, exitPage} {
		if named(args, topics[i].Use) {
			topics[i].Long = page()
		}
	}
	return topics
}

// knownHelp makes help of what there is not an error, as the thing itself is.
func knownHelp(root *cobra.Command) {
	for _, c := range root.Commands() {
		if c.Name() != "help" {
			continue
		}
		run := c.Run
		c.Run, c.RunE = nil, func(cmd *cobra.Command, args []string) error {
			if found, rest, err := root.Find(args); err == nil && len(rest) > 0 {
				return unknownCommand(found, rest)
			} else if err != nil {
				return err
			}
			run(cmd, args)
			return nil
		}
	}
}

const formattingPage = `The body of an answer goes to stdout byte for byte. On a terminal JSON is laid
out and coloured, and what is not text is refused (-o - prints it all the same).

--jq EXPRESSION filters JSON as jq does: texts without quotes, one result a line.

  gatepass call /notes --jq '.[] | select(.content != "tea") | .content'

--template TEMPLATE is a Go template over JSON, as in GitHub's gh, with the
functions of the language and these:

  autocolor STYLE TEXT    coloured where stdout may be: red, green+b, ...
  color STYLE TEXT        always coloured
  hyperlink URL TEXT      a link in the terminal
  join SEPARATOR LIST     one text of many
  pluck FIELD LIST        the field of each
  tablerow TEXT...        a row of a table; tablerender ends the table
  timeago TIME            "3 minutes ago"
  timefmt LAYOUT TIME     a time in Go's layout
  truncate LENGTH TEXT    cut to a length

  gatepass call /notes -t '{{range .}}{{tablerow .content}}{{end}}'

--write-out FORMAT prints at the end, as with curl: %{http_code},
%{time_total}, %{size_download}, %{url_effective}, %{header_json}, %{json},
%header{name}, and \n. -i prints the headers before the body, -D FILE puts them
into a file, -v shows both ways with secrets withheld.`

func exitPage() string {
	var b strings.Builder
	b.WriteString("The exit codes are stable:\n\n")
	for _, e := range slices.SortedFunc(slices.Values(exits()), func(x, y exit) int { return cmp.Compare(x.code, y.code) }) {
		fmt.Fprintf(&b, "  %3d  %s\n", e.code, e.word)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func environmentPage() string {
	var b strings.Builder
	b.WriteString(`Every flag has a variable: --no-prompt is GATEPASS_NO_PROMPT. Only those that say
what one request is have none: what call, sign and explain have from curl, and
--param, --query, --jq and --template. A flag wins over its variable, and the
variable over the profile: that of -p or GATEPASS_PROFILE, else the one in use in
the nearest .gatepass.yaml from here upwards, else in the user's own file
(gatepass profile list). Where flags and variables name another pool than the
profile in use, the profile is left out.

`)
	for _, s := range settings(new(settingValues)) {
		flag := ""
		if s.flag != "" {
			flag = " (--" + s.flag + ")"
		}
		fmt.Fprintf(&b, "  %s%s\n      %s\n", s.env, flag, strings.ReplaceAll(s.usage, "`", ""))
	}
	b.WriteString(`
  NO_COLOR, CLICOLOR=0, CLICOLOR_FORCE=1
      never colour; nor on a terminal; always

  AWS_CA_BUNDLE
      file of the certificates to trust instead of the system's, as AWS's tools
      have it; for a gate of gatepass serve --tls-cert, that certificate or its
      authority's

  GATEPASS_ROOT_KEY
      the root key of gatepass serve in place of the file beside the database:
      32 random bytes in base64; of several, with spaces between, the first
      seals and all open
`)
	return strings.TrimSuffix(b.String(), "\n")
}
