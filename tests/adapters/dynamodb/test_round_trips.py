"""What was stored comes back as it was."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.domain.access.api_key import ApiKey
from gateway.domain.idempotency import IdempotencyRecord
from gateway.domain.payments.ledger import payment_reversed, payment_taken
from gateway.domain.payments.order import Order, OrderEvent, OrderStatus
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund, RefundEvent
from gateway.domain.webhooks.delivery import GAPS_SECONDS, Attempt, WebhookDelivery
from tests.support import factories
from tests.support.database import (
    add_delivery,
    add_payment,
    add_refund,
    api_keys,
    capture_payment,
    deliveries,
    idempotency,
    ledger,
    merchants,
    orders,
    payments,
    refunds,
)
from tests.support.factories import DECLINED, NOW, a_card_payment, a_merchant, a_payment, an_order

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
LATER = NOW + timedelta(seconds=7)


def committed(put: Any, entity: Any) -> None:
    transaction = DynamoTransaction()
    put(transaction, entity)
    transaction.commit()


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(an_order(), id="with everything"),
        pytest.param(an_order(receipt=None, notes={}), id="with little"),
        pytest.param(an_order(expires_at=NOW + timedelta(minutes=15)), id="that expires"),
        pytest.param(an_order(status=OrderStatus.PAID, amount=999_999_999_999), id="of the greatest amount"),
        pytest.param(
            an_order(receipt="₹ \u2028😀", notes={"": {"n": 10**30, "f": 1.1}}), id="with odd notes"
        ),
    ],
)
def test_an_order(order: Order) -> None:
    orders.add(order)
    assert orders.get(order.id) == order


def test_an_order_that_is_stored_again_late_keeps_what_became_of_it() -> None:
    order = an_order()
    orders.add(order)
    transaction = DynamoTransaction()
    transaction.orders.apply(order, OrderEvent.PAYMENT_CREATED, LATER)
    transaction.commit()
    orders.add(order)
    assert orders.get(order.id) == replace(order, status=OrderStatus.ATTEMPTED, updated_at=LATER, pending=1)


@pytest.mark.parametrize("payment", [a_payment(), a_card_payment()], ids=["upi", "card"])
def test_a_pending_payment(payment: Payment) -> None:
    committed(add_payment, payment)
    assert payments.get(payment.id) == payment


def finished(payment: Payment, how: str) -> Payment:
    return payment.approved(LATER) if how == "approved" else payment.declined(DECLINED, LATER)


@pytest.mark.parametrize("how", ["approved", "declined"])
def test_a_finished_payment(how: str) -> None:
    payment = a_payment()
    committed(add_payment, payment)
    after = finished(payment, how)
    transaction = DynamoTransaction()
    transaction.payments.change_status(payment, after)
    transaction.commit()
    assert payments.get(payment.id) == after


@pytest.mark.parametrize("amount", [50_000, 30_000], ids=["in full", "in part"])
def test_a_captured_payment(amount: int) -> None:
    payment = factories.a_successful_payment()
    committed(add_payment, payment)
    after = payment.captured_for(amount, LATER)
    committed(capture_payment, after)
    assert payments.get(payment.id) == after


@pytest.mark.parametrize("reason", ["Cup was cold", None])
def test_a_refund_all_the_way(reason: str | None) -> None:
    refund = factories.a_refund(reason=reason)
    committed(add_refund, refund)
    assert refunds.get(refund.id) == refund
    for event in (RefundEvent.SEND, RefundEvent.ACCEPTED):
        after = refund.after(event, LATER)
        transaction = DynamoTransaction()
        transaction.refunds.change_status(refund, after)
        transaction.commit()
        refund = after
        assert refunds.get(refund.id) == refund


def an_attempt(code: int | None, at: datetime) -> Attempt:
    error = "timeout" if code is None else None
    return Attempt(at=at, duration_ms=12, response_code=code, response_body="né", error=error)


@pytest.mark.parametrize("codes", [(), (500,), (None, 204), (500, 500, 500, 500, 500)], ids=str)
def test_a_webhook_with_its_attempts(codes: tuple[int | None, ...]) -> None:
    hook: WebhookDelivery = factories.a_webhook(payload='{"event":"payment.created","₹":"\u2028"}')
    committed(add_delivery, hook)
    for code in codes:
        assert hook.next_retry_at is not None
        after = hook.attempted(an_attempt(code, hook.next_retry_at), GAPS_SECONDS)
        assert deliveries.record(hook, after)
        hook = after
    assert deliveries.get(hook.id) == hook


def test_a_webhook_that_is_begun_anew_keeps_its_history() -> None:
    hook: WebhookDelivery = factories.a_webhook()
    committed(add_delivery, hook)
    failed = hook.attempted(an_attempt(410, NOW), GAPS_SECONDS)
    again = failed.retried(LATER)
    assert deliveries.record(hook, failed)
    assert deliveries.record(failed, again)
    assert deliveries.get(hook.id) == again


@pytest.mark.parametrize("url", ["https://shop.example/hook", None])
def test_a_merchant(url: str | None) -> None:
    merchant = a_merchant(webhook_url=url)
    assert merchants.add(merchant)
    assert merchants.get(merchant.id) == merchant


def test_a_merchant_is_added_once() -> None:
    merchant = a_merchant()
    assert merchants.add(merchant)
    assert not merchants.add(replace(merchant, name="Somebody else"))
    assert merchants.get(merchant.id) == merchant


def test_an_api_key_and_the_one_in_its_place() -> None:
    key = ApiKey(factories.some_id("key_"), "merchant", "digest", active=True, created_at=NOW)
    for stored in (key, replace(key, secret_hash="other", active=False)):
        api_keys.put(stored)
        assert api_keys.get(key.api_key) == stored


def test_an_idempotency_record_to_the_second() -> None:
    record = IdempotencyRecord(factories.some_id("k"), "digest", 201, '{"id":"₹"}', NOW)
    transaction = DynamoTransaction()
    transaction.idempotency.add(record, NOW - timedelta(hours=1))
    transaction.commit()
    assert idempotency.get(record.key) == replace(record, expires_at=NOW.replace(microsecond=0))


def test_ledger_entries_and_their_sums() -> None:
    payment = factories.a_successful_payment(amount=500)
    entries = [payment_taken(payment, NOW), payment_reversed(payment, 200, LATER)]
    transaction = DynamoTransaction()
    transaction.ledger.add(*entries)
    transaction.commit()
    assert ledger.page(payment.merchant_id, 10, 0).items == [entries[1], entries[0]]
    (balance,) = ledger.balances(payment.merchant_id)
    assert (balance.currency, balance.payments, balance.refunds, balance.reversals) == ("INR", 500, 0, 200)


@pytest.mark.parametrize(
    "get",
    [
        orders.get,
        payments.get,
        refunds.get,
        deliveries.get,
        merchants.get,
        api_keys.get,
        idempotency.get,
    ],
    ids=lambda get: get.__name__,
)
def test_what_is_not_there_is_none(get: Any) -> None:
    assert get("nothing") is None


def test_a_merchant_without_money_has_no_balance() -> None:
    assert ledger.balances("nobody") == []


def test_a_refund_is_the_same_whoever_reads_it() -> None:
    refund: Refund = factories.a_refund()
    committed(add_refund, refund)
    assert refunds.page(refund.payment_id, 10, 0).items == [refund]
