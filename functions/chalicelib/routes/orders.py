"""Operations under /api/v1/orders."""

from typing import Any

from chalice import Blueprint

from chalicelib.frame.body import read_moment
from chalicelib.frame.handlers import operation
from chalicelib.frame.idempotency_header import idempotency, stored
from chalicelib.frame.parameters import CURSOR, PAGE, Choice, Identifier, updated_since, within
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.access.rights import READS_PAYMENTS, Right
from gateway.domain.payments.order import RECEIPT_LENGTH_MAX, Order, OrderStatus
from gateway.presenters.order import ORDER, ORDER_CREATED, ORDER_LIST, PUBLIC_ORDER
from gateway.presenters.resource import At
from gateway.use_cases.orders.create_order import NewOrder, create_order
from gateway.use_cases.orders.read_orders import Filters, find_order, list_orders
from gateway.use_cases.read_changes import list_changed

blueprint = Blueprint(__name__)


@operation(
    blueprint,
    "POST",
    "/api/v1/orders",
    needs=(Right.PAYMENTS,),
    body="NewOrder",
    idempotent=True,
    responses={201: ORDER_CREATED},
)
def post_order(request: Request) -> Response:
    """Creates an order. It is `created`, then `attempted` from its first payment on, and `paid` once."""
    repeat = idempotency(request, request.merchant_id, "orders", request.body, ORDER_CREATED.present)
    return stored(create_order(request.deps, request.merchant_id, new_order(request.body), repeat))


@operation(
    blueprint,
    "GET",
    "/api/v1/orders",
    needs=READS_PAYMENTS,
    query=(
        *PAGE,
        Choice("status", OrderStatus, "Only orders in this status."),
        Identifier("receipt", "Only orders with exactly this receipt.", length_max=RECEIPT_LENGTH_MAX),
        *within("orders"),
        updated_since("orders"),
        CURSOR,
    ),
    responses={200: ORDER_LIST},
)
def get_orders(request: Request) -> Response:
    """Lists orders, paid or not, newest first. To read many, go on by `cursor`."""
    if (since := request.updated_since()) is not None:
        limit, cursor = request.query["limit"], request.cursor()
        changed = list_changed(request.deps, request.merchant_id, Order, since, limit=limit, cursor=cursor)
        return Response(ORDER_LIST.present(At(changed, request.deps.now())))
    limit, offset = request.limit_and_offset()
    query = request.query
    filters = Filters(
        status=OrderStatus(query["status"]) if query["status"] else None,
        receipt=query["receipt"],
        span=request.span(),
    )
    page = list_orders(
        request.deps, request.merchant_id, filters, limit=limit, offset=offset, cursor=request.cursor()
    )
    return Response(ORDER_LIST.present(At(page, request.deps.now())))


@operation(blueprint, "GET", "/api/v1/orders/{order_id}", needs=READS_PAYMENTS, responses={200: ORDER})
def get_order(request: Request) -> Response:
    """Reads an order. Its status says whether a payment was begun, and whether one succeeded."""
    order = find_order(request.deps, request.path["order_id"], request.merchant_id)
    return Response(ORDER.present(At(order, request.deps.now())))


@operation(blueprint, "GET", "/api/v1/orders/{order_id}/public", public=True, responses={200: PUBLIC_ORDER})
def get_public_order(request: Request) -> Response:
    """Reads what a shopper's browser may know of an order. Its id is all that is needed."""
    return Response(PUBLIC_ORDER.present(find_order(request.deps, request.path["order_id"])))


def new_order(body: dict[str, Any]) -> NewOrder:
    """The order that a body asks for, or BadRequest."""
    return NewOrder(
        amount=body["amount"],
        currency=body.get("currency", "INR"),
        receipt=body.get("receipt"),
        notes=body.get("notes") or {},
        expires_at=read_moment(body.get("expires_at"), "expires_at"),
        unique_receipt=body.get("unique_receipt", False),
    )
