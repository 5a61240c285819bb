package schema

import (
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// formatNamed gives the check of a format: those of draft 4, and of dates, times
// and UUIDs, that models also have. nil is of others, which are a note for who
// reads them.
func formatNamed(name string) func(string) bool {
	switch name {
	case "date-time":
		return parses(time.RFC3339)
	case "date":
		return parses(time.DateOnly)
	case "time":
		return parses("15:04:05Z07:00")
	case "email":
		return isEmail
	case "hostname":
		return isHostname
	case "ipv4":
		return isIPv4
	case "ipv6":
		return isIPv6
	case "uri":
		return isURI
	case "uuid":
		return isUUID
	}
	return nil
}

// parses is of texts of a layout; RFC 3339 lets its letters be small.
func parses(layout string) func(string) bool {
	return func(s string) bool {
		if strings.ContainsRune(s, ',') { // which Go reads as a point
			return false
		}
		_, err := time.Parse(layout, strings.ToUpper(s))
		return err == nil
	}
}

func isIPv4(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4()
}

func isIPv6(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6() && a.Zone() == ""
}

func isURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.IsAbs() && !strings.ContainsAny(s, ` \`)
}

func isHostname(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || !only(label, isLetterDigit, "-") {
			return false
		}
	}
	return true
}

// isEmail takes the addresses that are in use: no quotes and no comments.
func isEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	dots := strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..")
	if !ok || dots || local == "" || len(local) > 64 || len(s) > 254 {
		return false
	}
	return only(local, isLetterDigit, ".!#$%&'*+-/=?^_`{|}~") && isHostname(domain)
}

func isUUID(s string) bool {
	parts := strings.Split(s, "-")
	for i, n := range []int{8, 4, 4, 4, 12} {
		if len(parts) != 5 || len(parts[i]) != n || !only(parts[i], nil, "0123456789abcdefABCDEF") {
			return false
		}
	}
	return true
}

func isLetterDigit(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// only says whether a text is of nothing but some characters.
func only(s string, class func(byte) bool, others string) bool {
	for i := range len(s) {
		if strings.IndexByte(others, s[i]) < 0 && (class == nil || !class(s[i])) {
			return false
		}
	}
	return true
}
