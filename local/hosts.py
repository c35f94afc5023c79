"""Which hosts a local port answers for.

A page of another site can have its own name resolve to this machine (DNS rebinding). Its browser then takes
our ports for that site's, so the same-origin policy no longer keeps it out; but it still sends that name as
`Host`.
"""

import ipaddress
import re

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local.responses import failure
from local.settings import Settings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")


def allowed(settings: Settings) -> frozenset[str]:
    """Loopback names, the address that the servers are bound to, and the names in ASYNCPAY_ALLOWED_HOSTS."""
    given = settings.environment.get("ASYNCPAY_ALLOWED_HOSTS", "").split(",")
    names = {name.strip().lower() for name in given if name.strip()}
    return LOOPBACK | names | _bound(settings.host)


def _bound(host: str) -> set[str]:
    """A name or address to listen at is one to be called by, unless it stands for all of them."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return {host.lower()}
    if address.is_unspecified:
        return set()
    return {f"[{address}]" if address.version == 6 else str(address)}


def only_for(hosts: frozenset[str]) -> Middleware:
    """A middleware that answers 421 to a request for any other host (RFC 9110, section 15.5.20).

    The port is not compared: it may be forwarded, and a rebinding page cannot do without a name of its own.
    """

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.getall("Host", [])
        found = HOST.fullmatch(given[0]) if len(given) == 1 else None
        if found is None or found[1].lower() not in hosts:
            told = "This server does not answer for that host; ASYNCPAY_ALLOWED_HOSTS adds one"
            return failure(421, "BAD_REQUEST_ERROR", told)
        if not request.raw_path.startswith("/"):
            return failure(400, "BAD_REQUEST_ERROR", "The request target must be a path")
        return await handler(request)

    return check
