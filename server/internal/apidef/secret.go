package apidef

import "log/slog"

// Secret is a text that does not print itself. It marshals as it is, for the
// store keeps definitions as JSON.
type Secret string

// String hides the secret.
func (s Secret) String() string { return "redacted" }

// GoString hides the secret.
func (s Secret) GoString() string { return `"redacted"` }

// LogValue hides the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue("redacted") }
