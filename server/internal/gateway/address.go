package gateway

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// checkURL reads an address that is dialled. What the cloud's machines keep
// their own credentials under is refused.
func checkURL(field, uri string) (*url.URL, error) {
	u, err := url.Parse(uri)
	switch {
	case err != nil:
		return nil, invalid(field, "%q is not a URL; placeholders may only stand in its path", uri)
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, invalid(field, "%q is not an address like http://10.0.0.7:8080/path", uri)
	case u.User != nil, u.Fragment != "", strings.Contains(uri, "#"):
		return nil, invalid(field, "%q has a user or a fragment; leave them out", uri)
	case strings.ContainsAny(u.Host, "{}%"):
		return nil, invalid(field, "%q has a placeholder in its host", uri)
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && forbiddenIP(ip) {
		return nil, invalid(field, "%s is a link-local address or one of a cloud's own, which serves machine credentials", ip)
	}
	return u, nil
}

// forbiddenIP tells link-local and metadata addresses, whatever their spelling.
func forbiddenIP(ip netip.Addr) bool {
	ip = translated(ip.Unmap().WithZone(""))
	return ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() || slices.Contains(machineAddresses[:], ip.String())
}

// machineAddresses are those under which clouds serve machines, among other things
// with credentials, though they are not link-local.
var machineAddresses = [...]string{
	"fd00:ec2::254", "fd00:ec2::23", // AWS: of an instance, and of a pod of EKS
	"fd20:ce::254",    // Google Cloud
	"168.63.129.16",   // Azure
	"100.100.100.200", // Alibaba Cloud
	"192.0.0.192",     // Oracle Cloud
}

// translated is the IPv4 address that a NAT64 makes of one of its own (RFC 6052
// section 2.1), and any other as it is.
func translated(ip netip.Addr) netip.Addr {
	if b := ip.As16(); ip.Is6() && netip.MustParsePrefix("64:ff9b::/96").Contains(ip) {
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return ip
}

func forbiddenDial(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return err
	}
	if forbiddenIP(ip) {
		return fmt.Errorf("gateway: the backend's name resolves to %s, a link-local address or one of a cloud's own, which is never dialled", ip)
	}
	return nil
}
