"""The guarded port before the table engine: it judges each head, and hands the bytes on as they came.

A transaction is held until all of it is here: one that is asked for again ends here (`transactions`).
"""

import asyncio
from collections.abc import Callable
from typing import NamedTuple, cast

import httptools

from local.emulator import calls, guard
from local.emulator.transactions import Transactions, split_token

HEAD_BYTES = 64 * 1024
LINGER_SECONDS = 5
TRANSACTION = b"DynamoDB_20120810.TransactWriteItems"
# DynamoDB takes four megabytes for one; whatever is larger is the engine's to refuse.
TRANSACTION_BYTES = 8 * 1024 * 1024


class Shared(NamedTuple):
    """What all connections have in common: the engine's address, and what is known of calls."""

    address: tuple[str, int]
    counted: calls.Calls
    transactions: Transactions


class Caller(asyncio.Protocol):
    """One connection of a caller, and the one to the engine that belongs to it."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._parser = httptools.HttpRequestParser(self)
        self._is_transaction = False
        self._is_whole = False
        self._engine: Engine | None = None
        self._held = bytearray()
        self._is_in_head = True
        self._why: str | None = None
        self._is_ending = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connects to the engine, while the request is on its way."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass of it
        self._begin()
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, self._engine = await loop.create_connection(
                lambda: Engine(self.transport, self._end, self._shared.transactions), *self._shared.address
            )
        except OSError:
            self.transport.abort()
            return
        if self._is_ending or self.transport.is_closing():
            self._engine.abandon()
        elif not self._is_in_head:
            self._hand_on()

    def data_received(self, data: bytes) -> None:
        """Hands bytes on once the whole head that they belong to has passed the guard."""
        if self._is_ending:
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._why = self._why or "it is no plain HTTP request"
        self._held += data
        if self._is_in_head and len(self._held) > HEAD_BYTES:
            self._why = "the request's head is too long"
        if self._why is not None:
            self._reply(b"403 Forbidden", guard.REFUSED_HEADERS, guard.refused_body(self._why))
        elif not self._is_in_head and self._target == calls.PATH:
            self._reply(b"200 OK", calls.HEADERS, self._shared.counted.as_json())
        elif not self._is_in_head and self._engine is not None:
            self._hand_on()

    def _hand_on(self) -> None:
        assert self._engine is not None
        if self._is_transaction and len(self._held) <= TRANSACTION_BYTES:
            if self._is_whole:
                self._transact(self._engine)
            return
        self._is_transaction = False
        self._engine.transport.write(bytes(self._held))
        self._held.clear()

    def _transact(self, engine: "Engine") -> None:
        """Has a transaction carried out, unless it was or is being carried out already."""
        request = bytes(self._held)
        self._held.clear()
        found = split_token(request)
        if found is None:
            engine.transport.write(request)
            return
        token, without = found
        outcome = self._shared.transactions.find(token)
        if outcome is None:
            outcome = self._shared.transactions.begin(token)
            engine.carry_out(token, without)
        outcome.when_over(self._respond)

    def _respond(self, response: bytes) -> None:
        if self.transport.is_closing():
            return
        if response:
            self.transport.write(response)
        else:
            self.transport.abort()  # as if the engine had closed it

    def _reply(self, status: bytes, headers: guard.Headers, body: bytes) -> None:
        head = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        length = f"Content-Length: {len(body)}\r\n\r\n".encode()
        self.transport.write(b"HTTP/1.1 " + status + b"\r\n" + head + length + body)
        # RFC 9112, 9.6: if closed now, what the caller still sends would get a reset in place of this.
        self._is_ending = True
        self._held.clear()
        self.transport.write_eof()
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self.transport.abort)

    def _end(self) -> None:
        """Ends with the engine's connection, unless a refusal is still to be read."""
        if not self._is_ending:
            self.transport.close()

    def connection_lost(self, _exc: Exception | None) -> None:
        """The engine's connection ends with the caller's."""
        self._connecting.cancel()
        if self._engine is not None:
            self._engine.abandon()

    def pause_writing(self) -> None:
        """The caller reads slowly: the engine waits."""
        if self._engine is not None:
            self._engine.transport.pause_reading()

    def resume_writing(self) -> None:
        """The caller reads again."""
        if self._engine is not None:
            self._engine.transport.resume_reading()

    # What follows is called by the parser.

    def _begin(self) -> None:
        self._is_in_head = True
        self._is_transaction = False
        self._is_whole = False
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []

    on_message_begin = _begin

    def on_url(self, target: bytes) -> None:
        """A piece of the request target."""
        self._target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        """A whole header."""
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Judges the request."""
        self._is_in_head = False
        self._why = self._why or guard.refusal(self._parser.get_method(), self._target, self._headers)
        if self._why is None:
            self._shared.counted.count(self._target, self._headers)
            self._is_transaction = (calls.TARGET, TRANSACTION) in self._headers

    def on_message_complete(self) -> None:
        """All of a request is here."""
        self._is_whole = True


class Engine(asyncio.Protocol):
    """The engine's end of a caller's connection."""

    def __init__(
        self, caller: asyncio.Transport, on_end: Callable[[], None], transactions: Transactions
    ) -> None:
        self._caller = caller
        self._on_end = on_end
        self._transactions = transactions
        self._parser = httptools.HttpResponseParser(self)
        self._token: bytes | None = None
        self._response = b""
        self._is_abandoned = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Notes where responses come from."""
        self.transport = cast(asyncio.Transport, transport)

    def carry_out(self, token: bytes, request: bytes) -> None:
        """Sends a transaction; its response is for whoever asks for it, now or later."""
        self._token = token
        self.transport.write(request)

    def abandon(self) -> None:
        """Ends it, as nobody wants what is still to come; except for the response to a transaction."""
        self._is_abandoned = True
        if self._token is None:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """A response, as it comes; a transaction's when it is complete."""
        if self._token is None:
            self._caller.write(data)
            return
        self._response += data
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.transport.abort()

    def on_message_complete(self) -> None:
        """The response to a transaction is complete (called by the parser)."""
        self._finish(carried_out=self._parser.get_status_code() == 200)
        if self._is_abandoned:
            self.transport.abort()

    def connection_lost(self, _exc: Exception | None) -> None:
        """No more responses come."""
        self._response = b""
        self._finish(carried_out=False)
        self._on_end()

    def _finish(self, *, carried_out: bool) -> None:
        token, response = self._token, self._response
        self._token, self._response = None, b""
        if token is not None:
            self._transactions.end(token, response, carried_out=carried_out)

    def pause_writing(self) -> None:
        """The engine reads slowly: its caller waits."""
        self._caller.pause_reading()

    def resume_writing(self) -> None:
        """The engine reads again."""
        self._caller.resume_reading()
