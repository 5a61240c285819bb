// Package apidef describes APIs: what a gate.yaml, an OpenAPI document, a
// template and the control plane all come to, and what the gateway serves. It
// holds shapes in API Gateway's words and what each of them means by itself;
// gateway.Serve judges them.
//
// The types marshal to JSON and back, but for handlers in this process, which
// are values of the running program.
package apidef
