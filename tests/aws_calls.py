"""Watching what the library asks of AWS, and answering in AWS's place what no emulator can be made to say."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from gateway.adapters.aws import queues
from gateway.adapters.aws.dynamodb import tables


class Calls(list[str]):
    """The operations that were called, in order."""

    def of(self, *operations: str) -> list[str]:
        """Those among them that were called, in order."""
        return [call for call in self if call in operations]


def _clients() -> list[Any]:
    return [tables.connection().client, queues.client("sqs"), queues.client("secretsmanager")]


@contextmanager
def watched() -> Iterator[Calls]:
    """Counts each call, however often the SDK sends it."""
    calls = Calls()

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    clients = _clients()
    for client in clients:
        client.meta.events.register("provide-client-params", note)
    try:
        yield calls
    finally:
        for client in clients:
            client.meta.events.unregister("provide-client-params", note)


@contextmanager
def answering(
    client: Any, operation: str, answers: Iterable[dict[str, Any] | Exception | None]
) -> Iterator[None]:
    """Answers an operation's next calls; None, or none left, lets the call through."""
    left = iter(answers)

    def answer(**_: Any) -> tuple[Any, dict[str, Any]] | None:
        parsed = next(left, None)
        if parsed is None:
            return None
        if isinstance(parsed, Exception):
            raise parsed
        status = parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", 200)
        return SimpleNamespace(status_code=status), parsed

    with _registered(client, operation, answer):
        yield


@contextmanager
def just_before(client: Any, operation: str, act: Callable[[], object]) -> Iterator[None]:
    """Does something once, after the library decided to call and before it is answered: a lost race."""
    left = [act]

    def slip_in(**_: Any) -> None:
        if left:
            left.pop()()

    with _registered(client, operation, slip_in):
        yield
    assert not left, f"{operation} was not called"


@contextmanager
def _registered(client: Any, operation: str, handler: Callable[..., Any]) -> Iterator[None]:
    event = f"before-call.{client.meta.service_model.service_id.hyphenize()}.{operation}"
    client.meta.events.register(event, handler)
    try:
        yield
    finally:
        client.meta.events.unregister(event, handler)


def an_error(code: str, **members: Any) -> dict[str, Any]:
    """What the SDK makes of an error of a service."""
    return {
        "Error": {"Code": code, "Message": f"{code} for a test"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
        **members,
    }


def a_cancellation(*codes: str) -> dict[str, Any]:
    """A cancelled transaction, with the reason of each of its writes."""
    reasons = [{"Code": code, "Message": code} for code in codes]
    message = f"Transaction cancelled, please refer cancellation reasons [{', '.join(codes)}]"
    error = {"Code": "TransactionCanceledException", "Message": message}
    return an_error("TransactionCanceledException", CancellationReasons=reasons) | {"Error": error}
