"""Paying refunds out: mark the refund as sent, ask the acquirer, then record that it is processed.

The mark comes first, conditional on the refund being pending: a cancellation and this worker can't both win.
After a crash the worker finds the mark and asks again; the acquirer pays once for each refund id.
"""

from collections.abc import Sequence
from typing import Any

from gateway.domain.jobs import REFUNDS
from gateway.domain.ledger import refund_paid
from gateway.domain.merchant import Merchant
from gateway.domain.payment import Payment
from gateway.domain.refund import Refund, RefundEvent, RefundStatus
from gateway.presenters.event import refund_delivery
from gateway.runtime import log
from gateway.use_cases import jobs
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.jobs import Done, Job
from gateway.use_cases.outbox import Outbox
from gateway.use_cases.processor import OutcomeUnknown
from gateway.use_cases.protocols.refusals import ConditionFailed, Write


def process_refunds(deps: Dependencies, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Works through a batch of messages; returns those that must come back.

    Round trips: two reads and one send for the batch, two commits for each refund, one for the counters.
    """
    batch = jobs.parse_jobs(records, ("refund_id", "merchant_id"))
    found = deps.database.load(
        [(Refund, job.body["refund_id"]) for job in batch]
        + [(Merchant, job.body["merchant_id"]) for job in batch]
    )
    refunds = [refund for job in batch if (refund := found.get(Refund, job.body["refund_id"])) is not None]
    payments = deps.database.load([(Payment, refund.payment_id) for refund in refunds])
    outbox = Outbox(deps.queues)
    sharing = deps.sharing(outbox)

    def work(job: Job) -> Done:
        refund = found.get(Refund, job.body["refund_id"])
        payment = payments.get(Payment, refund.payment_id) if refund else None
        if refund is None or payment is None:
            log.error("no such refund", refund_id=job.body["refund_id"])
            return Done(failed=1)
        return _process(sharing, job, refund, payment, found.get(Merchant, refund.merchant_id))

    response = jobs.run_jobs(deps, REFUNDS, batch, work)
    outbox.flush()
    return response


def _process(
    deps: Dependencies,
    job: Job,
    refund: Refund,
    payment: Payment,
    merchant: Merchant | None,
) -> Done:
    """Takes one refund as far as it goes."""
    if refund.is_final:
        log.info("refund is final already", refund_id=refund.id, status=refund.status)
        return jobs.NOTHING_TO_DO
    try:
        sent = _mark_sent(deps, refund)
        deps.processor.refund(sent, sent.id)
        _finish(deps, sent, payment, merchant)
    except OutcomeUnknown as unknown:
        log.warning("outcome unknown", refund_id=refund.id, reason=unknown.reason)
        deps.queues.give_back(REFUNDS, job.receipt_handle, unknown.ask_again_seconds)
        return jobs.RETRY
    except ConditionFailed as refusal:
        if Write.REFUND not in refusal.labels:
            raise
        # Cancelled, or finished by another worker, which recorded it.
        log.info("the refund was cancelled or another worker finished it", refund_id=refund.id)
        return jobs.NOTHING_TO_DO
    return Done(completed=1)


def _mark_sent(deps: Dependencies, refund: Refund) -> Refund:
    if refund.status is RefundStatus.SENT:
        return refund
    sent = refund.after(RefundEvent.SEND, deps.now())
    with deps.unit_of_work() as work:
        work.refunds.change_status(refund, sent)
    return sent


def _finish(deps: Dependencies, sent: Refund, payment: Payment, merchant: Merchant | None) -> None:
    now = deps.now()
    processed = sent.after(RefundEvent.ACCEPTED, now)
    with deps.unit_of_work() as work:
        work.refunds.change_status(sent, processed)
        work.ledger.add(refund_paid(processed, now))
        work.notify(merchant, refund_delivery(deps.new_uuid(), "refund.processed", processed, payment, now))
        work.log(
            "refund processed",
            refund_id=processed.id,
            payment_id=processed.payment_id,
            merchant_id=processed.merchant_id,
            amount=processed.amount,
        )
