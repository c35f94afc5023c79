"""EVAL and its relatives, for the scripts that this server recognises."""

from collections.abc import Sequence

from local.redis.errors import NOT_AN_INTEGER, READ_ONLY, SYNTAX
from local.redis.scripts import Script, sha1_of
from local.redis.session import Command, Session, reading, with_subcommands
from local.redis.wire import OK, Failure, Reply

NOT_KNOWN = Failure("NOSCRIPT No matching script. Please use EVAL.")
REFUSED = Failure(f"{READ_ONLY} Of scripts, only those that BullMQ and Bull read with are answered here.")


def eval_(session: Session, arguments: Sequence[bytes]) -> Reply:
    """EVAL script numkeys key ... argument ..."""
    return _run(session, session.server.scripts.load(arguments[0]), REFUSED, arguments[1:])


def evalsha(session: Session, arguments: Sequence[bytes]) -> Reply:
    """EVALSHA sha1 numkeys key ... argument ..."""
    return _run(session, session.server.scripts.get(arguments[0]), NOT_KNOWN, arguments[1:])


def _run(session: Session, script: Script | None, otherwise: Failure, words: Sequence[bytes]) -> Reply:
    if not words[0].removeprefix(b"-").isdigit() or len(words[0]) > 18:
        return NOT_AN_INTEGER
    number = int(words[0])
    if number > len(words) - 1:
        return Failure("ERR Number of keys can't be greater than number of args")
    if number < 0:
        return Failure("ERR Number of keys can't be negative")
    if script is None:
        return otherwise
    names, arguments = words[1 : number + 1], words[number + 1 :]
    if len(names) < script.keys_min or len(arguments) < script.arguments_min:
        return Failure("ERR the script needs more keys or arguments")
    return script.run(session.keys, names, arguments)


def _load(session: Session, arguments: Sequence[bytes]) -> Reply:
    # Clients load all their scripts on start, those that write as well; only running those is refused.
    session.server.scripts.load(arguments[0])
    return sha1_of(arguments[0])


def _exists(session: Session, arguments: Sequence[bytes]) -> Reply:
    return [int(session.server.scripts.get(digest) is not None) for digest in arguments]


def _flush(_session: Session, arguments: Sequence[bytes]) -> Reply:
    # What was recognised is kept: it costs nothing, and other connections use it.
    return OK if [word.upper() for word in arguments] in ([], [b"SYNC"], [b"ASYNC"]) else SYNTAX


_SCRIPT = {b"LOAD": Command(_load, 3), b"EXISTS": Command(_exists, -3), b"FLUSH": Command(_flush, -2)}
COMMANDS: dict[bytes, Command] = {
    b"EVAL": reading(eval_, -3),
    b"EVAL_RO": reading(eval_, -3),
    b"EVALSHA": reading(evalsha, -3),
    b"EVALSHA_RO": reading(evalsha, -3),
    b"SCRIPT": Command(with_subcommands(b"SCRIPT", _SCRIPT), -2),
}
