"""Creating a payment: answered at once, done by the queue.

One batch read, one transaction, then the messages. The transaction holds the payment, the order's step, the
idempotency record with the finished answer and the rows of the first two webhooks: all of it happens, or
none. Messages are only a nudge: the sweeper finds what was committed and never sent.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.adapters.aws import queues
from gateway.adapters.aws.dynamodb import batch
from gateway.adapters.aws.dynamodb.errors import ConditionFailed, Conflict
from gateway.adapters.aws.dynamodb.repositories import idempotency as idempotency_store
from gateway.adapters.aws.dynamodb.repositories import merchants, orders, payments, webhooks
from gateway.adapters.aws.dynamodb.tables import IdempotencyRow, MerchantRow, OrderRow
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain.errors import NotFound, Unavailable
from gateway.domain.idempotency import IdempotencyRecord
from gateway.domain.instruments import Card
from gateway.domain.merchant import Merchant
from gateway.domain.order import Order, OrderEvent
from gateway.domain.payment import Payment, PaymentStatus
from gateway.domain.webhook import Webhook
from gateway.presenters.event import payment_webhook
from gateway.presenters.json_text import compact_json
from gateway.presenters.payment import PAYMENT_CREATED
from gateway.runtime import log
from gateway.runtime.deps import Deps
from gateway.use_cases import idempotent
from gateway.use_cases.idempotent import Answer, IdempotencyKey
from gateway.use_cases.nudge import send_webhooks


@dataclass(frozen=True)
class NewPayment:
    """A validated request: exactly one of `vpa` and `card` is set, as `method` says.

    `amount` is what a shopper's page takes for the order's; None where it does not say.
    """

    order_id: str
    method: str
    vpa: str | None
    card: Card | None
    amount: int | None = None


def create_payment(
    deps: Deps, merchant_id: str | None, new: NewPayment, key: IdempotencyKey | None
) -> Answer:
    """Makes a pending payment and answers it, or gives the answer that the key already stands for.

    `merchant_id` None means a shopper: whoever knows the order's id may pay it. Round trips: 4 (read, commit,
    two sends), 1 for a replay; one more for a shopper.
    """
    order, merchant, record = _read(merchant_id, new.order_id, key)
    if (answer := idempotent.replay(deps, key, record)) is not None:
        return answer
    if order is None or (merchant_id is not None and order.merchant_id != merchant_id):
        raise NotFound("Order not found")
    now = deps.now()
    order.check_payable(now)
    order.check_amount(new.amount)
    if merchant is None:
        merchant = merchants.get_merchant(order.merchant_id)
    if merchant is not None and not merchant.active:
        raise NotFound("Order not found")
    payment = _payment(deps, order, new, now)
    answer = Answer(idempotent.CREATED, compact_json(PAYMENT_CREATED.present(payment)), replayed=False)
    hooks = _webhooks(deps, merchant, payment, now)
    try:
        _commit(payment, hooks, key, answer, now)
    except (ConditionFailed, Conflict) as refusal:
        return idempotent.settle_refusal(deps, refusal, key, lambda: _check_payable(deps, order.id))
    _enqueue(deps, payment, hooks)
    log.info(
        "payment created",
        payment_id=payment.id,
        order_id=order.id,
        merchant_id=order.merchant_id,
        method=payment.method,
        amount=payment.amount,
    )
    return answer


def _read(
    merchant_id: str | None, order_id: str, key: IdempotencyKey | None
) -> tuple[Order | None, Merchant | None, IdempotencyRecord | None]:
    keys: list[Any] = [(OrderRow, order_id)]
    if merchant_id is not None:
        keys.append((MerchantRow, merchant_id))
    if key is not None:
        keys.append((IdempotencyRow, key.scoped))
    rows = batch.read(keys)
    order_row = rows.get(OrderRow, order_id)
    merchant_row = rows.get(MerchantRow, merchant_id) if merchant_id is not None else None
    record_row = rows.get(IdempotencyRow, key.scoped) if key is not None else None
    return (
        orders.to_order(order_row) if order_row else None,
        merchants.to_merchant(merchant_row) if merchant_row else None,
        idempotency_store.to_record(record_row) if record_row else None,
    )


def _check_payable(deps: Deps, order_id: str) -> None:
    order = orders.get_order(order_id)
    if order is not None:
        order.check_payable(deps.now())


def _payment(deps: Deps, order: Order, new: NewPayment, now: datetime) -> Payment:
    payment_id = deps.new_id("pay_")
    return Payment(
        id=payment_id,
        merchant_id=order.merchant_id,
        order_id=order.id,
        amount=order.amount,
        currency=order.currency,
        method=new.method,
        vpa=new.vpa,
        card_network=new.card.network if new.card else None,
        card_last4=new.card.last4 if new.card else None,
        processor_token=deps.processor.tokenise(new.card) if new.card else None,
        status=PaymentStatus.PENDING,
        captured=False,
        amount_captured=0,
        amount_refunded=0,
        refundable=0,
        created_at=now,
        updated_at=now,
        due_at=now + timedelta(milliseconds=deps.processor.outcome_delay_ms(payment_id)),
    )


def _webhooks(deps: Deps, merchant: Merchant | None, payment: Payment, now: datetime) -> list[Webhook]:
    if merchant is None or merchant.webhook_url is None:
        return []
    events = ("payment.created", "payment.pending")
    return [payment_webhook(deps.new_uuid(), event, payment, now) for event in events]


def _commit(
    payment: Payment, hooks: list[Webhook], key: IdempotencyKey | None, answer: Answer, now: datetime
) -> None:
    transaction = Transaction()
    payments.put_new(transaction, payment)
    orders.apply_event(transaction, payment.order_id, OrderEvent.PAYMENT_CREATED, now)
    idempotent.remember(transaction, key, answer, now)
    for hook in hooks:
        webhooks.put_new(transaction, hook)
    transaction.commit()


def _enqueue(deps: Deps, payment: Payment, hooks: list[Webhook]) -> None:
    delay_seconds = math.ceil(deps.processor.outcome_delay_ms(payment.id) / 1000)
    work = {"payment_id": payment.id, "merchant_id": payment.merchant_id}
    try:
        queues.send(deps.config.payments_queue_url, [work], delay_seconds)
        send_webhooks(deps, hooks)
    except Unavailable as error:
        # Committed is committed: the sweeper sends what is overdue.
        log.error("message not sent; left to the sweeper", error, payment_id=payment.id)
