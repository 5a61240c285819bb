// Package store keeps the records of the server in a SQL database: SQLite in
// memory or in a file, or PostgreSQL. It knows records and queries, not what
// they mean.
//
// Declared things (pools, clients, groups, roles, keys) are documents: small,
// read whole, written rarely. What changes under load (users, attempts, codes,
// refresh families, identities, one-time marks) has tables of its own, and what
// must be atomic is one transaction.
//
// [ErrNotFound] means the record is not there; [ErrUnavailable] means nobody
// knows. A caller that decides on access must never take one for the other.
package store
