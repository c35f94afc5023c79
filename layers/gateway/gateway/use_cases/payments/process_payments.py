"""Finishing payments: ask the acquirer what the driver says, then record what its response means.

Safe to run twice and in any order: what may be asked follows from what is stored (domain/acquiring), and the
write is refused unless that is unchanged. An order is paid by one payment: a condition of the same
transaction. Nothing is authorised once the order is paid or has expired (screening.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.driver import REFUSED, Decision, Operation, Step, Verdict
from gateway.domain.acquiring.settlement import (
    Change,
    noted,
    open_operation,
    settle,
    step_of,
    takes_first,
)
from gateway.domain.card_testing.authorisation import not_authorised
from gateway.domain.jobs import PAYMENTS
from gateway.domain.payments.order import OrderEvent
from gateway.domain.payments.payment import Failure, Payment
from gateway.domain.webhooks.events import order_event, payment_event
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
from gateway.use_cases.operations.count_lists import ask_for_some
from gateway.use_cases.outbox import FIRST, Outbox
from gateway.use_cases.payments.screening import Batch
from gateway.use_cases.protocols.refusals import ConditionFailed, Write


def process_payments(deps: Dependencies, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Works through a batch of messages; returns those that must come back.

    Round trips: two reads and one send for the batch, one commit for each payment, one for the counters.
    One more commit for a payment whose acquirer has no keys, and for one whose money goes back; one more
    write for each address, card and merchant with failures to count.
    """
    batch = jobs.parse_jobs(records, ("payment_id", "merchant_id"), optional=tuple(FIRST))
    found = deps.database.load(
        [(Payment, job.body["payment_id"]) for job in batch]
        + [(Merchant, job.body["merchant_id"]) for job in batch]
    )
    ids = {job.body["payment_id"] for job in batch}
    payments = [payment for each in ids if (payment := found.get(Payment, each)) is not None]
    screened = Batch(deps, payments)
    outbox = Outbox(deps.queues)
    sharing = deps.sharing(outbox)

    def work(job: Job) -> Done:
        payment = found.get(Payment, job.body["payment_id"])
        if payment is None or payment.merchant_id != job.body["merchant_id"]:
            log.error("no such payment", payment_id=job.body["payment_id"])
            return Done(failed=1)
        return _process(_Turn(sharing, screened, job, found.get(Merchant, payment.merchant_id)), payment)

    accounts = [payment.attempt.account for payment in payments]
    with running_each(accounts) as run_each:
        response = jobs.run_jobs(deps, PAYMENTS, batch, work, run_each)
    screened.count()
    sharing.asked.put(deps.config, deps.now())
    outbox.flush()
    ask_for_some(deps, ((payment.id, payment.merchant_id) for payment in payments))
    return response


@dataclass(frozen=True)
class _Turn:
    """One job of a batch, and what its payment has to do with the others."""

    deps: Dependencies
    screened: Batch
    job: Job
    merchant: Merchant | None


def _process(turn: _Turn, payment: Payment) -> Done:
    deps = turn.deps
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
        obstacle = turn.screened.obstacle(payment, turn.merchant)
        if obstacle is not None:
            return _hold_back(turn, payment, operation, step, obstacle)
        return _ask(turn, payment, operation, step)
    except ConditionFailed as refusal:
        if Write.PAYMENT not in refusal.labels:
            raise
        log.info("another worker moved the payment on", payment_id=payment.id)
        return jobs.NOTHING_TO_DO


def _hold_back(turn: _Turn, payment: Payment, operation: Operation, step: Step, obstacle: Failure) -> Done:
    """Authorises nothing: the payment fails at once, or once it is certain that no request arrived."""
    now = turn.deps.now()
    if step is Step.COMMIT or turn.screened.nothing_was_sent(turn.job, payment):
        failed = not_authorised(payment, obstacle, operation.capabilities, now)
        _write(turn, payment, Change(failed, (), "payment.failed"))
        return Done(completed=1)
    if payment.attempt.reference is not None or payment.attempt.action_since is not None:
        # The acquirer has it already: what comes of it counts, and goes back where it must.
        return _ask(turn, payment, operation, step)
    attempt = payment.attempt.stopped(now)
    stopped = replace(payment, attempt=attempt)
    return _ask(turn, stopped, replace(operation, attempt=attempt), Step.LOOK_UP, obstacle)


def _ask(
    turn: _Turn, payment: Payment, operation: Operation, step: Step, obstacle: Failure | None = None
) -> Done:
    """Takes one step at the acquirer, and records what comes of it.

    With an `obstacle` it is only looked up; what never arrived there fails for that reason.
    """
    deps = turn.deps
    acquirer = deps.acquirer_of(payment.attempt.account)
    if step is Step.COMMIT:
        before = payment
        payment, operation = noted(payment, operation, deps.now())
        _write(turn, before, Change(payment))
    asking = payment_asking(deps, acquirer, payment, operation, step)
    decision = conclude(deps, asking, payment_id=payment.id)
    if decision.verdict is Verdict.CAPTURE and takes_first(payment, acquirer.capabilities):
        operation = replace(operation, attempt=decision.attempt)
        known = replace(payment, attempt=decision.attempt)
        decision = capture(deps, acquirer, known, replace(asking, operation=operation))
    elif obstacle is None and is_soon(decision, operation):
        return come_back(deps, PAYMENTS, turn.job, decision)
    if obstacle is not None and decision.failure is REFUSED:
        decision = replace(decision, failure=obstacle)
    note_parked(decision, payment_id=payment.id)
    return _record(turn, payment, operation, decision)


def _record(turn: _Turn, payment: Payment, operation: Operation, decision: Decision) -> Done:
    """Records what was decided, and gives back at once what is not to be kept."""
    now = turn.deps.now()
    change = settle(payment, operation, decision, now)
    try:
        _write(turn, payment, change)
    except ConditionFailed as refusal:
        if Write.ORDER not in refusal.labels or not change.pays_order:
            raise
        # Another payment paid the order between this one's creation and now, and the order stays paid: what
        # the acquirer took for this one goes back.
        change = settle(payment, operation, decision, now, order_is_paid=True)
        _write(turn, payment, change)
    if decision.verdict is Verdict.RESTART:
        # At once: a new key's time runs.
        return _process(turn, change.payment)
    if change.payment.release_pending and not payment.release_pending:
        _process(turn, change.payment)
    return Done(completed=1) if change.event else jobs.NOTHING_TO_DO


def _write(turn: _Turn, before: Payment, change: Change) -> None:
    deps, after = turn.deps, change.payment
    now = deps.now()
    with deps.unit_of_work() as work:
        work.payments.change_status(before, after)
        if change.pays_order:
            work.orders.apply(turn.screened.order_of(after), OrderEvent.PAYMENT_SUCCEEDED, now)
        elif before.status is not after.status and turn.screened.knows_order(after):
            work.orders.payment_failed(after.order_id)
        if change.entries:
            work.ledger.add(*change.entries)
        if change.event is not None:
            work.notify(turn.merchant, payment_event(change.event, after))
        if change.pays_order:
            work.notify(turn.merchant, order_event("order.paid", after))
        if before.release_pending and not after.release_pending:
            work.log("money given back", payment_id=after.id, amount=before.release_pending)
        elif change.event is not None:
            work.log(
                "payment finished",
                payment_id=after.id,
                order_id=after.order_id,
                merchant_id=after.merchant_id,
                status=after.status,
                reason=after.failure.reason if after.failure else None,
            )
    if before.status is not after.status:
        turn.screened.ended(after)
