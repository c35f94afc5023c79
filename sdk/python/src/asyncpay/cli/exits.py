"""The exit codes, which docs/cli.md lists and scripts rely on, and the problem that carries one."""

from __future__ import annotations

DONE = 0
REFUSED = 1
USAGE = 2
NOT_LOGGED_IN = 3
UNREACHABLE = 4
NOT_VERIFIED = 5
NOT_DELIVERED = 6
INTERRUPTED = 130

MEANING = {
    DONE: "done",
    REFUSED: "the gateway refused, or the work failed",
    USAGE: "the command line is wrong",
    NOT_LOGGED_IN: "there are no credentials, or wrong ones",
    UNREACHABLE: "the gateway gave no response",
    NOT_VERIFIED: "the signature is not valid",
    NOT_DELIVERED: "a receiver did not take an event",
    INTERRUPTED: "Ctrl-C",
}


class Problem(Exception):
    """What to tell the user: what is wrong, and what to do about it."""

    def __init__(self, message: str, *, exit_code: int = REFUSED) -> None:
        super().__init__(message)
        self.exit_code = exit_code
