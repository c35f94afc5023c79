"""An acquirer's webhooks: verified, told apart, and never believed."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.results import NotSent
from gateway.domain.errors import (
    AsyncPayError,
    AuthenticationFailed,
    BadRequest,
    IdempotencyInFlight,
    NotFound,
    Unavailable,
)
from gateway.domain.payments.dispute import DisputeStatus, DisputeTold
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.payments.refund import Refund, RefundStatus
from gateway.domain.webhooks.events import TOLD_EVENTS
from gateway.presenters.event import event_payload
from gateway.use_cases.acquirer import Acquirer, Notice
from gateway.use_cases.acquirers.receive_notice import receive_notice
from gateway.use_cases.idempotency import StoredResponse
from gateway.use_cases.payments.process_payments import process_payments
from gateway.use_cases.webhooks.read_deliveries import events_of
from tests.support.factories import (
    NOW,
    ScriptedAcquirer,
    a_message,
    a_payment,
    a_refund,
    a_successful_payment,
)
from tests.support.memory.shop import MemoryShop, failures, lines, told

ACCOUNT, OTHER = "stripe_Fq3ZtW8kLmXs0aBc", "stripe_0000000000000000"
RECEIVED = StoredResponse(200, '{"received":true}')


class Telling(ScriptedAcquirer):
    """Its webhooks are a notice as JSON; the signature is right or wrong."""

    def parse_webhook(self, body: bytes, headers: Any, _now: datetime) -> Notice | None:
        if headers["signature"] != "right":
            raise AuthenticationFailed("The signature is wrong")
        members = json.loads(body)
        if members and (told := members.pop("dispute", None)):
            status, at = DisputeStatus(told["status"]), datetime.fromisoformat(told["at"])
            members["dispute"] = DisputeTold("dp_1", status, status, "fraudulent", 500, "INR", None, at)
        return Notice(**members) if members else None


class NoticedShop(MemoryShop):
    def __init__(self) -> None:
        super().__init__(Telling(delay_ms=0))
        self.deps = replace(self.deps, acquirer_of=self.acquirer_of)

    def acquirer_of(self, account: str) -> Acquirer:
        if account not in (ACCOUNT, OTHER, "simulated"):
            raise NotFound("No such acquirer account")
        return self.bank

    def pending_at(self, account: str) -> Payment:
        payment = a_payment(merchant_id=self.merchant.id, attempt=Attempt(account))
        found: Payment = self.put("payments", payment)
        return found

    def tell(self, account: str = ACCOUNT, signature: str = "right", **members: Any) -> StoredResponse:
        unset = dict.fromkeys(("payment_id", "refund_id", "reference"))
        body = json.dumps({"event_id": "evt_1", "kind": "succeeded"} | unset | members).encode()
        return receive_notice(self.deps, account, body, {"signature": signature}, RECEIVED)


@pytest.fixture
def shop() -> NoticedShop:
    return NoticedShop()


def disputed(status: str, hours: float = 0) -> dict[str, str]:
    return {"status": status, "at": (NOW + timedelta(hours=hours)).isoformat()}


def test_a_dispute_is_kept_with_the_payment_and_told_to_who_asked_for_it_and_moves_no_money(
    shop: NoticedShop,
) -> None:
    shop.set_merchant(webhook_events=TOLD_EVENTS)
    payment: Payment = shop.put(
        "payments",
        a_successful_payment(merchant_id=shop.merchant.id, attempt=Attempt(ACCOUNT, reference="pi_1")),
    )
    # The acquirer names its own payment only, and is asked whose that is.
    shop.bank.references["pi_1"] = payment.id
    shop.tell(event_id="evt_1", reference="pi_1", dispute=disputed("open"))
    shop.tell(event_id="evt_1", reference="pi_1", dispute=disputed("open"))
    shop.tell(event_id="evt_2", reference="pi_1", dispute=disputed("open"))
    shop.tell(event_id="evt_3", reference="pi_1", dispute=disputed("lost", 5))
    shop.tell(event_id="evt_4", reference="pi_1", dispute=disputed("open", 9))
    (dispute,) = shop.payment(payment.id).disputes
    assert (dispute.status, dispute.told.reference) == (DisputeStatus.LOST, "dp_1")
    assert shop.events(dispute.id) == ["dispute.created", "dispute.closed"]
    assert shop.events(payment.id) == []
    after = shop.payment(payment.id)
    assert replace(after, disputes=(), updated_at=payment.updated_at) == payment
    listed = events_of(shop.deps, dispute.id, shop.merchant.id)
    assert [(event.name, event.sequence) for event in listed] == [
        ("dispute.created", 1),
        ("dispute.closed", 2),
    ]
    payloads = [json.loads(event_payload(event))["data"]["dispute"] for event in listed]
    assert [(one["status"], one["payment_id"]) for one in payloads] == [
        ("open", payment.id),
        ("lost", payment.id),
    ]


def test_a_dispute_of_another_accounts_payment_or_of_none_changes_nothing(shop: NoticedShop) -> None:
    theirs = shop.pending_at(OTHER)
    shop.tell(event_id="evt_1", payment_id=theirs.id, dispute=disputed("open"))
    shop.tell(event_id="evt_2", reference="pi_unknown", dispute=disputed("open"))
    shop.tell(event_id="evt_3", dispute=disputed("open"))
    assert shop.payment(theirs.id) == theirs


def test_where_the_acquirer_cannot_say_whose_dispute_it_is_it_is_to_tell_again(
    shop: NoticedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = shop.pending_at(ACCOUNT)
    shop.bank.references["pi_1"] = payment.id

    def unreachable(_reference: str) -> str | None:
        raise NotSent("no_connection")

    with monkeypatch.context() as patch:
        patch.setattr(shop.bank, "payment_of", unreachable)
        with pytest.raises(Unavailable):
            shop.tell(reference="pi_1", dispute=disputed("open"))
    assert shop.payment(payment.id).disputes == ()
    shop.tell(reference="pi_1", dispute=disputed("open"))
    assert len(shop.payment(payment.id).disputes) == 1


def test_of_two_webhooks_about_a_dispute_that_meet_the_second_is_to_be_told_again(
    shop: NoticedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = shop.pending_at(ACCOUNT)
    get = shop.database.merchants.get

    def meanwhile(merchant_id: str) -> Any:
        monkeypatch.undo()
        shop.tell(event_id="evt_2", payment_id=payment.id, dispute=disputed("lost", 1))
        return get(merchant_id)

    monkeypatch.setattr(shop.database.merchants, "get", meanwhile)
    with pytest.raises(IdempotencyInFlight):
        shop.tell(event_id="evt_1", payment_id=payment.id, dispute=disputed("open"))
    assert [one.status for one in shop.payment(payment.id).disputes] == [DisputeStatus.LOST]


def test_a_notice_wakes_the_worker_and_changes_nothing_itself(shop: NoticedShop) -> None:
    payment = shop.pending_at(ACCOUNT)
    assert shop.tell(payment_id=payment.id) == RECEIVED
    assert shop.queues.sends == [
        ("payments", [{"payment_id": payment.id, "merchant_id": shop.merchant.id}], 0)
    ]
    assert shop.payment(payment.id) == payment


def test_a_notice_about_a_refund_wakes_the_refunds_worker(shop: NoticedShop) -> None:
    sent = {"status": RefundStatus.SENT, "attempt": Attempt(ACCOUNT)}
    refund: Refund = shop.put("refunds", a_refund(merchant_id=shop.merchant.id, **sent))
    shop.tell(refund_id=refund.id, payment_id="pay_0")
    assert shop.queues.sent("refunds") == [{"refund_id": refund.id, "merchant_id": shop.merchant.id}]
    assert shop.queues.sent("payments") == []


@pytest.mark.parametrize("suffix", ["release", "reversal"])
def test_a_notice_about_what_goes_back_of_a_payment_wakes_the_payment(shop: NoticedShop, suffix: str) -> None:
    payment = shop.pending_at(ACCOUNT)
    shop.tell(refund_id=f"{payment.id}:{suffix}")
    assert [message["payment_id"] for message in shop.queues.sent("payments")] == [payment.id]


def test_a_repeated_notice_does_nothing_even_if_its_text_differs(shop: NoticedShop) -> None:
    payment = shop.pending_at(ACCOUNT)
    for kind in ("succeeded", "succeeded", "succeeded, told to one more"):
        assert shop.tell(payment_id=payment.id, kind=kind) == RECEIVED
    assert len(shop.queues.sends) == 1


def test_the_same_event_id_of_another_account_is_another_notice(shop: NoticedShop) -> None:
    mine, theirs = shop.pending_at(ACCOUNT), shop.pending_at(OTHER)
    shop.tell(ACCOUNT, payment_id=mine.id)
    shop.tell(OTHER, payment_id=theirs.id)
    assert [message["payment_id"] for message in shop.queues.sent("payments")] == [mine.id, theirs.id]


def test_an_account_cannot_wake_another_accounts_payments(shop: NoticedShop) -> None:
    payment = shop.pending_at(OTHER)
    assert shop.tell(ACCOUNT, payment_id=payment.id) == RECEIVED
    assert shop.queues.sends == []


@pytest.mark.parametrize("payment_id", [None, "pay_unknown", "x" * 100_000])
def test_a_notice_about_nothing_of_ours_is_taken_and_left_alone(
    shop: NoticedShop, payment_id: str | None
) -> None:
    assert shop.tell(payment_id=payment_id) == RECEIVED
    assert shop.queues.sends == []


def test_an_event_that_means_nothing_to_us_is_taken(shop: NoticedShop) -> None:
    assert receive_notice(shop.deps, ACCOUNT, b"{}", {"signature": "right"}, RECEIVED) == RECEIVED


def test_a_wrong_signature_is_refused_and_stores_nothing(shop: NoticedShop) -> None:
    with pytest.raises(AuthenticationFailed):
        shop.tell(signature="wrong", payment_id=shop.pending_at(ACCOUNT).id)
    assert not shop.database.rows.of("idempotency")
    assert shop.queues.sends == []


@pytest.mark.parametrize("account", ["simulated", "stripe_1111111111111111", ""])
def test_an_account_that_is_not_there_is_not_found(shop: NoticedShop, account: str) -> None:
    with pytest.raises(NotFound):
        shop.tell(account)


def test_an_event_id_without_end_is_refused(shop: NoticedShop) -> None:
    with pytest.raises(BadRequest):
        shop.tell(event_id="x" * 256)


def test_a_message_that_cannot_be_sent_is_left_to_the_sweeper(shop: NoticedShop) -> None:
    shop.queues.failing.add("payments")
    assert shop.tell(payment_id=shop.pending_at(ACCOUNT).id) == RECEIVED


def test_a_message_under_another_merchants_name_is_dropped(shop: NoticedShop) -> None:
    payment = shop.pending_at(ACCOUNT)
    record = a_message(payment_id=payment.id, merchant_id="somebody-else")
    assert failures(process_payments(shop.deps, [record])) == []
    assert shop.payment(payment.id).status is PaymentStatus.PENDING


def test_what_is_refused_about_a_notice_is_said(shop: NoticedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(_reference: str) -> str | None:
        raise NotSent("no_connection")

    monkeypatch.setattr(shop.bank, "payment_of", unreachable)
    for act, said in (
        (lambda: shop.tell(event_id="x" * 256), "The event's id is too long"),
        (lambda: shop.tell("simulated"), "No such acquirer account"),
        (
            lambda: shop.tell(reference="pi_1", dispute=disputed("open")),
            "The acquirer can't say which payment that is",
        ),
    ):
        with pytest.raises(AsyncPayError) as refusal:
            act()
        assert told(refusal) == (said, None)
    assert shop.tell(event_id="x" * 255) == RECEIVED


def test_a_notice_is_logged_and_so_is_its_repetition(
    shop: NoticedShop, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = shop.pending_at(ACCOUNT)
    about = {"level": "INFO", "account": ACCOUNT, "event_id": "evt_1"}
    shop.tell(payment_id=payment.id)
    expected = about | {"kind": "succeeded", "payment_id": payment.id, "refund_id": None, "woken": 1}
    (line,) = lines(capsys, "acquirer's notice received")
    assert {name: line.get(name) for name in expected} == expected
    shop.tell(payment_id=payment.id)
    assert lines(capsys, "acquirer's notice repeated") == [about]


@pytest.mark.parametrize("length", [64, 65])
def test_an_id_that_can_be_none_of_ours_is_not_looked_up(shop: NoticedShop, length: int) -> None:
    payment = shop.put(
        "payments", a_payment(id="p" * length, merchant_id=shop.merchant.id, attempt=Attempt(ACCOUNT))
    )
    refund = shop.put(
        "refunds",
        a_refund(
            id="r" * length,
            merchant_id=shop.merchant.id,
            status=RefundStatus.SENT,
            attempt=Attempt(ACCOUNT),
        ),
    )
    shop.bank.references["pi_1"] = payment.id
    shop.tell(event_id="evt_1", payment_id=payment.id)
    shop.tell(event_id="evt_2", refund_id=refund.id)
    shop.tell(event_id="evt_3", reference="pi_1", dispute=disputed("open"))
    found = int(length == 64)
    assert len(shop.queues.sent("payments")) == 2 * found
    assert len(shop.queues.sent("refunds")) == found
    assert len(shop.payment(payment.id).disputes) == found


def test_a_dispute_about_nothing_of_the_account_is_logged(
    shop: NoticedShop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.tell(reference="pi_unknown", dispute=disputed("open"))
    message = "a dispute is about no payment of the account"
    assert lines(capsys, message) == [{"level": "ERROR", "dispute": "dp_1"}]
