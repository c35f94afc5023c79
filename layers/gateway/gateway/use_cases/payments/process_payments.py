"""Finishing payments: ask the acquirer, then record the outcome.

Safe to run twice and in any order: the acquirer does its work once for each payment id, and the write is
refused unless the payment is still pending. An order is paid by one payment: that is a condition of the same
transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gateway.domain.jobs import PAYMENTS
from gateway.domain.ledger import payment_reversed, payment_taken
from gateway.domain.merchant import Merchant
from gateway.domain.order import OrderEvent
from gateway.domain.payment import ORDER_ALREADY_PAID, Failure, Payment, PaymentStatus
from gateway.presenters.event import payment_delivery
from gateway.runtime import log
from gateway.use_cases import jobs
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.jobs import Done, Job
from gateway.use_cases.outbox import Outbox
from gateway.use_cases.processor import Outcome, OutcomeUnknown
from gateway.use_cases.protocols.refusals import ConditionFailed, Write

ALREADY_PAID = Failure(
    ORDER_ALREADY_PAID, "order_already_paid", "Another payment of this order succeeded first"
)


def process_payments(deps: Dependencies, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Works through a batch of messages; returns those that must come back.

    Round trips: one read and one send for the batch, one commit for each payment, one for the counters.
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
        if payment is None:
            log.error("no such payment", payment_id=job.body["payment_id"])
            return Done(failed=1)
        return _process(sharing, job, payment, found.get(Merchant, payment.merchant_id))

    response = jobs.run_jobs(deps, PAYMENTS, batch, work)
    outbox.flush()
    return response


def _process(deps: Dependencies, job: Job, payment: Payment, merchant: Merchant | None) -> Done:
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
        deps.queues.give_back(PAYMENTS, job.receipt_handle, unknown.ask_again_seconds)
        return jobs.RETRY
    _settle(deps, payment, outcome, merchant, now)
    return Done(completed=1)


def _release(deps: Dependencies, payment: Payment) -> Done:
    """Tells the acquirer what a partial capture released; the ledger has it already."""
    deps.processor.reverse(payment, payment.release_pending, f"{payment.id}:release")
    try:
        with deps.unit_of_work() as work:
            work.payments.finish_release(payment, deps.now())
            work.log("release reversed", payment_id=payment.id, amount=payment.release_pending)
    except ConditionFailed:
        return jobs.NOTHING_TO_DO
    return Done(completed=1)


def _settle(
    deps: Dependencies,
    payment: Payment,
    outcome: Outcome,
    merchant: Merchant | None,
    now: datetime,
) -> None:
    """Records the outcome. A payment that is final meanwhile stays as it is."""
    after = payment.approved(now) if outcome.failure is None else payment.declined(outcome.failure, now)
    try:
        _finish(deps, payment, after, merchant, now)
        return
    except ConditionFailed as refusal:
        if Write.PAYMENT in refusal.labels:
            log.info("another worker finished the payment", payment_id=payment.id)
            return
        if Write.ORDER not in refusal.labels:
            raise
    # Another payment paid the order between this one's creation and now, and the order stays paid: what
    # the acquirer took for this one goes back. It does so once, so a crash before the commit is harmless.
    deps.processor.reverse(payment, payment.amount, f"{payment.id}:reversal")
    try:
        _finish(deps, payment, payment.declined(ALREADY_PAID, now), merchant, now)
    except ConditionFailed as refusal:
        if Write.PAYMENT not in refusal.labels:
            raise


def _finish(
    deps: Dependencies,
    before: Payment,
    after: Payment,
    merchant: Merchant | None,
    now: datetime,
) -> None:
    with deps.unit_of_work() as work:
        work.payments.change_status(before, after)
        if after.status is PaymentStatus.SUCCESS:
            work.orders.apply(after.order_id, OrderEvent.PAYMENT_SUCCEEDED, now)
            work.ledger.add(payment_taken(after, now))
        elif after.failure == ALREADY_PAID:
            work.ledger.add(payment_taken(after, now), payment_reversed(after, after.amount, now))
        event = f"payment.{after.status}"
        work.notify(merchant, payment_delivery(deps.new_uuid(), event, after, now))
        work.log(
            "payment finished",
            payment_id=after.id,
            order_id=after.order_id,
            merchant_id=after.merchant_id,
            status=after.status,
            reason=after.failure.reason if after.failure else None,
        )
