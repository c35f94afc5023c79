"""Operations under /api/v1/checkout: what the checkout page and the server of that page ask for."""

from chalice import Blueprint

from chalicelib.frame.handlers import operation
from chalicelib.frame.parameters import Identifier
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.presenters.merchant import CHECKOUT_ORIGINS
from gateway.presenters.order import CHECKOUT_ORDER
from gateway.presenters.resource import At
from gateway.use_cases.access.checkout import find_checkout_order, find_checkout_origins, find_checkout_shop

blueprint = Blueprint(__name__)


@operation(
    blueprint,
    "GET",
    "/api/v1/checkout/orders/{order_id}",
    public=True,
    query=(Identifier("key", "The publishable key of the shop; 404 where the order is not that shop's."),),
    responses={200: CHECKOUT_ORDER},
)
def get_checkout_order(request: Request) -> Response:
    """Reads what the checkout page shows of an order. With `key`, only an order of that shop is found."""
    order = find_checkout_order(request.deps, request.path["order_id"], request.query["key"])
    shop = find_checkout_shop(request.deps, order.merchant_id)
    return Response(CHECKOUT_ORDER.present((At(order, request.deps.now()), shop)))


@operation(
    blueprint,
    "GET",
    "/api/v1/checkout/origins",
    public=True,
    direct=True,  # the server of the page asks, which is no viewer of the edge
    query=(Identifier("key", "The publishable key of the shop.", required=True),),
    responses={200: CHECKOUT_ORIGINS},
)
def get_checkout_origins(request: Request) -> Response:
    """Lists the sites that may frame a shop's checkout page. Empty for an unknown key."""
    # No secret: the page's own policy says it to every visitor.
    origins = find_checkout_origins(request.deps, request.query["key"])
    return Response(CHECKOUT_ORIGINS.present(origins))
