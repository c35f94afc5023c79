"""The scripts with which BullMQ and Bull read a queue, recognised and answered.

No Lua runs here. A client sends EVALSHA, is told NOSCRIPT, and sends the script's text by EVAL. A script is
recognised by the first line of its opening comment, which stayed the same from BullMQ 3 to 6 while the code
below it changed. What it would find is worked out here: a queue has counts, and no job can be listed. Any
other script is refused, as a read-only replica refuses a script that writes.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local.redis.errors import NO_SCORES
from local.redis.keys import Jobs, Keys
from local.redis.wire import Reply

KNOWN_MAX = 64
PTTL_OF_NO_KEY = -2

Run = Callable[[Keys, Sequence[bytes], Sequence[bytes]], Reply]


@dataclass(frozen=True)
class Script:
    """A script, with the number of keys and arguments that it needs at least.

    `marker` is part of a line that tells it from another script with the same opening comment.
    """

    opening: bytes
    run: Run
    keys_min: int
    arguments_min: int = 0
    marker: bytes = b""


def _count(keys: Keys, key: bytes) -> int:
    value = keys.get(key)
    return value.count if isinstance(value, Jobs) else 0


def _get_counts(keys: Keys, names: Sequence[bytes], arguments: Sequence[bytes]) -> Reply:
    # BullMQ 6 puts a time before the states, to count the jobs delayed up to then.
    if arguments and arguments[0].isdigit():
        return NO_SCORES
    return [_count(keys, names[0] + state) for state in arguments]


def _get_counts_per_priority(keys: Keys, names: Sequence[bytes], arguments: Sequence[bytes]) -> Reply:
    # No job has a priority; priority 0 stands for the jobs that wait without one.
    return [_count(keys, names[0]) if priority == b"0" else 0 for priority in arguments]


def _get_ranges(_keys: Keys, _names: Sequence[bytes], arguments: Sequence[bytes]) -> Reply:
    return [[] for _state in arguments[3:]]


def _get_jobs(_keys: Keys, _names: Sequence[bytes], arguments: Sequence[bytes]) -> Reply:
    return [[] for _state in arguments[4:]]


def _get_metrics(_keys: Keys, _names: Sequence[bytes], _arguments: Sequence[bytes]) -> Reply:
    return [[None, None, None], [], 0]


def _get_dependency_counts(_keys: Keys, _names: Sequence[bytes], arguments: Sequence[bytes]) -> Reply:
    return [0 for _kind in arguments]


def _get_rate_limit_ttl(_keys: Keys, _names: Sequence[bytes], arguments: Sequence[bytes]) -> Reply:
    return PTTL_OF_NO_KEY if arguments[0] == b"0" else 0


def _is_finished(_keys: Keys, names: Sequence[bytes], arguments: Sequence[bytes]) -> Reply:
    if len(names) == 2:
        return None  # Bull's, which has no key of the job itself
    if arguments[1:2] == [b"1"]:
        return [-1, b"Missing key for job " + names[2] + b". isFinished"]
    return -1


def _always(reply: Reply) -> Run:
    return lambda _keys, _names, _arguments: reply


SCRIPTS = (
    Script(b"Get counts per provided states", _get_counts, 1, marker=b"prefix .. ARGV[i]"),
    Script(b"Get counts per provided states", _get_counts_per_priority, 2, marker=b"prioritizedKey"),
    Script(b"Get job ids per provided states", _get_ranges, 1, 3),
    Script(b"Get jobs (id + data) for the provided states.", _get_jobs, 1, 4),
    Script(b"Get metrics", _get_metrics, 2, 2),
    Script(b"Get counts per child states", _get_dependency_counts, 4),
    Script(b"Get rate limit ttl", _get_rate_limit_ttl, 1, 1),
    Script(b"Checks if queue is maxed.", _always(None), 2),
    Script(b"Get a job state", _always(b"unknown"), 7, 1),
    Script(b"Checks if a job is finished (.i.e. is in the completed or failed set)", _is_finished, 2, 1),
    Script(b"Checks if job is in a given list.", _always(None), 1, 1),
    Script(b"Get job scheduler record.", _always([]), 1, 1),
    Script(b"Paginate a set or hash", _always([0, 0, [], 0]), 1, 2),
)


def recognised(text: bytes) -> Script | None:
    """The script that a text is, by its opening comment."""
    lines = [line.strip() for line in text.strip().splitlines()[:2]]
    if len(lines) < 2 or lines[0] != b"--[[":
        return None
    found = (script for script in SCRIPTS if script.opening == lines[1] and script.marker in text)
    return next(found, None)


class Scripts:
    """The scripts recognised so far by their SHA-1, the newest KNOWN_MAX of them, for all connections."""

    def __init__(self) -> None:
        self._known: dict[bytes, Script] = {}

    def load(self, text: bytes) -> Script | None:
        """Recognises a script and remembers it for EVALSHA."""
        script = recognised(text)
        if script is not None:
            self._known[sha1_of(text)] = script
            while len(self._known) > KNOWN_MAX:
                del self._known[next(iter(self._known))]
        return script

    def get(self, digest: bytes) -> Script | None:
        """The script with this SHA-1, if it was recognised before."""
        return self._known.get(digest.lower())


def sha1_of(text: bytes) -> bytes:
    """A script's name in Redis."""
    return hashlib.sha1(text, usedforsecurity=False).hexdigest().encode()
