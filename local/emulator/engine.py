"""The table engine's process: dynoxide, out of reach, and the guarded port before it.

dynoxide answers any web page, so it does not listen where one could reach it: in a network namespace of its
own where Linux grants us one, else on a random address of 127.0.0.0/8 and a random port, some 2^39
possibilities. The port that functions and tools use is this process's (`relay`).
"""

import asyncio
import ctypes
import fcntl
import os
import secrets
import signal
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import uvloop

from local.emulator import calls, relay
from local.emulator.transactions import Transactions

CONNECT_SECONDS = 10
POLL_SECONDS = 0.01
INNER_PORT = 8000

_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # unshare(2)
PR_SET_PDEATHSIG = 1  # prctl(2)
SIOCSIFFLAGS, IFF_UP_RUNNING = 0x8914, 0x1 | 0x40  # netdevice(7)


def main() -> None:
    """Engine PORT BINARY DATABASE: serves until the engine ends or this process's parent does."""
    port, binary, database = sys.argv[1:]
    die_with_parent()
    # Made before the namespace is left, so it is on the machine's own loopback interface.
    listener = socket.create_server(("127.0.0.1", int(port)), backlog=512)
    address = _hidden_address()
    Path(database).parent.mkdir(parents=True, exist_ok=True)
    command = [binary, "serve", "--host", address[0], "--port", str(address[1]), "--db-path", database]
    # The process has one thread so far, so code between fork and exec is safe.
    engine = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)  # noqa: PLW1509
    signal.signal(signal.SIGTERM, lambda *_: engine.terminate())
    status = uvloop.run(_serve(listener, address, engine))
    sys.exit(f"The table engine ended with exit code {status}." if status > 0 else 0)


def die_with_parent() -> None:
    """Has the kernel end this process with the one that started it."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _hidden_address() -> tuple[str, int]:
    """Where the engine is to listen: in a namespace of this process and its children, if there can be one."""
    if _enter_own_network():
        return "127.0.0.1", INNER_PORT
    print("No network namespace here, so the table engine listens at a random loopback address.", flush=True)
    while True:
        host = f"127.{secrets.randbelow(254) + 1}.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"
        with suppress(OSError), socket.create_server((host, secrets.randbelow(40_000) + 20_000)) as probe:
            found: tuple[str, int] = probe.getsockname()
            return found


def _enter_own_network() -> bool:
    user, group = os.getuid(), os.getgid()
    if _libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0:
        # Files go on belonging to the same user (user_namespaces(7)).
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    elif _libc.unshare(CLONE_NEWNET) != 0:
        return False
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP_RUNNING))
    return True


async def _serve(listener: socket.socket, address: tuple[str, int], engine: "subprocess.Popen[bytes]") -> int:
    """Serves while the engine runs; returns its exit code."""
    loop = asyncio.get_running_loop()
    await _until_listening(address, engine)
    shared = relay.Shared(address, calls.Calls(), Transactions())
    async with await loop.create_server(lambda: relay.Caller(shared), sock=listener):
        return await loop.run_in_executor(None, engine.wait)


async def _until_listening(address: tuple[str, int], engine: "subprocess.Popen[bytes]") -> None:
    async with asyncio.timeout(CONNECT_SECONDS):
        while engine.poll() is None:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(*address)
                writer.close()
                return
            await asyncio.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main()
