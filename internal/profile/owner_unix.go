//go:build unix

package profile

import (
	"io/fs"
	"os"
	"syscall"
)

// foreign says whether the project file at path is of somebody who has no say in
// dir: neither this user nor root, nor the one whose directory it is. In /tmp and
// its like anybody can leave a file for those who work below.
func foreign(path, dir string) (bool, error) {
	here, err := os.Stat(dir)
	if err != nil {
		return false, err
	}
	for _, stat := range []func(string) (fs.FileInfo, error){os.Lstat, os.Stat} { // a link, and where it leads
		info, err := stat(path)
		if err != nil {
			return false, err
		}
		if owner := ownerOf(info); owner != 0 && owner != uint32(os.Geteuid()) && owner != ownerOf(here) {
			return true, nil
		}
	}
	return false, nil
}

func ownerOf(info fs.FileInfo) uint32 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Uid
	}
	return 0
}
