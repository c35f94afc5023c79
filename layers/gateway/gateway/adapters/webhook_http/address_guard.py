"""From a host's name to a connected socket, without ever leaving the public internet.

The name is looked up once, every address found is checked, and the connection goes to exactly one of these:
there is no second lookup that could differ (DNS rebinding; OWASP, "Server-Side Request Forgery
Prevention"). Everything ends at the caller's deadline.
"""

import errno
import selectors
import socket
from collections import deque
from collections.abc import Sequence
from itertools import chain, zip_longest

from gateway.adapters.webhook_http.bounded_socket import remaining_seconds
from gateway.adapters.webhook_http.lookups import look_up
from gateway.domain.webhooks.webhook_url import IpAddress, WebhookUrl, is_public_address

# RFC 8305, 5: how long an address may hang before the next one is tried beside it.
_NEXT_ADDRESS_SECONDS = 0.25
# Of a long list of addresses this many are tried: enough for both families, too few to send a flood.
_ADDRESSES_TRIED_MAX = 6


class Blocked(Exception):
    """The name leads to an address that webhooks must not reach."""


class NotConnected(Exception):
    """No address took the connection: refused, or no route there."""


def checked_addresses(url: WebhookUrl, deadline: float) -> list[IpAddress]:
    """The addresses of the URL's host, or Blocked when a single one of them is not public.

    One forbidden address refuses the whole lookup: picking the others would be as safe, but this result is an
    attack or a mistake, and merchants should see the same on every attempt, whatever the order of the
    addresses. Trusted hosts are not checked, only pinned.
    """
    literal = url.address
    addresses = [literal] if literal else look_up(url.host, url.port, deadline)
    if not url.trusted and not all(is_public_address(address) for address in addresses):
        raise Blocked
    return addresses


def connect(addresses: Sequence[IpAddress], port: int, deadline: float) -> socket.socket:
    """The first of these addresses to take a connection, or NotConnected, or TimeoutError.

    They are tried one after another without waiting for a slow one to fail ("Happy Eyeballs", RFC 8305): an
    IPv6 address that goes nowhere costs a quarter of a second, not the whole time.
    """
    waiting = deque(_alternating(addresses)[:_ADDRESSES_TRIED_MAX])
    with selectors.DefaultSelector() as running:
        try:
            while waiting or running.get_map():
                left = remaining_seconds(deadline)
                if waiting:
                    _begin(running, waiting.popleft(), port)
                if not running.get_map():
                    continue
                for key, _ in running.select(min(left, _NEXT_ADDRESS_SECONDS) if waiting else left):
                    connection = running.unregister(key.fileobj).data
                    if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                        return _ready(connection)
                    connection.close()
        finally:
            for key in list(running.get_map().values()):
                key.data.close()
    raise NotConnected


def _begin(running: selectors.BaseSelector, address: IpAddress, port: int) -> None:
    """Starts to connect; an address that fails at once is just not among the running."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        connection = socket.socket(family, socket.SOCK_STREAM)
    except OSError:  # a kernel without IPv6
        return
    connection.settimeout(0)
    if connection.connect_ex((str(address), port)) in (0, errno.EINPROGRESS):
        running.register(connection, selectors.EVENT_WRITE, connection)
    else:
        connection.close()


def _ready(connection: socket.socket) -> socket.socket:
    # Head and body go out in two writes; without this the second waits for the first's acknowledgement.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _alternating(addresses: Sequence[IpAddress]) -> list[IpAddress]:
    """The families in turns, the resolver's first choice first (RFC 8305, 4)."""
    first = [address for address in addresses if address.version == addresses[0].version]
    other = [address for address in addresses if address.version != addresses[0].version]
    pairs = chain.from_iterable(zip_longest(first, other))
    return [address for address in pairs if address is not None]
