"""A payment's timeline: everything that happened, in order."""

from typing import Any

import pytest

from gateway.adapters.aws.dynamodb.repositories.delivery_row import to_delivery
from gateway.domain.errors import NotFound
from gateway.domain.webhooks.delivery import Attempt
from gateway.presenters.timeline import TIMELINE
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.payments import timeline
from tests.support.database import deliveries
from tests.support.deliveries_of import deliveries_of
from tests.support.factories import declined, some_uuid
from tests.support.shop import Shop

pytestmark = pytest.mark.emulator


def read_timeline(deps: Dependencies, payment_id: str, merchant_id: str) -> list[dict[str, Any]]:
    """The moments as the dashboard gets them."""
    found = timeline.read_timeline(deps, payment_id, merchant_id)
    moments: list[dict[str, Any]] = TIMELINE.present(found)["data"]
    return moments


def kinds(shop: Shop, payment_id: str) -> list[str]:
    return [moment["kind"] for moment in read_timeline(shop.deps, payment_id, shop.merchant.id)]


def test_a_payment_tells_its_whole_story_oldest_first(shop: Shop) -> None:
    payment = shop.pending_payment(shop.order(receipt="r-1"))
    shop.clock.advance(seconds=1)
    shop.process(payment)
    shop.clock.advance(seconds=1)
    shop.capture(payment, 40_000)
    shop.clock.advance(seconds=1)
    refund = shop.stored_refund(shop.refund(shop.stored_payment(payment.id), 100))
    shop.clock.advance(seconds=1)
    shop.process_refunds(refund)
    story = read_timeline(shop.deps, payment.id, shop.merchant.id)
    assert [moment["kind"] for moment in story if moment["kind"] != "webhook.created"] == [
        "order.created",
        "payment.created",
        "payment.success",
        "ledger.entry",
        "payment.captured",
        "ledger.entry",
        "refund.created",
        "refund.processed",
        "ledger.entry",
    ]
    assert [moment["event"] for moment in story if moment["kind"] == "webhook.created"] == [
        "payment.created",
        "payment.pending",
        "payment.success",
        "refund.created",
        "refund.processed",
    ]
    assert [moment["at"] for moment in story] == sorted(moment["at"] for moment in story)
    captured = next(moment for moment in story if moment["kind"] == "payment.captured")
    assert (captured["amount"], captured["at"]) == (40_000, "2026-01-31T09:30:02.250Z")
    assert [moment["entry_kind"] for moment in story if moment["kind"] == "ledger.entry"] == [
        "payment",
        "reversal",
        "refund",
    ]
    assert story[0]["receipt"] == "r-1"


def test_every_attempt_of_a_webhook_is_told(shop: Shop) -> None:
    payment = shop.pending_payment()
    hook = to_delivery(deliveries_of(shop.merchant.id)[0])
    refused = hook.attempted(Attempt(shop.clock.advance(seconds=1), 12, 500, "no", None), (0, 5, 10, 15, 20))
    deliveries.record(hook, refused)
    accepted = refused.attempted(Attempt(shop.clock.advance(seconds=9), 7, 200, "", None), (0, 5, 10, 15, 20))
    deliveries.record(refused, accepted)
    told = [
        m for m in read_timeline(shop.deps, payment.id, shop.merchant.id) if m["kind"] == "webhook.attempt"
    ]
    assert [(m["attempt"], m["response_code"], m["webhook_id"]) for m in told] == [
        (1, 500, hook.id),
        (2, 200, hook.id),
    ]


def test_a_failed_payment_tells_why(shop: Shop) -> None:
    payment = shop.pending_payment()
    shop.bank.outcome = declined
    shop.process(payment)
    failed = next(
        moment
        for moment in read_timeline(shop.deps, payment.id, shop.merchant.id)
        if moment["kind"] == "payment.failed"
    )
    assert failed["error_code"] == "PAYMENT_FAILED"


def test_a_cancelled_refund_is_told_of(shop: Shop) -> None:
    payment = shop.paid()
    refund = shop.stored_refund(shop.refund(payment, 100))
    shop.clock.advance(seconds=1)
    shop.cancel(refund)
    assert kinds(shop, payment.id)[-1] == "refund.cancelled"


def test_without_webhooks_there_are_none_in_the_story(shop: Shop) -> None:
    quiet = shop.without_webhooks()
    payment = quiet.paid()
    assert kinds(quiet, payment.id) == ["order.created", "payment.created", "payment.success", "ledger.entry"]


def test_the_story_of_another_payment_of_the_same_moment_is_not_told(shop: Shop) -> None:
    first, second = shop.pending_payment(), shop.pending_payment()
    told = read_timeline(shop.deps, first.id, shop.merchant.id)
    assert second.id not in str(told)
    assert [moment["kind"] for moment in told].count("webhook.created") == 2


def test_another_merchants_payment_has_no_story(shop: Shop) -> None:
    payment = shop.pending_payment()
    with pytest.raises(NotFound):
        read_timeline(shop.deps, payment.id, some_uuid())
