"""Commands that read sorted sets, which here have a length but no members."""

import re
from collections.abc import Callable, Sequence

from local.redis.commands.generic import CURSOR
from local.redis.commands.lists import length_of
from local.redis.errors import INVALID_CURSOR, NO_SCORES, NOT_A_FLOAT, NOT_AN_INTEGER, SYNTAX, is_integer
from local.redis.session import Command, Session, reading
from local.redis.wire import Failure, Reply

# A bound of a range of scores: a number or an infinity, `(` before it where it is exclusive.
_SCORE = re.compile(
    rb"\(?[+-]?(\d{1,30}(\.\d{0,30})?([eE][+-]?\d{1,3})?|\.\d{1,30}|inf(inity)?)", re.IGNORECASE
)
_LEX = re.compile(rb"[-+]|[(\[].*", re.DOTALL)
_NOT_LEX = Failure("ERR min or max not valid string range item")
_LIMIT_WITHOUT_BY = Failure(
    "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
)
_WITHSCORES_BY_LEX = Failure("ERR syntax error, WITHSCORES not supported in combination with BYLEX")

Check = Callable[[Sequence[bytes]], Failure | None]


def _scores(bounds: Sequence[bytes]) -> Failure | None:
    return None if all(_SCORE.fullmatch(bound) for bound in bounds) else NOT_A_FLOAT


def _strings(bounds: Sequence[bytes]) -> Failure | None:
    return None if all(_LEX.fullmatch(bound) for bound in bounds) else _NOT_LEX


def _indexes(bounds: Sequence[bytes]) -> Failure | None:
    return None if all(is_integer(bound) for bound in bounds) else NOT_AN_INTEGER


def _options_of(words: Sequence[bytes], known: frozenset[bytes]) -> set[bytes] | Failure:
    """The options of a range command, by name; LIMIT has two numbers."""
    rest, found = list(words), set[bytes]()
    while rest:
        option = rest.pop(0).upper()
        if option not in known:
            return SYNTAX
        if option == b"LIMIT":
            numbers = [rest.pop(0) for _ in range(min(2, len(rest)))]
            if len(numbers) < 2:
                return SYNTAX
            if not all(is_integer(number) for number in numbers):
                return NOT_AN_INTEGER
        found.add(option)
    return found


def zrange(session: Session, arguments: Sequence[bytes]) -> Reply:
    """ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES].

    Always empty: jobs are counted here, not listed.
    """
    options = _options_of(arguments[3:], frozenset((b"BYSCORE", b"BYLEX", b"REV", b"LIMIT", b"WITHSCORES")))
    if isinstance(options, Failure):
        return options
    if b"LIMIT" in options and not options & {b"BYSCORE", b"BYLEX"}:
        return _LIMIT_WITHOUT_BY
    if options >= {b"BYLEX", b"WITHSCORES"}:
        return _WITHSCORES_BY_LEX
    check = _scores if b"BYSCORE" in options else _strings if b"BYLEX" in options else _indexes
    return _no_members(session, arguments, check)


def _ranged(check: Check, known: frozenset[bytes], usage: str) -> Callable[[Session, Sequence[bytes]], Reply]:
    def handle(session: Session, arguments: Sequence[bytes]) -> Reply:
        options = _options_of(arguments[3:], known)
        return options if isinstance(options, Failure) else _no_members(session, arguments, check)

    handle.__doc__ = usage
    return handle


def _no_members(session: Session, arguments: Sequence[bytes], check: Check) -> Reply:
    failure = check(arguments[1:3])
    if failure is not None:
        return failure
    length = length_of(session, arguments[0], "zset")
    return length if isinstance(length, Failure) else []


def zcard(session: Session, arguments: Sequence[bytes]) -> Reply:
    """ZCARD key."""
    return length_of(session, arguments[0], "zset")


def zcount(session: Session, arguments: Sequence[bytes]) -> Reply:
    """ZCOUNT key min max.

    Refused where it depends on scores, which are not known here: a wrong number would be worse.
    """
    failure = _scores(arguments[1:])
    if failure is not None:
        return failure
    length = length_of(session, arguments[0], "zset")
    if (
        length
        and not isinstance(length, Failure)
        and [word.lower() for word in arguments[1:]] != [b"-inf", b"+inf"]
    ):
        return NO_SCORES
    return length


def zscore(session: Session, arguments: Sequence[bytes]) -> Reply:
    """ZSCORE, ZRANK or ZREVRANK key member."""
    length = length_of(session, arguments[0], "zset")
    return length if isinstance(length, Failure) else None


def zmscore(session: Session, arguments: Sequence[bytes]) -> Reply:
    """ZMSCORE key member ..."""
    length = length_of(session, arguments[0], "zset")
    return length if isinstance(length, Failure) else [None] * (len(arguments) - 1)


def zscan(session: Session, arguments: Sequence[bytes]) -> Reply:
    """ZSCAN key cursor [MATCH pattern] [COUNT count]."""
    if not CURSOR.fullmatch(arguments[1]):
        return INVALID_CURSOR
    length = length_of(session, arguments[0], "zset")
    return length if isinstance(length, Failure) else [b"0", []]


_BY_SCORE = frozenset((b"WITHSCORES", b"LIMIT"))
COMMANDS: dict[bytes, Command] = {
    b"ZCARD": reading(zcard, 2),
    b"ZCOUNT": reading(zcount, 4),
    b"ZRANGE": reading(zrange, -4),
    b"ZREVRANGE": reading(
        _ranged(_indexes, frozenset((b"WITHSCORES",)), "ZREVRANGE key start stop [WITHSCORES]"), -4
    ),
    b"ZRANGEBYSCORE": reading(
        _ranged(_scores, _BY_SCORE, "ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]"), -4
    ),
    b"ZREVRANGEBYSCORE": reading(
        _ranged(_scores, _BY_SCORE, "ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]"), -4
    ),
    b"ZRANGEBYLEX": reading(
        _ranged(_strings, frozenset((b"LIMIT",)), "ZRANGEBYLEX key min max [LIMIT offset count]"), -4
    ),
    b"ZREVRANGEBYLEX": reading(
        _ranged(_strings, frozenset((b"LIMIT",)), "ZREVRANGEBYLEX key max min [LIMIT offset count]"), -4
    ),
    b"ZSCORE": reading(zscore, 3),
    b"ZMSCORE": reading(zmscore, -3),
    b"ZRANK": reading(zscore, -3),
    b"ZREVRANK": reading(zscore, -3),
    b"ZSCAN": reading(zscan, -3),
}
