package cli

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// untilInterrupt is a context that an interrupt or SIGTERM ends; a second one then
// ends the process. It listens from when somebody waits for it: until then there
// is nothing to end in good order and a signal ends the process itself, and a
// command that never waits is spared the threads that listening takes.
type untilInterrupt struct {
	context.Context // of no signal yet; cancelled with the first
	listen          func()
}

// newInterrupt gives the context, and what ends it without a signal.
func newInterrupt() (ctx context.Context, stop context.CancelFunc) {
	inner, cancel := context.WithCancel(context.Background())
	return &untilInterrupt{inner, sync.OnceFunc(func() {
		signalled, unhook := signal.NotifyContext(inner, os.Interrupt, syscall.SIGTERM)
		context.AfterFunc(signalled, func() { unhook(); cancel() })
	})}, cancel
}

// Done is closed by the signal.
func (c *untilInterrupt) Done() <-chan struct{} {
	c.listen()
	return c.Context.Done()
}
