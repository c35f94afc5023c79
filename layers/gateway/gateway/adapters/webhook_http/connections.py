"""Connections to receivers, used again within one batch of deliveries.

Before a webhook's first byte a new connection takes one round trip, and with TLS two or three, and work on
both sides. A batch often has several webhooks for one receiver.

Between batches none is kept: a function without work is frozen, and its connections would be stale when it
goes on. Meanwhile they could keep a small server from serving anybody else.
"""

import ipaddress
import threading
from collections import deque
from collections.abc import Collection
from typing import NamedTuple

from gateway.adapters.webhook_http.bounded_socket import BoundedSocket
from gateway.domain.webhooks.webhook_url import IpAddress, WebhookUrl

KEPT_MAX = 20


class _Kept(NamedTuple):
    """An open connection that nobody uses, and where it leads."""

    scheme: str
    host: str
    port: int
    address: IpAddress
    connection: BoundedSocket

    def leads_to(self, place: WebhookUrl, addresses: Collection[IpAddress]) -> bool:
        # Host and scheme too: TLS was checked for this name and no other.
        same = (self.scheme, self.host, self.port) == (place.scheme, place.host, place.port)
        return same and self.address in addresses


class Connections:
    """The open connections of a batch, shared by its threads."""

    def __init__(self) -> None:
        self._kept: deque[_Kept] = deque()
        self._lock = threading.Lock()

    def take(self, place: WebhookUrl, addresses: Collection[IpAddress]) -> BoundedSocket | None:
        """A connection to this place that is still open, at one of these addresses; None without one.

        The addresses are those that were found and checked for this very delivery.
        """
        while (connection := self._pop(place, addresses)) is not None:
            if connection.is_quiet():
                return connection
            connection.close()
        return None

    def keep(self, place: WebhookUrl, connection: BoundedSocket) -> None:
        """Takes over a connection whose last response has been read to its end."""
        try:
            address = ipaddress.ip_address(connection.getpeername()[0])
        except OSError:  # the other side has ended it
            connection.close()
            return
        with self._lock:
            self._kept.append(_Kept(place.scheme, place.host, place.port, address, connection))
            oldest = self._kept.popleft() if len(self._kept) > KEPT_MAX else None
        if oldest is not None:
            oldest.connection.close()

    def close(self) -> None:
        """Closes all that are kept."""
        with self._lock:
            while self._kept:
                self._kept.pop().connection.close()

    def _pop(self, place: WebhookUrl, addresses: Collection[IpAddress]) -> BoundedSocket | None:
        with self._lock:
            # The last used one: the others may rest until their receivers close them.
            for kept in reversed(self._kept):
                if kept.leads_to(place, addresses):
                    self._kept.remove(kept)
                    return kept.connection
        return None
