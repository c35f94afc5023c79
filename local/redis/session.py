"""What the status server knows of one connection, and the commands about the connection itself."""

import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from local.redis.keys import Keys
from local.redis.scripts import Scripts
from local.redis.wire import OK, Failure, Reply, Status

# What clients ask for when they decide what they may send; it is the protocol's age and not a product's.
REDIS_VERSION = "7.2.0"
DATABASES = 16
NAME_BYTES_MAX = 256
SYNTAX = Failure("ERR syntax error")


@dataclass
class Server:
    """What all connections share."""

    password: str = ""
    clients_max: int = 128
    idle_seconds: float = 600.0
    scripts: Scripts = field(default_factory=Scripts)
    sessions: dict[int, "Session"] = field(default_factory=dict)
    started_at: float = field(default_factory=time.monotonic)
    commands_total: int = 0
    connections_total: int = 0


@dataclass
class Session:
    """One connection. `queued` are the commands since MULTI, or None outside of one."""

    server: Server
    id: int
    address: str
    protocol: int = 2
    is_authenticated: bool = False
    name: bytes = b""
    library: dict[bytes, bytes] = field(default_factory=dict)
    last_command: str = ""
    is_closing: bool = False
    queued: list[Sequence[bytes]] | None = None
    is_spoiled: bool = False
    keys: Keys = field(default_factory=dict)

    def reset(self) -> None:
        """As a new connection is."""
        self.protocol, self.name, self.queued, self.is_spoiled = 2, b"", None, False
        self.is_authenticated = not self.server.password

    def line(self) -> str:
        """How CLIENT LIST shows it."""
        members = {
            "id": self.id,
            "addr": self.address,
            "name": self.name.decode(errors="replace"),
            "db": 0,
            "multi": -1 if self.queued is None else len(self.queued),
            "cmd": self.last_command,
            "resp": self.protocol,
            "lib-name": self.library.get(b"lib-name", b"").decode(errors="replace"),
            "lib-ver": self.library.get(b"lib-ver", b"").decode(errors="replace"),
        }
        return " ".join(f"{name}={value}" for name, value in members.items())


def ping(_session: Session, arguments: Sequence[bytes]) -> Reply:
    """PING [message]."""
    return arguments[0] if arguments else Status("PONG")


def echo(_session: Session, arguments: Sequence[bytes]) -> Reply:
    """ECHO message."""
    return arguments[0]


def quit_(session: Session, _arguments: Sequence[bytes]) -> Reply:
    """QUIT."""
    session.is_closing = True
    return OK


def reset(session: Session, _arguments: Sequence[bytes]) -> Reply:
    """RESET."""
    session.reset()
    return Status("RESET")


def auth(session: Session, arguments: Sequence[bytes]) -> Reply:
    """AUTH [username] password."""
    password = session.server.password
    if len(arguments) > 2:
        return SYNTAX
    if not password:
        return Failure("ERR AUTH <password> called without any password configured for the default user")
    username = arguments[0] if len(arguments) == 2 else b"default"
    # Both are compared in any case, so that the time tells nothing.
    right = hmac.compare_digest(arguments[-1], password.encode())
    if username != b"default" or not right:
        return Failure("WRONGPASS invalid username-password pair or user is disabled.")
    session.is_authenticated = True
    return OK


def hello(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HELLO [protocol [AUTH username password] [SETNAME name]]."""
    protocol = arguments[0] if arguments else str(session.protocol).encode()
    if protocol not in (b"2", b"3"):
        return Failure("NOPROTO unsupported protocol version")
    rest = list(arguments[1:])
    name = session.name
    while rest:
        option = rest.pop(0).upper()
        if option == b"AUTH" and len(rest) >= 2:
            answer = auth(session, [rest.pop(0), rest.pop(0)])
            if isinstance(answer, Failure):
                return answer
        elif option == b"SETNAME" and rest and _is_name(rest[0]):
            name = rest.pop(0)
        else:
            return Failure("ERR syntax error in HELLO")
    if not session.is_authenticated:
        return Failure(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> "
            "AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol "
            "version at the same time"
        )
    session.protocol, session.name = int(protocol), name
    return {
        b"server": b"asyncpay-status",
        b"version": REDIS_VERSION.encode(),
        b"proto": session.protocol,
        b"id": session.id,
        b"mode": b"standalone",
        b"role": b"replica",
        b"modules": [],
    }


def select(_session: Session, arguments: Sequence[bytes]) -> Reply:
    """SELECT index. Every database shows the same."""
    if not arguments[0].isdigit() or int(arguments[0][:9]) >= DATABASES:
        return Failure("ERR DB index is out of range")
    return OK


def client(session: Session, arguments: Sequence[bytes]) -> Reply:
    """CLIENT subcommand ..."""
    known = _CLIENT.get(arguments[0].upper())
    if known is None:
        shown = arguments[0][:NAME_BYTES_MAX].decode(errors="replace")
        return Failure(f"ERR unknown subcommand '{shown}'. Try CLIENT ID, INFO, LIST, GETNAME, SETNAME.")
    count, handler = known
    if count is not None and len(arguments) - 1 != count:
        return Failure("ERR wrong number of arguments for 'client' command")
    return handler(session, arguments[1:])


def _set_name(session: Session, arguments: Sequence[bytes]) -> Reply:
    if not _is_name(arguments[0]):
        return Failure("ERR Client names cannot contain spaces, newlines or special characters.")
    session.name = arguments[0]
    return OK


def _set_info(session: Session, arguments: Sequence[bytes]) -> Reply:
    attribute, value = arguments[0].lower(), arguments[1]
    if attribute not in (b"lib-name", b"lib-ver") or not _is_name(value):
        return Failure("ERR Unrecognized option or a value with spaces")
    session.library[attribute] = value
    return OK


def _list(session: Session, _arguments: Sequence[bytes]) -> Reply:
    return "".join(f"{other.line()}\n" for other in session.server.sessions.values()).encode()


def _is_name(text: bytes) -> bool:
    return len(text) <= NAME_BYTES_MAX and all(33 <= byte <= 126 for byte in text)


# The number of arguments (None: any), and what answers.
_CLIENT: dict[bytes, tuple[int | None, Callable[[Session, Sequence[bytes]], Reply]]] = {
    b"ID": (0, lambda session, _: session.id),
    b"GETNAME": (0, lambda session, _: session.name or None),
    b"SETNAME": (1, _set_name),
    b"SETINFO": (2, _set_info),
    b"INFO": (0, lambda session, _: f"{session.line()}\n".encode()),
    b"LIST": (None, _list),
    b"NO-EVICT": (1, lambda _session, _: OK),
    b"NO-TOUCH": (1, lambda _session, _: OK),
}
