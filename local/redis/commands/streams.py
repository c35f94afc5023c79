"""Commands that read streams, of which there are none. BullMQ's `QueueEvents` waits for events with XREAD."""

from collections.abc import Sequence

from local.redis.errors import NOT_AN_INTEGER, SYNTAX, WRONG_TYPE, is_integer
from local.redis.session import Command, Session, reading
from local.redis.wire import Failure, Later, NullArray, Reply

# BullMQ waits 10 s at a time. A client that asks for longer is told "nothing yet" early and asks again. While
# it waits, its connection counts towards the limit even if it is gone.
BLOCK_SECONDS_MAX = 30.0
UNBALANCED = Failure(
    "ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified."
)


def _no_stream(session: Session, key: bytes) -> Failure | None:
    return WRONG_TYPE if key in session.keys else None


def xlen(session: Session, arguments: Sequence[bytes]) -> Reply:
    """XLEN key."""
    return _no_stream(session, arguments[0]) or 0


def xrange(session: Session, arguments: Sequence[bytes]) -> Reply:
    """XRANGE key start end, or XREVRANGE key end start."""
    return _no_stream(session, arguments[0]) or []


def xread(_session: Session, arguments: Sequence[bytes]) -> Reply:
    """XREAD [COUNT count] [BLOCK milliseconds] STREAMS key ... id ...

    Null, after the time that the client is willing to wait.
    """
    options, wait_seconds = list(arguments), 0.0
    while options and options[0].upper() in (b"COUNT", b"BLOCK"):
        option, value = options.pop(0).upper(), options.pop(0) if options else b""
        if not is_integer(value):
            return NOT_AN_INTEGER
        if option == b"BLOCK" and int(value) < 0:
            return Failure("ERR timeout is negative")
        if option == b"BLOCK":
            wait_seconds = min(int(value) / 1000 or BLOCK_SECONDS_MAX, BLOCK_SECONDS_MAX)
    if len(options) < 3 or options.pop(0).upper() != b"STREAMS":
        return SYNTAX
    if len(options) % 2:
        return UNBALANCED
    return Later(wait_seconds, NullArray()) if wait_seconds else NullArray()


COMMANDS: dict[bytes, Command] = {
    b"XLEN": reading(xlen, 2),
    b"XRANGE": reading(xrange, -4),
    b"XREVRANGE": reading(xrange, -4),
    b"XREAD": Command(xread, -4),
}
