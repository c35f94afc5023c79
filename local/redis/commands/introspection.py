"""Commands about the server: what monitoring tools, dashboards and clients ask for when they connect."""

import os
import resource
import sys
import time
from collections.abc import Sequence

from local.redis.commands.generic import matching
from local.redis.errors import NO_CLUSTER, READ_ONLY
from local.redis.session import DATABASES, REDIS_VERSION, Command, Reads, Session, with_subcommands
from local.redis.wire import OK, Reply, Text


def info(session: Session, _arguments: Sequence[bytes]) -> Reply:
    """INFO [section ...].

    Every section, whichever is asked for: together they are short.
    """
    server = session.server
    up_seconds = int(time.monotonic() - server.started_at)
    used_bytes = _peak_bytes()
    sections: dict[str, dict[str, object]] = {
        "Server": {
            "redis_version": REDIS_VERSION,
            "server_name": "asyncpay-status",
            "redis_mode": "standalone",
            "os": sys.platform,
            "process_id": os.getpid(),
            "tcp_port": server.port,
            "uptime_in_seconds": up_seconds,
            "uptime_in_days": up_seconds // 86_400,
        },
        "Clients": {
            "connected_clients": len(server.sessions),
            "maxclients": server.clients_max,
            "blocked_clients": 0,
        },
        # Memory of the process as a whole; how much of it is this server's cannot be told.
        "Memory": {
            "used_memory": used_bytes,
            "used_memory_human": f"{used_bytes / 2**20:.2f}M",
            "used_memory_rss": used_bytes,
            "used_memory_peak": used_bytes,
            "total_system_memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "maxmemory": 0,
            "maxmemory_policy": "noeviction",
            "mem_fragmentation_ratio": "1.00",
        },
        "Persistence": {"loading": 0, "rdb_bgsave_in_progress": 0, "aof_enabled": 0},
        "Stats": {
            "total_connections_received": server.connections_total,
            "total_commands_processed": server.commands_total,
            "expired_keys": 0,
            "evicted_keys": 0,
        },
        "Replication": {
            "role": "slave",
            "master_link_status": "up",
            "slave_read_only": 1,
            "connected_slaves": 0,
        },
        "Cluster": {"cluster_enabled": 0},
        "Keyspace": {"db0": f"keys={len(session.keys)},expires=0,avg_ttl=0"} if session.keys else {},
    }
    lines = []
    for title, members in sections.items():
        lines += [f"# {title}", *(f"{name}:{value}" for name, value in members.items()), ""]
    return Text("\r\n".join(lines))


def _peak_bytes() -> int:
    # Kibibytes on Linux, bytes on macOS: getrusage(2) of each.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _config_get(session: Session, arguments: Sequence[bytes]) -> Reply:
    server = session.server
    values = {
        "maxclients": server.clients_max,
        "timeout": int(server.idle_seconds),
        "databases": DATABASES,
        "maxmemory": 0,
        "maxmemory-policy": "noeviction",
        "save": "",
        "appendonly": "no",
    }
    settings = {name.encode(): str(value).encode() for name, value in values.items()}
    wanted = {name for pattern in arguments for name in matching(settings, pattern.lower())}
    return {name: value for name, value in settings.items() if name in wanted}


def time_(_session: Session, _arguments: Sequence[bytes]) -> Reply:
    """TIME."""
    seconds, microseconds = divmod(time.time_ns() // 1000, 1_000_000)
    return [str(seconds).encode(), str(microseconds).encode()]


def role(_session: Session, _arguments: Sequence[bytes]) -> Reply:
    """ROLE."""
    # Of the primary, a replica tells host, port, the link's state and how many bytes it received.
    return [b"slave", b"127.0.0.1", 0, b"connected", 0]


def _is_length(_session: Session, _arguments: Sequence[bytes]) -> Reply:
    return 0


def _is_empty(_session: Session, _arguments: Sequence[bytes]) -> Reply:
    return []


def _is_read_only(_session: Session, _arguments: Sequence[bytes]) -> Reply:
    return READ_ONLY


def _no_cluster(_session: Session, _arguments: Sequence[bytes]) -> Reply:
    return NO_CLUSTER


_CONFIG = {
    b"GET": Command(_config_get, -3),
    b"SET": Command(_is_read_only, -4),
    b"RESETSTAT": Command(_is_read_only, 2),
    b"REWRITE": Command(_is_read_only, 2),
}
_SLOWLOG = {
    b"GET": Command(_is_empty, -2),
    b"LEN": Command(_is_length, 2),
    b"RESET": Command(lambda _session, _arguments: OK, 2),
}
_LATENCY = {b"LATEST": Command(_is_empty, 2), b"HISTORY": Command(_is_empty, 3)}
_ACL = {b"WHOAMI": Command(lambda _session, _arguments: b"default", 2)}
COMMANDS: dict[bytes, Command] = {
    b"INFO": Command(info, -1, Reads.KEYS_IF_AT_HAND),
    b"CONFIG": Command(with_subcommands(b"CONFIG", _CONFIG), -2),
    b"TIME": Command(time_, 1),
    b"ROLE": Command(role, 1),
    b"SLOWLOG": Command(with_subcommands(b"SLOWLOG", _SLOWLOG), -2),
    b"LATENCY": Command(with_subcommands(b"LATENCY", _LATENCY), -2),
    b"ACL": Command(with_subcommands(b"ACL", _ACL), -2),
    b"MODULE": Command(with_subcommands(b"MODULE", {b"LIST": Command(_is_empty, 2)}), -2),
    b"FUNCTION": Command(with_subcommands(b"FUNCTION", {b"LIST": Command(_is_empty, -2)}), -2),
    b"CLUSTER": Command(_no_cluster, -2),
    b"READONLY": Command(_no_cluster, 1),
    b"READWRITE": Command(_no_cluster, 1),
}
