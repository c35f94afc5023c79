"""Refunds, from the request to the acquirer, in memory."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from gateway.domain.acquiring.results import Result, Unknown
from gateway.domain.cursor import Cursor
from gateway.domain.errors import BadRequest, NotFound, Unavailable
from gateway.domain.payments.ledger import refund_paid
from gateway.domain.payments.refund import RefundEvent, RefundStatus
from gateway.domain.values import to_iso
from gateway.use_cases.acquirer import GiveBack
from gateway.use_cases.idempotency import IdempotencyKey
from gateway.use_cases.payments.capture_payment import capture_payment
from gateway.use_cases.protocols.refusals import ConditionFailed, Write
from gateway.use_cases.refunds.create_refund import NewRefund, create_refund
from gateway.use_cases.refunds.process_refunds import process_refunds
from gateway.use_cases.refunds.read_refunds import find_refund, list_refunds
from gateway.use_cases.webhooks.read_deliveries import events_of
from tests.support.factories import NOW, a_message, a_refund
from tests.support.memory.shop import MemoryShop, failures, lines, rendered, told

KEY = IdempotencyKey("me#refunds#k", "print")


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def test_a_refund_is_pending_and_takes_its_amount(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = shop.paid(500)
    shop.queues.sends.clear()
    shop.bank.delay_ms = 2500
    shop.clock.advance(seconds=1)
    response = shop.refund(payment, 200, KEY)
    refund = shop.stored_refund(response.body)
    now = shop.clock()
    assert refund == a_refund(
        id=refund.id,
        payment_id=payment.id,
        merchant_id=shop.merchant.id,
        amount=200,
        reason="cold",
        created_at=now,
        updated_at=now,
        due_at=now + timedelta(milliseconds=2500),
    )
    assert refund.id.startswith("rfnd_")
    after = shop.payment(payment.id)
    assert (after.refundable, after.amount_refunded, after.updated_at) == (300, 200, now)
    assert shop.events(refund.id) == ["refund.created"]
    message = {"refund_id": refund.id, "merchant_id": shop.merchant.id}
    assert shop.queues.sends[1] == ("refunds", [message], 3)
    assert [queue for queue, _, _ in shop.queues.sends] == ["webhooks", "refunds"]
    ids = {"refund_id": refund.id, "payment_id": payment.id, "merchant_id": shop.merchant.id}
    assert lines(capsys, "refund created") == [{"level": "INFO", **ids, "amount": 200}]
    again = shop.refund(payment, 200, KEY)
    assert (again.body, again.replayed) == (refund.id, True)


def test_no_more_is_refunded_than_was_paid(shop: MemoryShop) -> None:
    payment = shop.paid(500)
    shop.refund(payment, 500)
    with pytest.raises(BadRequest) as refusal:
        shop.refund(payment, 1)
    assert told(refusal) == ("Refund amount exceeds available amount", "amount")
    with pytest.raises(BadRequest, match=r"^Payment not in refundable state$"):
        shop.refund(shop.pending(), 1)


def test_a_refund_that_lost_a_race_says_why(shop: MemoryShop) -> None:
    payment = shop.paid(500)
    shop.database.rows.before_next_commit(lambda: shop.refund(payment, 300))
    with pytest.raises(BadRequest, match=r"^Refund amount exceeds available amount$"):
        shop.refund(payment, 201)
    shop.database.rows.before_next_commit(lambda: shop.database.rows.of("payments").clear())
    with pytest.raises(Unavailable):
        shop.refund(payment, 1)


def test_what_belongs_to_another_merchant_is_not_found(shop: MemoryShop) -> None:
    payment = shop.paid(500)
    refund = shop.refunded(payment, 100)
    assert find_refund(shop.deps, refund.id, shop.merchant.id) == refund
    assert list_refunds(shop.deps, payment.id, shop.merchant.id, limit=1, offset=0).items == [refund]
    assert list_refunds(shop.deps, payment.id, shop.merchant.id, limit=1, offset=1).items == []
    with pytest.raises(NotFound) as nobody:
        find_refund(shop.deps, "rfnd_0", shop.merchant.id)
    with pytest.raises(NotFound) as other:
        find_refund(shop.deps, refund.id, "another")
    assert told(nobody) == told(other) == ("Refund not found", None)
    with pytest.raises(NotFound) as of_payment:
        list_refunds(shop.deps, payment.id, "another", limit=1, offset=0)
    assert told(of_payment) == ("Payment not found", None)
    place = Cursor(to_iso(NOW), refund.id, 1, 1)
    with pytest.raises(BadRequest) as two_places:
        list_refunds(shop.deps, payment.id, shop.merchant.id, limit=1, offset=1, cursor=place)
    assert told(two_places) == ("offset and cursor can't be used together", "offset")
    shop.put(
        "payments", shop.payment(payment.id).__class__(**(payment.__dict__ | {"merchant_id": "another"}))
    )
    with pytest.raises(NotFound) as of_another:
        shop.refund(payment, 1)
    assert told(of_another) == ("Payment not found", None)


def test_a_refund_is_sent_then_processed(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    refund = shop.refunded(shop.paid(500), 200)
    shop.queues.sends.clear()
    shop.clock.advance(seconds=4)
    asked: list[Any] = []
    pay_out = shop.bank.refund

    def note(back: GiveBack, key: str) -> Result:
        asked.append((back, key, shop.stored_refund(refund.id).status))
        return pay_out(back, key)

    shop.bank.refund = note  # type: ignore[method-assign]
    assert shop.process_refunds(refund) == []
    sent = refund.after(RefundEvent.SEND, shop.clock())
    payment = shop.payment(refund.payment_id)
    back = GiveBack(refund.id, payment, 200, "cold", None, refund.created_at)
    assert asked == [(back, refund.id, RefundStatus.SENT)]
    known = replace(sent, attempt=replace(sent.attempt, reference=f"ref_{refund.id}"))
    after = shop.stored_refund(refund.id)
    assert after == known.after(RefundEvent.ACCEPTED, shop.clock())
    entry = refund_paid(after, shop.clock())
    assert shop.database.ledger.entries([entry.id]) == [entry]
    assert shop.events(refund.id) == ["refund.created", "refund.processed"]
    assert [(queue, len(sent)) for queue, sent, _ in shop.queues.sends] == [("webhooks", 1)]
    ids = {"refund_id": refund.id, "payment_id": refund.payment_id, "merchant_id": refund.merchant_id}
    assert lines(capsys, "refund processed") == [{"level": "INFO", **ids, "amount": 200}]
    assert shop.process_refunds(refund) == []
    assert lines(capsys, "refund is final already, or parked") == [
        {"level": "INFO", "refund_id": refund.id, "status": "processed"}
    ]
    stats = shop.database.stats.read()["refunds"]
    assert (stats.completed, stats.failed, len(asked)) == (1, 0, 1)


def test_a_batch_takes_two_reads_and_sends_its_webhooks_at_once(shop: MemoryShop) -> None:
    refunds = [shop.refunded(shop.paid(500), 100) for _ in range(2)]
    shop.queues.sends.clear()
    loads = shop.database.loads
    assert shop.process_refunds(*refunds) == []
    assert shop.database.loads == loads + 2
    assert [(queue, len(sent)) for queue, sent, _ in shop.queues.sends] == [("webhooks", 2)]


def test_a_refund_that_nobody_knows_is_a_failed_job(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    orphan = shop.put("refunds", a_refund())
    records = [
        a_message(refund_id="rfnd_0", merchant_id="m"),
        a_message(refund_id=orphan.id, merchant_id="m"),
    ]
    assert failures(process_refunds(shop.deps, records)) == []
    told_of = [line["refund_id"] for line in lines(capsys, "no such refund")]
    assert told_of == ["rfnd_0", orphan.id]
    assert shop.database.stats.read()["refunds"].failed == 2


def test_an_unknown_outcome_is_asked_for_again_with_the_mark_in_place(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    refund = shop.refunded(shop.paid(500), 200)
    pay_out = shop.bank.refund

    def unknown(*_: object) -> None:
        raise Unknown("timeout", ask_again_seconds=9)

    shop.bank.refund = unknown  # type: ignore[method-assign]
    record = a_message(refund_id=refund.id, merchant_id=refund.merchant_id)
    assert failures(process_refunds(shop.deps, [record])) == [record["messageId"]]
    assert shop.queues.given_back == [("refunds", record["receiptHandle"], 9)]
    assert shop.stored_refund(refund.id).status is RefundStatus.SENT
    warned = lines(capsys, "no result from the acquirer")
    assert [(line["step"], line["reason"], line["refund_id"]) for line in warned] == [
        ("commit", "timeout", refund.id)
    ]
    shop.bank.refund = pay_out  # type: ignore[method-assign]
    assert shop.process_refunds(refund) == []
    assert shop.bank.refunded == [refund.id]


def test_a_refund_that_was_cancelled_meanwhile_is_not_paid_out(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = shop.paid(500)
    refund = shop.refunded(payment, 200)
    shop.database.rows.before_next_commit(lambda: shop.cancel(refund.id))
    assert shop.process_refunds(refund) == []
    assert shop.bank.refunded == []
    assert shop.payment(payment.id).amount_refunded == 0
    line = {"level": "INFO", "refund_id": refund.id}
    assert lines(capsys, "the refund was cancelled or another worker finished it") == [line]
    assert shop.database.stats.read()["refunds"].completed == 0


def test_a_refusal_of_another_write_brings_the_message_back(shop: MemoryShop) -> None:
    refund = shop.refunded(shop.paid(500), 200)
    shop.database.rows.fail_next(ConditionFailed(frozenset({"entry"})))
    assert len(shop.process_refunds(refund)) == 1


def test_a_cancelled_refund_frees_its_amount(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    payment = shop.paid(500)
    refund = shop.refunded(payment, 200)
    shop.clock.advance(seconds=1)
    cancelled = shop.stored_refund(shop.cancel(refund.id, KEY).body)
    assert shop.stored_refund(refund.id) == cancelled == refund.after(RefundEvent.CANCEL, shop.clock())
    after = shop.payment(payment.id)
    assert (after.refundable, after.amount_refunded, after.updated_at) == (500, 0, shop.clock())
    ids = {"refund_id": refund.id, "payment_id": payment.id, "merchant_id": shop.merchant.id}
    assert lines(capsys, "refund cancelled") == [{"level": "INFO", **ids}]
    with pytest.raises(BadRequest) as refusal:
        shop.cancel(refund.id)
    assert told(refusal) == ("Refund not in cancellable state", None)
    assert shop.cancel(refund.id, KEY).replayed is True
    for refund_id, by in ((refund.id, "another"), ("rfnd_0", None)):
        with pytest.raises(NotFound) as unknown:
            shop.cancel(refund_id, by=by)
        assert told(unknown) == ("Refund not found", None)


def test_a_cancellation_that_lost_a_race_says_why(shop: MemoryShop) -> None:
    refund = shop.refunded(shop.paid(500), 200)
    shop.database.rows.fail_next(ConditionFailed(frozenset({Write.REFUND})))
    with pytest.raises(Unavailable) as busy:
        shop.cancel(refund.id)
    assert told(busy) == ("The refund is busy; please try again", None)
    shop.database.rows.before_next_commit(lambda: shop.process_refunds(refund))
    with pytest.raises(BadRequest, match=r"^Refund not in cancellable state$"):
        shop.cancel(refund.id)


def test_a_refund_without_an_amount_is_told_what_is_left(shop: MemoryShop) -> None:
    payment = shop.paid(500)
    shop.refund(payment, 200)
    with pytest.raises(BadRequest, match=r"^amount is required; 300 of INR can be refunded$") as caught:
        create_refund(shop.deps, shop.merchant.id, payment.id, NewRefund(None, None), rendered(None))
    assert (caught.value.field, caught.value.facts) == ("amount", {"amount_available": 300})


def test_a_refund_in_another_currency_is_refused(shop: MemoryShop) -> None:
    payment = shop.paid(500)
    with pytest.raises(BadRequest, match=r"^currency must be the payment's$"):
        create_refund(shop.deps, shop.merchant.id, payment.id, NewRefund(1, None, "USD"), rendered(None))
    assert shop.refund(payment, 1).body


def test_a_capture_in_another_currency_is_refused(shop: MemoryShop) -> None:
    payment = shop.paid(500)
    capture = partial(capture_payment, shop.deps, shop.merchant.id, payment.id, 500, rendered(None))
    with pytest.raises(BadRequest, match=r"^currency must be the payment's$"):
        capture(currency="USD")
    assert not shop.payment(payment.id).captured
    assert shop.payment(capture(currency="INR").body).captured


def test_what_has_no_events_is_not_called_a_payment(shop: MemoryShop) -> None:
    said = r"^object must be the id of a payment, a refund, an order or a dispute"
    with pytest.raises(NotFound, match=said):
        events_of(shop.deps, "we_Fq3ZtW8kLmXs0aBc", shop.merchant.id)
    with pytest.raises(NotFound, match=r"^Order not found$"):
        events_of(shop.deps, "order_Fq3ZtW8kLmXs0aBc", shop.merchant.id)
