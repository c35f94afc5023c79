"""What a person does about a payment or a refund: has the acquirer asked again, or settles what is parked.

Each ruling and its audit row are one transaction, with whatever a worker would have written.
"""

from gateway.domain.access.audit import Action
from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.ruling import Ruling, rule_payment, rule_refund
from gateway.domain.acquiring.settlement import Change
from gateway.domain.errors import BadRequest, NotFound
from gateway.domain.jobs import Overdue
from gateway.domain.payments.ledger import refund_paid
from gateway.domain.payments.order import OrderEvent
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund, RefundStatus
from gateway.domain.webhooks.events import order_event, payment_event, refund_event
from gateway.runtime import log
from gateway.use_cases.access.audit import change_of, record
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.protocols.refusals import ConditionFailed, Write

PARKED_MAX = 100
MOVED_ON = "It changed meanwhile; look at it again"


def list_parked(deps: Dependencies) -> tuple[list[Overdue], list[Overdue]]:
    """The payments and the refunds that wait for a person, the oldest first, at most PARKED_MAX of each."""
    return deps.database.payments.parked(PARKED_MAX), deps.database.refunds.parked(PARKED_MAX)


def ask_again(deps: Dependencies, payment: Payment) -> None:
    """Has a worker ask the acquirer about a payment now, due or not; BadRequest where it is parked."""
    if payment.is_parked:
        raise BadRequest("The payment is parked: settle it, by `ask` to have the acquirer asked again")
    with deps.unit_of_work() as work:
        work.wake(payment)


def settle_payment(deps: Dependencies, payment_id: str, ruling: Ruling, reason: str, actor: str) -> Payment:
    """Settles a parked payment. NotFound, or BadRequest where the ruling does not fit."""
    found = deps.database.load([(Payment, payment_id)])
    payment = found.get(Payment, payment_id)
    if payment is None:
        raise NotFound("Payment not found")
    merchant = deps.database.merchants.get(payment.merchant_id)
    capabilities = deps.acquirer_of(payment.attempt.account).capabilities
    now = deps.now()
    change = rule_payment(payment, ruling, capabilities, now)
    try:
        _write(deps, payment, change, merchant, (ruling, reason, actor))
    except ConditionFailed as refusal:
        if Write.ORDER not in refusal.labels or not change.pays_order:
            raise BadRequest(MOVED_ON) from refusal
        # Another payment paid the order: what was taken for this one goes back.
        change = rule_payment(payment, ruling, capabilities, now, order_is_paid=True)
        _write(deps, payment, change, merchant, (ruling, reason, actor))
    return change.payment


def settle_refund(deps: Dependencies, refund_id: str, ruling: Ruling, reason: str, actor: str) -> Refund:
    """Settles a parked refund. NotFound, or BadRequest where the ruling does not fit."""
    refund = deps.database.refunds.get(refund_id)
    if refund is None:
        raise NotFound("Refund not found")
    payment = deps.database.payments.get(refund.payment_id)
    merchant = deps.database.merchants.get(refund.merchant_id)
    assert payment is not None
    now = deps.now()
    after = rule_refund(refund, ruling, now)
    try:
        with change_of(deps, "refund") as work:
            work.refunds.change_status(refund, after)
            if not after.is_final:
                work.wake(after)
            else:
                if after.status is RefundStatus.PROCESSED:
                    work.ledger.add(refund_paid(after, now))
                else:
                    work.payments.give_back(payment.id, after.amount, now)
                work.notify(merchant, refund_event(f"refund.{after.status}", after, payment))
            record(
                work,
                deps,
                merchant_id=refund.merchant_id,
                actor=actor,
                action=Action.REFUND_SETTLED,
                changed=refund.id,
                details={
                    "ruling": str(ruling),
                    "reason": reason,
                    "parked": refund.attempt.parked,
                    "payment_id": payment.id,
                },
            )
    except ConditionFailed as refusal:
        raise BadRequest(MOVED_ON) from refusal
    log.info("refund settled by a person", refund_id=refund.id, ruling=ruling, actor=actor)
    return after


def _write(
    deps: Dependencies,
    before: Payment,
    change: Change,
    merchant: Merchant | None,
    ruled: tuple[Ruling, str, str],
) -> None:
    after, (ruling, reason, actor) = change.payment, ruled
    parked = (before.release if before.release_pending else before.attempt) or before.attempt
    with change_of(deps, "payment") as work:
        work.payments.change_status(before, after)
        if change.pays_order:
            order = deps.database.orders.get(after.order_id)
            assert order is not None
            work.orders.apply(order, OrderEvent.PAYMENT_SUCCEEDED, deps.now())
        if change.entries:
            work.ledger.add(*change.entries)
        if change.event is not None:
            work.notify(merchant, payment_event(change.event, after))
        if change.pays_order:
            work.notify(merchant, order_event("order.paid", after))
        if after.due_at is not None:
            work.wake(after)
        record(
            work,
            deps,
            merchant_id=after.merchant_id,
            actor=actor,
            action=Action.PAYMENT_SETTLED,
            changed=after.id,
            details={"ruling": str(ruling), "reason": reason, "parked": parked.parked},
        )
    log.info("payment settled by a person", payment_id=after.id, ruling=ruling, actor=actor)
