// Package apigateway is the control plane of API Gateway: the calls behind "aws
// apigateway" (Amazon API Gateway REST API Reference) and "aws apigatewayv2" (API
// Gateway V2 API Reference), as far as the gateway of this program serves what
// they declare. What it does not serve is refused by name.
//
// An API is two records, which keep the shapes of the wire: its settings and
// stages, which whoever lists or serves APIs reads of all of them, and its draft,
// which is large and read alone. A deployment is that draft as an apidef.API, a
// record that never changes again: a change costs what its own API costs. What is
// served ([Service.Catalog]) are the stages with the deployments they name, beside
// what the configuration declares; a deployment or a stage that the gateway would
// refuse is refused here, so that a bad one takes nothing down.
package apigateway
