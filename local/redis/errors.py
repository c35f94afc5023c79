"""Error replies, worded as Redis words them: clients match on these texts."""

import re

from local.redis.wire import Failure

SYNTAX = Failure("ERR syntax error")
WRONG_TYPE = Failure("WRONGTYPE Operation against a key holding the wrong kind of value")
NOT_AN_INTEGER = Failure("ERR value is not an integer or out of range")
NOT_A_FLOAT = Failure("ERR min or max is not a float")
INVALID_CURSOR = Failure("ERR invalid cursor")
READ_ONLY = Failure("READONLY You can't write against a read only replica.")
NOT_AUTHENTICATED = Failure("NOAUTH Authentication required.")
NO_CLUSTER = Failure("ERR This instance has cluster support disabled")
# Ours: Redis has the jobs themselves and needs no such refusal.
NO_SCORES = Failure("ERR the jobs are counted here, but not by their scores")
SHOWN_BYTES = 64
_INTEGER = re.compile(rb"-?\d{1,18}")


def is_integer(word: bytes) -> bool:
    """Whether an argument is what Redis takes for a number; where it is not, the reply is NOT_AN_INTEGER."""
    return _INTEGER.fullmatch(word) is not None


def shown(word: bytes) -> str:
    """A client's own word, cut short for an error reply."""
    return word[:SHOWN_BYTES].decode(errors="replace")


def wrong_number(name: bytes) -> Failure:
    """A command, or `command|subcommand`, was sent with too few or too many arguments."""
    return Failure(f"ERR wrong number of arguments for '{name.decode().lower()}' command")


def unknown_subcommand(command: bytes, subcommand: bytes) -> Failure:
    """The command exists and the subcommand does not."""
    return Failure(f"ERR unknown subcommand '{shown(subcommand)}'. Try {command.decode()} HELP.")
