"""The table of commands, and what happens to a request: refused, queued by MULTI, or carried out."""

import time
from collections.abc import Sequence

from local.redis.commands import (
    connection,
    evaluation,
    generic,
    hashes,
    introspection,
    lists,
    pubsub,
    sorted_sets,
    streams,
)
from local.redis.errors import NOT_AUTHENTICATED, READ_ONLY, shown, wrong_number
from local.redis.session import Command, Reads, Session, with_subcommands
from local.redis.wire import OK, Failure, Later, Reply, Status

QUEUED_MAX = 256
QUEUED_BYTES_MAX = 256 * 1024
# Redis's writing commands: a client is to learn that it may not write, not that there is no such command.
WRITES = frozenset(
    b"""
    APPEND BITFIELD BITOP BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN COPY DECR
    DECRBY DEL EXPIRE EXPIREAT FLUSHALL FLUSHDB GEOADD GETDEL GETEX GETSET HDEL HINCRBY HINCRBYFLOAT
    HMSET HSET HSETNX INCR INCRBY INCRBYFLOAT LINSERT LMOVE LMPOP LPOP LPUSH LPUSHX LREM LSET LTRIM
    MIGRATE MOVE MSET MSETNX PERSIST PEXPIRE PEXPIREAT PFADD PFMERGE PSETEX RENAME RENAMENX RESTORE
    RPOP RPOPLPUSH RPUSH RPUSHX SADD SDIFFSTORE SET SETBIT SETEX SETNX SETRANGE SINTERSTORE SMOVE
    SORT SPOP SREM SUNIONSTORE SWAPDB UNLINK XACK XADD XAUTOCLAIM XCLAIM XDEL XGROUP XREADGROUP
    XSETID XTRIM ZADD ZDIFFSTORE ZINCRBY ZINTERSTORE ZMPOP ZPOPMAX ZPOPMIN ZRANGESTORE ZREM
    ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZUNIONSTORE GEORADIUS GEORADIUSBYMEMBER
    GEOSEARCHSTORE HEXPIRE HEXPIREAT HPERSIST HPEXPIRE HPEXPIREAT HGETDEL HGETEX HSETEX RESTORE-ASKING
    XACKDEL XDELEX PFDEBUG FCALL PUBLISH SPUBLISH
    """.split()
)


def reads_of(session: Session, request: Sequence[bytes]) -> Reads:
    """What a request is going to read; for EXEC, what any of the queued requests is."""
    name = request[0].upper()
    if not session.is_authenticated:
        return Reads.NOTHING
    if name == b"EXEC":
        queued = session.queued or []
        return max((COMMANDS[words[0].upper()].reads for words in queued), default=Reads.NOTHING)
    return COMMANDS[name].reads if session.queued is None and name in COMMANDS else Reads.NOTHING


def respond(session: Session, request: Sequence[bytes]) -> Reply:
    """The reply to one request."""
    name = request[0].upper()
    session.server.commands_total += 1
    session.asked_at = time.monotonic()
    command = COMMANDS.get(name)
    failure = _failure(session, name, request, command)
    if failure is not None or command is None:
        session.is_spoiled = session.queued is not None
        return failure
    session.last_command = name.decode().lower()
    if session.queued is not None and name not in _NEVER_QUEUED:
        session.queued.append(request)
        return Status("QUEUED")
    return command.handler(session, request[1:])


def _failure(
    session: Session, name: bytes, request: Sequence[bytes], command: Command | None
) -> Failure | None:
    """Why the request cannot be carried out, or None."""
    if not session.is_authenticated and name not in _BEFORE_AUTHENTICATION:
        return NOT_AUTHENTICATED
    if name in WRITES and not (command and hashes.is_opening(request[1:])):
        return READ_ONLY
    if command is None:
        rest = "".join(f"'{shown(word)}' " for word in request[1:4])
        return Failure(f"ERR unknown command '{shown(request[0])}', with args beginning with: {rest}")
    if not command.accepts(len(request)):
        return wrong_number(name)
    return _not_now(session, name, request)


def _not_now(session: Session, name: bytes, request: Sequence[bytes]) -> Failure | None:
    if session.subscriptions and session.protocol == 2 and name not in pubsub.WHILE_SUBSCRIBED:
        return Failure(
            f"ERR Can't execute '{name.decode().lower()}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / "
            "QUIT / RESET are allowed in this context"
        )
    if session.queued is not None and name not in _NEVER_QUEUED and _is_full([*session.queued, request]):
        return Failure(
            f"ERR a transaction has at most {QUEUED_MAX} commands here, and {QUEUED_BYTES_MAX} bytes"
        )
    return None


def _is_full(queued: Sequence[Sequence[bytes]]) -> bool:
    return len(queued) > QUEUED_MAX or sum(len(word) for words in queued for word in words) > QUEUED_BYTES_MAX


def multi(session: Session, _arguments: Sequence[bytes]) -> Reply:
    """MULTI."""
    if session.queued is not None:
        return Failure("ERR MULTI calls can not be nested")
    session.queued, session.is_spoiled = [], False
    return OK


def exec_(session: Session, _arguments: Sequence[bytes]) -> Reply:
    """EXEC."""
    queued, is_spoiled = session.queued, session.is_spoiled
    session.discard()
    if queued is None:
        return Failure("ERR EXEC without MULTI")
    if is_spoiled:
        return Failure("EXECABORT Transaction discarded because of previous errors.")
    replies = [COMMANDS[words[0].upper()].handler(session, words[1:]) for words in queued]
    # As in Redis, nothing blocks inside a transaction.
    return [reply.reply if isinstance(reply, Later) else reply for reply in replies]


def discard(session: Session, _arguments: Sequence[bytes]) -> Reply:
    """DISCARD."""
    if session.queued is None:
        return Failure("ERR DISCARD without MULTI")
    session.discard()
    return OK


def watch(session: Session, _arguments: Sequence[bytes]) -> Reply:
    """WATCH key ...

    Nothing to watch for: a client that may not write has no write to protect.
    """
    return OK if session.queued is None else Failure("ERR WATCH inside MULTI is not allowed")


def unwatch(_session: Session, _arguments: Sequence[bytes]) -> Reply:
    """UNWATCH."""
    return OK


def _list(_session: Session, _arguments: Sequence[bytes]) -> Reply:
    return [name.lower() for name in COMMANDS]


def _docs(_session: Session, names: Sequence[bytes]) -> Reply:
    found = [name.upper() for name in names or COMMANDS if name.upper() in COMMANDS]
    return {name.lower(): {b"summary": _summary(name), b"group": b"status"} for name in found}


def _info(_session: Session, names: Sequence[bytes]) -> Reply:
    return [_described(name.upper()) for name in names or COMMANDS]


def _described(name: bytes) -> Reply:
    command = COMMANDS.get(name)
    if command is None:
        return None
    first = 1 if command.reads is Reads.KEYS and abs(command.arity) > 1 else 0
    # Since version 7 followed by ACL categories, tips, key specifications and subcommands.
    return [name.lower(), command.arity, [Status("readonly")], first, first, first, [], [], [], []]


def _summary(name: bytes) -> bytes:
    lines = (COMMANDS[name].handler.__doc__ or name.decode()).splitlines()
    return lines[0].removesuffix(".").encode()


_COMMAND = {
    b"COUNT": Command(lambda _session, _arguments: len(COMMANDS), 2),
    b"LIST": Command(_list, -2),
    b"INFO": Command(_info, -2),
    b"DOCS": Command(_docs, -2),
}
_with_subcommand = with_subcommands(b"COMMAND", _COMMAND)


def command(session: Session, arguments: Sequence[bytes]) -> Reply:
    """COMMAND [COUNT | LIST | INFO name ... | DOCS name ...]."""
    return _with_subcommand(session, arguments) if arguments else _info(session, [])


_BEFORE_AUTHENTICATION = frozenset((b"AUTH", b"HELLO", b"QUIT", b"RESET"))
_NEVER_QUEUED = frozenset((b"MULTI", b"EXEC", b"DISCARD", b"WATCH", b"QUIT", b"RESET", *pubsub.COMMANDS))
_TRANSACTIONS = {
    b"MULTI": Command(multi, 1),
    b"EXEC": Command(exec_, 1),
    b"DISCARD": Command(discard, 1),
    b"WATCH": Command(watch, -2),
    b"UNWATCH": Command(unwatch, 1),
}
COMMANDS: dict[bytes, Command] = {
    **connection.COMMANDS,
    **introspection.COMMANDS,
    b"COMMAND": Command(command, -1),
    **_TRANSACTIONS,
    **generic.COMMANDS,
    **hashes.COMMANDS,
    **lists.COMMANDS,
    **sorted_sets.COMMANDS,
    **streams.COMMANDS,
    **pubsub.COMMANDS,
    **evaluation.COMMANDS,
}
