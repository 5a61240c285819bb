//go:build !windows && (!unix || solaris || illumos || aix)

package gatepass

import (
	"errors"
	"os"
)

const noFollow = 0

// tryLock has no lock to offer here: a refresh token must not be used twice.
func tryLock(*os.File) (bool, error) {
	return false, errors.New("gatepass: FileStore needs file locks, which this system lacks: use another Store")
}
