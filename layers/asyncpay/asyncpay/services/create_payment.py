"""Creating a payment: answered at once, done by the queue.

One batch read, one transaction, then the messages. The transaction holds the payment, the order's step, the
idempotency record with the finished answer and the rows of the first two webhooks: all of it happens, or
none. Messages are only a nudge: the sweeper finds what was committed and never sent.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asyncpay.domain import idempotency
from asyncpay.domain.errors import AsyncPayError, IdempotencyInFlight, NotFound, Unavailable
from asyncpay.domain.idempotency import IdempotencyRecord
from asyncpay.domain.instruments import Card
from asyncpay.domain.merchant import Merchant
from asyncpay.domain.order import Order, OrderEvent
from asyncpay.domain.payment import Payment, PaymentStatus
from asyncpay.domain.webhook import Webhook, compact_json, payment_webhook
from asyncpay.services import log
from asyncpay.services.deps import Deps
from asyncpay.store import batch, merchants, orders, payments, queues, webhooks
from asyncpay.store import idempotency as idempotency_store
from asyncpay.store.errors import ConditionFailed, Conflict
from asyncpay.store.tables import IdempotencyRow, MerchantRow, OrderRow
from asyncpay.store.transaction import Transaction

CREATED = 201


@dataclass(frozen=True)
class NewPayment:
    """A validated request: exactly one of `vpa` and `card` is set, as `method` says."""

    order_id: str
    method: str
    vpa: str | None
    card: Card | None


@dataclass(frozen=True)
class IdempotencyKey:
    """The caller's key within its scope, and the digest of the body that it came with."""

    scoped: str
    fingerprint: str


@dataclass(frozen=True)
class Answer:
    """A finished answer: the exact bytes, and whether they were given before."""

    http_status: int
    body: str
    replayed: bool


def idempotency_key(
    deps: Deps, owner: str, endpoint: str, key: str | None, body: Any
) -> IdempotencyKey | None:
    """The key of a request that brought one. Costs a round trip the first time in each process."""
    if key is None:
        return None
    checked = idempotency.check_key(key)
    secret = queues.secret(deps.config.fingerprint_key_arn)
    return IdempotencyKey(
        idempotency.scoped_key(owner, endpoint, checked), idempotency.fingerprint(secret, body)
    )


def create_payment(
    deps: Deps, merchant_id: str | None, new: NewPayment, key: IdempotencyKey | None
) -> Answer:
    """Makes a pending payment and answers it, or gives the answer that the key already stands for.

    `merchant_id` None means a shopper: whoever knows the order's id may pay it. Round trips: 4 (read, commit,
    two sends), 1 for a replay; one more for a shopper.
    """
    order, merchant, record = _read(merchant_id, new.order_id, key)
    if (replay := _replay(deps, key, record)) is not None:
        return replay
    if order is None or (merchant_id is not None and order.merchant_id != merchant_id):
        raise NotFound("Order not found")
    order.check_payable()
    if merchant is None:
        merchant = merchants.get_merchant(order.merchant_id)
    now = deps.now()
    payment = _payment(deps, order, new, now)
    answer = Answer(CREATED, compact_json(payment.as_created()), replayed=False)
    hooks = _webhooks(deps, merchant, payment, now)
    try:
        _commit(payment, hooks, key, answer, now)
    except (ConditionFailed, Conflict) as refusal:
        return _settle_refusal(deps, refusal, key, payment)
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


def _replay(deps: Deps, key: IdempotencyKey | None, record: IdempotencyRecord | None) -> Answer | None:
    if key is None or record is None or not record.is_current(deps.now()):
        return None
    record.check_same_request(key.fingerprint)
    return Answer(record.http_status, record.body, replayed=True)


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
    if key is not None:
        record = IdempotencyRecord(
            key.scoped, key.fingerprint, answer.http_status, answer.body, now + idempotency.KEPT_FOR
        )
        idempotency_store.put_record(transaction, record, now)
    for hook in hooks:
        webhooks.put_new(transaction, hook)
    transaction.commit()


def _settle_refusal(
    deps: Deps, refusal: ConditionFailed | Conflict, key: IdempotencyKey | None, payment: Payment
) -> Answer:
    """What to answer when our transaction lost: the winner's answer, or why there can't be one."""
    record = idempotency_store.get_record(key.scoped) if key is not None else None
    if (replay := _replay(deps, key, record)) is not None:
        return replay
    if isinstance(refusal, Conflict):
        raise IdempotencyInFlight if key is not None else _busy()
    order = orders.get_order(payment.order_id)
    if order is None:
        raise NotFound("Order not found")
    order.check_payable()
    raise _busy()


def _busy() -> AsyncPayError:
    return Unavailable("The order is busy; please try again")


def _enqueue(deps: Deps, payment: Payment, hooks: list[Webhook]) -> None:
    delay_seconds = math.ceil(deps.processor.outcome_delay_ms(payment.id) / 1000)
    work = {"payment_id": payment.id, "merchant_id": payment.merchant_id}
    try:
        queues.send(deps.config.payments_queue_url, [work], delay_seconds)
        send_webhooks(deps, hooks)
    except Unavailable as error:
        # Committed is committed: the sweeper sends what is overdue.
        log.error("message not sent; left to the sweeper", error, payment_id=payment.id)


def send_webhooks(deps: Deps, hooks: list[Webhook]) -> None:
    """Nudges the deliveries of these webhooks."""
    messages = [{"webhook_id": hook.id, "merchant_id": hook.merchant_id} for hook in hooks]
    if messages:
        queues.send(deps.config.webhooks_queue_url, messages)
