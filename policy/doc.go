// Package policy reads IAM policy documents and decides by them.
//
// It is a kernel: no input or output, no clock, no logging. Parse once, when a
// document is written or loaded; evaluate on every request.
//
//	p, err := policy.Parse(doc, policy.Identity)   // strict, errors with line and column
//	p.Name = "notes-reader"                        // repeated in decisions
//	d := policy.Evaluate(req, p, more...)          // d.Allowed, d.Reason, d.Statement
//
// # Reading
//
// Parse is stricter than encoding/json and at least as strict as IAM, since
// every leniency in a policy reader has at some time turned a Deny into an
// Allow: equal keys, keys of another case, bad UTF-8 and trailing text are
// errors. A *SyntaxError carries IAM's MalformedPolicyDocument text in Message,
// and in Detail what to change.
//
// Because nothing unknown is ever accepted, there is no rule for evaluating it:
// a stored document that no longer parses is an unreadable policy. Pass nil for
// it, and the answer is no.
//
// # Asking
//
// A Request names the principal, the action, the resource and the facts of the
// request. Keys about the principal (aws:userid, aws:PrincipalTag/…,
// cognito-identity.amazonaws.com:sub …) come from Request.Principal, the time
// from Request.Time, everything else (aws:SourceIp, aws:SecureTransport …) from
// Request.Context. The Context must hold only what the server knows by itself,
// never names a client chose.
//
// Evaluate asks the identity policies alone, EvaluateTrust a trust policy.
// Policies holds all kinds that have a say in one request, resource, boundary,
// session and service control policies as well, and decides in IAM's order:
//
//	d := policy.Policies{Identity: mine, Resource: ofTheAPI}.Evaluate(req)
//
// # How matching works
//
// Actions match without regard to letter case, resources with. In both, * stands
// for any run of characters, "/" and ":" included, and ? for one character; the
// pattern must cover the whole text. Matching never backtracks.
//
// A condition on a key that the request does not have is false; for a negated
// operator it is true, with IfExists true, with ForAnyValue false, with
// ForAllValues true. A value the operator cannot read (a number for DateLessThan
// such as "soon") matches nothing, so only negated operators accept it. Several
// values of one key without a set prefix count as with ForAnyValue.
//
// Policy variables (${aws:username}) work in documents of version 2012-10-17: in
// resources after the fifth colon and in the values of String and Arn operators.
// What is put in is literal: a tag with the value "*" is an asterisk. A variable
// without a value matches nothing, unless it has a default:
// ${aws:PrincipalTag/team, 'none'}. An Allow whose NotResource holds such a
// variable does not apply at all; a Deny does.
//
// # Why not
//
// A Decision says which policy and statement decided, and Decision.Suffix words
// it as AWS does at the end of an AccessDenied message. Policies.Trace says of
// every statement what in it did not fit, Nearest which one came closest, and
// Lint what in a document cannot work, before anyone asks.
package policy
