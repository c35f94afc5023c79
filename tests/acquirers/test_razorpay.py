"""Razorpay's own: what it is sent, orders that can be created again, late authorisation, and its webhooks.

The stand-in is judged by the official client, which nobody here wrote.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

from gateway.adapters.acquirers import razorpay_answers
from gateway.adapters.acquirers.http_client import HttpClient, Response
from gateway.adapters.acquirers.razorpay import Razorpay
from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.results import AcquirerError, NotSent, Outcome, Refused, Result, Unknown
from gateway.domain.errors import AuthenticationFailed, BadRequest
from gateway.domain.payments.payment import OrderDetails, Payment
from gateway.use_cases.acquirer import GiveBack
from local.razorpay.server import KEY_ID, KEY_SECRET, WEBHOOK_SECRET
from tests.acquirers.benches import Bench, a_razorpay_account, at_razorpay, charged_at_razorpay
from tests.support.factories import NOW, a_payment, some_id

SAMPLES = os.environ.get("ACQUIRER_SAMPLES", "")
DAY = 86_400
ORDER = {
    "id": "order_1",
    "status": "created",
    "attempts": 0,
    "amount": 1000,
    "currency": "USD",
    "receipt": "r",
}
PAYMENT = {"id": "pay_r", "status": "captured", "amount": 1000, "currency": "USD", "notes": []}
REFUND = {"id": "rfnd_r", "status": "processed", "amount": 1000, "currency": "USD", "notes": []}
CREATED = {"razorpay_payment_id": "pay_r", "next": [{"action": "poll", "url": "https://x"}]}


class Recorder:
    """Stands in for HttpClient.request: notes what is sent, and answers in turn."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.sent: list[tuple[str, str, dict[str, Any], dict[str, str]]] = []
        self.answers = list(answers)

    def listen(self, patch: pytest.MonkeyPatch) -> "Recorder":
        patch.setattr(HttpClient, "request", lambda _http, *given, **_limits: self.hear(*given))
        return self

    def hear(self, method: str, target: str, body: bytes | None = None, headers: Any = None) -> Response:
        self.sent.append((method, target, json.loads(body or b"{}"), dict(headers or {})))
        status, answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return Response(status, {}, json.dumps(answer).encode())


def connector_of(bench: Bench) -> Razorpay:
    assert isinstance(bench.acquirer, Razorpay)
    return bench.acquirer


def by_upi(vpa: str | None = "success@razorpay", amount: int = 70_000) -> Payment:
    return a_payment(vpa=vpa, amount=amount, currency="INR")


def known(payment: Payment, result: Result) -> Payment:
    link = result.redirect_url or payment.attempt.redirect_url
    attempt = Attempt(asked_at=NOW, reference=result.reference, redirect_url=link)
    return replace(payment, attempt=attempt)


def begun(bench: Bench, vpa: str | None = "success@razorpay", amount: int = 70_000) -> Payment:
    payment = by_upi(vpa, amount)
    return known(payment, bench.acquirer.authorize(payment, payment.id, NOW))


def taken(bench: Bench) -> Payment:
    payment = begun(bench)
    assert bench.acquirer.capture(payment, payment.amount, "key").captured
    return payment


def give_back(payment: Payment, amount: int) -> GiveBack:
    return GiveBack(some_id("rfnd_"), payment, amount, "cold", None, NOW)


# ------------------------------------------------------------------------------------ requests
def requests_of(patch: pytest.MonkeyPatch) -> dict[str, tuple[str, str, dict[str, Any], dict[str, str]]]:
    """Every kind of request that the connector makes, the last of each call."""
    payment = replace(
        by_upi(amount=1000),
        currency="USD",
        attempt=Attempt(asked_at=NOW, reference="probe_connector_txn_001"),
    )
    back = GiveBack("rfnd_0123456789abcdef", payment, 1000, "cold", "probe_refund_id_001", NOW)
    connector = Razorpay(a_razorpay_account())
    calls: dict[str, tuple[list[Any], Callable[[], Any], int]] = {
        "create_order": ([ORDER, CREATED], lambda: connector.authorize(payment, payment.id, NOW), 0),
        "create_payment": ([ORDER, CREATED], lambda: connector.authorize(payment, payment.id, NOW), 1),
        "get": ([PAYMENT], lambda: connector.retrieve(payment, NOW), 0),
        "capture": ([PAYMENT], lambda: connector.capture(payment, 1000, "key"), 0),
        "refund": ([REFUND], lambda: connector.refund(back, f"{payment.id}:release:2"), 0),
        "refund_get": ([REFUND], lambda: connector.retrieve_refund(back), 0),
    }
    sent = {}
    for name, (answers, call, index) in calls.items():
        recorder = Recorder(*[(200, answer) for answer in answers]).listen(patch)
        call()
        sent[name] = recorder.sent[index]
    return sent


@pytest.mark.skipif(not SAMPLES, reason="ACQUIRER_SAMPLES names no folder with recorded requests")
def test_requests_to_razorpay_equal_the_recorded_ones_in_the_members_that_both_send(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded = json.loads((Path(SAMPLES) / "razorpay.requests.json").read_text())
    ours = requests_of(monkeypatch)
    # Names of the recording's own; and it lets Razorpay capture, which is a request of its own here.
    free = {"receipt", "payment_capture"}
    for name in ours.keys() & recorded.keys():
        method, target, members, _ = ours[name]
        sample = recorded[name]["default"]
        assert (method, target) == (
            sample["method"].upper(),
            sample["url"].removeprefix("https://api.razorpay.com"),
        ), name
        body = sample["body"] or "{}"
        theirs = json.loads(body) if body.startswith("{") else dict(parse_qsl(body))
        both = (theirs.keys() & members.keys()) - free
        assert {key: str(members[key]) for key in both} == {key: str(theirs[key]) for key in both}, name
        assert not theirs.keys() - members.keys(), name


def test_an_order_is_named_after_our_payment_and_captures_nothing_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, _, order, _ = requests_of(monkeypatch)["create_order"]
    assert (order["unique_receipt"], order["payment_capture"]) == (True, False)
    assert order["receipt"] == order["notes"]["payment_id"]


def test_a_refunds_key_has_the_letters_that_razorpay_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, _, headers = requests_of(monkeypatch)["refund"]
    assert headers["X-Refund-Idempotency"].endswith("-release-2")


@pytest.mark.parametrize(
    ("notes", "sent"),
    [({}, {}), ({"email": "a@x.example", "contact": "+919000090000", "table": 7},
      {"email": "a@x.example", "contact": "+919000090000"}),
     ({"email": "a" * 41, "contact": 9000090000}, {})],
)  # fmt: skip
def test_what_the_shop_said_of_its_shopper_goes_along_and_nothing_is_made_up(
    monkeypatch: pytest.MonkeyPatch, notes: dict[str, Any], sent: dict[str, str]
) -> None:
    recorder = Recorder((200, ORDER), (200, CREATED)).listen(monkeypatch)
    payment = replace(by_upi(), of_order=OrderDetails(None, notes))
    Razorpay(a_razorpay_account()).authorize(payment, payment.id, NOW)
    members = recorder.sent[1][2]
    assert {name: members[name] for name in ("email", "contact") if name in members} == sent


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (500, {}, Unknown),
        (504, {"code": "GATEWAY_ERROR"}, Unknown),
        (400, {"code": "GATEWAY_ERROR", "reason": "gateway_technical_error"}, Unknown),
        (409, {"code": "BAD_REQUEST_ERROR"}, Unknown),
        (429, {"code": "BAD_REQUEST_ERROR"}, NotSent),
        (401, {"code": "BAD_REQUEST_ERROR", "reason": "NA"}, NotSent),
        (400, {"code": "BAD_REQUEST_ERROR", "reason": "input_validation_failed"}, Refused),
        (404, None, Refused),
    ],
)
def test_a_status_of_razorpays_says_whether_the_request_was_carried_out(
    monkeypatch: pytest.MonkeyPatch, status: int, error: Any, kind: type[AcquirerError]
) -> None:
    Recorder((status, {"error": error})).listen(monkeypatch)
    back = GiveBack("rfnd_0123456789abcdef", begun_elsewhere(), 1000, None, None, NOW)
    with pytest.raises(kind):
        Razorpay(a_razorpay_account()).refund(back, back.id)


def begun_elsewhere() -> Payment:
    return replace(by_upi(), attempt=Attempt(asked_at=NOW, reference="pay_r"))


def test_an_account_that_refuses_a_known_receipt_gives_the_order_that_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    payment = by_upi()
    mine = {**ORDER, "receipt": payment.id, "amount": payment.amount, "currency": "INR"}
    refused = {"error": {"code": "BAD_REQUEST_ERROR", "description": "Order receipt should be unique."}}
    other = {**mine, "id": "order_2", "receipt": f"{payment.id}x"}
    recorder = Recorder((400, refused), (200, {"items": [other, mine]}), (200, CREATED)).listen(monkeypatch)
    Razorpay(a_razorpay_account()).authorize(payment, payment.id, NOW)
    assert recorder.sent[2][2]["order_id"] == "order_1"


def test_cards_are_not_taken() -> None:
    able = Razorpay(a_razorpay_account()).capabilities
    assert (able.methods, able.currencies, able.raw_cards) == (("upi",), ("INR",), False)
    with pytest.raises(Refused):
        Razorpay(a_razorpay_account()).read_token("tok")


# ------------------------------------------------------------------------ the stand-in's scenarios
def test_an_order_whose_response_was_lost_is_the_same_one_when_asked_again(razorpay: Bench) -> None:
    """BP-07."""
    payment = by_upi()
    razorpay.fault("/v1/orders", "drop_response")
    with pytest.raises(Unknown):
        razorpay.acquirer.authorize(payment, payment.id, NOW)
    assert razorpay.acquirer.retrieve(replace(payment, attempt=Attempt(asked_at=NOW)), NOW).outcome is (
        Outcome.NOT_FOUND
    )
    razorpay.acquirer.authorize(payment, payment.id, NOW)
    assert len(at_razorpay(str(razorpay.control), payment.id)) == 1


def test_before_a_payment_is_created_again_the_orders_payments_are_looked_at(razorpay: Bench) -> None:
    """BP-08."""
    payment = by_upi("slow@razorpay")
    razorpay.fault(razorpay.authorizes, "drop_response")
    with pytest.raises(Unknown):
        razorpay.acquirer.authorize(payment, payment.id, NOW)
    assert razorpay.acquirer.authorize(payment, payment.id, NOW).outcome is Outcome.PENDING
    assert len(at_razorpay(str(razorpay.control), payment.id)) == 1


def test_a_refund_whose_response_was_lost_is_paid_once(razorpay: Bench) -> None:
    """BP-12."""
    back = give_back(taken(razorpay), 20_000)
    for fault in ("drop_response", "error_500"):
        razorpay.fault("/v1/payments/.*/refund", fault)
        with pytest.raises(Unknown):
            razorpay.acquirer.refund(back, back.id)
    assert razorpay.acquirer.retrieve_refund(back).amount == 20_000
    again = razorpay.acquirer.refund(back, back.id)
    fetched = official(razorpay).payment.fetch(back.payment.attempt.reference)
    assert (again.outcome, fetched["amount_refunded"]) == (Outcome.APPROVED, 20_000)


def test_a_failure_may_become_authorised_and_is_then_captured_or_given_back(razorpay: Bench) -> None:
    """BP-06, and where nobody captures it."""
    payment = begun(razorpay, "late@razorpay")
    assert razorpay.acquirer.retrieve(payment, NOW).outcome is Outcome.PENDING
    razorpay.advance(601)
    failed = razorpay.acquirer.retrieve(payment, NOW)
    assert (failed.outcome, failed.raw_code) == (Outcome.DECLINED, "payment_timed_out")
    razorpay.advance(DAY)
    late = razorpay.acquirer.retrieve(payment, NOW)
    assert (late.outcome, late.captured, late.amount) == (Outcome.APPROVED, False, 70_000)
    razorpay.advance(3 * DAY + 1)
    gone = razorpay.acquirer.retrieve(payment, NOW)
    assert (gone.outcome, gone.raw_code) == (Outcome.DECLINED, "refunded")


def test_a_payment_that_nobody_answers_fails_by_itself_and_there_is_nothing_to_void(razorpay: Bench) -> None:
    payment = begun(razorpay, "ignored@razorpay")
    assert razorpay.acquirer.void(payment, "key").outcome is Outcome.PENDING
    razorpay.advance(601)
    assert razorpay.acquirer.void(payment, "key").outcome is Outcome.DECLINED


def test_exactly_what_was_authorised_is_captured_once(razorpay: Bench) -> None:
    payment = begun(razorpay)
    with pytest.raises(Refused):
        razorpay.acquirer.capture(payment, payment.amount - 1, "key")
    first = razorpay.acquirer.capture(payment, payment.amount, "key")
    assert (first.outcome, first.captured, first.amount) == (Outcome.APPROVED, True, 70_000)
    assert razorpay.acquirer.capture(payment, payment.amount, "key") == first
    with pytest.raises(Refused):
        razorpay.acquirer.capture(begun(razorpay, "slow@razorpay"), 70_000, "key")


def test_an_address_that_does_not_exist_is_a_failed_payment_and_no_error(razorpay: Bench) -> None:
    payment = by_upi("nobody@nowhere")
    result = razorpay.acquirer.authorize(payment, payment.id, NOW)
    assert (result.outcome, result.raw_code) == (Outcome.DECLINED, "invalid_vpa")
    assert result.failure
    assert result.failure.reason == "not_supported"


def test_a_link_opens_the_shoppers_app_and_stays_while_the_shopper_decides(razorpay: Bench) -> None:
    payment = by_upi(None)
    asked = razorpay.acquirer.authorize(payment, payment.id, NOW)
    assert asked.outcome is Outcome.ACTION_REQUIRED
    assert str(asked.redirect_url).startswith("upi://pay?")
    waiting = known(payment, asked)
    found = razorpay.acquirer.retrieve(waiting, NOW)
    assert (found.outcome, found.redirect_url) == (asked.outcome, asked.redirect_url)
    razorpay.advance(3)
    assert razorpay.acquirer.retrieve(waiting, NOW).outcome is Outcome.APPROVED


@pytest.mark.parametrize(
    ("amount", "reason"),
    [(201, "insufficient_funds"), (204, "authentication_failed"), (302, "cancelled"), (402, "declined")],
)
def test_what_razorpays_test_amounts_fail_by_has_words_of_ours(
    razorpay: Bench, amount: int, reason: str
) -> None:
    payment = begun(razorpay, None, amount)
    razorpay.advance(3)
    result = razorpay.acquirer.retrieve(payment, NOW)
    assert result.outcome is Outcome.DECLINED
    assert result.failure
    assert result.failure.reason == reason


@pytest.mark.parametrize("reason", [*razorpay_answers._FAILURES, "something_new", None])
def test_every_reason_of_razorpays_has_words_of_ours(reason: str | None) -> None:
    failure = razorpay_answers.failure_of(reason)
    assert (failure.code, bool(failure.description)) == ("PAYMENT_FAILED", True)


def test_credentials_are_checked_by_two_reads(razorpay: Bench) -> None:
    razorpay.acquirer.check()
    wrong = Razorpay(a_razorpay_account("wrong_secret", api_base=razorpay.control))
    with pytest.raises(NotSent):
        wrong.check()


# ------------------------------------------------------------------------------------ the official client
def official(bench: Bench) -> Any:
    razorpay = pytest.importorskip("razorpay", reason="razorpay is not installed: make install-dev")
    return razorpay.Client(auth=(KEY_ID, KEY_SECRET), base_url=bench.control)


def test_the_official_client_takes_a_payment_and_gives_it_back_at_the_stand_in(razorpay: Bench) -> None:
    client = official(razorpay)
    receipt = some_id("pay_")
    order = {"amount": 50_000, "currency": "INR", "receipt": receipt, "unique_receipt": True}
    made = client.order.create(order)
    assert client.order.create(order) == made
    assert client.order.all({"receipt": receipt})["items"] == [made]
    upi = {"flow": "collect", "vpa": "success@razorpay"}
    members = {"amount": 50_000, "currency": "INR", "order_id": made["id"], "method": "upi", "upi": upi}
    begun = client.payment.createUpi({**members, "email": "a@x.example", "contact": "9000090000"})
    payment_id = begun["razorpay_payment_id"]
    assert client.payment.fetch(payment_id)["status"] == "authorized"
    captured = client.payment.capture(payment_id, 50_000, {"currency": "INR"})
    assert (captured["status"], client.order.fetch(made["id"])["status"]) == ("captured", "paid")
    back = client.payment.refund(payment_id, {"amount": 50_000, "speed": "normal"})
    assert client.refund.fetch(back["id"])["status"] == "processed"
    assert [one["status"] for one in client.order.payments(made["id"])["items"]] == ["refunded"]


def test_the_official_client_is_refused_what_razorpay_refuses(razorpay: Bench) -> None:
    client = official(razorpay)
    refused = pytest.importorskip("razorpay").errors.BadRequestError
    with pytest.raises(refused, match="minimum amount"):
        client.order.create({"amount": 99, "currency": "INR"})
    with pytest.raises(refused, match="does not exist"):
        client.payment.fetch("pay_00000000000000")
    payment = taken(razorpay)
    reference = payment.attempt.reference
    with pytest.raises(refused, match="already been captured"):
        client.payment.capture(reference, payment.amount, {"currency": "INR"})
    with pytest.raises(refused, match="refund amount"):
        client.payment.refund(reference, {"amount": payment.amount + 1})
    order_id = client.payment.fetch(reference)["order_id"]
    again = {"amount": payment.amount, "currency": "INR", "order_id": order_id, "method": "upi"}
    with pytest.raises(refused, match="already done"):
        client.payment.createPaymentJson({**again, "upi": {"flow": "intent"}})


def test_the_official_client_sees_what_the_connector_did(razorpay: Bench) -> None:
    payment = taken(razorpay)
    (held,) = charged_at_razorpay(str(razorpay.control), payment.id)
    fetched = official(razorpay).payment.fetch(payment.attempt.reference)
    assert fetched == held
    assert (fetched["status"], fetched["notes"]["payment_id"]) == ("captured", payment.id)


# ------------------------------------------------------------------------------------ webhooks
def events_about(bench: Bench, payment: Payment) -> list[dict[str, Any]]:
    """What the stand-in would send about a payment."""
    events = requests.get(f"{bench.control}/_fake/events", timeout=10).json()
    return [event for event in events if payment.id in event["body"]]


def lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def test_events_of_the_stand_in_verify_for_the_connector_and_for_the_official_client(razorpay: Bench) -> None:
    payment = taken(razorpay)
    back = give_back(payment, 20_000)
    razorpay.acquirer.refund(back, back.id)
    connector = Razorpay(a_razorpay_account(webhook_secrets=("another_one", WEBHOOK_SECRET)))
    heard = []
    for event in events_about(razorpay, payment):
        headers, body = lower(event["headers"]), event["body"]
        assert official(razorpay).utility.verify_webhook_signature(
            body, headers["x-razorpay-signature"], WEBHOOK_SECRET
        )
        notice = connector.parse_webhook(body.encode(), headers, NOW)
        assert notice
        assert (notice.payment_id, notice.reference) == (payment.id, payment.attempt.reference)
        heard.append((notice.kind, notice.refund_id))
        with pytest.raises(AuthenticationFailed):
            connector.parse_webhook(body.replace("7", "8").encode(), headers, NOW)
    assert heard == [
        ("payment.authorized", None),
        ("payment.captured", None),
        ("order.paid", None),
        ("refund.processed", back.id),
    ]


@pytest.mark.parametrize("ends", ["won", "lost", "closed"])
def test_a_dispute_at_the_stand_in_is_told_with_our_payment(razorpay: Bench, ends: str) -> None:
    payment = taken(razorpay)
    for status in ("open", "under_review", ends):
        body = {"payment_id": payment.attempt.reference, "status": status}
        requests.post(f"{razorpay.control}/_fake/disputes", json=body, timeout=10).raise_for_status()
    connector = Razorpay(a_razorpay_account(webhook_secrets=(WEBHOOK_SECRET,)))
    heard = []
    for event in events_about(razorpay, payment)[-3:]:
        notice = connector.parse_webhook(event["body"].encode(), lower(event["headers"]), NOW)
        assert notice
        assert notice.dispute
        assert notice.payment_id == payment.id
        told = notice.dispute
        assert told.reason == "goods_or_services_not_received_or_partially_received"
        assert (told.amount, told.currency) == (payment.amount, "INR")
        assert told.respond_by
        heard.append((notice.kind, told.status, told.word))
    assert heard == [
        ("payment.dispute.created", "open", "open"),
        ("payment.dispute.under_review", "open", "under_review"),
        (f"payment.dispute.{ends}", ends, ends),
    ]


EVENT = json.dumps({"event": "payment.captured", "payload": {"payment": {"entity": PAYMENT}}}).encode()


def signed(body: bytes, secret: str, event_id: str | None = "evt_1") -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-razorpay-signature": digest} | ({"x-razorpay-event-id": event_id} if event_id else {})


@pytest.mark.parametrize("secret", ["webhook_new", "webhook_old"])
def test_a_webhook_of_razorpays_signed_with_either_secret_says_what_to_look_up(secret: str) -> None:
    notice = Razorpay(a_razorpay_account()).parse_webhook(EVENT, signed(EVENT, secret), NOW)
    assert notice
    assert (notice.event_id, notice.payment_id, notice.reference) == ("evt_1", None, "pay_r")


@pytest.mark.parametrize("headers", [{}, {"x-razorpay-signature": "ü"}, signed(EVENT, "webhook_other")])
def test_a_webhook_that_razorpay_did_not_sign_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(AuthenticationFailed):
        Razorpay(a_razorpay_account()).parse_webhook(EVENT, headers, NOW)


@pytest.mark.parametrize("body", [b"[]", b"x", b"{}", b'{"event":"payment.failed","payload":{"payment":1}}'])
def test_a_signed_body_of_razorpays_that_is_no_event_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest):
        Razorpay(a_razorpay_account()).parse_webhook(body, signed(body, "webhook_new"), NOW)


def test_an_event_without_an_id_is_a_bad_request() -> None:
    with pytest.raises(BadRequest):
        Razorpay(a_razorpay_account()).parse_webhook(EVENT, signed(EVENT, "webhook_new", None), NOW)


def test_an_event_of_razorpays_that_is_about_no_payment_means_nothing() -> None:
    body = json.dumps({"event": "settlement.processed", "payload": {"settlement": {"entity": {}}}}).encode()
    assert Razorpay(a_razorpay_account()).parse_webhook(body, signed(body, "webhook_new"), NOW) is None
