"""What happened to a payment, from its order to its last webhook, in one list.

Nothing is stored for it: every row tells of itself. Webhook rows are found by the times at which the
payment's and its refunds' transactions made them.
"""

from datetime import datetime

from gateway.adapters.aws.dynamodb.repositories import ledger, orders, refunds, webhooks
from gateway.domain.events import EVENTS
from gateway.domain.ledger import Entry
from gateway.domain.moment import Moment
from gateway.domain.order import Order
from gateway.domain.payment import Payment
from gateway.domain.refund import Refund, RefundStatus
from gateway.domain.webhook import Webhook
from gateway.use_cases.payments.read_payments import find_payment

# The newest of a payment's refunds that are told of.
REFUNDS_MAX = 20


def read_timeline(payment_id: str, merchant_id: str) -> list[Moment]:
    """All moments of the merchant's payment, oldest first; NotFound where it is not the merchant's.

    Round trips: 4 (payment, order, refunds, entries), and at most 2 for each of payment and refunds.
    """
    payment = find_payment(payment_id, merchant_id)
    order = orders.get_order(payment.order_id)
    # Oldest first, so that what happened at the same time stands in the order of its making.
    made = refunds.list_refunds(payment.id, REFUNDS_MAX, 0).items[::-1]
    moments = _of_order(order) if order is not None else []
    moments += _of_payment(payment)
    for refund in made:
        moments += _of_refund(refund)
    entry_ids = [f"{payment.id}:payment", f"{payment.id}:reversal"]
    entries = ledger.entries_of([*entry_ids, *(f"{refund.id}:refund" for refund in made)])
    moments += [_of_entry(entry) for entry in entries]
    for hook in _webhooks(payment, made):
        moments += _of_webhook(hook)
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
    return moments


def _of_refund(refund: Refund) -> list[Moment]:
    about = {"refund_id": refund.id, "amount": refund.amount}
    moments = [Moment(refund.created_at, "refund.created", {**about, "reason": refund.reason})]
    if refund.processed_at is not None:
        moments.append(Moment(refund.processed_at, "refund.processed", about))
    if refund.status is RefundStatus.CANCELLED:
        moments.append(Moment(refund.updated_at, "refund.cancelled", about))
    return moments


def _of_entry(entry: Entry) -> Moment:
    about = {"entry_id": entry.id, "entry_kind": str(entry.kind), "amount": entry.amount}
    return Moment(entry.created_at, "ledger.entry", {**about, "lines": entry.lines()})


def _webhooks(payment: Payment, made: list[Refund]) -> list[Webhook]:
    times: list[tuple[str, datetime | None]] = [
        (payment.id, payment.created_at),
        (payment.id, payment.finished_at),
    ]
    for refund in made:
        times += [(refund.id, refund.created_at), (refund.id, refund.processed_at)]
    found = [
        hook
        for object_id, at in times
        if at is not None
        for hook in webhooks.webhooks_of(payment.merchant_id, object_id, at)
    ]
    return sorted(found, key=lambda hook: EVENTS.index(hook.event))


def _of_webhook(hook: Webhook) -> list[Moment]:
    about = {"webhook_id": hook.id, "event": hook.event}
    moments = [Moment(hook.created_at, "webhook.created", {**about, "status": str(hook.status)})]
    for number, attempt in enumerate((*hook.history, *hook.attempts), start=1):
        outcome = {
            "attempt": number,
            "duration_ms": attempt.duration_ms,
            "response_code": attempt.response_code,
            "error": attempt.error,
        }
        moments.append(Moment(attempt.at, "webhook.attempt", {**about, **outcome}))
    return moments
