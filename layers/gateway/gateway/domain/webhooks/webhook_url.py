"""Where a merchant may have webhooks sent: the URL as text, and the addresses that it may lead to.

The URL is read by one strict grammar (RFC 3986, cut down), and what is connected to later is what was read
here: two parsers that disagree about a host are how filters are passed (OWASP, "Server-Side Request Forgery
Prevention"). So what needs interpretation is refused instead of interpreted: user names, backslashes,
percent-encoded hosts, numbers that only some resolvers take for addresses, characters that turn into others.
"""

import ipaddress
import re
from typing import NamedTuple

from gateway.domain.errors import BadRequest

URL_LENGTH_MAX = 2048
HOST_LENGTH_MAX = 253  # RFC 1035, 2.3.4, as text

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# ASCII: or IGNORECASE would take U+017F for an "s". No "@" before the path: no user name, no password.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[^\[\]@:/?#]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?(?:#.*)?",
    re.ASCII | re.IGNORECASE,
)
# Letters, digits, hyphens (RFC 1123, 2.1), and the underscore that some hosts do carry.
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
# What a last label must look like for inet_aton, and so for many resolvers, to see an address in the host:
# 127.1, 0x7f000001, 0177.0.0.1, 2130706433 (the WHATWG URL standard's "ends in a number").
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
# IDNA 2003, which Python speaks, and IDNA 2008 read these as different names (UTS 46, "deviations").
_AMBIGUOUS_LETTERS = frozenset("ßς")
# Names that never leave a private network: RFC 6761, RFC 6762, RFC 8375, and .internal as ICANN reserved it.
_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa")

# RFC 6890 and the IANA IPv4 Special-Purpose Address Registry that continues it. Python's own `is_global` is
# not used: its results differ between patch releases of one Python version.
_IPV4_FORBIDDEN = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network, unspecified
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local: 169.254.169.254 is AWS's instance metadata, .170.2 a task's keys
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, withdrawn (RFC 7526)
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# Everything public in IPv6 is inside (RFC 4291, 2.4; IANA has handed out nothing else). Outside are, so
# nobody has to list them: ::, ::1, IPv4-compatible ::/96 and IPv4-mapped ::ffff:0:0/96, NAT64 64:ff9b::/96
# (RFC 6052) and 64:ff9b:1::/48 (RFC 8215), private fc00::/7 with AWS's fd00:ec2::254, link-local, multicast.
_IPV6_PUBLIC = ipaddress.IPv6Network("2000::/3")
_IPV6_FORBIDDEN = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # IETF protocol assignments: Teredo (embeds IPv4), benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 (embeds IPv4)
        "3fff::/20",  # documentation (RFC 9637)
    )
)


class WebhookUrl(NamedTuple):
    """A webhook URL that passed. `host` is in ASCII and lower case, without brackets or a trailing dot.

    `target` is what the request line asks for (never a fragment: RFC 9110, 7.1). `trusted` says that the host
    is on the allow-list: the addresses behind it are its operator's word and are not checked.
    """

    scheme: str
    host: str
    port: int
    target: str
    trusted: bool

    @property
    def address(self) -> IpAddress | None:
        """The address that the host is, or None where it is a name."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None

    @property
    def authority(self) -> str:
        """The value of the Host header (RFC 9110, 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _default_port(self.scheme) else f"{host}:{self.port}"


def check_webhook_url(
    text: str, *, https_only: bool, allowed_hosts: tuple[str, ...] = (), field: str = "webhook_url"
) -> WebhookUrl:
    """The URL, read; or BadRequest naming the request's `field`.

    `https_only` is for every stage but tests. `allowed_hosts` are hosts, each spelled exactly, that may be
    private: localhost on a laptop. Any port is fine: receivers really listen anywhere, and a port protects
    nothing that the check of the address has not protected already.
    """
    if len(text) > URL_LENGTH_MAX:
        raise _refused(field, f"must be at most {URL_LENGTH_MAX} characters")
    if not text.isprintable() or " " in text or "\\" in text:
        raise _refused(field, "must have no spaces, control characters or backslashes")
    parts = _URL.fullmatch(text)
    if parts is None:
        raise _refused(field, "must look like https://host/path, without a user name or password")
    scheme = parts["scheme"].lower()
    if https_only and scheme != "https":
        raise _refused(field, "must begin with https://")
    port = int(parts["port"] or _default_port(scheme))
    if not 1 <= port <= 65535:
        raise _refused(field, "must have a port from 1 to 65535")
    target = (parts["path"] or "/") + (parts["query"] or "")
    if not target.isascii():
        raise _refused(field, "must have a percent-encoded path and query")
    host = _checked_host(parts["host"], field)
    trusted = host in {_plain(allowed) for allowed in allowed_hosts}
    url = WebhookUrl(scheme=scheme, host=host, port=port, target=target, trusted=trusted)
    if not trusted and _is_private(url):
        raise _refused(field, "must be on the public internet")
    return url


def is_public_address(address: IpAddress) -> bool:
    """Whether webhooks may go to this address.

    Forms of IPv6 that carry an IPv4 address are refused whole, whatever they carry: no receiver needs to be
    reached through one, and a relay on our side would unpack it (RFC 6052, 5.1).
    """
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _IPV4_FORBIDDEN)
    if address.scope_id is not None:
        return False
    return address in _IPV6_PUBLIC and not any(address in network for network in _IPV6_FORBIDDEN)


def _checked_host(written: str, field: str) -> str:
    if written.startswith("["):
        try:
            return str(ipaddress.IPv6Address(written[1:-1]))
        except ValueError:
            raise _refused(field, "has a host that is no IPv6 address") from None
    host = ".".join(_ascii_label(label, field) for label in written.removesuffix(".").split("."))
    if len(host) > HOST_LENGTH_MAX:
        raise _refused(field, f"must have a host of at most {HOST_LENGTH_MAX} characters")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise _refused(field, "must write an IPv4 address as four decimal numbers") from None
    return host


def _ascii_label(label: str, field: str) -> str:
    """The label as DNS carries it (IDNA, RFC 3490), or BadRequest.

    A label that loses all its foreign characters on the way (full-width digits, circled letters), or that is
    a number in another script, is refused: it was spelled so to look like another one to a filter.
    """
    encoded = label.lower()
    if not label.isascii():
        if _AMBIGUOUS_LETTERS & set(label):
            raise _refused(field, "must write this host in its xn-- form")
        try:
            encoded = label.encode("idna").decode("ascii")
        except UnicodeError:
            raise _refused(field, "has a host that is no domain name") from None
        if label.isnumeric() or not encoded.startswith("xn--"):
            raise _refused(field, "must spell its host in plain letters and digits")
    if not _LABEL.fullmatch(encoded):
        raise _refused(field, "has a host that is no domain name")
    return encoded


def _is_private(url: WebhookUrl) -> bool:
    address = url.address
    if address is not None:
        return not is_public_address(address)
    # A name without a dot is one of this machine or this network (RFC 7085: there are no dotless hosts).
    return "." not in url.host or url.host.endswith(_PRIVATE_SUFFIXES)


def _plain(host: str) -> str:
    """One spelling for hosts that are the same: `example.com.` is `example.com` (RFC 1034, 3.1)."""
    return host.lower().removeprefix("[").removesuffix("]").removesuffix(".")


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _refused(field: str, reason: str) -> BadRequest:
    return BadRequest(f"{field} {reason}", field=field)
