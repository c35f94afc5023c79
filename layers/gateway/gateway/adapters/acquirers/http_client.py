"""HTTP to an acquirer, that tells what was never sent from what may have been carried out.

No retries and no redirects: when to ask again is the driver's decision. Nothing of a request is ever
logged; it may hold a card.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from gateway.domain.acquiring.results import NotSent, Unknown

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
RESPONSE_MAX_BYTES = 1_048_576
CONNECTIONS_MAX = 10


@dataclass(frozen=True)
class Response:
    """A whole response; `headers` have names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The object in the body, or Unknown: what can't be read may still have been carried out."""
        try:
            value = json.loads(self.body)
        except ValueError:
            raise Unknown("unreadable") from None
        if not isinstance(value, dict):
            raise Unknown("unreadable")
        return value


class HttpClient:
    """Requests to one acquirer, over connections that are kept. `base_url` is its origin."""

    def __init__(self, base_url: str, headers: Mapping[str, str]) -> None:
        # Imported on first use: 85 ms that a function without real acquirers need not spend.
        import urllib3

        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
        place = urlsplit(base_url)
        pool = urllib3.HTTPSConnectionPool if place.scheme == "https" else urllib3.HTTPConnectionPool
        self._pool = pool(
            place.hostname or "",
            place.port,
            maxsize=CONNECTIONS_MAX,
        )

    def request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        read_seconds: float = READ_SECONDS,
    ) -> Response:
        """The response, whatever its status. NotSent without a connection, Unknown where one broke off."""
        from urllib3 import Timeout, exceptions

        try:
            response = self._pool.urlopen(
                method,
                target,
                body=body,
                headers={**self._headers, **(headers or {})},
                timeout=Timeout(connect=CONNECT_SECONDS, read=read_seconds),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                text = response.read(RESPONSE_MAX_BYTES + 1, decode_content=False)
            finally:
                response.release_conn()
        except (exceptions.ConnectTimeoutError, exceptions.NewConnectionError):
            raise NotSent("no_connection") from None
        except exceptions.TimeoutError:
            raise Unknown("timeout") from None
        except (exceptions.HTTPError, OSError):
            raise Unknown("connection_lost") from None
        if len(text) > RESPONSE_MAX_BYTES:
            raise Unknown("too_large")
        names = {name.lower(): value for name, value in response.headers.items()}
        return Response(response.status, names, text)
