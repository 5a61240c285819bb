package server

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// A ConfigError says what is wrong in a gate.yaml and where.
type ConfigError struct {
	File    string // as given to [ReadConfig]; empty for a Config built in Go
	Line    int    // from 1; 0 when it is not known
	Path    string // $.user_pools[0].clients[1].id
	Message string
}

// Error is one line: file:line: path: message.
func (e *ConfigError) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File + ":")
		if e.Line > 0 {
			fmt.Fprintf(&b, "%d:", e.Line)
		}
		b.WriteString(" ")
	}
	if e.Path != "" {
		b.WriteString(strings.TrimPrefix(e.Path, "$.") + ": ")
	}
	b.WriteString(e.Message)
	return b.String()
}

// ReadConfig reads and validates the gate.yaml file at path. Unknown fields,
// repeated keys, wrong types and references to things the file does not declare
// are a [*ConfigError] with the line.
func ReadConfig(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return ParseConfig(path, text)
}

// ParseConfig is [ReadConfig] on text that is already in memory; name is used in
// errors only.
func ParseConfig(name string, text []byte) (*Config, error) {
	if err := refuseJoined(name, text); err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, syntaxError(name, err)
	}
	if len(file.Docs) > 1 {
		return nil, &ConfigError{File: name, Message: "holds more than one YAML document; keep one"}
	}
	cfg := &Config{}
	if err := yaml.UnmarshalWithOptions(text, cfg, yaml.Strict()); err != nil {
		return nil, syntaxError(name, err)
	}
	cfg.dir = filepath.Dir(name)
	cfg.lines = func(p string) int { return lineOf(file, p) }
	if err := cfg.Validate(); err != nil {
		var ce *ConfigError
		if errors.As(err, &ce) {
			ce.File = name
		}
		return nil, err
	}
	return cfg, nil
}

// syntaxError keeps the position and the first line of the YAML library's
// message, which goes on with a picture of the source.
func syntaxError(name string, err error) error {
	var ye yaml.Error
	if !errors.As(err, &ye) {
		return &ConfigError{File: name, Message: err.Error()}
	}
	e := &ConfigError{File: name, Message: ye.GetMessage()}
	if tok := ye.GetToken(); tok != nil && tok.Position != nil {
		e.Line = tok.Position.Line
	}
	return e
}

// lineOf is the line of the node at path, or of the nearest node above it.
func lineOf(file *ast.File, path string) int {
	for path != "" && path != "$" {
		if p, err := yaml.PathString(path); err == nil {
			if n, err := p.FilterFile(file); err == nil && n != nil && n.GetToken() != nil {
				return n.GetToken().Position.Line
			}
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return 0
		}
		path = path[:cut]
	}
	return 0
}
