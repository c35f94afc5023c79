"""Every row of the endpoint table, on the deployed stack; tests/functions has the many ways to be wrong."""

import re
import uuid
from typing import Any

import pytest

from tests.e2e.conftest import Stack, until

pytestmark = [pytest.mark.e2e, pytest.mark.smoke]

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
CARD = {
    "number": "4111 1111 1111 1111",
    "expiry_month": "12",
    "expiry_year": "39",
    "cvv": "123",
    "holder_name": "Asha Rao",
}
MERCHANT_ID = "550e8400-e29b-41d4-a716-446655440000"


def error_of(answer: Any) -> tuple[int, str, str]:
    error = answer.json()["error"]
    assert error["request_id"] == answer.headers["X-Request-Id"]
    return answer.status_code, error["code"], error["description"]


def is_id(prefix: str, text: str) -> bool:
    return re.fullmatch(prefix + "[A-Za-z0-9]{16}", text) is not None


def paid(stack: Stack, **order: Any) -> dict[str, Any]:
    payment = stack.pay(stack.order(**order)["id"])
    final = stack.final(payment["id"])
    assert final["status"] == "success"
    return final


def test_health_says_what_each_probe_found(stack: Stack) -> None:
    answer = stack.public("GET", "/health")
    body = answer.json()
    assert answer.status_code == 200
    assert TIME.fullmatch(body.pop("timestamp"))
    assert body == {"status": "healthy", "database": "connected", "redis": "connected", "worker": "running"}


def test_the_test_merchant_is_seeded(stack: Stack) -> None:
    answer = stack.public("GET", "/api/v1/test/merchant")
    assert answer.json() == {
        "id": MERCHANT_ID,
        "email": "test@example.com",
        "api_key": "key_test_abc123",
        "seeded": True,
    }


def test_the_job_status_counts_with_integers(stack: Stack) -> None:
    def status() -> dict[str, Any]:
        return dict(stack.public("GET", "/api/v1/test/jobs/status").json())

    before = status()
    paid(stack)
    # A batch is counted at its end, a moment after its payments are final.
    body = until(status, lambda found: found["completed"] > before["completed"], 30)
    assert body.pop("worker_status") == "running"
    assert set(body) == {"pending", "processing", "completed", "failed"}
    assert all(type(count) is int and count >= 0 for count in body.values())


@pytest.mark.parametrize(
    "headers", [{"X-Api-Secret": "wrong"}, {"X-Api-Key": "nobody"}, {"X-Api-Secret": ""}]
)
def test_wrong_credentials_are_refused_without_saying_which(stack: Stack, headers: dict[str, str]) -> None:
    answer = stack.call("POST", "/api/v1/orders", headers=headers, json={"amount": 500})
    assert error_of(answer) == (401, "AUTHENTICATION_ERROR", "Invalid API credentials")


def test_an_order_is_created_and_read_again(stack: Stack) -> None:
    wanted = {"amount": 12_345, "currency": "INR", "receipt": "r-1", "notes": {"buyer": "Zoë", "weight": 1.5}}
    answer = stack.call("POST", "/api/v1/orders", json=wanted)
    order = answer.json()
    assert answer.status_code == 201
    assert {name: order[name] for name in wanted} == wanted
    assert is_id("order_", order["id"])
    assert (order["merchant_id"], order["status"]) == (MERCHANT_ID, "created")
    assert TIME.fullmatch(order["created_at"])
    read = stack.call("GET", f"/api/v1/orders/{order['id']}")
    assert read.status_code == 200
    assert read.json() == order | {"updated_at": order["created_at"]}


def test_orders_are_listed_newest_first_and_found_by_receipt(stack: Stack) -> None:
    receipt = f"list-{uuid.uuid4().hex}"
    made = [stack.order(receipt=receipt)["id"] for _ in range(3)]
    stack.pay(made[0])

    def listed(**query: str) -> list[str]:
        found = stack.call("GET", "/api/v1/orders", params=query).json()
        return [order["id"] for order in found["data"]]

    # An index of DynamoDB follows its table within moments.
    until(lambda: listed(receipt=receipt), lambda found: len(found) == 3, 10)
    until(lambda: listed(limit="100"), lambda found: set(made) <= set(found), 10)
    assert [order for order in listed(limit="100") if order in made] == made[::-1]
    assert listed(receipt=receipt, status="created") == made[:0:-1]
    first = stack.call("GET", "/api/v1/orders", params={"limit": 1}).json()
    assert set(first) == {"data", "total", "limit", "offset", "next_cursor"}
    rest = stack.call("GET", "/api/v1/orders", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert rest["offset"] == 1
    wrong = stack.call("GET", "/api/v1/orders", params={"status": "refunded"})
    assert error_of(wrong)[:2] == (400, "BAD_REQUEST_ERROR")


def test_a_minimal_order_is_in_rupees_with_nothing_noted(stack: Stack) -> None:
    order = stack.order(amount=100)
    assert (order["currency"], order["receipt"], order["notes"]) == ("INR", None, {})


def test_an_order_below_the_minimum_is_refused(stack: Stack) -> None:
    answer = stack.call("POST", "/api/v1/orders", json={"amount": 99})
    assert error_of(answer) == (400, "BAD_REQUEST_ERROR", "amount must be at least 100")
    assert answer.json()["error"]["field"] == "amount"


def test_an_unknown_order_is_not_found(stack: Stack) -> None:
    answer = stack.call("GET", "/api/v1/orders/order_0000000000000000")
    assert error_of(answer) == (404, "NOT_FOUND_ERROR", "Order not found")


def test_the_public_order_shows_four_members_and_no_more(stack: Stack) -> None:
    order = stack.order()
    answer = stack.public("GET", f"/api/v1/orders/{order['id']}/public")
    assert answer.json() == {"id": order["id"], "amount": 50_000, "currency": "INR", "status": "created"}


def test_a_upi_payment_is_pending_at_once_and_successful_later(stack: Stack) -> None:
    order = stack.order()
    body = {"order_id": order["id"], "method": "upi", "vpa": "asha.rao@okbank"}
    answer = stack.call("POST", "/api/v1/payments", json=body)
    payment = answer.json()
    assert answer.status_code == 201
    assert is_id("pay_", payment["id"])
    assert payment == body | {
        "id": payment["id"],
        "amount": 50_000,
        "currency": "INR",
        "status": "pending",
        "created_at": payment["created_at"],
    }
    final = stack.final(payment["id"])
    assert final.items() >= (payment | {"status": "success", "captured": False}).items()
    assert TIME.fullmatch(final["updated_at"])
    assert stack.call("GET", f"/api/v1/orders/{order['id']}").json()["status"] == "paid"


def test_a_card_payment_keeps_network_and_last_four_only(stack: Stack) -> None:
    body = {"order_id": stack.order()["id"], "method": "card", "card": CARD}
    answer = stack.call("POST", "/api/v1/payments", json=body)
    payment = answer.json()
    assert answer.status_code == 201
    assert (payment["card_network"], payment["card_last4"]) == ("visa", "1111")
    assert set(payment) == {
        *("id", "order_id", "amount", "currency", "method", "card_network", "card_last4", "status"),
        "created_at",
    }
    assert stack.final(payment["id"])["status"] == "success"


def test_a_failed_payment_says_why_and_leaves_the_order_open(stack: Stack) -> None:
    order = stack.order()
    payment = stack.pay(order["id"], vpa="decline@asyncpay")
    failed = stack.final(payment["id"])
    assert (failed["status"], failed["error_code"]) == ("failed", "PAYMENT_FAILED")
    assert failed["error_description"]
    assert stack.call("GET", f"/api/v1/orders/{order['id']}").json()["status"] == "attempted"


@pytest.mark.parametrize(
    ("instrument", "code", "description"),
    [
        ({"method": "upi", "vpa": "no at sign"}, "INVALID_VPA", "VPA format invalid"),
        (
            {"method": "card", "card": CARD | {"number": "4111111111111112"}},
            "INVALID_CARD",
            "Card validation failed",
        ),
        (
            {"method": "card", "card": CARD | {"expiry_year": "2020"}},
            "EXPIRED_CARD",
            "Card expiry date invalid",
        ),
    ],
)
def test_a_bad_instrument_is_refused(
    stack: Stack, instrument: dict[str, Any], code: str, description: str
) -> None:
    answer = stack.call("POST", "/api/v1/payments", json={"order_id": stack.order()["id"], **instrument})
    assert error_of(answer) == (400, code, description)


def test_a_shopper_pays_without_credentials_and_watches_the_payment(stack: Stack) -> None:
    order = stack.order()
    body = {"order_id": order["id"], "method": "upi", "vpa": "shopper@bank"}
    answer = stack.public("POST", "/api/v1/payments/public", json=body)
    payment = answer.json()
    assert (answer.status_code, payment["status"]) == (201, "pending")
    stack.final(payment["id"])
    watched = stack.public("GET", f"/api/v1/payments/{payment['id']}/public?order_id={order['id']}")
    assert watched.json() == {
        "id": payment["id"],
        "order_id": order["id"],
        "amount": 50_000,
        "currency": "INR",
        "method": "upi",
        "status": "success",
    }
    foreign = stack.public("GET", f"/api/v1/payments/{payment['id']}/public?order_id={stack.order()['id']}")
    assert error_of(foreign)[:2] == (404, "NOT_FOUND_ERROR")


def test_a_paid_order_takes_no_further_payment(stack: Stack) -> None:
    payment = paid(stack)
    body = {"order_id": payment["order_id"], "method": "upi", "vpa": "shopper@bank"}
    for answer in (
        stack.call("POST", "/api/v1/payments", json=body),
        stack.public("POST", "/api/v1/payments/public", json=body),
    ):
        assert error_of(answer) == (400, "BAD_REQUEST_ERROR", "Order is already paid")


def test_payments_are_listed_newest_first_with_filters(stack: Stack) -> None:
    order = stack.order()
    made = [stack.pay(order["id"], vpa="decline@asyncpay")["id"] for _ in range(3)]
    for payment_id in made:
        stack.final(payment_id)
    answer = stack.call("GET", f"/api/v1/payments?order_id={order['id']}&limit=2")
    page = answer.json()
    assert [payment["id"] for payment in page["data"]] == made[:0:-1]
    assert (page["total"], page["limit"], page["offset"]) == (3, 2, 0)
    rest = stack.call("GET", f"/api/v1/payments?order_id={order['id']}&limit=2&offset=2").json()
    assert [payment["id"] for payment in rest["data"]] == made[:1]
    none = stack.call("GET", f"/api/v1/payments?order_id={order['id']}&status=success").json()
    assert (none["data"], none["total"]) == ([], 0)


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "offset=-1", "status=paid"])
def test_a_list_with_bad_parameters_is_refused(stack: Stack, query: str) -> None:
    answer = stack.call("GET", f"/api/v1/payments?{query}")
    assert error_of(answer)[:2] == (400, "BAD_REQUEST_ERROR")
    assert answer.json()["error"]["field"] == query.partition("=")[0]


def test_a_payment_is_captured_once(stack: Stack) -> None:
    payment = paid(stack)
    path = f"/api/v1/payments/{payment['id']}/capture"
    answer = stack.call("POST", path, json={"amount": 50_000})
    assert (answer.status_code, answer.json()["captured"]) == (200, True)
    again = stack.call("POST", path, json={"amount": 50_000})
    assert error_of(again) == (400, "BAD_REQUEST_ERROR", "Payment not in capturable state")


def test_a_refund_is_pending_at_once_and_processed_later(stack: Stack) -> None:
    payment = paid(stack)
    path = f"/api/v1/payments/{payment['id']}/refunds"
    answer = stack.call("POST", path, json={"amount": 20_000, "reason": "too small"})
    refund = answer.json()
    assert answer.status_code == 201
    assert is_id("rfnd_", refund["id"])
    assert (refund["payment_id"], refund["amount"], refund["reason"], refund["status"]) == (
        payment["id"],
        20_000,
        "too small",
        "pending",
    )
    too_much = stack.call("POST", path, json={"amount": 30_001})
    assert error_of(too_much) == (400, "BAD_REQUEST_ERROR", "Refund amount exceeds available amount")
    events = stack.received(payment["id"], 5)
    assert {event["event"] for event in events} >= {"refund.created", "refund.processed"}
    read = stack.call("GET", f"/api/v1/refunds/{refund['id']}").json()
    assert read["status"] == "processed"
    assert TIME.fullmatch(read["processed_at"])
    assert stack.call("GET", path).json()["data"] == [read]


def test_refunds_of_all_payments_and_the_ledger_are_read_on_by_cursor(stack: Stack) -> None:
    made = []
    for _ in range(2):
        path = f"/api/v1/payments/{paid(stack)['id']}/refunds"
        made.append(stack.call("POST", path, json={"amount": 100}).json()["id"])

    def read_on(path: str) -> list[str]:
        ids: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = stack.call("GET", path, params={"limit": 3, "cursor": cursor}).json()
            ids += [item["id"] for item in page["data"]]
            cursor = page["next_cursor"]
            assert len(ids) < 1000
        return ids

    until(lambda: read_on("/api/v1/refunds"), lambda found: set(made) <= set(found), 10)
    assert [refund for refund in read_on("/api/v1/refunds") if refund in made] == made[::-1]
    entries = read_on("/api/v1/ledger")
    assert len(entries) == len(set(entries)) >= 2


def test_refunds_of_nothing_are_refused(stack: Stack) -> None:
    unknown = stack.call("POST", "/api/v1/payments/pay_0000000000000000/refunds", json={"amount": 100})
    assert error_of(unknown)[:2] == (404, "NOT_FOUND_ERROR")
    failed = stack.pay(stack.order()["id"], vpa="decline@asyncpay")
    stack.final(failed["id"])
    answer = stack.call("POST", f"/api/v1/payments/{failed['id']}/refunds", json={"amount": 100})
    assert error_of(answer)[:2] == (400, "BAD_REQUEST_ERROR")


def test_an_unknown_path_and_a_wrong_method_answer_in_the_error_format(stack: Stack) -> None:
    assert error_of(stack.call("GET", "/api/v1/nothing"))[:2] == (404, "NOT_FOUND_ERROR")
    wrong = stack.call("DELETE", "/api/v1/orders")
    assert error_of(wrong)[0] == 405
    assert "POST" in wrong.headers["Allow"]
    assert error_of(stack.call("PUT", "/health"))[0] == 405


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"amount": 500.0}', "amount"),
        (b'{"amount": true}', "amount"),
        (b'{"amount": 1000000000000000000000000000000}', "amount"),
        (b'{"amount": "500"}', "amount"),
        (b'{"amount": 500, "receipt": "a\\u0000b"}', "receipt"),
        (b'{"amount": 500, "currency": "XYZ"}', "currency"),
        (b'{"amount": 500', None),
    ],
)
def test_a_malformed_order_is_refused_naming_the_field(stack: Stack, body: bytes, field: str | None) -> None:
    answer = stack.call("POST", "/api/v1/orders", data=body, headers={"Content-Type": "application/json"})
    assert error_of(answer)[:2] == (400, "BAD_REQUEST_ERROR")
    assert answer.json()["error"].get("field") == field


def test_the_checkout_may_call_from_its_origin_and_strangers_may_not(stack: Stack) -> None:
    for origin, granted in ((stack.checkout_origin, stack.checkout_origin), ("https://evil.example", None)):
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight = stack.public("OPTIONS", "/api/v1/payments/public", headers=headers)
        assert preflight.headers.get("Access-Control-Allow-Origin") == granted
        answer = stack.public("GET", "/api/v1/orders/order_0/public", headers={"Origin": origin})
        assert answer.headers.get("Access-Control-Allow-Origin") == granted
        assert "Access-Control-Allow-Credentials" not in answer.headers
