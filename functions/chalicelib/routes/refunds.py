"""Endpoints of refunds."""

from chalice import Blueprint

from chalicelib.frame import schemas
from chalicelib.frame.http import Answer, Call, collection, endpoint, stored
from chalicelib.frame.operation import PAGE
from gateway.domain.errors import BadRequest
from gateway.domain.refund import Refund
from gateway.use_cases.idempotent import idempotency_key
from gateway.use_cases.refunds.create_refund import create_refund
from gateway.use_cases.refunds.read_refunds import cancel_refund, find_refund, list_refunds

blueprint = Blueprint(__name__)


@endpoint(
    blueprint,
    "POST",
    "/api/v1/payments/{payment_id}/refunds",
    body="NewRefund",
    idempotent=True,
    answers={201: "RefundCreated"},
)
def post_refund(call: Call) -> Answer:
    """Refunds a successful payment, in full or in part. Refunds never sum to more than was paid."""
    payment_id = call.path["payment_id"]
    body = call.json()
    new = schemas.new_refund(body)
    # The path is part of what the key stands for, as the order's id is with payments.
    whole = {"payment_id": payment_id, "body": body}
    key = idempotency_key(call.deps, call.merchant_id, "refunds", call.idempotency_key, whole)
    return stored(create_refund(call.deps, call.merchant_id, payment_id, new, key))


@endpoint(blueprint, "GET", "/api/v1/payments/{payment_id}/refunds", query=PAGE, answers={200: "RefundList"})
def get_refunds(call: Call) -> Answer:
    """Lists the refunds of a payment, newest first."""
    limit, offset = call.limit_and_offset()
    page = list_refunds(call.path["payment_id"], call.merchant_id, limit, offset)
    return collection(page, Refund.as_read)


@endpoint(blueprint, "GET", "/api/v1/refunds/{refund_id}", answers={200: "Refund"})
def get_refund(call: Call) -> Answer:
    """Reads a refund."""
    return Answer(find_refund(call.path["refund_id"], call.merchant_id).as_read())


@endpoint(
    blueprint,
    "POST",
    "/api/v1/refunds/{refund_id}/cancel",
    answers={200: "Refund"},
    errors=(BadRequest,),
)
def post_cancel(call: Call) -> Answer:
    """Cancels a refund that the processor has not been asked for yet."""
    return Answer(cancel_refund(call.deps, call.path["refund_id"], call.merchant_id).as_read())
