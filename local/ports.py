"""Whether the ports are free, before anything is begun."""

import socket
from collections.abc import Iterable

from infra.ops.console import Problem
from local.settings import PORTS, Settings

LOOPBACK_ONLY = ("emulator", "tables")


def check_ports(settings: Settings, names: Iterable[str]) -> None:
    """Names a port that is taken, or named twice, and the variable that moves it."""
    seen: dict[int, str] = {}
    for name in names:
        variable, _, purpose = PORTS[name]
        port = settings.ports[name]
        if port in seen:
            raise Problem(f"{variable} and {seen[port]} are both {port}. Give each its own.")
        seen[port] = variable
        host = "127.0.0.1" if name in LOOPBACK_ONLY else settings.host
        if not is_free(host, port):
            raise Problem(f"Port {port}, for {purpose}, is taken. Move it with {variable}=<another port>.")


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # an ended server's last connections do not count
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
