// Package store keeps the records of the server in a SQL database: SQLite in
// memory or in a file, or PostgreSQL. It knows records and queries, not what
// they mean.
//
// Declared things (pools, clients, groups, roles, keys) are documents: small,
// read whole, written rarely. What changes under load (users, attempts, codes,
// refresh families, identities, one-time marks) has tables of its own, and what
// must be atomic is one transaction.
//
// One SQL text serves all databases: placeholders are $1, $2, ...; times are
// microseconds since 1970, 0 for none; text compares byte by byte; records are
// JSON. Only the two schema files differ.
//
// # Writing
//
// [Store.Update] runs a function in a write transaction and returns after the
// commit. On SQLite one goroutine writes: it gathers the functions that wait and
// commits them together, each behind its own savepoint, so that one flush of the
// disk serves many callers. A lone writer gains nothing; eight gain a factor of
// about six, sixty-four of about eighteen.
//
// An error undoes all the function wrote. So what must outlast a refusal, like
// [Tx.ReserveAttempt] and [Tx.ReserveCodeTry], is committed first, by itself, and
// the secret is compared after that.
//
// # Reading
//
// Reads on the Store run beside the writer (in memory: between its groups) and
// see what was committed. A SQLite read of one record is not interrupted by its
// context once it has begun; on PostgreSQL a read has two seconds, and so has
// each try of an update.
//
// # Files
//
// A SQLite file, its -wal, -shm and .lock belong to the owner alone (0600); the
// .lock keeps a second process away and stays when the store is closed. Durability
// is WAL with synchronous=FULL. Open checks every page of a file of up to 64 MiB,
// at about 5 ms for each.
//
// # Nodes
//
// Processes over one PostgreSQL send each other letters by [Post]: notifications,
// in no table, at most once. A process lives as long as it holds an advisory lock
// on a connection of its own, which a pooler must not share: LISTEN and locks are
// the session's.
//
// [ErrNotFound] means the record is not there; [ErrUnavailable] means nobody
// knows. A caller that decides on access must never take one for the other.
package store
