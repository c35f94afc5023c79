"""The whole app as it is deployed, as far as it goes without AWS: its endpoints, and who may call them."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

import chalicelib.frame.caller
from app import app
from chalicelib.frame.caller import NOBODY
from chalicelib.frame.idempotency_header import idempotency
from chalicelib.frame.operation import operations
from chalicelib.frame.request import Request
from gateway.domain.errors import NotFound
from gateway.use_cases.access.authentication import authenticate
from gateway.use_cases.access.checkout import CheckoutShop
from gateway.use_cases.dependencies import Dependencies
from tests.functions.conftest import KEYS, MERCHANT_ID
from tests.support.factories import NOW, a_payment, an_order, some_deps
from tests.support.http_calls import send

# (method, path, public): what the contract's table lists.
CONTRACT = [
    ("GET", "/health", True),
    ("POST", "/api/v1/orders", False),
    ("GET", "/api/v1/orders/{id}", False),
    ("GET", "/api/v1/orders/{id}/public", True),
    ("POST", "/api/v1/payments", False),
    ("POST", "/api/v1/payments/public", True),
    ("GET", "/api/v1/payments/{id}", False),
    ("GET", "/api/v1/payments/{id}/public", True),
    ("GET", "/api/v1/payments", False),
    ("POST", "/api/v1/payments/{id}/capture", False),
    ("POST", "/api/v1/payments/{id}/refunds", False),
    ("GET", "/api/v1/payments/{id}/refunds", False),
    ("GET", "/api/v1/refunds/{id}", False),
    ("GET", "/api/v1/webhooks", False),
    ("GET", "/api/v1/webhooks/{id}", False),
    ("POST", "/api/v1/webhooks/{id}/retry", False),
    ("GET", "/api/v1/webhooks/config", False),
    ("PUT", "/api/v1/webhooks/config", False),
    ("POST", "/api/v1/webhooks/config/secret", False),
    ("POST", "/api/v1/webhooks/test", False),
    ("GET", "/api/v1/test/merchant", True),
    ("GET", "/api/v1/test/jobs/status", True),
    ("GET", "/api/v1/test/jobs/queues", True),
]
# What there is beyond the contract and needs no credentials; the checkout page and its server ask the others.
A_SHOP = CheckoutShop("Chai & Co", "simulated", ("upi", "card"), None)
OF_A_SHOP = {
    "merchant_name": "Chai & Co",
    "acquirer": "simulated",
    "methods": ["upi", "card"],
    "upi_intent": False,
}
ALSO_PUBLIC = {
    ("GET", "/openapi.json"),
    ("POST", "/api/v1/dashboard/session"),
    ("POST", "/api/v1/dashboard/password/reset"),
    ("GET", "/api/v1/checkout/orders/{id}"),
    ("GET", "/api/v1/checkout/origins"),
    ("POST", "/api/v1/acquirers/{id}/webhooks"),
}
CARD = {"number": "4111111111111111", "expiry_month": "12", "expiry_year": "2030", "cvv": "123"}


def routes() -> list[tuple[str, str]]:
    return [(method, path) for path, methods in app.routes.items() for method in methods]


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in CONTRACT])
def test_an_endpoint_of_the_contract_exists(method: str, path: str) -> None:
    shapes = {
        (known, "/".join("{id}" if "{" in part else part for part in url.split("/")))
        for known, url in routes()
    }
    assert (method, path) in shapes


@pytest.mark.parametrize(("method", "path"), sorted(routes()))
def test_only_public_endpoints_need_no_credentials(
    dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    shape = "/".join("{id}" if "{" in part else part for part in path.split("/"))
    public = (method, shape, True) in CONTRACT or (method, shape) in ALSO_PUBLIC
    monkeypatch.setattr(chalicelib.frame.caller, "authenticate", authenticate)
    reply = send(app, method, path.replace("{", "x").replace("}", "x"))
    assert (reply.status == 401) is not public


def test_an_order_is_created_and_answered(
    dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def create(_deps: Dependencies, merchant_id: str, new: Any, idempotency: Any) -> Any:
        asked.append((merchant_id, new.amount))
        return idempotency.render(an_order(id="order_1"))

    monkeypatch.setattr("chalicelib.routes.orders.create_order", create)
    reply = send(app, "POST", "/api/v1/orders", headers=KEYS, json_body={"amount": 500})
    assert (reply.status, reply.json["id"], asked) == (201, "order_1", [(MERCHANT_ID, 500)])


def test_an_amount_of_99_is_refused_in_the_contracts_words(dependencies: Dependencies) -> None:
    reply = send(app, "POST", "/api/v1/orders", headers=KEYS, json_body={"amount": 99})
    assert (reply.status, reply.error["code"]) == (400, "BAD_REQUEST_ERROR")
    assert (reply.error["description"], reply.error["field"]) == ("amount must be at least 100", "amount")


@pytest.mark.parametrize(
    ("path", "body", "code", "description"),
    [
        ("payments", {"method": "upi", "vpa": "nobody"}, "INVALID_VPA", "VPA format invalid"),
        ("payments/public", {"method": "upi"}, "INVALID_VPA", "VPA format invalid"),
        ("payments", {"method": "card", "card": CARD}, "INVALID_CARD", "Card validation failed"),
        (
            "payments/public",
            {"method": "card", "card": CARD | {"holder_name": "A", "expiry_month": "13"}},
            "EXPIRED_CARD",
            "Card expiry date invalid",
        ),
    ],
)
def test_a_wrong_instrument_is_refused_in_the_contracts_words(
    dependencies: Dependencies, path: str, body: dict[str, Any], code: str, description: str
) -> None:
    body = {"order_id": "order_1"} | body
    reply = send(app, "POST", f"/api/v1/{path}", headers=KEYS, json_body=body)
    assert (reply.status, reply.error["code"], reply.error["description"]) == (400, code, description)


def test_an_id_in_the_path_reaches_the_service(
    dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(_deps: Dependencies, order_id: str, merchant_id: str | None = None) -> Any:
        raise NotFound(f"{order_id} of {merchant_id}")

    monkeypatch.setattr("chalicelib.routes.orders.find_order", find)
    replies = [send(app, "GET", f"/api/v1/orders/a%20b{end}", headers=KEYS) for end in ("", "/public")]
    assert [reply.error["description"] for reply in replies] == [f"a b of {MERCHANT_ID}", "a b of None"]


def test_a_shoppers_payment_is_found_by_its_id_and_by_its_order_if_that_is_given(
    dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment, asked = a_payment(), []

    def find(_deps: Dependencies, *wanted: Any) -> Any:
        asked.append(wanted)
        return payment

    monkeypatch.setattr("chalicelib.routes.payments.find_public_payment", find)
    path = f"/api/v1/payments/{payment.id}/public"
    # Checkout pages that exist already ask without the order's id.
    for query in ({"order_id": ["order_1"]}, None, {"order_id": [""]}):
        assert send(app, "GET", path, query=query).json["id"] == payment.id
    assert asked == [(payment.id, "order_1"), (payment.id, None), (payment.id, None)]


def test_a_success_is_signed_for_a_page_that_asks_for_it(
    dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = a_payment()
    monkeypatch.setattr("chalicelib.routes.payments.find_public_payment", lambda *_: payment)
    monkeypatch.setattr("chalicelib.routes.payments.success_signature", lambda *_: "ab")
    path = f"/api/v1/payments/{payment.id}/public"
    assert send(app, "GET", path, query={"signed": ["true"]}).json["signature"] == "ab"
    # Pages that exist already get what they got.
    assert "signature" not in send(app, "GET", path).json


def test_a_checkout_page_is_told_no_more_than_it_shows(
    dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def find(_deps: Dependencies, order_id: str, key: str | None) -> Any:
        asked.append((order_id, key))
        return an_order(id="order_1", expires_at=NOW)

    monkeypatch.setattr("chalicelib.routes.checkout.find_checkout_order", find)
    monkeypatch.setattr("chalicelib.routes.checkout.find_checkout_shop", lambda *_: A_SHOP)
    for query in ({"key": ["key_1"]}, None, {"key": [""]}):
        reply = send(app, "GET", "/api/v1/checkout/orders/order_1", query=query)
        wanted = {"id": "order_1", "amount": 50_000, "currency": "INR", "status": "created", "expired": True}
        assert (reply.status, reply.json) == (200, wanted | OF_A_SHOP)
    assert asked == [("order_1", "key_1"), ("order_1", None), ("order_1", None)]


def test_the_pages_server_asks_who_may_frame_it(
    dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    origins = {"key_1": ("https://shop.example",)}
    monkeypatch.setattr(
        "chalicelib.routes.checkout.find_checkout_origins", lambda _deps, key: origins.get(key, ())
    )
    path = "/api/v1/checkout/origins"
    assert send(app, "GET", path, query={"key": ["key_1"]}).json == {"origins": ["https://shop.example"]}
    assert send(app, "GET", path, query={"key": ["key_2"]}).json == {"origins": []}
    for query in (None, {"key": ["k" * 129]}):
        reply = send(app, "GET", path, query=query)
        assert (reply.status, reply.error["field"]) == (400, "key")


@pytest.mark.parametrize(
    ("path", "name"), [("payments", "status"), ("webhooks", "status"), ("webhooks", "event")]
)
def test_an_unknown_filter_is_named(dependencies: Dependencies, path: str, name: str) -> None:
    reply = send(app, "GET", f"/api/v1/{path}", headers=KEYS, query={name: ["nonsense"]})
    assert (reply.status, reply.error["field"]) == (400, name)


@pytest.mark.parametrize(
    "path", ["/api/v1/test/merchant", "/api/v1/test/jobs/status", "/api/v1/test/jobs/queues"]
)
def test_outside_test_stages_there_are_no_test_endpoints(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    live = some_deps(STAGE="live")
    monkeypatch.setattr(app, "dependencies", lambda: live)
    reply = send(app, "GET", path)
    assert (reply.status, reply.error["code"]) == (404, "NOT_FOUND_ERROR")


@pytest.mark.parametrize(("path", "name"), [("payments", "order_id"), ("events", "object")])
def test_a_query_for_what_is_longer_than_any_id_is_named(
    dependencies: Dependencies, path: str, name: str
) -> None:
    reply = send(app, "GET", f"/api/v1/{path}", headers=KEYS, query={name: ["x" * 3000]})
    assert (reply.status, reply.error["field"]) == (400, name)


def test_a_request_without_a_key_reads_no_secret(dependencies: Dependencies) -> None:
    reads: list[str] = []
    deps = replace(dependencies, secrets=SimpleNamespace(get=reads.append))
    operation = next(found for found in operations(app) if found.name == "post_payment")
    request = Request(deps, operation, NOBODY, {}, {}, {}, {}, "")
    assert idempotency(request, "m", "payments", {}, dict).key is None
    assert reads == []


def test_every_operation_says_more_of_itself_than_its_summary() -> None:
    assert [one.path for one in operations(app) if not all(one.texts())] == []
