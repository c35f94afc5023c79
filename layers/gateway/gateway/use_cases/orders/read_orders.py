"""Reading orders."""

from gateway.domain.errors import NotFound
from gateway.domain.order import Order
from gateway.use_cases.dependencies import Dependencies


def find_order(deps: Dependencies, order_id: str, merchant_id: str | None = None) -> Order:
    """The order, or NotFound; also where it belongs to another merchant than the one given."""
    order = deps.database.orders.get(order_id)
    if order is None or (merchant_id is not None and order.merchant_id != merchant_id):
        raise NotFound("Order not found")
    return order
