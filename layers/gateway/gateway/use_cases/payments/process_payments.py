"""Finishing payments: ask the processor, then write what came of it.

Safe to run twice and in any order: the processor does its work once for each payment id, and the write is
refused unless the payment is still pending. An order is paid by one payment: that is a condition of the same
transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gateway.adapters.aws import queues
from gateway.adapters.aws.dynamodb import batch
from gateway.adapters.aws.dynamodb.errors import ConditionFailed
from gateway.adapters.aws.dynamodb.repositories import ledger, merchants, orders, payments, webhooks
from gateway.adapters.aws.dynamodb.tables import MerchantRow, PaymentRow
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain.errors import Unavailable
from gateway.domain.ledger import payment_reversed, payment_taken
from gateway.domain.merchant import Merchant
from gateway.domain.order import OrderEvent
from gateway.domain.payment import ORDER_ALREADY_PAID, Failure, Payment, PaymentStatus
from gateway.domain.webhook import Webhook
from gateway.presenters.event import payment_webhook
from gateway.runtime import log
from gateway.runtime.deps import Deps
from gateway.use_cases import jobs
from gateway.use_cases.jobs import Done, Job
from gateway.use_cases.nudge import send_webhooks
from gateway.use_cases.processor import Outcome, OutcomeUnknown

ALREADY_PAID = Failure(
    ORDER_ALREADY_PAID, "order_already_paid", "Another payment of this order succeeded first"
)


def process_payments(deps: Deps, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Works through a batch of messages; answers those that must come back.

    Round trips: one read and one send for the batch, one commit for each payment, one for the counters.
    """
    batch_jobs = jobs.parse_jobs(records, ("payment_id", "merchant_id"))
    keys: list[Any] = [(PaymentRow, job.body["payment_id"]) for job in batch_jobs]
    keys += [(MerchantRow, job.body["merchant_id"]) for job in batch_jobs]
    rows = batch.read(keys)
    hooks: list[Webhook] = []

    def work(job: Job) -> Done:
        row = rows.get(PaymentRow, job.body["payment_id"])
        if row is None:
            log.error("no such payment", payment_id=job.body["payment_id"])
            return Done(failed=1)
        merchant_row = rows.get(MerchantRow, row.merchant_id)
        merchant = merchants.to_merchant(merchant_row) if merchant_row else None
        return _process(deps, job, payments.to_payment(row), merchant, hooks)

    answer = jobs.run_jobs(deps, "payments", batch_jobs, work)
    try:
        send_webhooks(deps, hooks)
    except Unavailable as error:
        log.error("webhooks not sent; left to the sweeper", error, count=len(hooks))
    return answer


def _process(deps: Deps, job: Job, payment: Payment, merchant: Merchant | None, hooks: list[Webhook]) -> Done:
    if payment.release_pending:
        return _release(deps, payment)
    if payment.status is not PaymentStatus.PENDING:
        log.info("payment is final already", payment_id=payment.id, status=payment.status)
        return jobs.NOTHING_TO_DO
    now = deps.now()
    try:
        outcome = deps.processor.authorize(payment, payment.id, now)
    except OutcomeUnknown as unknown:
        log.warning("outcome unknown", payment_id=payment.id, reason=unknown.reason)
        queues.give_back(deps.config.payments_queue_url, job.receipt_handle, unknown.ask_again_seconds)
        return jobs.RETRY
    hook = _settle(deps, payment, outcome, merchant, now)
    if hook is not None:
        hooks.append(hook)
    return Done(completed=1)


def _release(deps: Deps, payment: Payment) -> Done:
    """Tells the processor what a partial capture released; the ledger has it already."""
    deps.processor.reverse(payment, payment.release_pending, f"{payment.id}:release")
    transaction = Transaction()
    payments.finish_release(transaction, payment, deps.now())
    try:
        transaction.commit()
    except ConditionFailed:
        return jobs.NOTHING_TO_DO
    log.info("release reversed", payment_id=payment.id, amount=payment.release_pending)
    return Done(completed=1)


def _settle(
    deps: Deps, payment: Payment, outcome: Outcome, merchant: Merchant | None, now: datetime
) -> Webhook | None:
    """Writes the outcome; answers the webhook to send. A payment that is final meanwhile stays as it is."""
    after = payment.approved(now) if outcome.failure is None else payment.declined(outcome.failure, now)
    try:
        return _commit(deps, payment, after, merchant, now)
    except ConditionFailed as refusal:
        if payments.PAYMENT in refusal.labels:
            log.info("payment was finished by another worker", payment_id=payment.id)
            return None
        if orders.ORDER not in refusal.labels:
            raise
    # The order was paid by another payment between its creation and now, and stays paid: what the processor
    # took for this one goes back. Asking it twice does it once, so a crash before the commit does no harm.
    deps.processor.reverse(payment, payment.amount, f"{payment.id}:reversal")
    try:
        return _commit(deps, payment, payment.declined(ALREADY_PAID, now), merchant, now)
    except ConditionFailed as refusal:
        if payments.PAYMENT not in refusal.labels:
            raise
        return None


def _commit(
    deps: Deps, before: Payment, after: Payment, merchant: Merchant | None, now: datetime
) -> Webhook | None:
    transaction = Transaction()
    payments.change_status(transaction, before, after)
    if after.status is PaymentStatus.SUCCESS:
        orders.apply_event(transaction, after.order_id, OrderEvent.PAYMENT_SUCCEEDED, now)
        ledger.put_entries(transaction, payment_taken(after, now))
    elif after.failure == ALREADY_PAID:
        ledger.put_entries(transaction, payment_taken(after, now), payment_reversed(after, after.amount, now))
    hook = None
    if merchant is not None and merchant.webhook_url is not None:
        hook = payment_webhook(deps.new_uuid(), f"payment.{after.status}", after, now)
        webhooks.put_new(transaction, hook)
    transaction.commit()
    log.info(
        "payment finished",
        payment_id=after.id,
        order_id=after.order_id,
        merchant_id=after.merchant_id,
        status=after.status,
        reason=after.failure.reason if after.failure else None,
    )
    return hook
