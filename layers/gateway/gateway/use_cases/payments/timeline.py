"""What happened to a payment, from its order to its last webhook, in one list.

Nothing extra is stored for it. Deliveries are found by the times of the transactions of the payment and its
refunds that created them.
"""

from datetime import datetime

from gateway.domain.payments.ledger import Entry
from gateway.domain.payments.moment import Moment
from gateway.domain.payments.order import Order
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.payments.refund import Refund, RefundStatus
from gateway.domain.webhooks.delivery import WebhookDelivery
from gateway.domain.webhooks.events import EVENTS
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.payments.read_payments import find_payment
from gateway.use_cases.webhooks.keeping import is_shown

# How many of a payment's refunds are shown, the newest first.
REFUNDS_MAX = 20


def read_timeline(deps: Dependencies, payment_id: str, merchant_id: str) -> list[Moment]:
    """All moments of the merchant's payment, oldest first; NotFound where it is not the merchant's.

    Round trips: 4 (payment, order, refunds, entries), and one for each time at which payment, order or
    refunds had events.
    """
    payment = find_payment(deps, payment_id, merchant_id)
    order = deps.database.orders.get(payment.order_id)
    # Oldest first, so that what happened at the same time keeps its order.
    made = deps.database.refunds.page(payment.id, REFUNDS_MAX, 0).items[::-1]
    moments = _of_order(order) if order is not None else []
    moments += _of_payment(payment)
    for refund in made:
        moments += _of_refund(refund)
    entry_ids = [f"{payment.id}:payment", f"{payment.id}:reversal"]
    entries = deps.database.ledger.entries([*entry_ids, *(f"{refund.id}:refund" for refund in made)])
    moments += [_of_entry(entry) for entry in entries]
    for delivery in _deliveries(deps, payment, made):
        moments += _of_delivery(delivery)
    return sorted(moments, key=lambda moment: moment.at)


def _of_order(order: Order) -> list[Moment]:
    about = {"order_id": order.id, "amount": order.amount, "receipt": order.receipt}
    return [Moment(order.created_at, "order.created", about)]


def _of_payment(payment: Payment) -> list[Moment]:
    about = {"payment_id": payment.id, "amount": payment.amount}
    moments = [Moment(payment.created_at, "payment.created", {**about, "method": payment.method})]
    if payment.finished_at is not None:
        failure = payment.failure
        why = (
            {} if failure is None else {"error_code": failure.code, "error_description": failure.description}
        )
        moments.append(Moment(payment.finished_at, f"payment.{payment.status}", {**about, **why}))
    if payment.captured_at is not None:
        captured = {"payment_id": payment.id, "amount": payment.amount_captured}
        moments.append(Moment(payment.captured_at, "payment.captured", captured))
    if payment.released_at is not None:
        released = {"payment_id": payment.id, "amount": payment.amount_not_kept}
        moments.append(Moment(payment.released_at, "payment.released", released))
    return moments


def _of_refund(refund: Refund) -> list[Moment]:
    about = {"refund_id": refund.id, "amount": refund.amount}
    moments = [Moment(refund.created_at, "refund.created", {**about, "reason": refund.reason})]
    if refund.processed_at is not None:
        moments.append(Moment(refund.processed_at, "refund.processed", about))
    if refund.status in (RefundStatus.CANCELLED, RefundStatus.FAILED):
        moments.append(Moment(refund.updated_at, f"refund.{refund.status}", about))
    return moments


def _of_entry(entry: Entry) -> Moment:
    about = {"entry_id": entry.id, "entry_kind": str(entry.kind), "amount": entry.amount}
    return Moment(entry.created_at, "ledger.entry", {**about, "lines": entry.lines()})


def _deliveries(deps: Dependencies, payment: Payment, made: list[Refund]) -> list[WebhookDelivery]:
    times: list[tuple[str, datetime | None]] = [
        (payment.id, payment.created_at),
        (payment.id, payment.finished_at),
        (payment.id, payment.late_at),
        (payment.id, payment.captured_at),
        (payment.id, payment.released_at),
    ]
    if payment.status is PaymentStatus.SUCCESS:
        times.append((payment.order_id, payment.finished_at))
    for refund in made:
        ended_at = refund.updated_at if refund.is_final else None
        times += [(refund.id, refund.created_at), (refund.id, refund.processed_at or ended_at)]
    found = [
        delivery
        for object_id, at in dict.fromkeys(times)  # made and finished in one millisecond: once
        if at is not None
        for delivery in deps.database.deliveries.of_object(payment.merchant_id, object_id, at)
        if is_shown(deps, delivery)
    ]
    return sorted(found, key=lambda delivery: EVENTS.index(delivery.event))


def _of_delivery(delivery: WebhookDelivery) -> list[Moment]:
    about = {"webhook_id": delivery.id, "event": delivery.event}
    moments = [Moment(delivery.created_at, "webhook.created", {**about, "status": str(delivery.status)})]
    for number, attempt in enumerate((*delivery.history, *delivery.attempts), start=1):
        outcome = {
            "attempt": number,
            "duration_ms": attempt.duration_ms,
            "response_code": attempt.response_code,
            "error": attempt.error,
        }
        moments.append(Moment(attempt.at, "webhook.attempt", {**about, **outcome}))
    return moments
