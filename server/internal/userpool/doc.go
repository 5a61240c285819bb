// Package userpool is Cognito user pools: one file per operation, the challenge
// state machine of sign-in, and the issue and verification of tokens.
//
// Everything that travels through a client and comes back (the SECRET_BLOCK of
// SRP, Session strings, refresh and pagination tokens) is sealed and bound to
// its pool, client, user and purpose; what must be used once is marked in the
// store in the transaction that acts on it. An attempt is counted before the
// secret is compared. What is expensive runs behind a [Gate].
package userpool
