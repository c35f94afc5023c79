"""Looking names up within a time limit, which the system's resolver does not take.

A daemon thread asks, so that it keeps no process from ending, and who wants to know waits for it only as long
as there is time. A thread that has its answer waits a moment for the next name: starting one, and handing
work over by locks of Python's own, cost several times what most lookups take.
"""

import ipaddress
import socket
import threading
from collections import deque
from queue import Empty, SimpleQueue
from typing import NamedTuple

from gateway.adapters.webhook_http.bounded_socket import remaining_seconds
from gateway.domain.webhooks.webhook_url import IpAddress

# A resolver that hangs keeps its thread until it gives up (resolv.conf: tens of seconds). Not more than this
# many may hang at once; further lookups wait for one of them, inside their own time limit.
_LOOKUPS_MAX = 32
_IDLE_SECONDS = 1.0
_lookups = threading.BoundedSemaphore(_LOOKUPS_MAX)


class _Question(NamedTuple):
    """A name, and where its addresses go, or the error."""

    host: str
    port: int
    answer: SimpleQueue[list[IpAddress] | Exception]


# The threads that have nothing to do. Whoever takes one out gives it a question, and nobody else does.
_idle: deque[SimpleQueue[_Question]] = deque()


def look_up(host: str, port: int, deadline: float) -> list[IpAddress]:
    """The addresses in the resolver's order (RFC 6724), each once; socket.gaierror, TimeoutError."""
    if not _lookups.acquire(timeout=remaining_seconds(deadline)):
        raise TimeoutError
    question = _Question(host, port, SimpleQueue())
    try:
        _idle.pop().put(question)
    except IndexError:
        threading.Thread(target=_serve, args=(question,), name="webhook-dns", daemon=True).start()
    try:
        found = question.answer.get(timeout=remaining_seconds(deadline))
    except Empty:
        raise TimeoutError from None
    if isinstance(found, Exception):
        raise found
    return found


def _serve(question: _Question) -> None:
    mine: SimpleQueue[_Question] = SimpleQueue()
    while True:
        found = _ask(question)
        # Before the answer: who gets it should find this thread waiting, and not beside itself.
        _lookups.release()
        _idle.append(mine)
        question.answer.put(found)
        try:
            question = mine.get(timeout=_IDLE_SECONDS)
        except Empty:
            try:
                _idle.remove(mine)
            except ValueError:  # taken just now
                question = mine.get()
            else:
                return


def _ask(question: _Question) -> list[IpAddress] | Exception:
    try:
        found = socket.getaddrinfo(question.host, question.port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))
    except Exception as problem:  # noqa: BLE001 - raised again by the one that waits
        return problem
