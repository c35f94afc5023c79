"""Endpoints under /api/v1/checkout: what the checkout page and the server of that page ask for."""

from chalice import Blueprint

from chalicelib.frame.http import Answer, Call, endpoint
from chalicelib.frame.operation import Identifier
from gateway.use_cases.access.checkout import find_checkout_order, find_checkout_origins

blueprint = Blueprint(__name__)


@endpoint(
    blueprint,
    "GET",
    "/api/v1/checkout/orders/{order_id}",
    public=True,
    query=(Identifier("key", "The publishable key of the shop; 404 where the order is not that shop's."),),
    answers={200: "CheckoutOrder"},
)
def get_checkout_order(call: Call) -> Answer:
    """Reads what the checkout page shows of an order."""
    order = find_checkout_order(call.deps, call.path["order_id"], call.query["key"])
    return Answer(order.as_checkout(call.deps.now()))


@endpoint(
    blueprint,
    "GET",
    "/api/v1/checkout/origins",
    public=True,
    query=(Identifier("key", "The publishable key of the shop.", required=True),),
    answers={200: "CheckoutOrigins"},
)
def get_checkout_origins(call: Call) -> Answer:
    """Lists the sites that may frame a shop's checkout page. None for a key that nobody has."""
    # No secret: the page's own policy says it to every visitor.
    return Answer({"origins": list(find_checkout_origins(call.deps, call.query["key"]))})
