"""Creating a refund: as with a payment, with its refundable amount as the limit of the transaction."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.adapters.aws import queues
from gateway.adapters.aws.dynamodb import batch
from gateway.adapters.aws.dynamodb.errors import ConditionFailed, Conflict
from gateway.adapters.aws.dynamodb.repositories import idempotency as idempotency_store
from gateway.adapters.aws.dynamodb.repositories import merchants, payments, refunds, webhooks
from gateway.adapters.aws.dynamodb.tables import IdempotencyRow, MerchantRow, PaymentRow
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain.errors import NotFound, Unavailable
from gateway.domain.payment import Payment
from gateway.domain.refund import Refund, RefundStatus
from gateway.domain.webhook import Webhook
from gateway.presenters.event import refund_webhook
from gateway.presenters.json_text import compact_json
from gateway.presenters.refund import REFUND_CREATED
from gateway.runtime import log
from gateway.runtime.deps import Deps
from gateway.use_cases import idempotent
from gateway.use_cases.idempotent import Answer, IdempotencyKey
from gateway.use_cases.nudge import send_webhooks


@dataclass(frozen=True)
class NewRefund:
    """A validated request; `amount` in minor units of the payment's currency."""

    amount: int
    reason: str | None


def create_refund(
    deps: Deps, merchant_id: str, payment_id: str, new: NewRefund, key: IdempotencyKey | None
) -> Answer:
    """Makes a pending refund and answers it, or gives the answer that the key already stands for.

    Round trips: 4 (read, commit, two sends; 3 without a webhook URL), 1 for a replay.
    """
    keys: list[Any] = [(PaymentRow, payment_id), (MerchantRow, merchant_id)]
    if key is not None:
        keys.append((IdempotencyRow, key.scoped))
    rows = batch.read(keys)
    record_row = rows.get(IdempotencyRow, key.scoped) if key is not None else None
    record = idempotency_store.to_record(record_row) if record_row else None
    if (answer := idempotent.replay(deps, key, record)) is not None:
        return answer
    payment_row = rows.get(PaymentRow, payment_id)
    if payment_row is None or payment_row.merchant_id != merchant_id:
        raise NotFound("Payment not found")
    payment = payments.to_payment(payment_row)
    payment.check_refundable(new.amount)
    now = deps.now()
    refund = _refund(deps, payment, new, now)
    answer = Answer(idempotent.CREATED, compact_json(REFUND_CREATED.present(refund)), replayed=False)
    merchant_row = rows.get(MerchantRow, merchant_id)
    hooks = []
    if merchant_row is not None and merchants.to_merchant(merchant_row).webhook_url is not None:
        hooks.append(refund_webhook(deps.new_uuid(), "refund.created", refund, payment, now))
    try:
        _commit(refund, hooks, key, answer, now)
    except (ConditionFailed, Conflict) as refusal:
        return idempotent.settle_refusal(
            deps, refusal, key, lambda: _check_refundable(payment.id, new.amount)
        )
    _enqueue(deps, refund, hooks)
    log.info(
        "refund created",
        refund_id=refund.id,
        payment_id=payment.id,
        merchant_id=merchant_id,
        amount=refund.amount,
    )
    return answer


def _refund(deps: Deps, payment: Payment, new: NewRefund, now: datetime) -> Refund:
    refund_id = deps.new_id("rfnd_")
    return Refund(
        id=refund_id,
        payment_id=payment.id,
        merchant_id=payment.merchant_id,
        amount=new.amount,
        currency=payment.currency,
        reason=new.reason,
        status=RefundStatus.PENDING,
        created_at=now,
        updated_at=now,
        processed_at=None,
        due_at=now + timedelta(milliseconds=deps.processor.refund_delay_ms(refund_id)),
    )


def _commit(
    refund: Refund, hooks: list[Webhook], key: IdempotencyKey | None, answer: Answer, now: datetime
) -> None:
    transaction = Transaction()
    refunds.put_new(transaction, refund)
    payments.take_for_refund(transaction, refund.payment_id, refund.amount, now)
    idempotent.remember(transaction, key, answer, now)
    for hook in hooks:
        webhooks.put_new(transaction, hook)
    transaction.commit()


def _check_refundable(payment_id: str, amount: int) -> None:
    payment = payments.get_payment(payment_id)
    if payment is not None:
        payment.check_refundable(amount)


def _enqueue(deps: Deps, refund: Refund, hooks: list[Webhook]) -> None:
    delay_seconds = math.ceil(deps.processor.refund_delay_ms(refund.id) / 1000)
    work = {"refund_id": refund.id, "merchant_id": refund.merchant_id}
    try:
        queues.send(deps.config.refunds_queue_url, [work], delay_seconds)
        send_webhooks(deps, hooks)
    except Unavailable as error:
        log.error("message not sent; left to the sweeper", error, refund_id=refund.id)
