// Package srp is SRP-6a as Amazon Cognito speaks it, both sides: the proof of a
// password without the password crossing the wire (flows USER_SRP_AUTH,
// PASSWORD_SRP and DEVICE_SRP_AUTH).
//
// A sign-in runs
//
//	c := NewClient(rand.Reader)          // c.A() goes out as SRP_A
//	s := NewServer(rand.Reader, v)       // s.B() comes back as SRP_B
//	proof := c.Claim(challenge, pw, now) // PASSWORD_CLAIM_SIGNATURE and TIMESTAMP
//	err := s.Check(answer)               // nil: the password is the right one
//
// Between B and the check the server need not remember anything:
// [Server.Private] is what a node seals into SECRET_BLOCK, and [RestoreServer]
// turns it back into the same server on any node.
//
// # The group and its encoding
//
// The group is the 3072-bit prime of RFC 3526 section 4 with generator 2; the
// hash is SHA-256. Numbers are hashed as Java's BigInteger.toByteArray writes
// them: minimal two's complement, so with a zero byte in front when the top bit
// is set. RFC 5054's fixed-width padding would fail nine sign-ins in ten.
// On the wire numbers are lower-case hex without leading zeros, and so of odd
// length once in sixteen times.
//
// # What is constant time
//
// The secret exponents a, b, x and a+u*x, the verifier and every value computed
// from them pass through code whose branches and memory addresses do not depend
// on them: exponentiation uses fixed windows and reads every entry of a table to
// take one, modular reduction adds a masked modulus, comparison is
// crypto/subtle's.
//
// Not constant time: parsing and writing A, B, u, salt and timestamp, all of
// which travel in the open; and the count of leading zero bytes of the shared
// secret S, which the protocol itself puts into the length of a hashed message
// (S is used once, and 255 of 256 have none). The time also depends on the
// length of the password, through SHA-256.
//
// # Cost
//
// The first use builds a table of powers of the generator (48 KiB, about a
// millisecond), kept for the life of the process. On amd64 with ADX and BMI2 two
// assembly routines do the multiplications; elsewhere, or with the build tag
// purego, the same two routines are plain Go. Input is measured before it is
// read: an oversized number costs no more than looking at its length.
package srp
