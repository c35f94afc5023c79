"""Commands that read strings and hashes."""

from collections.abc import Mapping, Sequence

from local.redis.commands.generic import page, scanned
from local.redis.errors import NOT_AN_INTEGER, WRONG_TYPE, is_integer, wrong_number
from local.redis.keys import Value
from local.redis.session import Command, Session, reading
from local.redis.wire import OK, Failure, Reply


def get(session: Session, arguments: Sequence[bytes]) -> Reply:
    """GET key."""
    value = session.keys.get(arguments[0])
    return value if value is None or isinstance(value, bytes) else WRONG_TYPE


def mget(session: Session, arguments: Sequence[bytes]) -> Reply:
    """MGET key ...

    A key that holds no string is null.
    """
    found = [session.keys.get(key) for key in arguments]
    return [value if isinstance(value, bytes) else None for value in found]


def strlen(session: Session, arguments: Sequence[bytes]) -> Reply:
    """STRLEN key."""
    value = session.keys.get(arguments[0], b"")
    return len(value) if isinstance(value, bytes) else WRONG_TYPE


def getrange(session: Session, arguments: Sequence[bytes]) -> Reply:
    """GETRANGE or SUBSTR key start end."""
    if not all(is_integer(bound) for bound in arguments[1:]):
        return NOT_AN_INTEGER
    value = session.keys.get(arguments[0], b"")
    if not isinstance(value, bytes):
        return WRONG_TYPE
    start, end = (
        number if number >= 0 else max(len(value) + number, 0) for number in map(int, arguments[1:])
    )
    return value[start : end + 1]


def _hash_of(session: Session, key: bytes) -> Mapping[bytes, bytes] | Failure:
    """The hash; an empty one where the key does not exist."""
    value: Value | None = session.keys.get(key, {})
    return value if isinstance(value, Mapping) else WRONG_TYPE


def hgetall(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HGETALL key."""
    return _hash_of(session, arguments[0])


def hget(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HGET key field."""
    fields = _hash_of(session, arguments[0])
    return fields if isinstance(fields, Failure) else fields.get(arguments[1])


def hmget(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HMGET key field ..."""
    fields = _hash_of(session, arguments[0])
    return fields if isinstance(fields, Failure) else [fields.get(name) for name in arguments[1:]]


def hlen(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HLEN key."""
    fields = _hash_of(session, arguments[0])
    return fields if isinstance(fields, Failure) else len(fields)


def hstrlen(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HSTRLEN key field."""
    fields = _hash_of(session, arguments[0])
    return fields if isinstance(fields, Failure) else len(fields.get(arguments[1], b""))


def hexists(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HEXISTS key field."""
    fields = _hash_of(session, arguments[0])
    return fields if isinstance(fields, Failure) else int(arguments[1] in fields)


def hkeys(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HKEYS key."""
    fields = _hash_of(session, arguments[0])
    return fields if isinstance(fields, Failure) else list(fields)


def hvals(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HVALS key."""
    fields = _hash_of(session, arguments[0])
    return fields if isinstance(fields, Failure) else list(fields.values())


def hscan(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HSCAN key cursor [MATCH pattern] [COUNT count]."""
    fields = _hash_of(session, arguments[0])
    if isinstance(fields, Failure):
        return fields
    names = scanned(fields, arguments[1:])
    if isinstance(names, Failure):
        return names
    return page([part for name in names for part in (name, fields[name])])


def is_opening(arguments: Sequence[bytes]) -> bool:
    """Whether HSET's or HMSET's arguments are what BullMQ writes when it opens a queue: settings of its own.

    BullMQ up to 5.1 does not catch the refusal, and so a dashboard would end before it has shown anything.
    """
    return len(arguments) > 2 and arguments[0].endswith(b":meta") and {*arguments[1::2]} <= _OPENING


def hset(_session: Session, arguments: Sequence[bytes]) -> Reply:
    """HSET key field value ...

    Only what `is_opening` lets through gets here. It is dropped: no field is new.
    """
    return 0 if len(arguments) % 2 else wrong_number(b"HSET")


def hmset(_session: Session, arguments: Sequence[bytes]) -> Reply:
    """HMSET key field value ..., as HSET."""
    return OK if len(arguments) % 2 else wrong_number(b"HMSET")


_OPENING = frozenset((b"opts.maxLenEvents", b"version"))
COMMANDS: dict[bytes, Command] = {
    b"GET": reading(get, 2),
    b"MGET": reading(mget, -2),
    b"STRLEN": reading(strlen, 2),
    b"GETRANGE": reading(getrange, 4),
    b"SUBSTR": reading(getrange, 4),
    b"HSET": Command(hset, -4),
    b"HMSET": Command(hmset, -4),
    b"HGETALL": reading(hgetall, 2),
    b"HGET": reading(hget, 3),
    b"HMGET": reading(hmget, -3),
    b"HLEN": reading(hlen, 2),
    b"HSTRLEN": reading(hstrlen, 3),
    b"HEXISTS": reading(hexists, 3),
    b"HKEYS": reading(hkeys, 2),
    b"HVALS": reading(hvals, 2),
    b"HSCAN": reading(hscan, -3),
}
