package policy

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// decimal is a decimal number of any length: binary floating point would make
// two different numbers equal.
type decimal struct {
	negative bool
	whole    string // without leading zeros
	fraction string // without trailing zeros
}

// parseDecimal accepts -?digits(.digits)? and nothing else: no exponent, no
// hexadecimal, no sign +.
func parseDecimal(s string) (d decimal, ok bool) {
	s, d.negative = strings.CutPrefix(s, "-")
	whole, fraction, point := strings.Cut(s, ".")
	if !isDigits(whole) || point && !isDigits(fraction) {
		return d, false
	}
	d.whole, d.fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if d.whole == "" && d.fraction == "" {
		d.negative = false
	}
	return d, true
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func (d decimal) compare(o decimal) int {
	if d.negative != o.negative {
		if d.negative {
			return -1
		}
		return 1
	}
	c := len(d.whole) - len(o.whole)
	if c == 0 {
		c = strings.Compare(d.whole, o.whole)
	}
	if c == 0 {
		c = strings.Compare(d.fraction, o.fraction)
	}
	if d.negative {
		return -c
	}
	return c
}

// dateLayouts are the forms of the W3C profile of ISO 8601 that name a point in
// time; fractions of a second are accepted after the seconds.
var dateLayouts = [...]string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", time.DateOnly}

// parseDate reads an ISO 8601 date or epoch seconds. A time needs its zone, a
// date alone is midnight UTC, and a leap second is no time.
func parseDate(s string) (time.Time, bool) {
	if isDigits(s) {
		n, err := strconv.ParseInt(s, 10, 64)
		return time.Unix(n, 0), err == nil && n <= maxEpoch
	}
	if len(s) > 10 && (len(s) < 17 || s[10] != 'T' || s[13] != ':' || strings.Contains(s, ",")) {
		return time.Time{}, false // time.Parse would take "T5:04" and ",5" too
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// maxEpoch is the end of the year 9999: more is milliseconds by mistake.
const maxEpoch = 253402300799

func parseBool(s string) (value, ok bool) {
	value = strings.EqualFold(s, "true")
	return value, value || strings.EqualFold(s, "false")
}

// parsePrefix reads an address or CIDR range of a policy. An IPv4-mapped range
// is the IPv4 range it means.
func parsePrefix(s string) (netip.Prefix, bool) {
	if addr, ok := parseAddr(s); ok && !strings.Contains(s, "%") {
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	if err != nil || !p.Addr().Is4In6() {
		return p.Masked(), err == nil
	}
	if p.Bits() < 96 {
		return p, false
	}
	return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96).Masked(), true
}

// parseAddr reads the address of a request: IPv4-mapped addresses become IPv4,
// and the zone, which no policy can name, is dropped.
func parseAddr(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return addr, false
	}
	return addr.WithZone("").Unmap(), true
}
