"""What tests of the webhook client have in common."""

import socket
from collections.abc import Callable

import pytest


@pytest.fixture
def resolved_to(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has every name lead to the addresses that it is called with."""

    def put(*addresses: str) -> None:
        def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
            return [(0, 0, 0, "", (address, port)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return put
