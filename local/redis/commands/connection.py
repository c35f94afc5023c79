"""Commands about the connection itself: authentication, protocol version, name, database."""

import hmac
from collections.abc import Sequence

from local.redis.errors import NOT_AN_INTEGER, SYNTAX, shown, wrong_number
from local.redis.session import DATABASES, REDIS_VERSION, Command, Session, with_subcommands
from local.redis.wire import OK, Failure, Reply, Status, Text

USERNAME = b"default"
NAME_BYTES_MAX = 256
WRONG_PASSWORD = Failure("WRONGPASS invalid username-password pair or user is disabled.")
NO_PASSWORD_CONFIGURED = Failure(
    "ERR AUTH <password> called without any password configured for the default user. "
    "Are you sure your configuration is correct?"
)
HELLO_FIRST = Failure(
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> "
    "AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol "
    "version at the same time"
)
NOT_A_NAME = Failure("ERR Client names cannot contain spaces, newlines or special characters.")


def ping(session: Session, arguments: Sequence[bytes]) -> Reply:
    """PING [message]."""
    if len(arguments) > 1:
        return wrong_number(b"PING")
    if session.subscriptions and session.protocol == 2:
        return [b"pong", *(arguments or [b""])]
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
    if len(arguments) > 2:
        return SYNTAX
    if len(arguments) == 1 and not session.server.password:
        return NO_PASSWORD_CONFIGURED
    username = arguments[0] if len(arguments) == 2 else USERNAME
    return _authenticate(session, username, arguments[-1]) or OK


def _authenticate(session: Session, username: bytes, password: bytes) -> Failure | None:
    """Authenticates, or says why not; a failure leaves the connection as it was.

    Without a password configured Redis's default user is `nopass`: every password is right when the user is
    named (https://github.com/redis/redis/issues/13590). URLs such as redis://default:x@localhost rely on it.
    """
    configured = session.server.password.encode()
    # Compared even for an unknown user, so that the response time reveals nothing.
    is_right = hmac.compare_digest(password, configured) or not configured
    if username != USERNAME or not is_right:
        return WRONG_PASSWORD
    session.is_authenticated = True
    return None


def hello(session: Session, arguments: Sequence[bytes]) -> Reply:
    """HELLO [protocol [AUTH username password] [SETNAME name]]."""
    protocol = arguments[0] if arguments else str(session.protocol).encode()
    if not protocol.isdigit():
        return Failure("ERR Protocol version is not an integer or out of range")
    if protocol not in (b"2", b"3"):
        return Failure("NOPROTO unsupported protocol version")
    name = _after_options(session, list(arguments[1:]))
    if isinstance(name, Failure):
        return name
    if not session.is_authenticated:
        return HELLO_FIRST
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


def _after_options(session: Session, options: list[bytes]) -> bytes | Failure:
    """Authenticates where HELLO's options say so, and returns the connection's name after them."""
    name = session.name
    while options:
        option = options.pop(0)
        if option.upper() == b"AUTH" and len(options) >= 2:
            failure = _authenticate(session, options.pop(0), options.pop(0))
            if failure is not None:
                return failure
        elif option.upper() == b"SETNAME" and options:
            name = options.pop(0)
            if not _is_name(name):
                return NOT_A_NAME
        else:
            return Failure(f"ERR Syntax error in HELLO option '{shown(option)}'")
    return name


def select(session: Session, arguments: Sequence[bytes]) -> Reply:
    """SELECT index."""
    digits = arguments[0].removeprefix(b"-")
    if not digits.isdigit() or len(digits) > 18:
        return NOT_AN_INTEGER
    if not 0 <= int(arguments[0]) < DATABASES:
        return Failure("ERR DB index is out of range")
    session.database = int(arguments[0])
    return OK


def _set_name(session: Session, arguments: Sequence[bytes]) -> Reply:
    if not _is_name(arguments[0]):
        return NOT_A_NAME
    session.name = arguments[0]
    return OK


def _set_info(session: Session, arguments: Sequence[bytes]) -> Reply:
    attribute, value = arguments[0].lower(), arguments[1]
    if attribute not in (b"lib-name", b"lib-ver"):
        return Failure(f"ERR Unrecognized option '{shown(arguments[0])}'")
    if not _is_name(value):
        return Failure(f"ERR {attribute.decode()} cannot contain spaces, newlines or special characters.")
    session.library[attribute] = value
    return OK


def _list(session: Session, arguments: Sequence[bytes]) -> Reply:
    """CLIENT LIST [TYPE NORMAL | MASTER | REPLICA | PUBSUB] [ID id ...]."""
    found = list(session.server.sessions.values())
    match [word.upper() for word in arguments]:
        case []:
            pass
        case [b"TYPE", kind] if kind in (b"NORMAL", b"MASTER", b"REPLICA", b"SLAVE", b"PUBSUB"):
            found = found if kind == b"NORMAL" else []
        case [b"ID", *ids] if ids and all(number.isdigit() for number in ids):
            found = [other for other in found if str(other.id).encode() in ids]
        case _:
            return SYNTAX
    return Text("".join(f"{other.line()}\n" for other in found))


def _tracking(_session: Session, arguments: Sequence[bytes]) -> Reply:
    """CLIENT TRACKING ON | OFF [option ...]: keys change without notice here, so a client may cache none."""
    off = arguments[0].upper() == b"OFF"
    return OK if off else Failure("ERR client side caching is not supported here")


def _on_or_off(_session: Session, arguments: Sequence[bytes]) -> Reply:
    return OK if arguments[0].upper() in (b"ON", b"OFF") else SYNTAX


def _is_name(text: bytes) -> bool:
    return len(text) <= NAME_BYTES_MAX and all(33 <= byte <= 126 for byte in text)


_CLIENT = {
    b"ID": Command(lambda session, _: session.id, 2),
    b"GETNAME": Command(lambda session, _: session.name or None, 2),
    b"SETNAME": Command(_set_name, 3),
    b"SETINFO": Command(_set_info, 4),
    b"INFO": Command(lambda session, _: Text(f"{session.line()}\n"), 2),
    b"LIST": Command(_list, -2),
    b"GETREDIR": Command(lambda _session, _: -1, 2),
    b"TRACKING": Command(_tracking, -3),
    b"NO-EVICT": Command(_on_or_off, 3),
    b"NO-TOUCH": Command(_on_or_off, 3),
}
COMMANDS = {
    b"PING": Command(ping, -1),
    b"ECHO": Command(echo, 2),
    b"QUIT": Command(quit_, -1),
    b"RESET": Command(reset, 1),
    b"AUTH": Command(auth, -2),
    b"HELLO": Command(hello, -1),
    b"SELECT": Command(select, 2),
    b"CLIENT": Command(with_subcommands(b"CLIENT", _CLIENT), -2),
}
