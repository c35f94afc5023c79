"""Finishing payments: ask the acquirer what the driver says, then record what its response means.

Safe to run twice and in any order: what may be asked follows from what is stored (domain/acquiring), and the
write is refused unless that is unchanged. An order is paid by one payment: a condition of the same
transaction.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.driver import Decision, Operation, Step, Verdict
from gateway.domain.acquiring.settlement import Change, noted, open_operation, settle, step_of
from gateway.domain.jobs import PAYMENTS
from gateway.domain.payments.order import OrderEvent
from gateway.domain.payments.payment import Payment
from gateway.domain.webhooks.events import payment_event
from gateway.runtime import log
from gateway.use_cases import jobs
from gateway.use_cases.ask_acquirer import (
    capture,
    come_back,
    conclude,
    is_soon,
    note_parked,
    payment_asking,
    running_each,
)
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.jobs import Done, Job
from gateway.use_cases.outbox import Outbox
from gateway.use_cases.protocols.refusals import ConditionFailed, Write


def process_payments(deps: Dependencies, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Works through a batch of messages; returns those that must come back.

    Round trips: one read and one send for the batch, one commit for each payment, one for the counters.
    One more commit for a payment whose acquirer has no keys, and for one whose money goes back.
    """
    batch = jobs.parse_jobs(records, ("payment_id", "merchant_id"))
    found = deps.database.load(
        [(Payment, job.body["payment_id"]) for job in batch]
        + [(Merchant, job.body["merchant_id"]) for job in batch]
    )
    outbox = Outbox(deps.queues)
    sharing = deps.sharing(outbox)

    def work(job: Job) -> Done:
        payment = found.get(Payment, job.body["payment_id"])
        if payment is None or payment.merchant_id != job.body["merchant_id"]:
            log.error("no such payment", payment_id=job.body["payment_id"])
            return Done(failed=1)
        return _process(sharing, job, payment, found.get(Merchant, payment.merchant_id))

    accounts = [found.get(Payment, job.body["payment_id"]) for job in batch]
    with running_each(payment.attempt.account for payment in accounts if payment is not None) as run_each:
        response = jobs.run_jobs(deps, PAYMENTS, batch, work, run_each)
    outbox.flush()
    return response


def _process(deps: Dependencies, job: Job, payment: Payment, merchant: Merchant | None) -> Done:
    acquirer = deps.acquirer_of(payment.attempt.account)
    operation = open_operation(payment, acquirer.capabilities)
    if operation is None:
        log.info("payment is final already", payment_id=payment.id, status=payment.status)
        return jobs.NOTHING_TO_DO
    now = deps.now()
    step = step_of(payment, operation, now)
    if step is Step.STOP:
        log.info("a person has to look at the payment first", payment_id=payment.id)
        return jobs.NOTHING_TO_DO
    try:
        if step is Step.COMMIT:
            before = payment
            payment, operation = noted(payment, operation, now)
            _write(deps, before, Change(payment), merchant, now)
        asking = payment_asking(deps, acquirer, payment, operation, step)
        decision = conclude(deps, asking, payment_id=payment.id)
        if decision.verdict is Verdict.CAPTURE and not payment.is_watched:
            operation = replace(operation, attempt=decision.attempt)
            known = replace(payment, attempt=decision.attempt)
            decision = capture(deps, acquirer, known, replace(asking, operation=operation))
        elif is_soon(decision, operation):
            return come_back(deps, PAYMENTS, job, decision)
        note_parked(decision, payment_id=payment.id)
        return _record(deps, job, (payment, operation, decision), merchant)
    except ConditionFailed as refusal:
        if Write.PAYMENT not in refusal.labels:
            raise
        log.info("another worker moved the payment on", payment_id=payment.id)
        return jobs.NOTHING_TO_DO


def _record(
    deps: Dependencies,
    job: Job,
    concluded: tuple[Payment, Operation, Decision],
    merchant: Merchant | None,
) -> Done:
    """Records what was decided, and gives back at once what is not to be kept."""
    payment, operation, decision = concluded
    now = deps.now()
    change = settle(payment, operation, decision, now)
    try:
        _write(deps, payment, change, merchant, now)
    except ConditionFailed as refusal:
        if Write.ORDER not in refusal.labels or not change.pays_order:
            raise
        # Another payment paid the order between this one's creation and now, and the order stays paid: what
        # the acquirer took for this one goes back.
        change = settle(payment, operation, decision, now, order_is_paid=True)
        _write(deps, payment, change, merchant, now)
    if decision.verdict is Verdict.RESTART:
        # At once: a new key's time runs.
        return _process(deps, job, change.payment, merchant)
    if change.payment.release_pending and not payment.release_pending:
        _process(deps, job, change.payment, merchant)
    gave_back = payment.release_pending and not change.payment.release_pending
    return Done(completed=1) if change.event or gave_back else jobs.NOTHING_TO_DO


def _write(
    deps: Dependencies, before: Payment, change: Change, merchant: Merchant | None, now: datetime
) -> None:
    after = change.payment
    with deps.unit_of_work() as work:
        work.payments.change_status(before, after)
        if change.pays_order:
            work.orders.apply(after.order_id, OrderEvent.PAYMENT_SUCCEEDED, now)
        if change.entries:
            work.ledger.add(*change.entries)
        if change.event is not None:
            work.notify(merchant, payment_event(change.event, after))
            work.log(
                "payment finished",
                payment_id=after.id,
                order_id=after.order_id,
                merchant_id=after.merchant_id,
                status=after.status,
                reason=after.failure.reason if after.failure else None,
            )
        elif before.release_pending and not after.release_pending:
            work.log("money given back", payment_id=after.id, amount=before.release_pending)
