package curl

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// resumeFrom asks for the rest of a download that -C continues.
func (c *Client) resumeFrom(r *Request) (int64, error) {
	at := c.Transfer.ContinueAt
	if at == "" {
		return 0, nil
	}
	if c.Upload != "" {
		return 0, errorf("--continue-at resumes downloads only")
	}
	name, err := c.FileName(r.Request)
	if err != nil {
		return 0, err
	}
	var offset int64
	switch {
	case at != "-":
		offset, _ = strconv.ParseInt(at, 10, 64) // the flag has checked it
	case name == "" || name == "-":
		return 0, &Error{Text: "--continue-at - needs the file to continue", Hint: "-o FILE"}
	default:
		info, err := os.Stat(name)
		if err != nil && !os.IsNotExist(err) {
			return 0, err
		}
		if err == nil {
			offset = info.Size()
		}
	}
	if offset > 0 {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	return offset, nil
}

// resume says how the file is opened, or that it is complete already.
func (c *Client) resume(a *Answer) (skip bool, mode int, err error) {
	whole := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if a.offset == 0 || a.StatusCode >= http.StatusBadRequest && a.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		return false, whole, nil
	}
	from, total := contentRange(a.Header.Get("Content-Range"))
	switch {
	case a.StatusCode == http.StatusPartialContent && from == a.offset:
		return false, os.O_CREATE | os.O_WRONLY | os.O_APPEND, nil
	case a.StatusCode == http.StatusRequestedRangeNotSatisfiable && total == a.offset:
		return true, 0, nil
	}
	return false, 0, fmt.Errorf("the server does not continue at byte %d: leave --continue-at out to load it whole", a.offset)
}

// contentRange reads "bytes 5-9/10" and "bytes */10"; -1 is what it does not say.
func contentRange(v string) (from, total int64) {
	span, size, _ := strings.Cut(strings.TrimPrefix(v, "bytes "), "/")
	first, _, _ := strings.Cut(span, "-")
	return number(first), number(size)
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return -1
	}
	return n
}
