// Package gateway is the API gateway: REST, HTTP and WebSocket APIs with stages
// and routes, every call of an AWS_IAM route verified (Signature Version 4) and
// authorised (IAM policies), and the request a backend gets built from what was
// verified.
//
// The order of a call is: Locate, match, admit (sigv4 Parse, Keys, Verify, policy;
// or the route's authorizer; with the API's resource policy), API key, throttles
// and quota, request rules, integrate. No step calls back into an earlier one; any
// error ends in one refusal with the bytes API Gateway sends, on REST APIs in the
// words of the API's gateway responses.
//
// # Who may call
//
// A Deny of the resource policy is asked for before an authorizer is. Of a user
// pool the token is verified on every call. What a Lambda authorizer answers is
// kept by its identity sources for its TTL, in this process, and its policy then
// decides about every method; a failure is never kept. API keys are found by
// their hash. Token buckets are of this process; quotas are counted in blocks by
// ReserveQuota, for all nodes.
//
// # What a backend sees
//
// Method, query (without presign parameters), body and path as they were sent
// and verified. Headers are those that were signed and, unsigned, a short list
// every HTTP client sends (Accept, Content-Type, User-Agent, …; see
// Integration.Headers). Removed always: hop-by-hop headers, Authorization when it
// is Signature Version 4, X-Amz-Security-Token, method overrides, X-Original-URL
// and its kin, Forwarded, X-Forwarded-*, X-Real-Ip, X-Amzn-*, names with an
// underscore. Set anew from the socket: X-Forwarded-For, X-Forwarded-Port,
// X-Forwarded-Proto, X-Amzn-Trace-Id, X-Amzn-Apigateway-Api-Id; and User-Agent
// (AmazonAPIGateway_ and the API's id) for a client that names none.
//
// Who called is in these headers; what does not apply is absent, and what a
// client sends under such a name never passes:
//
//	X-Gatepass-Request-Id               id of this call, also x-amzn-RequestId of the answer
//	X-Gatepass-Api-Id                   id of the API
//	X-Gatepass-Stage                    name of the stage
//	X-Gatepass-Source-Ip                address of the peer
//	X-Gatepass-User-Arn                 $context.identity.userArn
//	X-Gatepass-Account-Id               $context.identity.accountId
//	X-Gatepass-User-Id                  $context.identity.caller and .user (AROA…:session, AIDA…)
//	X-Gatepass-Access-Key-Id            $context.identity.accessKey
//	X-Gatepass-Identity-Id              $context.identity.cognitoIdentityId
//	X-Gatepass-Identity-Pool-Id         $context.identity.cognitoIdentityPoolId
//	X-Gatepass-Authentication-Type      authenticated or unauthenticated (a guest)
//	X-Gatepass-Authentication-Provider  $context.identity.cognitoAuthenticationProvider
//	X-Gatepass-User-Sub                 sub of the user pool user, from the provider or the token
//	X-Gatepass-Identity                 a JSON Web Token about the caller and this request (API.IdentityToken)
//	X-Gatepass-Connection-Id            of a WebSocket API, as Event-Type, Route-Key and Message-Id: $context.connectionId, …
//
// A Go handler finds the same in [IdentityFrom].
//
// # Integrations
//
// HTTP_PROXY passes the request on, less and plus the headers above, as mappings
// change it. HTTP sends nothing of the caller's but what mappings and templates
// put there. AWS_PROXY posts an event of payload version 1.0 or 2.0 to a Lambda
// function: its headers are those a backend would see without the X-Gatepass- ones,
// for its requestContext says who called. MOCK has no backend.
//
// Where a mapping puts what the gateway answers for ($context) under a name, or
// replaces a value, nothing that a client sent under that name passes beside it.
package gateway
