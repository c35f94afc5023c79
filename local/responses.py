"""Responses that the laptop's servers give themselves: errors, in the API's format.

Among them is what no handler ever sees, because it is not HTTP. aiohttp's parser answers that itself with 400
and a text that quotes the request. Here the status says what was wrong: 414 and 431 for what is too long, 501
for an unknown method, 505 for another version, and 400 for the rest.
"""

import asyncio
import json
import logging
import re
from contextlib import suppress

from aiohttp import http_exceptions, web
from aiohttp.typedefs import Handler

# Browsers send every cookie of `localhost` to every port of it: those of all the developer's other projects.
FIELD_BYTES_MAX = 32 * 1024
FIELDS_MAX = 128
HEADER_BYTES_MAX = 64 * 1024
# RFC 9112, 3: at least 8,000 bytes. Not FIELD_BYTES_MAX: the parser's error tells the two apart by the limit.
TARGET_BYTES_MAX = 8190
LINGER_SECONDS = 5

# What the parser's errors say, and what we say; the first that fits decides.
_KINDS: tuple[tuple[re.Pattern[str], int, str], ...] = (
    (re.compile("Too many headers"), 431, f"The request has more than {FIELDS_MAX} header fields"),
    (re.compile("Invalid HTTP version|PRI/Upgrade"), 505, "This server speaks HTTP/1.1 and HTTP/1.0"),
    # A request line with nothing wrong but its method (RFC 9110, 5.6.2 and 9.1).
    (
        re.compile(r"""Invalid method[^b]+b['"][!#$%&'*+.^_`|~0-9A-Za-z-]+ \S+ HTTP/1\.[01]['"]"""),
        501,
        "The request method is unknown; methods are case-sensitive",
    ),
    (
        re.compile("Invalid char in url"),
        400,
        "The request target contains a byte that must be percent-encoded",
    ),
    (re.compile("Received HTTPS"), 400, "This port speaks HTTP, not HTTPS"),
)
# The parser's own words, where they quote nothing.
_REASON = re.compile(r"[A-Z][^\n]{0,80}?(?=:?\n|\.?$)")
logger = logging.getLogger(__name__)


def failure(status: int, code: str, description: str, headers: dict[str, str] | None = None) -> web.Response:
    """An error in the API's own form."""
    text = json.dumps({"error": {"code": code, "description": description}}, separators=(",", ":"))
    return web.Response(status=status, text=text, content_type="application/json", headers=headers)


class Connection(web.RequestHandler):
    """One client's connection; a request that can't be read gets an error like any other, and ends it.

    It ends as RFC 9112, 9.6 describes. A socket that is closed while bytes of the client are unread sends a
    reset, which takes the response away from a client that has not read it yet. So we only stop sending at
    first, and drop what still comes until the client closes.
    """

    _is_unreadable = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Notes when the connection is gone."""
        self._gone = asyncio.Event()
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Nobody is left to wait for."""
        self._gone.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """What follows a request that could not be read is dropped."""
        if not self._is_unreadable:
            super().data_received(data)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's text, which quotes the request
    ) -> web.StreamResponse:
        """The response to a request that is not HTTP, or that a handler failed at."""
        if request.writer.output_size > 0:
            raise ConnectionError("the response has begun already")
        if isinstance(exc, http_exceptions.HttpProcessingError):
            logger.debug("a request that cannot be read: %r", exc)
            self._is_unreadable = True
            response = refusal(exc)
        else:
            logger.error("%s %s", request.method, request.path, exc_info=exc)
            response = failure(status, "SERVER_ERROR", "The request could not be handled")
        response.force_close()
        return response

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Sends a response, aiohttp's own errors in the error format."""
        if isinstance(resp, web.HTTPException) and resp.status >= 400:
            resp = in_the_error_format(resp)
        finished = await super().finish_response(request, resp, start_time)
        if self._is_unreadable and self.transport is not None:
            self.transport.write_eof()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), LINGER_SECONDS)
        return finished


def refusal(problem: http_exceptions.HttpProcessingError) -> web.Response:
    """The response to a request that the parser refused. It quotes nothing of the request."""
    if isinstance(problem, http_exceptions.LineTooLong):
        if problem.args[1] == TARGET_BYTES_MAX:
            return _refused(414, f"The request target is longer than {TARGET_BYTES_MAX} bytes")
        return _refused(431, f"A header field is longer than {FIELD_BYTES_MAX} bytes")
    for pattern, status, told in _KINDS:
        if pattern.search(problem.message):
            return _refused(status, told)
    is_quoting = isinstance(problem, http_exceptions.InvalidHeader)
    reason = None if is_quoting else _REASON.match(problem.message)
    return _refused(400, "The request is not valid HTTP" + (f": {reason[0]}" if reason else ""))


def _refused(status: int, description: str) -> web.Response:
    return failure(status, "BAD_REQUEST_ERROR" if status < 500 else "SERVER_ERROR", description)


def in_the_error_format(error: web.HTTPException) -> web.Response:
    """One of aiohttp's own errors (404, 405, 417 …) with its headers, in place of its text."""
    code = "NOT_FOUND_ERROR" if error.status == 404 else "BAD_REQUEST_ERROR"
    headers = {name: value for name, value in error.headers.items() if not name.startswith("Content-")}
    told = (
        "The only expectation that this server meets is 100-continue" if error.status == 417 else error.reason
    )
    return failure(error.status, code if error.status < 500 else "SERVER_ERROR", told, headers)


@web.middleware
async def not_too_many_bytes(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers 431 to header fields that are too long together; the parser looks at each by itself."""
    if sum(len(name) + len(value) for name, value in request.raw_headers) > HEADER_BYTES_MAX:
        return _refused(431, f"The header fields are longer than {HEADER_BYTES_MAX} bytes together")
    return await handler(request)
