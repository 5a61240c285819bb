//go:build unix

package cli

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"
)

// A signal ends what waits for the context, or for one made of it.
func TestInterruptEndsWhatWaits(t *testing.T) {
	ctx, stop := newInterrupt()
	defer stop()
	work, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-work.Done()
	if !errors.Is(work.Err(), context.Canceled) || !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("%v, %v", work.Err(), ctx.Err())
	}
}

// Without a signal it ends with the command.
func TestInterruptStops(t *testing.T) {
	ctx, stop := newInterrupt()
	done := ctx.Done()
	stop()
	<-done
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Error(ctx.Err())
	}
}
