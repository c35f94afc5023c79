"""Ports for the servers that tests start: free, and chosen by no other test of this machine.

A server is there some seconds after its port was chosen, and another process may choose as well meanwhile. So
each port is held by a file lock, which the kernel drops with the process that has it.
"""

import fcntl
import os
import random
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

# ip(7), ip_local_port_range: connections get 32768 and above.
PORTS = range(20_000, 32_000)
LOCKS = Path(tempfile.gettempdir()) / "asyncpay-test-ports"


def take(count: int) -> list[int]:
    """Free ports, which are this process's until it ends."""
    LOCKS.mkdir(exist_ok=True)
    taken: list[int] = []
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        if len(taken) == count:
            return taken
        if _is_ours(port) and _is_free(port):
            taken.append(port)
    pytest.fail(f"fewer than {count} ports are free")


def _is_ours(port: int) -> bool:
    # Never closed, and not inherited: the lock goes with this process.
    file = os.open(LOCKS / str(port), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return False
    return True


def _is_free(port: int) -> bool:
    with suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False
