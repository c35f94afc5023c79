"""The commands that read keys. Each answers as Redis does, of the keys that the session was given."""

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence

from local.redis.keys import Jobs, Value, type_of
from local.redis.scripts import NOT_KNOWN, REFUSED, run_get_counts
from local.redis.session import SYNTAX, Session
from local.redis.wire import OK, Failure, Members, Reply, Status

WRONG_TYPE = Failure("WRONGTYPE Operation against a key holding the wrong kind of value")
NOT_AN_INTEGER = Failure("ERR value is not an integer or out of range")
PATTERN_BYTES_MAX = 256
_INTEGER = re.compile(rb"-?\d{1,18}")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def get(session: Session, arguments: Sequence[bytes]) -> Reply:
    """GET key."""
    value = session.keys.get(arguments[0])
    return value if value is None or isinstance(value, bytes) else WRONG_TYPE


def mget(session: Session, arguments: Sequence[bytes]) -> Reply:
    """MGET key ...; what is no string is null."""
    found = [session.keys.get(key) for key in arguments]
    return [value if isinstance(value, bytes) else None for value in found]


def strlen(session: Session, arguments: Sequence[bytes]) -> Reply:
    """STRLEN key."""
    value = session.keys.get(arguments[0], b"")
    return len(value) if isinstance(value, bytes) else WRONG_TYPE


def exists(session: Session, arguments: Sequence[bytes]) -> Reply:
    """EXISTS key ...; a key that is named twice counts twice."""
    return sum(key in session.keys for key in arguments)


def type_(session: Session, arguments: Sequence[bytes]) -> Reply:
    """TYPE key."""
    return Status(type_of(session.keys.get(arguments[0])))


def ttl(session: Session, arguments: Sequence[bytes]) -> Reply:
    """TTL and PTTL key: nothing here expires."""
    return -1 if arguments[0] in session.keys else -2


def dbsize(session: Session, _arguments: Sequence[bytes]) -> Reply:
    """DBSIZE."""
    return len(session.keys)


def keys(session: Session, arguments: Sequence[bytes]) -> Reply:
    """KEYS pattern."""
    return matching(session.keys, arguments[0])


def scan(session: Session, arguments: Sequence[bytes]) -> Reply:
    """SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]: all at once, there are few."""
    if not arguments[0].isdigit():
        return Failure("ERR invalid cursor")
    options = arguments[1:]
    if len(options) % 2:
        return SYNTAX
    found = list(session.keys) if arguments[0] == b"0" else []
    for option, value in zip(options[::2], options[1::2], strict=True):
        match option.upper():
            case b"MATCH":
                found = matching(found, value)
            case b"COUNT" if value.isdigit() and value.strip(b"0"):
                pass
            case b"TYPE":
                found = [key for key in found if type_of(session.keys[key]).encode() == value.lower()]
            case _:
                return SYNTAX
    return [b"0", found]


def matching(found: Iterable[bytes], pattern: bytes) -> list[bytes]:
    """Those that fit a pattern of Redis's; fnmatch's expressions do not run away, whatever the pattern."""
    # Latin-1 gives each byte a character of its own.
    text = pattern[:PATTERN_BYTES_MAX].decode("latin-1").replace("[^", "[!")
    text = _ESCAPED.sub(lambda escaped: f"[{escaped[1]}]", text)
    return [key for key in found if fnmatch.fnmatchcase(key.decode("latin-1"), text)]


def _hash_of(session: Session, key: bytes) -> Mapping[bytes, bytes] | None:
    """The hash, an empty one where there is no key, None for another kind of value."""
    value: Value | None = session.keys.get(key, {})
    return value if isinstance(value, Mapping) else None


def hgetall(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HGETALL key."""
    members = _hash_of(session, arguments[0])
    return WRONG_TYPE if members is None else members


def hget(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HGET key field."""
    members = _hash_of(session, arguments[0])
    return WRONG_TYPE if members is None else members.get(arguments[1])


def hmget(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HMGET key field ..."""
    members = _hash_of(session, arguments[0])
    return WRONG_TYPE if members is None else [members.get(name) for name in arguments[1:]]


def hlen(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HLEN key."""
    members = _hash_of(session, arguments[0])
    return WRONG_TYPE if members is None else len(members)


def hexists(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HEXISTS key field."""
    members = _hash_of(session, arguments[0])
    return WRONG_TYPE if members is None else int(arguments[1] in members)


def hkeys(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HKEYS key."""
    members = _hash_of(session, arguments[0])
    return WRONG_TYPE if members is None else list(members)


def llen(session: Session, arguments: Sequence[bytes]) -> Reply:
    """LLEN key."""
    return _count(session, arguments[0], "list")


def zcard(session: Session, arguments: Sequence[bytes]) -> Reply:
    """ZCARD key."""
    return _count(session, arguments[0], "zset")


def _count(session: Session, key: bytes, kind: str) -> Reply:
    value = session.keys.get(key, Jobs(kind, 0))
    return value.count if isinstance(value, Jobs) and value.kind == kind else WRONG_TYPE


def lrange(session: Session, arguments: Sequence[bytes]) -> Reply:
    """LRANGE key start stop: empty, since jobs are counted here and not listed."""
    return _no_members(session, arguments, "list")


def zrange(session: Session, arguments: Sequence[bytes]) -> Reply:
    """ZRANGE key start stop: empty, since jobs are counted here and not listed."""
    return _no_members(session, arguments, "zset")


def _no_members(session: Session, arguments: Sequence[bytes], kind: str) -> Reply:
    if not all(_INTEGER.fullmatch(bound) for bound in arguments[1:3]):
        return NOT_AN_INTEGER
    counted = _count(session, arguments[0], kind)
    return counted if isinstance(counted, Failure) else []


def scard(session: Session, arguments: Sequence[bytes]) -> Reply:
    """SCARD key."""
    value = session.keys.get(arguments[0], Members())
    return len(value) if isinstance(value, Members) else WRONG_TYPE


def smembers(session: Session, arguments: Sequence[bytes]) -> Reply:
    """SMEMBERS key."""
    value = session.keys.get(arguments[0], Members())
    return value if isinstance(value, Members) else WRONG_TYPE


def eval_(session: Session, arguments: Sequence[bytes]) -> Reply:
    """EVAL script keys ..."""
    if session.server.scripts.load(arguments[0]) is None:
        return REFUSED
    return run_get_counts(session.keys, arguments[1:])


def evalsha(session: Session, arguments: Sequence[bytes]) -> Reply:
    """EVALSHA digest keys ..."""
    if not session.server.scripts.knows(arguments[0]):
        return NOT_KNOWN
    return run_get_counts(session.keys, arguments[1:])


def script(session: Session, arguments: Sequence[bytes]) -> Reply:
    """SCRIPT LOAD script, EXISTS digest ..., FLUSH."""
    match [arguments[0].upper(), *arguments[1:]]:
        case [b"LOAD", text]:
            return session.server.scripts.load(text) or REFUSED
        case [b"EXISTS", *digests] if digests:
            return [int(session.server.scripts.knows(digest)) for digest in digests]
        case [b"FLUSH", *_]:
            return OK  # nothing is kept that a client could miss
        case _:
            return SYNTAX
