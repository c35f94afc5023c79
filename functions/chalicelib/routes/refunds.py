"""Operations of refunds."""

from typing import Any

from chalice import Blueprint

from chalicelib.frame.handlers import operation
from chalicelib.frame.idempotency_header import idempotency, stored
from chalicelib.frame.parameters import CURSOR, PAGE, Choice, updated_since, within
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.access.rights import READS_REFUNDS, Right
from gateway.domain.payments.refund import Refund, RefundStatus
from gateway.presenters.refund import ALL_REFUNDS, REFUND, REFUND_CREATED, REFUND_LIST, STATUSES
from gateway.use_cases.read_changes import list_changed
from gateway.use_cases.refunds.cancel_refund import cancel_refund
from gateway.use_cases.refunds.create_refund import NewRefund, create_refund
from gateway.use_cases.refunds.read_refunds import find_refund, list_all_refunds, list_refunds

blueprint = Blueprint(__name__)


@operation(
    blueprint,
    "POST",
    "/api/v1/payments/{payment_id}/refunds",
    needs=(Right.REFUNDS,),
    body="NewRefund",
    idempotent=True,
    responses={201: REFUND_CREATED},
)
def post_refund(request: Request) -> Response:
    """Refunds a successful payment, in full or in part. Refunds never sum to more than was paid."""
    payment_id = request.path["payment_id"]
    new = new_refund(request.body)
    # The path is part of the meaning, as the order's id in the body is with payments.
    meaning = {"payment_id": payment_id, "body": request.body}
    repeat = idempotency(request, request.merchant_id, "refunds", meaning, REFUND_CREATED.present)
    return stored(create_refund(request.deps, request.merchant_id, payment_id, new, repeat))


@operation(
    blueprint,
    "GET",
    "/api/v1/payments/{payment_id}/refunds",
    needs=READS_REFUNDS,
    query=(*PAGE, CURSOR),
    responses={200: REFUND_LIST},
)
def get_refunds(request: Request) -> Response:
    """Lists the refunds of a payment, newest first. Cancelled ones are among them."""
    limit, offset = request.limit_and_offset()
    page = list_refunds(
        request.deps,
        request.path["payment_id"],
        request.merchant_id,
        limit=limit,
        offset=offset,
        cursor=request.cursor(),
    )
    return Response(REFUND_LIST.present(page))


@operation(
    blueprint,
    "GET",
    "/api/v1/refunds",
    needs=READS_REFUNDS,
    query=(
        *PAGE,
        Choice("status", STATUSES, "Only refunds in this status."),
        *within("refunds"),
        updated_since("refunds"),
        CURSOR,
    ),
    responses={200: ALL_REFUNDS},
)
def get_all_refunds(request: Request) -> Response:
    """Lists the refunds of all payments, newest first. To read many, go on by `cursor`."""
    if (since := request.updated_since()) is not None:
        limit, cursor = request.query["limit"], request.cursor()
        changed = list_changed(request.deps, request.merchant_id, Refund, since, limit=limit, cursor=cursor)
        return Response(ALL_REFUNDS.present(changed))
    limit, offset = request.limit_and_offset()
    query = request.query
    page = list_all_refunds(
        request.deps,
        request.merchant_id,
        shown=RefundStatus(query["status"]) if query["status"] else None,
        span=request.span(),
        limit=limit,
        offset=offset,
        cursor=request.cursor(),
    )
    return Response(ALL_REFUNDS.present(page))


@operation(blueprint, "GET", "/api/v1/refunds/{refund_id}", needs=READS_REFUNDS, responses={200: REFUND})
def get_refund(request: Request) -> Response:
    """Reads a refund. `processed_at` is null until it is processed."""
    return Response(REFUND.present(find_refund(request.deps, request.path["refund_id"], request.merchant_id)))


@operation(
    blueprint,
    "POST",
    "/api/v1/refunds/{refund_id}/cancel",
    needs=(Right.REFUNDS,),
    idempotent=True,
    responses={200: REFUND},
)
def post_cancel(request: Request) -> Response:
    """Cancels a refund that the processor has not been asked for yet. Later it is refused with 400."""
    refund_id = request.path["refund_id"]
    meaning = {"refund_id": refund_id}
    repeat = idempotency(request, request.merchant_id, "cancellations", meaning, REFUND.present, status=200)
    return stored(cancel_refund(request.deps, refund_id, request.merchant_id, repeat))


def new_refund(body: dict[str, Any]) -> NewRefund:
    """The refund that a valid body asks for."""
    return NewRefund(body.get("amount"), body.get("reason"), body.get("currency"))
