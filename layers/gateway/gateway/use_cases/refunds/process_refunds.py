"""Paying refunds out: mark the refund as sent, ask the acquirer, then record that it is processed.

The mark comes first, conditional on the refund being pending: a cancellation and this worker can't both win.
After a crash the worker finds the mark and asks again; the acquirer pays once for each refund id.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.driver import Decision, Step, Verdict, next_step
from gateway.domain.acquiring.settlement import refund_operation, settle_refund
from gateway.domain.jobs import REFUNDS
from gateway.domain.payments.ledger import refund_paid
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund, RefundEvent, RefundStatus
from gateway.domain.webhooks.events import refund_event
from gateway.runtime import log
from gateway.use_cases import jobs
from gateway.use_cases.ask_acquirer import (
    come_back,
    conclude,
    is_soon,
    note_parked,
    refund_asking,
    running_each,
)
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.jobs import Done, Job
from gateway.use_cases.operations.count_lists import ask_for_some
from gateway.use_cases.outbox import Outbox
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
        if refund is None or payment is None or refund.merchant_id != job.body["merchant_id"]:
            log.error("no such refund", refund_id=job.body["refund_id"])
            return Done(failed=1)
        return _process(sharing, job, refund, payment, found.get(Merchant, refund.merchant_id))

    with running_each(refund.attempt.account for refund in refunds) as run_each:
        response = jobs.run_jobs(deps, REFUNDS, batch, work, run_each)
    sharing.asked.put(deps.config, deps.now())
    outbox.flush()
    ask_for_some(deps, ((refund.id, refund.merchant_id) for refund in refunds))
    return response


def _process(
    deps: Dependencies,
    job: Job,
    refund: Refund,
    payment: Payment,
    merchant: Merchant | None,
) -> Done:
    """Takes one refund as far as it goes."""
    acquirer = deps.acquirer_of(payment.attempt.account)
    step = next_step(refund_operation(refund, acquirer.capabilities), deps.now())
    if refund.is_final or step is Step.STOP:
        log.info("refund is final already, or parked", refund_id=refund.id, status=refund.status)
        return jobs.NOTHING_TO_DO
    try:
        if step is Step.COMMIT:
            refund = _mark_sent(deps, refund)
        operation = refund_operation(refund, acquirer.capabilities)
        decision = conclude(
            deps, refund_asking(acquirer, refund, payment, operation, step), refund_id=refund.id
        )
        if is_soon(decision, operation):
            return come_back(deps, REFUNDS, job, decision)
        after = _record(deps, refund, decision, payment, merchant)
    except ConditionFailed as refusal:
        if Write.REFUND not in refusal.labels:
            raise
        # Cancelled, or finished by another worker, which recorded it.
        log.info("the refund was cancelled or another worker finished it", refund_id=refund.id)
        return jobs.NOTHING_TO_DO
    if decision.verdict is Verdict.RESTART:
        return _process(deps, job, after, payment, merchant)  # at once: a new key's time runs
    return Done(completed=1) if after.is_final else jobs.NOTHING_TO_DO


def _mark_sent(deps: Dependencies, refund: Refund) -> Refund:
    """Notes that the acquirer is about to be asked, under which key and since when."""
    now = deps.now()
    if refund.status is RefundStatus.SENT:
        sent = replace(refund, attempt=refund.attempt.asked(now), updated_at=now)
    else:
        sent = refund.after(RefundEvent.SEND, now)
    with deps.unit_of_work() as work:
        work.refunds.change_status(refund, sent)
    return sent


def _record(
    deps: Dependencies, refund: Refund, decision: Decision, payment: Payment, merchant: Merchant | None
) -> Refund:
    """Records what was decided."""
    note_parked(decision, refund_id=refund.id)
    now = deps.now()
    after = settle_refund(refund, decision, now)
    with deps.unit_of_work() as work:
        work.refunds.change_status(refund, after)
        if after.is_final:
            work.ledger.add(refund_paid(after, now))
            work.notify(merchant, refund_event("refund.processed", after, payment))
            work.log(
                "refund processed",
                refund_id=after.id,
                payment_id=after.payment_id,
                merchant_id=after.merchant_id,
                amount=after.amount,
            )
    return after
