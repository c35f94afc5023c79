"""A connection, what all connections share, and what a command is that is carried out for one."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from local.redis.errors import unknown_subcommand, wrong_number
from local.redis.keys import Keys
from local.redis.scripts import Scripts
from local.redis.wire import Reply

# Clients decide by it which commands they may send; it says how new the protocol is, not the product.
REDIS_VERSION = "7.2.0"
DATABASES = 16


@dataclass
class Server:
    """What all connections share. An empty password means that none is configured."""

    password: str = ""
    port: int = 0
    clients_max: int = 128
    idle_seconds: float = 600.0
    scripts: Scripts = field(default_factory=Scripts)
    sessions: dict[int, "Session"] = field(default_factory=dict)
    started_at: float = field(default_factory=time.monotonic)
    commands_total: int = 0
    connections_total: int = 0


@dataclass
class Session:
    """One connection. `queued` holds the requests since MULTI, and is None outside a transaction."""

    server: Server
    id: int
    address: str
    protocol: int = 2
    database: int = 0
    is_authenticated: bool = False
    name: bytes = b""
    library: dict[bytes, bytes] = field(default_factory=dict)
    last_command: str = ""
    is_closing: bool = False
    queued: list[Sequence[bytes]] | None = None
    is_spoiled: bool = False
    subscribed: dict[str, set[bytes]] = field(
        default_factory=lambda: {"subscribe": set(), "psubscribe": set()}
    )
    opened_at: float = field(default_factory=time.monotonic)
    asked_at: float = field(default_factory=time.monotonic)
    keys: Keys = field(default_factory=dict)

    def reset(self) -> None:
        """Puts the connection back into the state of a new one; RESET's effect."""
        self.protocol, self.database, self.name = 2, 0, b""
        self.discard()
        for names in self.subscribed.values():
            names.clear()
        self.is_authenticated = not self.server.password

    @property
    def subscriptions(self) -> int:
        """How many channels and patterns it is subscribed to."""
        return sum(len(names) for names in self.subscribed.values())

    def discard(self) -> None:
        """Forgets the transaction, if there is one."""
        self.queued, self.is_spoiled = None, False

    def line(self) -> str:
        """The connection's line in CLIENT LIST."""
        now = time.monotonic()
        members = {
            "id": self.id,
            "addr": self.address,
            "name": self.name.decode(errors="replace"),
            "age": int(now - self.opened_at),
            "idle": int(now - self.asked_at),
            "flags": "P" if self.subscriptions else "N",
            "db": self.database,
            "sub": len(self.subscribed["subscribe"]),
            "psub": len(self.subscribed["psubscribe"]),
            "multi": -1 if self.queued is None else len(self.queued),
            "cmd": self.last_command,
            "user": "default",
            "resp": self.protocol,
            "lib-name": self.library.get(b"lib-name", b"").decode(errors="replace"),
            "lib-ver": self.library.get(b"lib-ver", b"").decode(errors="replace"),
        }
        return " ".join(f"{name}={value}" for name, value in members.items())


Handler = Callable[[Session, Sequence[bytes]], Reply]


class Reads(IntEnum):
    """What a command reads. Keys come from the API, which may be slow or down."""

    NOTHING = 0
    KEYS_IF_AT_HAND = 1
    KEYS = 2


@dataclass(frozen=True)
class Command:
    """A command.

    `arity` is the number of words in a request, the command's name included; -3 means at least 3.
    """

    handler: Handler
    arity: int
    reads: Reads = Reads.NOTHING

    def accepts(self, words: int) -> bool:
        """Whether a request of this many words, the command's name included, has the right number."""
        return words == self.arity if self.arity > 0 else words >= -self.arity


def reading(handler: Handler, arity: int) -> Command:
    """A command that cannot be carried out without the keys."""
    return Command(handler, arity, Reads.KEYS)


def with_subcommands(name: bytes, subcommands: Mapping[bytes, Command]) -> Handler:
    """A handler that passes requests on to subcommands, whose arity counts the command's name as well."""

    def handle(session: Session, arguments: Sequence[bytes]) -> Reply:
        subcommand = arguments[0].upper()
        if subcommand == b"HELP" and len(arguments) == 1:
            return [f"{name.decode()} {known.decode()}".encode() for known in subcommands]
        found = subcommands.get(subcommand)
        if found is None:
            return unknown_subcommand(name, arguments[0])
        if not found.accepts(len(arguments) + 1):
            return wrong_number(name + b"|" + subcommand)
        return found.handler(session, arguments[1:])

    handle.__doc__ = f"{name.decode()} {' | '.join(known.decode() for known in subcommands)}"
    return handle
