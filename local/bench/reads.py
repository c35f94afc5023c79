"""The reads of lists that `make bench-lists` measures, by what a merchant or the dashboard asks for."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any


def lists_of(deps: Any, owner: str) -> dict[str, Callable[[], object]]:
    """By name; each reads its list once. `deps` has the database and the time."""
    from gateway.domain.cursor import Cursor
    from gateway.domain.payments.order import OrderStatus
    from gateway.domain.payments.payment import PaymentStatus
    from gateway.domain.payments.refund import RefundStatus
    from gateway.domain.span import span_of
    from gateway.domain.values import to_iso
    from gateway.domain.webhooks.delivery import DeliveryStatus
    from gateway.use_cases.access.audit import list_audit
    from gateway.use_cases.orders import read_orders
    from gateway.use_cases.payments import read_ledger, read_payments, summary
    from gateway.use_cases.refunds import read_refunds
    from gateway.use_cases.webhooks import read_deliveries, read_feed

    place: dict[str, Any] = {"limit": 10, "offset": 0}
    today = deps.now().date()
    days = span_of(today - timedelta(days=3), today - timedelta(days=2))

    def payments(**which: Any) -> Callable[[], object]:
        filters = read_payments.Filters(**which)
        return lambda: read_payments.list_payments(deps, owner, filters, **place)

    def orders(**which: Any) -> Callable[[], object]:
        filters = read_orders.Filters(**which)
        return lambda: read_orders.list_orders(deps, owner, filters, **place)

    def refunds(shown: RefundStatus | None = None) -> Callable[[], object]:
        return lambda: read_refunds.list_all_refunds(deps, owner, shown=shown, **place)

    def webhooks(status: DeliveryStatus | None = None) -> Callable[[], object]:
        return lambda: read_deliveries.list_deliveries(deps, owner, status=status, event=None, **place)

    def behind_first() -> object:
        # As a reader has it from the page before; which row it is costs nothing.
        cursor = Cursor(to_iso(deps.now() - timedelta(minutes=1)), f"pay_{0:016}", 10, 1000)
        return read_payments.list_payments(deps, owner, read_payments.Filters(), cursor=cursor, **place)

    return {
        "GET /payments": payments(),
        "GET /payments?cursor=": behind_first,
        "GET /payments?order_id=": payments(order_id=f"order_{1:016}"),
        "GET /payments?status=failed": payments(status=PaymentStatus.FAILED),
        "GET /payments?from=&to=": payments(span=days),
        "GET /orders": orders(),
        "GET /orders?status=attempted": orders(status=OrderStatus.ATTEMPTED),
        "GET /refunds": refunds(),
        "GET /refunds?status=processed": refunds(RefundStatus.PROCESSED),
        "GET /ledger": lambda: read_ledger.list_entries(deps, owner, limit=10, offset=0),
        "GET /webhooks": webhooks(),
        "GET /webhooks?status=failed": webhooks(DeliveryStatus.FAILED),
        "GET /events": lambda: read_feed.read_feed(deps, owner, after=None, limit=10),
        "GET /dashboard/audit": lambda: list_audit(deps, owner, 10, 0),
        "GET /dashboard/summary (40 days)": lambda: summary.tally_days(
            deps, owner, today - timedelta(days=39), today
        ),
    }
