"""Which commands there are, and what happens to a request: refused, queued by MULTI, or answered."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local.redis import reads
from local.redis import session as own
from local.redis.session import DATABASES, REDIS_VERSION, SYNTAX, Session
from local.redis.wire import OK, Failure, Reply, Status

QUEUED_MAX = 256
QUEUED_BYTES_MAX = 256 * 1024
SHOWN_BYTES = 64
READ_ONLY = Failure("READONLY You can't write against a read only replica.")
NOT_AUTHENTICATED = Failure("NOAUTH Authentication required.")
# Redis's writing commands, so that a client is told that it may not, and not that there is no such thing.
WRITES = frozenset(
    b"""
    APPEND BITFIELD BITOP BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN COPY DECR
    DECRBY DEL EXPIRE EXPIREAT FLUSHALL FLUSHDB GEOADD GETDEL GETEX GETSET HDEL HINCRBY HINCRBYFLOAT
    HMSET HSET HSETNX INCR INCRBY INCRBYFLOAT LINSERT LMOVE LMPOP LPOP LPUSH LPUSHX LREM LSET LTRIM
    MIGRATE MOVE MSET MSETNX PERSIST PEXPIRE PEXPIREAT PFADD PFMERGE PSETEX RENAME RENAMENX RESTORE
    RPOP RPOPLPUSH RPUSH RPUSHX SADD SDIFFSTORE SET SETBIT SETEX SETNX SETRANGE SINTERSTORE SMOVE
    SORT SPOP SREM SUNIONSTORE SWAPDB UNLINK XACK XADD XAUTOCLAIM XCLAIM XDEL XGROUP XREADGROUP
    XSETID XTRIM ZADD ZDIFFSTORE ZINCRBY ZINTERSTORE ZMPOP ZPOPMAX ZPOPMIN ZRANGESTORE ZREM
    ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZUNIONSTORE
    """.split()
)


@dataclass(frozen=True)
class Command:
    """What answers, how many words a request has (negative: at least), and whether it reads keys."""

    answer: Callable[[Session, Sequence[bytes]], Reply]
    arity: int
    reads_keys: bool = False

    def fits(self, words: int) -> bool:
        """Whether a request of so many words, the name included, has the right number."""
        return words == self.arity if self.arity > 0 else words >= -self.arity


def reads_keys(session: Session, request: Sequence[bytes]) -> bool:
    """Whether the session needs the keys for this request; EXEC does for those that it carries out."""
    name = request[0].upper()
    if not session.is_authenticated:
        return False
    if name == b"EXEC":
        return any(COMMANDS[queued[0].upper()].reads_keys for queued in session.queued or [])
    return session.queued is None and name in COMMANDS and COMMANDS[name].reads_keys


def answer(session: Session, request: Sequence[bytes]) -> Reply:
    """The reply to one request."""
    name, arguments = request[0].upper(), request[1:]
    session.server.commands_total += 1
    command = COMMANDS.get(name)
    problem = _problem(session, name, request, command)
    if problem is not None or command is None:
        session.is_spoiled = session.queued is not None
        return problem
    session.last_command = name.decode().lower()
    if session.queued is not None and name not in _NEVER_QUEUED:
        session.queued.append(request)
        return Status("QUEUED")
    return command.answer(session, arguments)


def _problem(
    session: Session, name: bytes, request: Sequence[bytes], command: Command | None
) -> Failure | None:
    if not session.is_authenticated and name not in (b"AUTH", b"HELLO", b"QUIT", b"RESET"):
        return NOT_AUTHENTICATED
    if name in WRITES:
        return READ_ONLY
    if command is None:
        shown = [word[:SHOWN_BYTES].decode(errors="replace") for word in request[:4]]
        rest = " ".join(f"'{word}'" for word in shown[1:])
        return Failure(f"ERR unknown command '{shown[0]}', with args beginning with: {rest}")
    if not command.fits(len(request)):
        return Failure(f"ERR wrong number of arguments for '{name.decode().lower()}' command")
    if session.queued is not None and name not in _NEVER_QUEUED and _is_full([*session.queued, request]):
        return Failure(
            f"ERR a transaction has at most {QUEUED_MAX} commands here, and {QUEUED_BYTES_MAX} bytes"
        )
    return None


def _is_full(queued: Sequence[Sequence[bytes]]) -> bool:
    return len(queued) > QUEUED_MAX or sum(len(word) for words in queued for word in words) > QUEUED_BYTES_MAX


def _multi(session: Session, _arguments: Sequence[bytes]) -> Reply:
    if session.queued is not None:
        return Failure("ERR MULTI calls can not be nested")
    session.queued, session.is_spoiled = [], False
    return OK


def _exec(session: Session, _arguments: Sequence[bytes]) -> Reply:
    queued, spoiled = session.queued, session.is_spoiled
    session.queued, session.is_spoiled = None, False
    if queued is None:
        return Failure("ERR EXEC without MULTI")
    if spoiled:
        return Failure("EXECABORT Transaction discarded because of previous errors.")
    return [COMMANDS[request[0].upper()].answer(session, request[1:]) for request in queued]


def _discard(session: Session, _arguments: Sequence[bytes]) -> Reply:
    if session.queued is None:
        return Failure("ERR DISCARD without MULTI")
    session.queued, session.is_spoiled = None, False
    return OK


def _config(session: Session, arguments: Sequence[bytes]) -> Reply:
    """CONFIG GET pattern ...: the few settings that tools ask for."""
    if arguments[0].upper() != b"GET" or len(arguments) < 2:
        return READ_ONLY
    server = session.server
    values = {
        "maxclients": server.clients_max,
        "timeout": int(server.idle_seconds),
        "databases": DATABASES,
        "save": "",
        "appendonly": "no",
    }
    settings = {name.encode(): str(value).encode() for name, value in values.items()}
    wanted = {name for pattern in arguments[1:] for name in reads.matching(settings, pattern.lower())}
    return {name: value for name, value in settings.items() if name in wanted}


def _info(session: Session, _arguments: Sequence[bytes]) -> Reply:
    """INFO [section ...]: always all of it, it is short."""
    server = session.server
    up_seconds = int(time.monotonic() - server.started_at)
    sections: dict[str, dict[str, object]] = {
        "Server": {
            "redis_version": REDIS_VERSION,
            "server_name": "asyncpay-status",
            "redis_mode": "standalone",
            "uptime_in_seconds": up_seconds,
        },
        "Clients": {"connected_clients": len(server.sessions), "maxclients": server.clients_max},
        "Persistence": {"loading": 0},
        "Stats": {
            "total_connections_received": server.connections_total,
            "total_commands_processed": server.commands_total,
        },
        "Replication": {"role": "slave", "slave_read_only": 1},
    }
    lines = []
    for title, members in sections.items():
        lines += [f"# {title}", *(f"{name}:{value}" for name, value in members.items()), ""]
    return "\r\n".join(lines).encode()


def _command(_session: Session, arguments: Sequence[bytes]) -> Reply:
    """COMMAND [COUNT | LIST | INFO name ... | DOCS name ...]."""
    match [word.upper() for word in arguments]:
        case []:
            return [_described(name) for name in COMMANDS]
        case [b"COUNT"]:
            return len(COMMANDS)
        case [b"LIST"]:
            return [name.lower() for name in COMMANDS]
        case [b"INFO", *names]:
            return [_described(name) for name in names or COMMANDS]
        case [b"DOCS", *names]:
            found = [name for name in names or COMMANDS if name in COMMANDS]
            return {name.lower(): {b"summary": _summary(name), b"group": b"status"} for name in found}
        case _:
            return SYNTAX


def _described(name: bytes) -> Reply:
    command = COMMANDS.get(name)
    if command is None:
        return None
    first = 1 if command.reads_keys and abs(command.arity) > 1 else 0
    # Since version 7 followed by ACL categories, tips, key specifications and subcommands.
    return [name.lower(), command.arity, [Status("readonly")], first, first, first, [], [], [], []]


def _summary(name: bytes) -> bytes:
    lines = (COMMANDS[name].answer.__doc__ or name.decode()).splitlines()
    return lines[0].encode()


_NEVER_QUEUED = frozenset((b"MULTI", b"EXEC", b"DISCARD", b"QUIT", b"RESET"))
COMMANDS: dict[bytes, Command] = {
    b"PING": Command(own.ping, -1),
    b"ECHO": Command(own.echo, 2),
    b"QUIT": Command(own.quit_, -1),
    b"RESET": Command(own.reset, 1),
    b"AUTH": Command(own.auth, -2),
    b"HELLO": Command(own.hello, -1),
    b"SELECT": Command(own.select, 2),
    b"CLIENT": Command(own.client, -2),
    b"INFO": Command(_info, -1),
    b"CONFIG": Command(_config, -2),
    b"COMMAND": Command(_command, -1),
    b"MULTI": Command(_multi, 1),
    b"EXEC": Command(_exec, 1),
    b"DISCARD": Command(_discard, 1),
    b"WATCH": Command(lambda _session, _arguments: OK, -2),
    b"UNWATCH": Command(lambda _session, _arguments: OK, 1),
    b"SCRIPT": Command(reads.script, -2),
}
_READING: dict[bytes, tuple[Callable[[Session, Sequence[bytes]], Reply], int]] = {
    b"GET": (reads.get, 2),
    b"MGET": (reads.mget, -2),
    b"STRLEN": (reads.strlen, 2),
    b"EXISTS": (reads.exists, -2),
    b"TYPE": (reads.type_, 2),
    b"TTL": (reads.ttl, 2),
    b"PTTL": (reads.ttl, 2),
    b"DBSIZE": (reads.dbsize, 1),
    b"KEYS": (reads.keys, 2),
    b"SCAN": (reads.scan, -2),
    b"HGETALL": (reads.hgetall, 2),
    b"HGET": (reads.hget, 3),
    b"HMGET": (reads.hmget, -3),
    b"HLEN": (reads.hlen, 2),
    b"HEXISTS": (reads.hexists, 3),
    b"HKEYS": (reads.hkeys, 2),
    b"LLEN": (reads.llen, 2),
    b"LRANGE": (reads.lrange, 4),
    b"ZCARD": (reads.zcard, 2),
    b"ZRANGE": (reads.zrange, -4),
    b"SCARD": (reads.scard, 2),
    b"SMEMBERS": (reads.smembers, 2),
    b"EVAL": (reads.eval_, -3),
    b"EVALSHA": (reads.evalsha, -3),
}
COMMANDS |= {name: Command(read, arity, reads_keys=True) for name, (read, arity) in _READING.items()}
