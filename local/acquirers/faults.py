"""What a fake acquirer can be told to do wrong, and the clock that it can be told.

No part of any acquirer: `/_fake/faults` sets what goes wrong with the next requests, `/_fake/clock` lets time
pass, `/_fake/calls` shows what was asked.
"""

import re
import time
from typing import Any

from aiohttp import web


class Faults:
    """The faults, the clock, and the requests so far. `ahead_seconds` is what the clock is ahead by."""

    def __init__(self) -> None:
        self.faults: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.ahead_seconds = 0.0

    def add_to(self, app: web.Application) -> None:
        """Adds the routes."""
        app.router.add_post("/_fake/faults", self.set_faults)
        app.router.add_post("/_fake/clock", self.set_clock)
        app.router.add_get("/_fake/calls", self.show_calls)

    def now(self) -> float:
        """The fake's clock, in seconds since the epoch."""
        return time.time() + self.ahead_seconds

    def take(self, request: web.Request, key: str | None) -> str | None:
        """Notes a request; returns what is to go wrong with it.

        That is drop_request, drop_response, error_500, slow, twice, or None.
        """
        self.calls.append({"method": request.method, "path": request.path, "key": key})
        for fault in self.faults:
            wanted = fault.get("method", request.method) == request.method
            if fault["times"] > 0 and wanted and re.fullmatch(fault["path"], request.path):
                fault["times"] -= 1
                return str(fault["kind"])
        return None

    async def set_faults(self, request: web.Request) -> web.Response:
        """Replaces the faults: a list of {path (a pattern), method?, kind, times}."""
        self.faults = await request.json()
        return web.json_response({})

    async def set_clock(self, request: web.Request) -> web.Response:
        """Advances the clock by {seconds}."""
        self.ahead_seconds += float((await request.json())["seconds"])
        return web.json_response({})

    async def show_calls(self, _request: web.Request) -> web.Response:
        """Every request so far."""
        return web.json_response(self.calls)


def hang_up(request: web.Request) -> web.StreamResponse:
    """Ends the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=599)
