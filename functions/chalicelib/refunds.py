"""Endpoints of refunds."""

from chalice import Blueprint

from asyncpay.domain.refund import Refund
from asyncpay.services.create_refund import create_refund
from asyncpay.services.idempotent import idempotency_key
from asyncpay.services.refunds import cancel_refund, find_refund, list_refunds
from chalicelib import schemas
from chalicelib.http import Answer, Call, collection, endpoint, stored

blueprint = Blueprint(__name__)


@endpoint(blueprint, "POST", "/api/v1/payments/{payment_id}/refunds")
def post_refund(call: Call) -> Answer:
    """Refunds one of the merchant's payments, in full or in part."""
    payment_id = call.path["payment_id"]
    body = call.json()
    new = schemas.new_refund(body)
    # The path is part of what the key stands for, as the order's id is with payments.
    whole = {"payment_id": payment_id, "body": body}
    key = idempotency_key(call.deps, call.merchant_id, "refunds", call.headers.get("idempotency-key"), whole)
    return stored(create_refund(call.deps, call.merchant_id, payment_id, new, key))


@endpoint(blueprint, "GET", "/api/v1/payments/{payment_id}/refunds")
def get_refunds(call: Call) -> Answer:
    """The refunds of one of the merchant's payments, newest first."""
    limit, offset = call.limit_and_offset()
    page = list_refunds(call.path["payment_id"], call.merchant_id, limit, offset)
    return collection(page, Refund.as_read)


@endpoint(blueprint, "GET", "/api/v1/refunds/{refund_id}")
def get_refund(call: Call) -> Answer:
    """One of the merchant's refunds."""
    return Answer(find_refund(call.path["refund_id"], call.merchant_id).as_read())


@endpoint(blueprint, "POST", "/api/v1/refunds/{refund_id}/cancel")
def post_cancel(call: Call) -> Answer:
    """Cancels a refund that is still pending."""
    return Answer(cancel_refund(call.deps, call.path["refund_id"], call.merchant_id).as_read())
