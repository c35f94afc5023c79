"""Commands that read lists and sets. Lists here have a length but no members."""

from collections.abc import Sequence

from local.redis.commands.generic import page, scanned
from local.redis.errors import NOT_AN_INTEGER, WRONG_TYPE, is_integer
from local.redis.keys import Jobs, Value
from local.redis.session import Command, Session, reading
from local.redis.wire import Failure, Members, Reply


def length_of(session: Session, key: bytes, kind: str) -> int | Failure:
    """How many jobs there are in a list or sorted set; 0 where the key does not exist."""
    value: Value = session.keys.get(key, Jobs(kind, 0))
    return value.count if isinstance(value, Jobs) and value.kind == kind else WRONG_TYPE


def llen(session: Session, arguments: Sequence[bytes]) -> Reply:
    """LLEN key."""
    return length_of(session, arguments[0], "list")


def lrange(session: Session, arguments: Sequence[bytes]) -> Reply:
    """LRANGE key start stop.

    Always empty: jobs are counted here, not listed.
    """
    if not all(is_integer(bound) for bound in arguments[1:]):
        return NOT_AN_INTEGER
    length = length_of(session, arguments[0], "list")
    return length if isinstance(length, Failure) else []


def lindex(session: Session, arguments: Sequence[bytes]) -> Reply:
    """LINDEX key index, LPOS key element [option ...]."""
    length = length_of(session, arguments[0], "list")
    return length if isinstance(length, Failure) else None


def _set_of(session: Session, key: bytes) -> Members | Failure:
    value: Value = session.keys.get(key, Members())
    return value if isinstance(value, Members) else WRONG_TYPE


def scard(session: Session, arguments: Sequence[bytes]) -> Reply:
    """SCARD key."""
    members = _set_of(session, arguments[0])
    return members if isinstance(members, Failure) else len(members)


def smembers(session: Session, arguments: Sequence[bytes]) -> Reply:
    """SMEMBERS key."""
    return _set_of(session, arguments[0])


def sismember(session: Session, arguments: Sequence[bytes]) -> Reply:
    """SISMEMBER key member."""
    members = _set_of(session, arguments[0])
    return members if isinstance(members, Failure) else int(arguments[1] in members)


def smismember(session: Session, arguments: Sequence[bytes]) -> Reply:
    """SMISMEMBER key member ..."""
    members = _set_of(session, arguments[0])
    return members if isinstance(members, Failure) else [int(member in members) for member in arguments[1:]]


def sscan(session: Session, arguments: Sequence[bytes]) -> Reply:
    """SSCAN key cursor [MATCH pattern] [COUNT count]."""
    members = _set_of(session, arguments[0])
    found = members if isinstance(members, Failure) else scanned(members, arguments[1:])
    return found if isinstance(found, Failure) else page(found)


COMMANDS: dict[bytes, Command] = {
    b"LLEN": reading(llen, 2),
    b"LRANGE": reading(lrange, 4),
    b"LINDEX": reading(lindex, 3),
    b"LPOS": reading(lindex, -3),
    b"SCARD": reading(scard, 2),
    b"SMEMBERS": reading(smembers, 2),
    b"SISMEMBER": reading(sismember, 3),
    b"SMISMEMBER": reading(smismember, -3),
    b"SSCAN": reading(sscan, -3),
}
