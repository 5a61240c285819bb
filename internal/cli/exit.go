package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"syscall"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/vault"
)

// Exit codes. They do not change; those from 6 to 60 are curl's.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitNotSignedIn = 4
	exitRefused     = 5
	exitDNS         = 6
	exitConnect     = 7
	exitHTTP        = 22
	exitWrite       = 23
	exitTimeout     = 28
	exitTLS         = 35
	exitCertificate = 60
	exitCannotRun   = 126
	exitNotFound    = 127
	exitInterrupted = 130
)

// exit is a code, what it means, and which errors it is for.
type exit struct {
	code int
	word string
	fits func(error) bool
}

// exits is what an error means to a script: the first row that fits decides.
func exits() []exit {
	return []exit{
		{exitOK, "ok", func(err error) bool { return err == nil }},
		{exitCannotRun, "exec: the command cannot be run", ofCommand(exitCannotRun)},
		{exitNotFound, "exec: no such command; else exec has the exit code of its command", ofCommand(exitNotFound)},
		{exitInterrupted, "interrupted", is(context.Canceled)},
		{exitUsage, "usage: an argument, a flag or a setting is missing or wrong", isUsage},
		{exitNotSignedIn, "not signed in, or the session is over: gatepass login", is(gatepass.ErrNotSignedIn, gatepass.ErrRefreshExpired, gatepass.ErrTokenExpired)},
		{exitRefused, "the sign-in was refused: password, code, locked out, disabled", isRefused},
		{exitHTTP, "the API answered with a status of 400 or more; explain: it has, and why", isAnswer},
		{exitWrite, "the output could not be written", as[*writeError]},
		{exitDNS, "the host name was not found", as[*net.DNSError]},
		{exitTimeout, "timed out", isTimeout},
		{exitCertificate, "the server's certificate is not trusted", as[*tls.CertificateVerificationError]},
		{exitTLS, "TLS failed", isTLS},
		{exitConnect, "no connection: nothing listens there", isConnect},
		{exitFailure, "any other failure", func(error) bool { return true }},
	}
}

// exitCode is the only place where an error becomes a number.
func exitCode(err error) int {
	if e, ok := errors.AsType[*childError](err); ok {
		return e.code
	}
	for _, e := range exits() {
		if e.fits(err) {
			return e.code
		}
	}
	return exitFailure
}

func is(targets ...error) func(error) bool {
	return func(err error) bool {
		for _, t := range targets {
			if errors.Is(err, t) {
				return true
			}
		}
		return false
	}
}

func as[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

func ofCommand(code int) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*commandError](err)
		return ok && e.code == code
	}
}

func isUsage(err error) bool {
	return as[*usageError](err) || is(gatepass.ErrConfig, vault.ErrPassphrase)(err)
}

func isRefused(err error) bool {
	return is(
		gatepass.ErrBadPassword, gatepass.ErrLockedOut, gatepass.ErrBadCode, gatepass.ErrUserNotConfirmed,
		gatepass.ErrPasswordResetRequired, gatepass.ErrUserDisabled, gatepass.ErrSessionExpired, gatepass.ErrUnhandledChallenge,
	)(err)
}

func isAnswer(err error) bool { return as[*statusError](err) || as[*explainedError](err) }

func isTimeout(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

func isTLS(err error) bool {
	return as[tls.RecordHeaderError](err) || as[tls.AlertError](err) || errors.Is(err, http.ErrSchemeMismatch)
}

func isConnect(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "dial" || errors.Is(err, syscall.ECONNREFUSED))
}
