"""The one script that the status server knows: BullMQ's `getCounts`.

No Lua runs here. BullMQ sends a script as EVALSHA, is told NOSCRIPT, and sends its text by EVAL. It is known
by the comment that it begins with and by the line that builds a state's key: these stayed the same while the
rest changed from release to release. What it does is done here; any other script is refused.
"""

import hashlib
from collections.abc import Sequence

from local.redis.keys import Jobs, Keys
from local.redis.wire import Failure, Reply

OPENING = (b"--[[", b"Get counts per provided states")
# getCountsPerPriority begins with the same comment, and has no such line.
KEY_OF_A_STATE = b"local stateKey = prefix .. ARGV[i]"
KNOWN_MAX = 16

NOT_KNOWN = Failure("NOSCRIPT No matching script. Please use EVAL.")
REFUSED = Failure("READONLY this server runs no scripts but BullMQ's getCounts")


class Scripts:
    """The digests of the scripts that were recognised, the same for all connections."""

    def __init__(self) -> None:
        self._known: dict[bytes, None] = {}

    def load(self, script: bytes) -> bytes | None:
        """Recognises a script; answers its SHA-1 as SCRIPT LOAD does, or None."""
        lines = tuple(line.strip() for line in script.strip().splitlines()[:2])
        if lines != OPENING or KEY_OF_A_STATE not in script:
            return None
        digest = hashlib.sha1(script, usedforsecurity=False).hexdigest().encode()
        self._known[digest] = None
        while len(self._known) > KNOWN_MAX:
            del self._known[next(iter(self._known))]
        return digest

    def knows(self, digest: bytes) -> bool:
        """Whether a script of this SHA-1 was recognised before."""
        return digest.lower() in self._known


def run_get_counts(keys: Keys, arguments: Sequence[bytes]) -> Reply:
    """`1 <prefix> <state>...`: how many jobs are in each state, in that order."""
    if len(arguments) < 2 or arguments[0] != b"1":
        return Failure("ERR getCounts takes one key")
    prefix, states = arguments[1], arguments[2:]
    if states and states[0].isdigit():
        return Failure("ERR delayed jobs are counted here, but not by their time")
    found = [keys.get(prefix + state) for state in states]
    return [value.count if isinstance(value, Jobs) else 0 for value in found]
