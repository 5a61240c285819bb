package curl

import (
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"

	"github.com/itchyny/gojq"
)

// filter writes what --jq makes of a JSON answer, as gh does: a string as it is,
// everything else as JSON, one a line.
func (c *Client) filter(in io.Reader, d *Delivery, out io.Writer, s Streams) error {
	query, err := gojq.Parse(c.Output.JQ)
	if err != nil {
		return errorf("--jq: %v", err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return errorf("--jq: %v", err)
	}
	v, err := decode(in, d, s.Terminal)
	if err != nil {
		return err
	}
	results := code.Run(v)
	for {
		v, ok := results.Next()
		if !ok {
			return nil
		}
		if err, ok := v.(error); ok {
			return fmt.Errorf("--jq: %w", err)
		}
		if err := printValue(v, out, s); err != nil {
			return err
		}
	}
}

func printValue(v any, out io.Writer, s Streams) error {
	if text, ok := v.(string); ok {
		return written(io.WriteString(out, text+"\n"))
	}
	text, err := gojq.Marshal(v)
	if err != nil {
		return fmt.Errorf("--jq: %w", err)
	}
	if s.Terminal || s.Color {
		if pretty, ok := prettyJSON(text, s); ok {
			return written(out.Write(pretty))
		}
	}
	return written(out.Write(append(text, '\n')))
}

// decode reads the answer, which must be one JSON document, and keeps the digits
// of its integers. Texts for a terminal are no commands to it.
func decode(in io.Reader, d *Delivery, terminal bool) (any, error) {
	head := &headWriter{d}
	dec := json.NewDecoder(io.TeeReader(in, head))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	if err == io.EOF {
		return nil, fmt.Errorf("the answer is empty, not JSON")
	}
	if err != nil {
		return nil, fmt.Errorf("the answer is not JSON: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("the answer is not one JSON document")
	}
	if v = numbers(v); terminal {
		v = harmless(v)
	}
	return v, nil
}

// harmless is v with texts that cannot change a terminal.
func harmless(v any) any {
	switch v := v.(type) {
	case string:
		return visibleLines(v)
	case []any:
		for i := range v {
			v[i] = harmless(v[i])
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[visibleLines(k)] = harmless(e)
		}
		return out
	}
	return v
}

type headWriter struct{ d *Delivery }

func (w *headWriter) Write(p []byte) (int, error) {
	w.d.keep(p)
	return len(p), nil
}

// numbers makes Go numbers of the digits, without losing one of an integer.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		return goNumber(string(v))
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	}
	return v
}

func goNumber(s string) any {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	if !strings.ContainsAny(s, ".eE") {
		if n, ok := new(big.Int).SetString(s, 10); ok {
			return n
		}
	}
	f, _ := strconv.ParseFloat(s, 64) // too large is infinity, as in jq
	return f
}
