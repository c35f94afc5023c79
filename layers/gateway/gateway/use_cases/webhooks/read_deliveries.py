"""Reading deliveries, and an object's events whether they were delivered or not."""

from gateway.domain.cursor import Cursor, check_place
from gateway.domain.errors import NotFound
from gateway.domain.page import Page
from gateway.domain.payments.dispute import payment_id_of
from gateway.domain.payments.payment import PaymentStatus
from gateway.domain.span import ALL_TIME, Span
from gateway.domain.values import to_iso
from gateway.domain.webhooks import events
from gateway.domain.webhooks.delivery import DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.events import Event
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.orders.read_orders import find_order
from gateway.use_cases.payments.read_payments import find_payment
from gateway.use_cases.refunds.read_refunds import find_refund
from gateway.use_cases.webhooks.keeping import first_listed, is_shown


def find_delivery(deps: Dependencies, delivery_id: str, merchant_id: str) -> WebhookDelivery:
    """The merchant's delivery, or NotFound; also where it is another merchant's, or not shown any more."""
    delivery = deps.database.deliveries.get(delivery_id)
    if delivery is None or delivery.merchant_id != merchant_id or not is_shown(deps, delivery):
        raise NotFound("Webhook not found")
    return delivery


def list_deliveries(
    deps: Dependencies,
    merchant_id: str,
    *,
    status: DeliveryStatus | None,
    event: str | None,
    limit: int,
    offset: int,
    span: Span = ALL_TIME,
    cursor: Cursor | None = None,
) -> Page[WebhookDelivery]:
    """The merchant's deliveries, newest first, starting at `offset` or at `cursor`.

    A cursor that leads to days that are not shown any more gives an empty rest.
    """
    check_place(cursor, offset, span)
    first = first_listed(deps)
    if first is not None:
        span = span.since(first)
        if span.is_backwards or (cursor is not None and cursor.created_at < to_iso(first)):
            total, skipped = (0, offset) if cursor is None else (cursor.total, cursor.offset)
            return Page([], total, limit, skipped)
    return deps.database.deliveries.page(
        merchant_id, status=status, event=event, limit=limit, offset=offset, span=span, cursor=cursor
    )


def events_of(deps: Dependencies, object_id: str, merchant_id: str) -> list[Event]:
    """All events of one of the merchant's payments, refunds, orders or disputes, in order."""
    if object_id.startswith("rfnd_"):
        refund = find_refund(deps, object_id, merchant_id)
        payment = find_payment(deps, refund.payment_id, merchant_id)
        names = events.refund_sequence_of(refund)
        return [events.refund_event(name, refund, payment) for name in names]
    if object_id.startswith("order_"):
        find_order(deps, object_id, merchant_id)
        paid = deps.database.payments.page(
            merchant_id, order_id=object_id, status=PaymentStatus.SUCCESS, limit=1, offset=0
        )
        return [
            events.order_event(name, payment)
            for payment in paid.items
            for name in events.order_sequence_of(payment)
        ]
    if object_id.startswith("disp_"):
        payment = find_payment(deps, payment_id_of(object_id), merchant_id)
        return [
            events.dispute_event(name, dispute, payment)
            for dispute in payment.disputes
            if dispute.id == object_id
            for name in events.dispute_sequence_of(dispute)
        ]
    if not object_id.startswith("pay_"):
        raise NotFound(
            "object must be the id of a payment, a refund, an order or a dispute; nothing else has events"
        )
    payment = find_payment(deps, object_id, merchant_id)
    return [events.payment_event(name, payment) for name in events.sequence_of(payment)]
