// Package policy parses and evaluates IAM policy documents.
package policy
