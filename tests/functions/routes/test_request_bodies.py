import json
from typing import Any

import pytest

from app import app
from chalicelib.bodies.json_object import parse_object
from chalicelib.frame.errors import status_of
from chalicelib.frame.validation import check
from chalicelib.routes import orders, payments, refunds, webhooks
from gateway.domain.errors import AsyncPayError, BadRequest
from gateway.domain.values import AMOUNT_MAX, CURRENCIES
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.orders.create_order import NewOrder
from gateway.use_cases.payments.new_payment import NewPayment
from gateway.use_cases.refunds.create_refund import NewRefund
from tests.functions.conftest import KEYS
from tests.support.factories import NOW, some_deps
from tests.support.http_calls import send

CARD = {
    "number": "4111 1111 1111 1111",
    "expiry_month": "12",
    "expiry_year": "2030",
    "cvv": "123",
    "holder_name": "Asha Rao",
}
UPI_PAYMENT = {"order_id": "order_1", "method": "upi", "vpa": "user@paytm"}
CARD_PAYMENT = {"order_id": "order_1", "method": "card", "card": CARD}


def new_order(body: dict[str, Any]) -> NewOrder:
    check("NewOrder", body)
    return orders.new_order(body)


def capture_amount(body: dict[str, Any]) -> int:
    check("Capture", body)
    return int(body["amount"])


def new_refund(body: dict[str, Any]) -> NewRefund:
    check("NewRefund", body)
    return refunds.new_refund(body)


def new_payment(deps: Dependencies, body: dict[str, Any]) -> NewPayment:
    check("NewPayment", body)
    return payments.new_payment(body, deps.now())


def webhook_url(body: dict[str, Any]) -> str | None:
    check("WebhookConfigUpdate", body)
    return webhooks.webhook_url(body)


WITH_AMOUNT = [new_order, capture_amount, new_refund]


def refusal_of(parse: Any, *arguments: Any) -> tuple[str, str | None, str]:
    with pytest.raises(AsyncPayError) as caught:
        parse(*arguments)
    assert status_of(caught.type) == 400
    return caught.value.code, caught.value.field, caught.value.description


def test_an_order_is_of_100_at_least_and_a_part_of_it_of_1() -> None:
    assert refusal_of(new_order, {"amount": 99})[2] == "amount must be at least 100"
    assert capture_amount({"amount": 1}) == new_refund({"amount": 1}).amount == 1


def test_an_order_needs_an_amount_only() -> None:
    order = new_order({"amount": 100})
    assert (order.amount, order.currency, order.receipt, order.notes) == (100, "INR", None, {})
    assert order.expires_at is None


def test_an_order_keeps_what_it_is_given() -> None:
    notes = {"a": {"b": [1, "ü", None]}}
    order = new_order({"amount": AMOUNT_MAX, "currency": "USD", "receipt": "r", "notes": notes, "x": 1})
    assert (order.amount, order.currency, order.receipt, order.notes) == (AMOUNT_MAX, "USD", "r", notes)


def test_upi_names_an_address_or_asks_for_a_link_and_not_both() -> None:
    intent = {"order_id": "order_1", "method": "upi", "upi_flow": "intent"}
    assert new_payment(some_deps(), intent).vpa is None
    assert refusal_of(new_payment, some_deps(), {**intent, "vpa": "user@paytm"})[1] == "upi_flow"
    assert refusal_of(new_payment, some_deps(), {**intent, "upi_flow": "collect"})[1] == "upi_flow"
    assert refusal_of(new_payment, some_deps(), {"order_id": "o", "method": "upi"})[0] == "INVALID_VPA"


@pytest.mark.parametrize(
    ("written", "description"),
    [
        ("0", "amount must be at least 100"),
        ("-500", "amount must be at least 100"),
        (str(AMOUNT_MAX + 1), f"amount must be at most {AMOUNT_MAX}"),
        ("500.0", "amount must be an integer"),
        ("500.5", "amount must be an integer"),
        ("5e2", "amount must be an integer"),
        ("1" + "0" * 400, f"amount must be at most {AMOUNT_MAX}"),
        ("-1" + "0" * 30, "amount must be at least 100"),
        ("true", "amount must be an integer"),
        ("false", "amount must be an integer"),
        ("null", "amount must be an integer"),
        ('"500"', "amount must be an integer"),
        ("[500]", "amount must be an integer"),
        ("{}", "amount must be an integer"),
    ],
)
@pytest.mark.parametrize("parse", WITH_AMOUNT)
def test_an_amount_is_an_integer_within_bounds(parse: Any, written: str, description: str) -> None:
    body = parse_object(f'{{"amount":{written}}}'.encode())
    if parse is not new_order:
        description = description.replace("at least 100", "at least 1")
    assert refusal_of(parse, body) == ("BAD_REQUEST_ERROR", "amount", description)


@pytest.mark.parametrize(
    ("members", "field", "description"),
    [
        ({"currency": "JPY"}, "currency", "currency must be one of " + ", ".join(CURRENCIES)),
        ({"currency": "inr"}, "currency", "currency must be one of " + ", ".join(CURRENCIES)),
        ({"currency": None}, "currency", "currency must be a string"),
        ({"receipt": 7}, "receipt", "receipt must be a string or null"),
        ({"receipt": "x" * 256}, "receipt", "receipt must have at most 255 characters"),
        ({"notes": []}, "notes", "notes must be an object or null"),
        ({"notes": "x"}, "notes", "notes must be an object or null"),
        ({"notes": {str(n): n for n in range(51)}}, "notes", "notes must have at most 50 members"),
        ({"expires_at": 1}, "expires_at", "expires_at must be a string or null"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_order_with_a_wrong_member_names_it(members: dict[str, Any], field: str, description: str) -> None:
    refusal = refusal_of(new_order, {"amount": 500} | members)
    assert refusal == ("BAD_REQUEST_ERROR", field, description)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-01-31",
        "2026-01-31T09:30:00",
        "2026-13-01T00:00:00Z",
        "2026-01-31T25:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_an_expiry_that_is_no_time_of_utc_is_named(text: str) -> None:
    code, field, said = refusal_of(new_order, {"amount": 500, "expires_at": text})
    assert (code, field) == ("BAD_REQUEST_ERROR", "expires_at")
    assert said.startswith("expires_at must be a time such as ")


@pytest.mark.parametrize("text", ["2026-01-31T09:30:00.250Z", "2026-01-31T15:00:00.250+05:30"])
def test_an_expiry_is_read_in_its_zone(text: str) -> None:
    assert new_order({"amount": 500, "expires_at": text}).expires_at == NOW


@pytest.mark.parametrize(
    ("parse", "body", "field"),
    [
        (new_order, {}, "amount"),
        (new_order, {"currency": "INR"}, "amount"),
        (capture_amount, {}, "amount"),
        (webhook_url, {}, "webhook_url"),
    ],
)
def test_a_missing_member_is_named(parse: Any, body: dict[str, Any], field: str) -> None:
    wanted = ("BAD_REQUEST_ERROR", field, f"{field} is required")
    assert refusal_of(parse, body) == wanted


def test_a_refund_may_have_a_reason_of_bounded_length() -> None:
    assert new_refund({"amount": 1}).reason is None
    assert new_refund({"amount": 1, "reason": "Cup was cold"}).reason == "Cup was cold"
    with pytest.raises(BadRequest, match="reason must have at most 500 characters"):
        new_refund({"amount": 1, "reason": "x" * 501})


def test_a_upi_payment_has_an_address_and_a_card_payment_a_card() -> None:
    deps = some_deps()
    upi = new_payment(deps, UPI_PAYMENT)
    card = new_payment(deps, CARD_PAYMENT)
    assert (upi.order_id, upi.method, upi.vpa, upi.card) == ("order_1", "upi", "user@paytm", None)
    assert (card.method, card.vpa, card.card and card.card.last4) == ("card", None, "1111")


@pytest.mark.parametrize("month", [12, "12"])
@pytest.mark.parametrize("year", [2030, "2030", 30, "30"])
def test_an_expiry_may_be_written_as_a_number(month: object, year: object) -> None:
    card = CARD | {"expiry_month": month, "expiry_year": year}
    checked = new_payment(some_deps(), CARD_PAYMENT | {"card": card}).card
    assert checked is not None
    assert (checked.expiry_month, checked.expiry_year) == (12, 2030)


def test_members_of_the_other_method_are_ignored() -> None:
    assert new_payment(some_deps(), UPI_PAYMENT | {"card": "nonsense"}).method == "upi"
    assert new_payment(some_deps(), CARD_PAYMENT | {"vpa": 7}).method == "card"


WITHOUT = [({name: value for name, value in CARD.items() if name != gone}, gone) for gone in CARD]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "BAD_REQUEST_ERROR", "order_id"),
        ({"order_id": "o"}, "BAD_REQUEST_ERROR", "method"),
        (UPI_PAYMENT | {"order_id": ""}, "BAD_REQUEST_ERROR", "order_id"),
        (UPI_PAYMENT | {"order_id": 7}, "BAD_REQUEST_ERROR", "order_id"),
        (UPI_PAYMENT | {"order_id": "x" * 65}, "BAD_REQUEST_ERROR", "order_id"),
        (UPI_PAYMENT | {"method": "cash"}, "BAD_REQUEST_ERROR", "method"),
        (UPI_PAYMENT | {"method": None}, "BAD_REQUEST_ERROR", "method"),
        (UPI_PAYMENT | {"method": ["upi"]}, "BAD_REQUEST_ERROR", "method"),
        ({"order_id": "o", "method": "upi"}, "INVALID_VPA", "vpa"),
        (UPI_PAYMENT | {"vpa": None}, "INVALID_VPA", "vpa"),
        (UPI_PAYMENT | {"vpa": {"a": 1}}, "INVALID_VPA", "vpa"),
        (UPI_PAYMENT | {"vpa": "user@paytm\n"}, "INVALID_VPA", "vpa"),
        ({"order_id": "o", "method": "card"}, "INVALID_CARD", "card"),
        (CARD_PAYMENT | {"card": "4111"}, "INVALID_CARD", "card"),
        (CARD_PAYMENT | {"card": None}, "INVALID_CARD", "card"),
        *((CARD_PAYMENT | {"card": card}, "INVALID_CARD", f"card.{gone}") for card, gone in WITHOUT),
        (CARD_PAYMENT | {"card": CARD | {"number": 4111111111111111}}, "INVALID_CARD", "card.number"),
        (CARD_PAYMENT | {"card": CARD | {"cvv": 123}}, "INVALID_CARD", "card.cvv"),
        (CARD_PAYMENT | {"card": CARD | {"cvv": "1234"}}, "INVALID_CARD", "card.cvv"),
        (CARD_PAYMENT | {"card": CARD | {"holder_name": ""}}, "INVALID_CARD", "card.holder_name"),
        (CARD_PAYMENT | {"card": CARD | {"expiry_month": 12.0}}, "INVALID_CARD", "card.expiry_month"),
        (CARD_PAYMENT | {"card": CARD | {"expiry_month": True}}, "INVALID_CARD", "card.expiry_month"),
        (CARD_PAYMENT | {"card": CARD | {"expiry_month": 13}}, "EXPIRED_CARD", "card.expiry_month"),
        (CARD_PAYMENT | {"card": CARD | {"expiry_year": "2025"}}, "EXPIRED_CARD", "card.expiry_year"),
    ],
    ids=lambda value: str(value)[-40:],
)
def test_a_payment_that_cannot_be_made_names_what_is_wrong(
    body: dict[str, Any], code: str, field: str
) -> None:
    sent = parse_object(json.dumps(body).encode())
    assert refusal_of(new_payment, some_deps(), sent)[:2] == (code, field)


@pytest.mark.parametrize("member", ["number", "cvv", "expiry_month", "expiry_year"])
def test_no_refusal_repeats_a_card_number(member: str) -> None:
    body = CARD_PAYMENT | {"card": CARD | {member: "4111111111111112"}}
    assert "4111" not in str(refusal_of(new_payment, some_deps(), body))


@pytest.mark.parametrize(
    ("given", "set_to"), [("https://a.example/x", "https://a.example/x"), (None, None), ("", None)]
)
def test_a_webhook_url_is_set_or_cleared(given: str | None, set_to: str | None) -> None:
    assert webhook_url({"webhook_url": given}) == set_to


@pytest.mark.parametrize(
    ("amount", "words"), [("500", "an integer"), (500.5, "an integer"), (0, "at least 1")]
)
def test_a_payment_may_have_the_amount_as_an_integer(amount: object, words: str) -> None:
    for name in ("NewPublicPayment", "NewPayment"):
        check(name, UPI_PAYMENT)
        check(name, UPI_PAYMENT | {"amount": 500})
        code, field, said = refusal_of(check, name, UPI_PAYMENT | {"amount": amount})
        assert (code, field) == ("BAD_REQUEST_ERROR", "amount")
        assert words in said


@pytest.mark.parametrize(
    "members", [{}, {"amount": 700}, {"currency": "USD"}, {"amount": 1, "currency": "INR"}]
)
def test_the_money_that_a_payment_names_reaches_the_use_case(
    dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch, members: dict[str, Any]
) -> None:
    asked: list[NewPayment] = []

    def create(_deps: Dependencies, _merchant_id: str | None, new: NewPayment, *_: object) -> None:
        asked.append(new)
        raise BadRequest("enough")

    monkeypatch.setattr("chalicelib.routes.payments.create_payment", create)
    for path in ("/api/v1/payments/public", "/api/v1/payments"):
        send(app, "POST", path, headers=KEYS, json_body=UPI_PAYMENT | members)
    assert [(new.amount, new.currency) for new in asked] == 2 * [
        (members.get("amount"), members.get("currency"))
    ]
