"""Commands on keys of any type: which there are, their types, and when they expire (never)."""

import fnmatch
import re
from collections.abc import Iterable, Sequence

from local.redis.errors import (
    INVALID_CURSOR,
    NOT_AN_INTEGER,
    SYNTAX,
    is_integer,
    unknown_subcommand,
    wrong_number,
)
from local.redis.keys import Keys, type_of
from local.redis.session import Command, Session, reading
from local.redis.wire import Failure, Reply, Status

PATTERN_BYTES_MAX = 256
CURSOR = re.compile(rb"\d{1,20}")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ENCODINGS = {
    "string": b"raw",
    "hash": b"hashtable",
    "set": b"hashtable",
    "list": b"quicklist",
    "zset": b"skiplist",
}


def exists(session: Session, arguments: Sequence[bytes]) -> Reply:
    """EXISTS key ...

    A key that is named twice counts twice.
    """
    return sum(key in session.keys for key in arguments)


def type_(session: Session, arguments: Sequence[bytes]) -> Reply:
    """TYPE key."""
    return Status(type_of(session.keys.get(arguments[0])))


def ttl(session: Session, arguments: Sequence[bytes]) -> Reply:
    """TTL, PTTL, EXPIRETIME or PEXPIRETIME key.

    -1 for a key that never expires, -2 for one that does not exist.
    """
    return -1 if arguments[0] in session.keys else -2


def dbsize(session: Session, _arguments: Sequence[bytes]) -> Reply:
    """DBSIZE."""
    return len(session.keys)


def random_key(session: Session, _arguments: Sequence[bytes]) -> Reply:
    """RANDOMKEY.

    Redis promises no distribution; the first key will do.
    """
    return next(iter(session.keys), None)


def keys(session: Session, arguments: Sequence[bytes]) -> Reply:
    """KEYS pattern."""
    return matching(session.keys, arguments[0])


def scan(session: Session, arguments: Sequence[bytes]) -> Reply:
    """SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]."""
    found = scanned(session.keys, arguments, session.keys)
    return found if isinstance(found, Failure) else page(found)


def page(found: Sequence[bytes]) -> Reply:
    """The reply to SCAN and its relatives: cursor 0, which ends the scan, and what was found."""
    parts: list[Reply] = [b"0", found]
    return parts


def scanned(
    members: Iterable[bytes], arguments: Sequence[bytes], typed: Keys | None = None
) -> list[bytes] | Failure:
    """What SCAN, HSCAN or SSCAN finds: everything at cursor 0, since there is little, and nothing after it.

    `arguments` are the cursor and the options. Only SCAN has the option TYPE; `typed` has the values for it.
    """
    if not CURSOR.fullmatch(arguments[0]):
        return INVALID_CURSOR
    options = arguments[1:]
    if len(options) % 2:
        return SYNTAX
    found = list(members) if not arguments[0].strip(b"0") else []
    for option, value in zip(options[::2], options[1::2], strict=True):
        match option.upper():
            case b"MATCH":
                found = matching(found, value)
            case b"COUNT" if not is_integer(value):
                return NOT_AN_INTEGER
            case b"COUNT" if int(value) > 0:
                pass
            case b"TYPE" if typed is not None:
                found = [key for key in found if type_of(typed[key]).encode() == value.lower()]
            case _:
                return SYNTAX
    return found


def matching(found: Iterable[bytes], pattern: bytes) -> list[bytes]:
    """Those that match a pattern in Redis's syntax. fnmatch's expressions cannot backtrack without end."""
    # Latin-1 maps each byte to one character.
    text = pattern[:PATTERN_BYTES_MAX].decode("latin-1").replace("[^", "[!")
    text = _ESCAPED.sub(lambda escaped: f"[{escaped[1]}]", text)
    return [key for key in found if fnmatch.fnmatchcase(key.decode("latin-1"), text)]


def object_(session: Session, arguments: Sequence[bytes]) -> Reply:
    """OBJECT ENCODING | IDLETIME | REFCOUNT key."""
    subcommand = arguments[0].upper()
    if subcommand not in (b"ENCODING", b"IDLETIME", b"REFCOUNT"):
        return unknown_subcommand(b"OBJECT", arguments[0])
    if len(arguments) != 2:
        return wrong_number(b"OBJECT|" + subcommand)
    value = session.keys.get(arguments[1])
    if value is None:
        return None
    replies: dict[bytes, Reply] = {
        b"ENCODING": _ENCODINGS[type_of(value)],
        b"IDLETIME": 0,
        b"REFCOUNT": 1,
    }
    return replies[subcommand]


COMMANDS: dict[bytes, Command] = {
    b"EXISTS": reading(exists, -2),
    b"TOUCH": reading(exists, -2),
    b"TYPE": reading(type_, 2),
    b"TTL": reading(ttl, 2),
    b"PTTL": reading(ttl, 2),
    b"EXPIRETIME": reading(ttl, 2),
    b"PEXPIRETIME": reading(ttl, 2),
    b"OBJECT": reading(object_, -2),
    b"DBSIZE": reading(dbsize, 1),
    b"RANDOMKEY": reading(random_key, 1),
    b"KEYS": reading(keys, 2),
    b"SCAN": reading(scan, -2),
}
