package wire

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted is embedded by the shapes that carry passwords, codes, tokens or keys:
// they print as no more than that, whatever the verb and however they are logged.
// On the wire it is nothing. A shape that holds such a shape embeds it too: log/slog
// writes what is inside of a value as JSON.
type redacted struct{}

const withheld = "{redacted}"

// Format redacts.
func (redacted) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, withheld) }

// LogValue redacts.
func (redacted) LogValue() slog.Value { return slog.StringValue(withheld) }
