"""Endpoints under /api/v1/orders."""

from chalice import Blueprint

from chalicelib.frame import schemas
from chalicelib.frame.http import Answer, Call, endpoint
from gateway.use_cases.orders.create_order import create_order, find_order

blueprint = Blueprint(__name__)


@endpoint(blueprint, "POST", "/api/v1/orders", body="NewOrder", answers={201: "OrderCreated"})
def post_order(call: Call) -> Answer:
    """Creates an order. It is `created`, then `attempted` from its first payment on, and `paid` once."""
    order = create_order(call.deps, call.merchant_id, schemas.new_order(call.json()))
    return Answer(order.as_created(), 201)


@endpoint(blueprint, "GET", "/api/v1/orders/{order_id}", answers={200: "Order"})
def get_order(call: Call) -> Answer:
    """Reads an order."""
    return Answer(find_order(call.path["order_id"], call.merchant_id).as_read())


@endpoint(blueprint, "GET", "/api/v1/orders/{order_id}/public", public=True, answers={200: "PublicOrder"})
def get_public_order(call: Call) -> Answer:
    """Reads what a shopper's browser may know of an order."""
    return Answer(find_order(call.path["order_id"]).as_public())
