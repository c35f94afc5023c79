"""The gateway in one process, its workers done with everything before the next request is looked at.

So payments succeed at once, and chains of requests (order, payment, capture, refund) go all the way.
tests/e2e runs the same against the deployed stack.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from jsonschema import validate

import app
from chalicelib.frame.operation import operations
from chalicelib.frame.routing import resolve
from chalicelib.openapi.document import document
from gateway.domain.errors import AsyncPayError
from gateway.use_cases.access.api_keys import issue_key
from tests.openapi.attack import attack
from tests.proof.conftest import proof_tables, world
from tests.proof.world import Account, World
from tests.support.http_calls import CONTEXT, an_event

__all__ = ["proof_tables", "world"]
pytestmark = [pytest.mark.emulator, pytest.mark.timeout(600)]


class Quiet(WSGIRequestHandler):
    """Says nothing of each request, and hands paths on as they came, percent signs and all."""

    def get_environ(self) -> dict[str, Any]:
        return super().get_environ() | {"RAW_PATH": self.path.partition("?")[0]}

    def log_message(self, *_: Any) -> None:
        pass


@dataclass
class Port:
    """The gateway on a port; `seen` counts statuses by route."""

    world: World
    url: str = ""
    seen: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """One request."""
        self.world.work()
        names = {name: name[5:].replace("_", "-").lower() for name in environ if name.startswith("HTTP_")}
        event = an_event(
            environ["REQUEST_METHOD"],
            environ["RAW_PATH"],
            headers={known: environ[name] for name, known in names.items()},
            query=parse_qs(environ["QUERY_STRING"], keep_blank_values=True),
            body=environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode(errors="replace"),
        )
        made = app.app(event, CONTEXT)
        self._count(event, made["statusCode"])
        start(f"{made['statusCode']} Answer", list(made["headers"].items()))
        return [made["body"].encode()]

    def _count(self, event: dict[str, Any], status: int) -> None:
        try:
            route = resolve(app.app.routes, event)["requestContext"]["resourcePath"]
        except AsyncPayError:
            return
        self.seen[f"{event['httpMethod']} {route}"][status] += 1


@pytest.fixture
def port(world: World) -> Iterator[Port]:
    """The gateway on a port."""
    port = Port(world)
    with make_server("127.0.0.1", 0, port.answer, handler_class=Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port.url = f"http://127.0.0.1:{server.server_port}"
        yield port
        server.shutdown()


def made(world: World, account: Account, path: str, body: Any = None) -> str:
    """The id of something new."""
    reply = world.call(account, "POST", "/api/v1" + path, body=body)
    assert reply is not None
    assert reply.status in (200, 201), reply.text
    world.work()
    return str(reply.json["id"])


def some_of_everything(world: World, account: Account) -> dict[str, list[str]]:
    """Ids of orders, paid payments, refunds and deliveries."""
    orders = [made(world, account, "/orders", {"amount": 50_000}) for _ in range(6)]
    unpaid = [made(world, account, "/orders", {"amount": 50_000}) for _ in range(40)]
    payments = [
        made(world, account, "/payments", {"order_id": order_id, "method": "upi", "vpa": "success@asyncpay"})
        for order_id in orders
    ]
    refund = {"amount": 100}
    refunds = [made(world, account, f"/payments/{payment_id}/refunds", refund) for payment_id in payments]
    return {
        "order_id": orders,
        "unpaid": unpaid,
        "payment_id": payments,
        "refund_id": refunds,
        "webhook_id": [made(world, account, "/webhooks/test") for _ in range(2)],
        "object": payments + refunds,
        "api_key": [issue_key(world.deps, account.id, "admin:test").key.api_key for _ in range(6)],
        "email": [world.deps.config.test_merchant_email],
    }


def test_no_answer_is_outside_of_the_document(world: World, port: Port) -> None:
    world.seed()
    account = world.new_merchant()
    ids = some_of_everything(world, account)
    keys = {"X-Api-Key": account.key, "X-Api-Secret": account.secret}
    attack(port.url, keys, ids, "--max-examples", "15")
    for operation in operations(app.app):
        seen = port.seen[f"{operation.method} {operation.path}"]
        if operation.tag == "sessions" or operation.for_people_only:
            continue  # not open to a key: tests/functions/routes/test_session_routes.py
        if operation.name in {"post_cancel", "post_password_reset"}:
            continue  # too late: see below; and nobody guesses a link
        # Else it would have shown nothing: everything was refused.
        assert set(operation.responses) <= set(seen), f"{operation.name} only answered {dict(seen)}"


def test_a_cancelled_refund_is_answered_as_documented(world: World) -> None:
    account = world.new_merchant()
    order_id = made(world, account, "/orders", {"amount": 50_000})
    upi = {"order_id": order_id, "method": "upi", "vpa": "success@asyncpay"}
    payment_id = made(world, account, "/payments", upi)
    refund = world.call(account, "POST", f"/api/v1/payments/{payment_id}/refunds", body={"amount": 100})
    assert refund is not None
    # The workers have not had a turn.
    cancelled = world.call(account, "POST", f"/api/v1/refunds/{refund.json['id']}/cancel")
    assert cancelled is not None
    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
    components = document(operations(app.app))["components"]
    validate(cancelled.json, {"$ref": "#/components/schemas/Refund", "components": components})
