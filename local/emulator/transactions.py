"""Transactions that are asked for again: the table engine's guard has their responses.

A repeated TransactWriteItems with the token of one that was carried out changes nothing (DynamoDB API
reference, "ClientRequestToken"). The engine knows each token for ten minutes, and looks at all that it knows
whenever a transaction brings another one: with 30,000 of them that takes 1.5 ms, twice as long as a small
transaction itself. So the engine gets the functions' transactions without their tokens, and what became of
each is kept here.
"""

import re
import time
from collections import deque
from collections.abc import Callable

# A function's call is over after six seconds, all its tries included (gateway.adapters.aws.timeouts).
KEPT_SECONDS = 60.0
KEPT_MAX = 50_000
# The end of a request by gateway.adapters.aws.transport. What others send stays as it is: the engine is right
# about tokens, only slow.
_TOKEN = re.compile(rb',"ClientRequestToken":"([0-9A-Za-z-]{1,36})"\}\Z')
_TAIL_BYTES = 80


def split_token(request: bytes) -> tuple[bytes, bytes] | None:
    """The token of a request, and the request without it but as long as before; None if it ends in none."""
    found = _TOKEN.search(request, max(0, len(request) - _TAIL_BYTES))
    if found is None:
        return None
    blanks = b" " * (found.end() - found.start() - 1)
    return found[1], request[: found.start()] + blanks + b"}"


class Outcome:
    """The response to a transaction, when it comes. There may be none: then it is empty."""

    def __init__(self) -> None:
        self._response: bytes | None = None
        self._told: list[Callable[[bytes], None]] = []

    def when_over(self, tell: Callable[[bytes], None]) -> None:
        """Has `tell` called with the response, at once if it is there."""
        if self._response is None:
            self._told.append(tell)
        else:
            tell(self._response)

    def end(self, response: bytes) -> None:
        """Tells everybody who waits."""
        self._response = response
        told, self._told = self._told, []
        for tell in told:
            tell(response)


class Transactions:
    """Those that are under way, and those that were carried out within the last minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._outcomes: dict[bytes, Outcome] = {}
        self._kept: deque[tuple[float, bytes]] = deque()

    def find(self, token: bytes) -> Outcome | None:
        """What became, or is to become, of the transaction with this token."""
        return self._outcomes.get(token)

    def begin(self, token: bytes) -> Outcome:
        """A transaction that nobody has asked for yet."""
        outcome = self._outcomes[token] = Outcome()
        return outcome

    def end(self, token: bytes, response: bytes, *, carried_out: bool) -> None:
        """Ends one. If it was not carried out it may be tried again, as if it were new."""
        outcome = self._outcomes[token]
        if carried_out:
            self._kept.append((self._clock(), token))
            self._forget_old()
        else:
            del self._outcomes[token]
        outcome.end(response)

    def _forget_old(self) -> None:
        last = self._clock() - KEPT_SECONDS
        while self._kept and (self._kept[0][0] < last or len(self._kept) > KEPT_MAX):
            del self._outcomes[self._kept.popleft()[1]]
