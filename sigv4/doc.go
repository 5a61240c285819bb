// Package sigv4 signs requests with AWS Signature Version 4 and verifies them.
// It is built for IAM-authorised APIs of Amazon API Gateway and for the JSON
// and Query services around them, needs nothing but the standard library, and
// has no clock: the time is an argument.
//
// # Signing
//
// A [Signer] is made once for a region and a service's [Profile] and used for
// every request:
//
//	s := &sigv4.Signer{Region: "eu-west-1", Profile: sigv4.ExecuteAPI()}
//	hash, err := sigv4.HashBody(r)
//	err = s.Sign(r, creds, hash, time.Now())
//
// [Signer.Sign] sets the headers and replaces those of an earlier signature, so
// a retry is signed again by the same call. [Signer.Presign] gives a URL that
// carries the signature. What is signed is what is sent: where a request would
// reach the service in a form that receivers read in different ways (dot
// segments, '+' in a query, an explicit port 443), the request is put into the
// unambiguous form; where there is none, the error is [ErrUnsignable].
//
// # Verifying
//
// A [Verifier] takes requests from a server in two steps, between which the
// caller looks up the key:
//
//	claim, err := v.Parse(r, now)                        // cheap: no key, no body
//	secret, err := lookUp(claim.AccessKeyID(), claim.SessionToken())
//	key := keys.Key(claim.AccessKeyID(), secret, claim)  // a KeyCache
//	ok, err := claim.Verify(key)                         // reads the body
//
// Nothing in a [Claim] is proven; a [Verified] can only come from
// [Claim.Verify], and what it gives is what was signed. Read the request from
// it and not from the *http.Request. Parse works on r.RequestURI and must run
// before anything that rewrites or redirects, such as http.ServeMux.
//
// Refusals are an [*Error] with AWS's error name and text, in the order in which
// AWS checks; errors.Is tells the kinds apart. The two refusals between Parse
// and Verify are [InvalidToken] and [ExpiredToken].
//
// Replays within the window verify, as they do at AWS.
//
// # Finding out why
//
// [Signer.Explain] shows the canonical request and the string to sign, and
// [Diagnose] compares them with what a service says they should have been;
// [TraceOf] works them out for a request that somebody else signed.
package sigv4
