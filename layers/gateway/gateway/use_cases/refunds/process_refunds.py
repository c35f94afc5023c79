"""Paying refunds out: mark the refund as sent, ask the processor, then write that it is processed.

The mark comes first, conditional on the refund being pending: a cancellation and this worker can't both win.
After a crash the worker finds the mark and asks again; the processor pays once for each refund id.
"""

from collections.abc import Sequence
from typing import Any

from gateway.adapters.aws import queues
from gateway.adapters.aws.dynamodb import batch
from gateway.adapters.aws.dynamodb.errors import ConditionFailed
from gateway.adapters.aws.dynamodb.repositories import ledger, merchants, payments, refunds, webhooks
from gateway.adapters.aws.dynamodb.tables import MerchantRow, PaymentRow, RefundRow
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain.errors import Unavailable
from gateway.domain.ledger import refund_paid
from gateway.domain.payment import Payment
from gateway.domain.refund import Refund, RefundEvent, RefundStatus
from gateway.domain.webhook import Webhook
from gateway.presenters.event import refund_webhook
from gateway.runtime import log
from gateway.runtime.deps import Deps
from gateway.use_cases import jobs
from gateway.use_cases.jobs import Done, Job
from gateway.use_cases.nudge import send_webhooks
from gateway.use_cases.processor import OutcomeUnknown


def process_refunds(deps: Deps, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Works through a batch of messages; answers those that must come back.

    Round trips: two reads and one send for the batch, two commits for each refund, one for the counters.
    """
    batch_jobs = jobs.parse_jobs(records, ("refund_id", "merchant_id"))
    keys: list[Any] = [(RefundRow, job.body["refund_id"]) for job in batch_jobs]
    keys += [(MerchantRow, job.body["merchant_id"]) for job in batch_jobs]
    rows = batch.read(keys)
    found = [row for job in batch_jobs if (row := rows.get(RefundRow, job.body["refund_id"])) is not None]
    payment_rows = batch.read((PaymentRow, row.payment_id) for row in found)
    hooks: list[Webhook] = []

    def work(job: Job) -> Done:
        row = rows.get(RefundRow, job.body["refund_id"])
        payment_row = payment_rows.get(PaymentRow, row.payment_id) if row else None
        if row is None or payment_row is None:
            log.error("no such refund", refund_id=job.body["refund_id"])
            return Done(failed=1)
        merchant_row = rows.get(MerchantRow, row.merchant_id)
        tell = merchant_row is not None and merchants.to_merchant(merchant_row).webhook_url is not None
        done, hook = _process(deps, job, refunds.to_refund(row), payments.to_payment(payment_row), tell=tell)
        if hook is not None:
            hooks.append(hook)
        return done

    answer = jobs.run_jobs(deps, "refunds", batch_jobs, work)
    try:
        send_webhooks(deps, hooks)
    except Unavailable as error:
        log.error("webhooks not sent; left to the sweeper", error, count=len(hooks))
    return answer


def _process(
    deps: Deps, job: Job, refund: Refund, payment: Payment, *, tell: bool
) -> tuple[Done, Webhook | None]:
    """Takes one refund as far as it goes; `tell` says whether the merchant wants webhooks."""
    if refund.is_final:
        log.info("refund is final already", refund_id=refund.id, status=refund.status)
        return jobs.NOTHING_TO_DO, None
    try:
        sent = _mark_sent(deps, refund)
        deps.processor.refund(sent, sent.id)
        return Done(completed=1), _commit_processed(deps, sent, payment, tell=tell)
    except OutcomeUnknown as unknown:
        log.warning("outcome unknown", refund_id=refund.id, reason=unknown.reason)
        queues.give_back(deps.config.refunds_queue_url, job.receipt_handle, unknown.ask_again_seconds)
        return jobs.RETRY, None
    except ConditionFailed as refusal:
        if refunds.REFUND not in refusal.labels:
            raise
        # Cancelled, or done by another worker: whoever it was wrote what there was to write.
        log.info("refund was moved on by somebody else", refund_id=refund.id)
        return jobs.NOTHING_TO_DO, None


def _mark_sent(deps: Deps, refund: Refund) -> Refund:
    if refund.status is RefundStatus.SENT:
        return refund
    sent = refund.after(RefundEvent.SEND, deps.now())
    transaction = Transaction()
    refunds.change_status(transaction, refund, sent)
    transaction.commit()
    return sent


def _commit_processed(deps: Deps, sent: Refund, payment: Payment, *, tell: bool) -> Webhook | None:
    now = deps.now()
    processed = sent.after(RefundEvent.ACCEPTED, now)
    transaction = Transaction()
    refunds.change_status(transaction, sent, processed)
    ledger.put_entries(transaction, refund_paid(processed, now))
    hook = None
    if tell:
        hook = refund_webhook(deps.new_uuid(), "refund.processed", processed, payment, now)
        webhooks.put_new(transaction, hook)
    transaction.commit()
    log.info(
        "refund processed",
        refund_id=processed.id,
        payment_id=processed.payment_id,
        merchant_id=processed.merchant_id,
        amount=processed.amount,
    )
    return hook
