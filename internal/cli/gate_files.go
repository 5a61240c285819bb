//go:build !client

package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gatepass/gatepass/server"
)

// gateFiles are the files that serve reads instead of the ready-made gate, and where
// functions run.
type gateFiles struct {
	config, template, lambdaEndpoint string
	openapi, parameters, functions   []string
	allowUnknown                     bool
}

func (o gateFiles) any() bool { return o.config != "" || o.template != "" || len(o.openapi) > 0 }

// check refuses flags that would have no effect.
func (o gateFiles) check() error {
	switch {
	case o.template == "" && o.allowUnknown:
		return usageErrorf("--allow-unknown is for a --template")
	case o.template == "" && len(o.openapi) == 0 && len(o.parameters) > 0:
		return usageErrorf("--parameter is for a --template or --openapi")
	}
	return nil
}

// read reads the files into one configuration; what they give and what of them
// is not kept comes as lines.
func (o gateFiles) read() (*server.Config, []string, error) {
	c := &server.Config{}
	var err error
	if o.config != "" {
		if c, err = server.ReadConfig(o.config); err != nil {
			return nil, nil, &usageError{err}
		}
	}
	if err := o.addFunctions(c); err != nil {
		return nil, nil, err
	}
	lines, err := o.addTemplate(c)
	if err != nil {
		return nil, nil, err
	}
	for _, file := range o.openapi {
		if err := o.addOpenAPI(c, file); err != nil {
			return nil, nil, err
		}
	}
	if err := c.Validate(); err != nil {
		return nil, nil, o.variableHint(&usageError{err})
	}
	for _, n := range c.Notes() {
		lines = append(lines, "note: "+n)
	}
	return c, lines, nil
}

// sample is what the ready-made gate declares. APIs that are made there by the AWS CLI
// may call functions.
func (o gateFiles) sample(password string) (*server.Config, error) {
	c := server.Sample(password)
	if err := o.addFunctions(c); err != nil {
		return nil, err
	}
	if err := c.Validate(); err != nil {
		return nil, &usageError{err}
	}
	return c, nil
}

// variableHint names the flag for a stage variable that an OpenAPI document asks for.
func (o gateFiles) variableHint(err error) error {
	if len(o.openapi) > 0 && strings.Contains(err.Error(), "has no variable") {
		return hintf(err, "--parameter NAME=VALUE gives a stage variable of --openapi")
	}
	return err
}

func (o gateFiles) addFunctions(c *server.Config) error {
	if o.lambdaEndpoint != "" {
		c.LambdaEndpoint = o.lambdaEndpoint
	}
	given, err := pairs("--function", "NAME=URL", o.functions)
	for name, to := range given {
		if c.Functions == nil {
			c.Functions = map[string]string{}
		}
		c.Functions[name] = to
	}
	return err
}

// pairs reads values of the form NAME=VALUE.
func pairs(flag, form string, list []string) (map[string]string, error) {
	out := map[string]string{}
	for _, s := range list {
		name, value, ok := strings.Cut(s, "=")
		if _, twice := out[name]; !ok || name == "" || twice {
			return nil, usageErrorf("%s %s: give %s, each name once", flag, s, form)
		}
		out[name] = value
	}
	return out, nil
}

func (o gateFiles) addTemplate(c *server.Config) ([]string, error) {
	if o.template == "" {
		return nil, nil
	}
	parameters, err := pairs("--parameter", "NAME=VALUE", o.parameters)
	if err != nil {
		return nil, err
	}
	outputs, err := c.AddTemplate(o.template, server.TemplateOptions{Parameters: parameters, AllowUnknown: o.allowUnknown})
	if err != nil {
		return nil, &usageError{err}
	}
	var lines []string
	for _, v := range outputs {
		lines = append(lines, fmt.Sprintf("output: %s = %s", v.Name, v.Value))
	}
	return lines, nil
}

// addOpenAPI adds the API of a document, with an id made of the file's name and
// one stage, whose variables are the parameters that are not a template's.
func (o gateFiles) addOpenAPI(c *server.Config, file string) error {
	path, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	stage := server.Stage{Name: "prod"}
	if o.template == "" {
		if stage.Variables, err = pairs("--parameter", "NAME=VALUE", o.parameters); err != nil {
			return err
		}
	}
	c.APIs = append(c.APIs, server.API{ID: apiID(path), OpenAPI: path, Stages: []server.Stage{stage}})
	return nil
}

// apiID is a file's name without its extension, of letters and digits in lower
// case.
func apiID(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	id := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, strings.ToLower(name))
	if id == "" {
		return "api"
	}
	return id
}
