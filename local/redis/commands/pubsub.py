"""Publish and subscribe: a client may subscribe, as Bull does to a queue's events; nothing is published."""

from collections.abc import Callable, Sequence

from local.redis.session import Command, Session, with_subcommands
from local.redis.wire import Failure, Pushes, Reply

SUBSCRIPTIONS_MAX = 1024
IN_A_TRANSACTION = Failure("ERR subscriptions cannot be changed in a transaction here")


def _subscribing(kind: str) -> Callable[[Session, Sequence[bytes]], Reply]:
    def handle(session: Session, arguments: Sequence[bytes]) -> Reply:
        if session.queued is not None:
            return IN_A_TRANSACTION
        if session.subscriptions + len(arguments) > SUBSCRIPTIONS_MAX:
            return Failure(f"ERR at most {SUBSCRIPTIONS_MAX} subscriptions a connection here")
        pushes: list[Sequence[Reply]] = []
        for name in arguments:
            session.subscribed[kind].add(name)
            pushes.append([kind.encode(), name, session.subscriptions])
        return Pushes(pushes)

    handle.__doc__ = f"{kind.upper()} name ..."
    return handle


def _unsubscribing(kind: str) -> Callable[[Session, Sequence[bytes]], Reply]:
    def handle(session: Session, arguments: Sequence[bytes]) -> Reply:
        if session.queued is not None:
            return IN_A_TRANSACTION
        names = session.subscribed[kind]
        reply = f"un{kind}" if kind == "subscribe" else "punsubscribe"
        pushes: list[Sequence[Reply]] = []
        for name in arguments or sorted(names):
            names.discard(name)
            pushes.append([reply.encode(), name, session.subscriptions])
        return Pushes(pushes or [[reply.encode(), None, session.subscriptions]])

    handle.__doc__ = f"{'UN' if kind == 'subscribe' else 'PUN'}SUBSCRIBE [name ...]"
    return handle


_PUBSUB = {
    b"CHANNELS": Command(lambda _session, _arguments: [], -2),
    b"NUMPAT": Command(lambda _session, _arguments: 0, 2),
}
COMMANDS: dict[bytes, Command] = {
    b"SUBSCRIBE": Command(_subscribing("subscribe"), -2),
    b"PSUBSCRIBE": Command(_subscribing("psubscribe"), -2),
    b"UNSUBSCRIBE": Command(_unsubscribing("subscribe"), -1),
    b"PUNSUBSCRIBE": Command(_unsubscribing("psubscribe"), -1),
    b"PUBSUB": Command(with_subcommands(b"PUBSUB", _PUBSUB), -2),
}
# What a client that has subscribed may still send in RESP2, where pushes and replies cannot be told apart.
WHILE_SUBSCRIBED = frozenset((*COMMANDS, b"PING", b"QUIT", b"RESET")) - {b"PUBSUB"}
