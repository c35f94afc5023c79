"""What was stored comes back as it was."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb.repositories import (
    api_keys,
    idempotency,
    ledger,
    merchants,
    orders,
    payments,
    refunds,
    webhooks,
)
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain.api_key import ApiKey
from gateway.domain.idempotency import IdempotencyRecord
from gateway.domain.ledger import payment_reversed, payment_taken
from gateway.domain.order import Order, OrderEvent, OrderStatus
from gateway.domain.payment import Payment
from gateway.domain.refund import Refund, RefundEvent
from gateway.domain.webhook import GAPS_SECONDS, Attempt, Webhook
from tests import factories
from tests.factories import DECLINED, NOW, a_card_payment, a_merchant, a_payment, an_order

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
LATER = NOW + timedelta(seconds=7)


def committed(put: Any, entity: Any) -> None:
    transaction = Transaction()
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
    orders.add_order(order)
    assert orders.get_order(order.id) == order


def test_an_order_that_is_stored_again_late_keeps_what_became_of_it() -> None:
    order = an_order()
    orders.add_order(order)
    transaction = Transaction()
    orders.apply_event(transaction, order.id, OrderEvent.PAYMENT_CREATED, LATER)
    transaction.commit()
    orders.add_order(order)
    assert orders.get_order(order.id) == replace(order, status=OrderStatus.ATTEMPTED, updated_at=LATER)


@pytest.mark.parametrize("payment", [a_payment(), a_card_payment()], ids=["upi", "card"])
def test_a_pending_payment(payment: Payment) -> None:
    committed(payments.put_new, payment)
    assert payments.get_payment(payment.id) == payment


def finished(payment: Payment, how: str) -> Payment:
    return payment.approved(LATER) if how == "approved" else payment.declined(DECLINED, LATER)


@pytest.mark.parametrize("how", ["approved", "declined"])
def test_a_finished_payment(how: str) -> None:
    payment = a_payment()
    committed(payments.put_new, payment)
    after = finished(payment, how)
    transaction = Transaction()
    payments.change_status(transaction, payment, after)
    transaction.commit()
    assert payments.get_payment(payment.id) == after


@pytest.mark.parametrize("amount", [50_000, 30_000], ids=["in full", "in part"])
def test_a_captured_payment(amount: int) -> None:
    payment = factories.a_successful_payment()
    committed(payments.put_new, payment)
    after = payment.captured_for(amount, LATER)
    committed(payments.capture, after)
    assert payments.get_payment(payment.id) == after


@pytest.mark.parametrize("reason", ["Cup was cold", None])
def test_a_refund_all_the_way(reason: str | None) -> None:
    refund = factories.a_refund(reason=reason)
    committed(refunds.put_new, refund)
    assert refunds.get_refund(refund.id) == refund
    for event in (RefundEvent.SEND, RefundEvent.ACCEPTED):
        after = refund.after(event, LATER)
        transaction = Transaction()
        refunds.change_status(transaction, refund, after)
        transaction.commit()
        refund = after
        assert refunds.get_refund(refund.id) == refund


def an_attempt(code: int | None, at: datetime) -> Attempt:
    error = "timeout" if code is None else None
    return Attempt(at=at, duration_ms=12, response_code=code, response_body="né", error=error)


@pytest.mark.parametrize("codes", [(), (500,), (None, 204), (500, 500, 500, 500, 500)], ids=str)
def test_a_webhook_with_its_attempts(codes: tuple[int | None, ...]) -> None:
    hook: Webhook = factories.a_webhook(payload='{"event":"payment.created","₹":"\u2028"}')
    committed(webhooks.put_new, hook)
    for code in codes:
        assert hook.next_retry_at is not None
        after = hook.attempted(an_attempt(code, hook.next_retry_at), GAPS_SECONDS)
        assert webhooks.record(hook, after)
        hook = after
    assert webhooks.get_webhook(hook.id) == hook


def test_a_webhook_that_is_begun_anew_keeps_its_history() -> None:
    hook: Webhook = factories.a_webhook()
    committed(webhooks.put_new, hook)
    failed = hook.attempted(an_attempt(410, NOW), GAPS_SECONDS)
    again = failed.retried(LATER)
    assert webhooks.record(hook, failed)
    assert webhooks.record(failed, again)
    assert webhooks.get_webhook(hook.id) == again


@pytest.mark.parametrize("url", ["https://shop.example/hook", None])
def test_a_merchant(url: str | None) -> None:
    merchant = a_merchant(webhook_url=url)
    assert merchants.add_merchant(merchant)
    assert merchants.get_merchant(merchant.id) == merchant


def test_a_merchant_is_added_once() -> None:
    merchant = a_merchant()
    assert merchants.add_merchant(merchant)
    assert not merchants.add_merchant(replace(merchant, name="Somebody else"))
    assert merchants.get_merchant(merchant.id) == merchant


def test_an_api_key_and_the_one_in_its_place() -> None:
    key = ApiKey(factories.some_id("key_"), "merchant", "digest", active=True, created_at=NOW)
    for stored in (key, replace(key, secret_hash="other", active=False)):
        api_keys.put_api_key(stored)
        assert api_keys.get_api_key(key.api_key) == stored


def test_an_idempotency_record_to_the_second() -> None:
    record = IdempotencyRecord(factories.some_id("k"), "digest", 201, '{"id":"₹"}', NOW)
    transaction = Transaction()
    idempotency.put_record(transaction, record, NOW - timedelta(hours=1))
    transaction.commit()
    assert idempotency.get_record(record.key) == replace(record, expires_at=NOW.replace(microsecond=0))


def test_ledger_entries_and_their_sums() -> None:
    payment = factories.a_successful_payment(amount=500)
    entries = [payment_taken(payment, NOW), payment_reversed(payment, 200, LATER)]
    transaction = Transaction()
    ledger.put_entries(transaction, *entries)
    transaction.commit()
    assert ledger.list_entries(payment.merchant_id, 10, 0).items == [entries[1], entries[0]]
    (balance,) = ledger.balances(payment.merchant_id)
    assert (balance.currency, balance.payments, balance.refunds, balance.reversals) == ("INR", 500, 0, 200)


@pytest.mark.parametrize(
    "get",
    [
        orders.get_order,
        payments.get_payment,
        refunds.get_refund,
        webhooks.get_webhook,
        merchants.get_merchant,
        api_keys.get_api_key,
        idempotency.get_record,
    ],
    ids=lambda get: get.__name__,
)
def test_what_is_not_there_is_none(get: Any) -> None:
    assert get("nothing") is None


def test_a_merchant_without_money_has_no_balance() -> None:
    assert ledger.balances("nobody") == []


def test_a_refund_is_the_same_whoever_reads_it() -> None:
    refund: Refund = factories.a_refund()
    committed(refunds.put_new, refund)
    assert refunds.list_refunds(refund.payment_id, 10, 0).items == [refund]
