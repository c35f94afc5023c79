"""The keys that the status server shows, derived from the status endpoint's response.

Bull and BullMQ keep a queue's jobs in lists and sorted sets named `bull:<queue>:<state>`. Here these have a
length but no members, since the jobs live in tables and SQS. As in Redis, an empty one does not exist.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.redis.wire import Members

ALL_QUEUES = "asyncpay"
PREFIX = "bull"
# Bull's name for a state, the type in which Bull keeps it, and the status endpoint's name for it. The other
# states (paused, prioritized, waiting-children) are always empty.
STATES = (
    ("wait", "list", "waiting"),
    ("active", "list", "processing"),
    ("delayed", "zset", "delayed"),
    ("completed", "zset", "completed"),
    ("failed", "zset", "failed"),
)


@dataclass(frozen=True)
class Jobs:
    """A list or sorted set of which only the length is known."""

    kind: str
    count: int


Value = bytes | Mapping[bytes, bytes] | Members | Jobs
Keys = Mapping[bytes, Value]


def type_of(value: Value | None) -> str:
    """The name of a value's type, as TYPE gives it."""
    match value:
        case None:
            return "none"
        case bytes():
            return "string"
        case Members():
            return "set"
        case Jobs():
            return value.kind
        case _:
            return "hash"


def keys_of(queues: Iterable[Mapping[str, Any]]) -> Keys:
    """All keys, given the queues as GET /api/v1/test/jobs/queues lists them."""
    found = list(queues)
    totals = {name: sum(int(queue[name]) for queue in found) for _, _, name in STATES}
    runs = bool(found) and all(queue["worker_status"] == "running" for queue in found)
    jobs = {
        "pending": totals["waiting"] + totals["delayed"],
        "processing": totals["processing"],
        "completed": totals["completed"],
        "failed": totals["failed"],
    }
    worker = "running" if runs else "stopped"
    keys: dict[bytes, Value] = {
        f"asyncpay:jobs:{name}".encode(): _text(count) for name, count in jobs.items()
    }
    keys[b"asyncpay:jobs"] = _hash(jobs | {"worker_status": worker})
    keys[b"asyncpay:worker"] = worker.encode()
    keys[b"asyncpay:queues"] = Members(str(queue["name"]).encode() for queue in found)
    for queue in found:
        keys[f"asyncpay:queue:{queue['name']}".encode()] = _hash(queue)
        keys |= _of_bull(str(queue["name"]), queue)
    return keys | _of_bull(ALL_QUEUES, totals)


def _of_bull(name: str, queue: Mapping[str, Any]) -> dict[bytes, Value]:
    counts = {state: (kind, int(queue[member])) for state, kind, member in STATES}
    keys: dict[bytes, Value] = {
        f"{PREFIX}:{name}:{state}".encode(): Jobs(kind, count)
        for state, (kind, count) in counts.items()
        if count
    }
    # Bull's counter, from which it takes job ids: how many jobs were ever added.
    keys[f"{PREFIX}:{name}:id".encode()] = _text(sum(count for _, count in counts.values()))
    keys[f"{PREFIX}:{name}:meta".encode()] = {b"version": b"asyncpay"}
    return keys


def _hash(members: Mapping[str, Any]) -> Mapping[bytes, bytes]:
    return {name.encode(): _text(value) for name, value in members.items() if value is not None}


def _text(value: object) -> bytes:
    return str(value).encode()
