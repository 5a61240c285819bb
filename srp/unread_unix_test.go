//go:build unix

package srp

import (
	"errors"
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"
)

// unreadable is n bytes of text that no program can read: whoever looks at one of
// them faults.
func unreadable(t *testing.T, n int) string {
	t.Helper()
	page, err := syscall.Mmap(-1, 0, n, syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(page) })
	return unsafe.String(unsafe.SliceData(page), n)
}

// looks says whether f reads what cannot be read.
func looks(f func()) (faulted bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { faulted = recover() != nil }()
	f()
	return false
}

// TestE01RefusalIsCheap: a huge A is refused for its length, unread.
func TestE01RefusalIsCheap(t *testing.T) {
	huge := unreadable(t, 200<<20)
	var err error
	if looks(func() { err = ParseA(huge) }) {
		t.Error("ParseA read it")
	} else if !errors.Is(err, ErrHostile) {
		t.Error(err)
	}
	if !looks(func() { err = ParseA(huge[:maxDigits]) }) {
		t.Error("what is not too long is not read either: the test holds nothing")
	}
}
