"""The table engine's process: dynoxide, out of reach, and the guarded port before it.

dynoxide answers any web page, so it does not listen where one could reach it: in a network namespace of its
own where Linux grants us one, else on a random address of 127.0.0.0/8 and a random port, some 2^39
possibilities. The port that functions and tools use is this process's (`relay`).

The engine has every write forced to the disk (fsync), five for each payment, one after another. That protects
against a power cut alone: what a process has written outlives it, however it ends. So here the kernel answers
these calls at once, and the system writes the file out in its own time, within half a minute; `make up` looks
after a power cut whether the file is sound (local.up.tables_file). ASYNCPAY_TABLES_SYNC=true leaves them.
"""

import asyncio
import ctypes
import fcntl
import os
import platform
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
SYNC = "ASYNCPAY_TABLES_SYNC"

_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # unshare(2)
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 1, 22, 38, 2  # prctl(2)
# Of fsync and fdatasync, after the number by which seccomp(2) knows the processor (linux/audit.h).
SYNC_CALLS = {"x86_64": (0xC000003E, 74, 75), "aarch64": (0xC00000B7, 82, 83)}
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
    syncs = os.environ.get(SYNC) == "true"
    # The process has one thread so far, so code between fork and exec is safe.
    begin = die_with_parent if syncs else _begin_without_sync
    engine = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=begin)  # noqa: PLW1509
    signal.signal(signal.SIGTERM, lambda *_: engine.terminate())
    status = uvloop.run(_serve(listener, address, engine))
    sys.exit(f"The table engine ended with exit code {status}." if status > 0 else 0)


def die_with_parent() -> None:
    """Has the kernel end this process with the one that started it."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _begin_without_sync() -> None:
    """Has the kernel answer this process's fsync and fdatasync with success, and do nothing (seccomp(2)).

    Where it can't be had, they are as they were: slower, and nothing else.
    """
    die_with_parent()
    if platform.machine() not in SYNC_CALLS:
        return
    architecture, *numbers = SYNC_CALLS[platform.machine()]
    load, equal, give = 0x20, 0x15, 0x06  # BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
    allow, success = 0x7FFF0000, 0x00050000  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO of no error
    steps = [
        (load, 0, 0, 4),  # the architecture
        (equal, 0, 3, architecture),
        (load, 0, 0, 0),  # the call's number
        (equal, 2, 0, numbers[0]),
        (equal, 1, 0, numbers[1]),
        (give, 0, 0, allow),
        (give, 0, 0, success),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HP", len(steps), ctypes.addressof(code))
    _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.create_string_buffer(program), 0, 0)


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
