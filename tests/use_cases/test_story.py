"""A payment's story in memory: which deliveries are its own, and what each moment tells."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.errors import NotFound
from gateway.domain.payments.moment import Moment
from gateway.domain.payments.refund import RefundStatus
from gateway.domain.webhooks.delivery import Attempt
from gateway.domain.webhooks.events import TOLD_EVENTS, order_event
from gateway.use_cases.payments.timeline import read_timeline
from tests.support.factories import NOW, a_successful_payment, declined
from tests.support.memory.shop import MemoryShop


@pytest.fixture
def shop() -> MemoryShop:
    """A shop whose merchant is told everything."""
    shop = MemoryShop()
    shop.set_merchant(webhook_events=TOLD_EVENTS)
    return shop


def story(shop: MemoryShop, payment_id: str) -> list[Moment]:
    return read_timeline(shop.deps, payment_id, shop.merchant.id)


def told(shop: MemoryShop, payment_id: str) -> list[str]:
    found = story(shop, payment_id)
    return [str(moment.about["event"]) for moment in found if moment.kind == "webhook.created"]


def test_every_event_of_a_payment_its_order_and_its_refunds_is_in_its_story(shop: MemoryShop) -> None:
    payment = shop.pending(shop.order(amount=500, receipt="r-1"))
    shop.clock.advance(seconds=1)
    shop.process(payment)
    shop.clock.advance(seconds=1)
    shop.captured(payment.id, 400)
    shop.clock.advance(seconds=1)
    shop.process(shop.payment(payment.id))
    shop.clock.advance(seconds=1)
    processed, cancelled, failed = (shop.refunded(shop.payment(payment.id), each) for each in (10, 20, 30))
    shop.clock.advance(seconds=1)
    shop.process_refunds(processed)
    shop.clock.advance(seconds=1)
    shop.cancel(cancelled.id)
    assert told(shop, payment.id) == [
        *("payment.created", "payment.pending", "payment.success", "order.paid"),
        *("payment.captured", "payment.released"),
        *("refund.created", "refund.created", "refund.created", "refund.processed", "refund.cancelled"),
    ]
    found = {(moment.kind, str(moment.about.get("refund_id"))): moment for moment in story(shop, payment.id)}
    assert found["refund.created", failed.id].about == {
        "refund_id": failed.id,
        "amount": 30,
        "reason": "cold",
    }
    assert found["refund.processed", processed.id].about == {"refund_id": processed.id, "amount": 10}
    assert found["refund.cancelled", cancelled.id].about == {"refund_id": cancelled.id, "amount": 20}
    order = found["order.created", "None"]
    assert order.about == {"order_id": payment.order_id, "amount": 500, "receipt": "r-1"}
    about = {"payment_id": payment.id, "amount": 500}
    assert found["payment.created", "None"].about == about | {"method": "upi"}
    assert found["payment.success", "None"].about == about
    assert found["payment.captured", "None"].about == about | {"amount": 400}
    assert found["payment.released", "None"].about == about | {"amount": 100}
    entries = {moment.about["entry_id"]: moment for moment in found.values() if "entry_id" in moment.about}
    moments = [moment for moment in story(shop, payment.id) if moment.kind == "ledger.entry"]
    assert [(moment.about["entry_kind"], moment.about["amount"]) for moment in moments] == [
        *(("payment", 500), ("reversal", 100), ("refund", 10)),
    ]
    assert all(len(list(moment.about["lines"])) == 2 for moment in entries.values())


def test_a_refund_that_failed_has_its_end_in_the_story(shop: MemoryShop) -> None:
    payment = shop.paid(500)
    refund = shop.refunded(payment, 200)
    shop.clock.advance(seconds=1)
    shop.put("refunds", replace(refund, status=RefundStatus.FAILED, due_at=None, updated_at=shop.clock()))
    assert [(moment.at, moment.kind) for moment in story(shop, payment.id)][-1] == (
        shop.clock(),
        "refund.failed",
    )


def test_why_a_payment_failed_is_in_its_story(shop: MemoryShop) -> None:
    payment = shop.pending()
    shop.bank.outcome = declined
    shop.process(payment)
    failure = shop.payment(payment.id).failure
    assert failure is not None
    (failed,) = (moment for moment in story(shop, payment.id) if moment.kind == "payment.failed")
    why = {"error_code": failure.code, "error_description": failure.description}
    assert failed.about == {"payment_id": payment.id, "amount": payment.amount, **why}
    assert "order.paid" not in told(shop, payment.id)


def test_attempts_of_a_delivery_are_numbered_through_its_retries(shop: MemoryShop) -> None:
    payment = shop.pending()
    (delivery,) = (
        each for each in shop.database.rows.of("deliveries").values() if each.event == "payment.created"
    )
    attempts = [Attempt(NOW, 12, 500, "no", None), Attempt(NOW, 7, None, "", "timeout")]
    shop.put("deliveries", replace(delivery, history=(attempts[0],), attempts=(attempts[1],)))
    found = [moment.about for moment in story(shop, payment.id) if moment.kind == "webhook.attempt"]
    about = {"webhook_id": delivery.id, "event": "payment.created"}
    assert found == [
        about | {"attempt": 1, "duration_ms": 12, "response_code": 500, "error": None},
        about | {"attempt": 2, "duration_ms": 7, "response_code": None, "error": "timeout"},
    ]


def test_only_the_merchants_own_payment_has_a_story(shop: MemoryShop) -> None:
    payment = shop.pending()
    with pytest.raises(NotFound):
        read_timeline(shop.deps, payment.id, "another")
    shop.database.rows.of("orders").clear()
    assert story(shop, payment.id)[0].kind == "payment.created"


def test_a_paid_order_is_told_at_the_payments_end() -> None:
    made = a_successful_payment(created_at=NOW, finished_at=NOW + timedelta(seconds=2))
    assert order_event("order.paid", made).at == NOW + timedelta(seconds=2)
    # Where a row does not say when the payment ended.
    assert order_event("order.paid", replace(made, finished_at=None)).at == NOW
