"""Endpoints under /api/v1/payments."""

from chalice import Blueprint

from asyncpay.domain.errors import BadRequest
from asyncpay.domain.payment import Payment, PaymentStatus
from asyncpay.services.capture_payment import capture_payment
from asyncpay.services.create_payment import create_payment
from asyncpay.services.idempotent import idempotency_key
from asyncpay.services.payments import find_payment, find_public_payment, list_payments
from chalicelib import schemas
from chalicelib.http import Answer, Call, choice, collection, endpoint, identifier, stored

blueprint = Blueprint(__name__)


@endpoint(blueprint, "POST", "/api/v1/payments")
def post_payment(call: Call) -> Answer:
    """Creates a payment of one of the merchant's orders."""
    return _create(call, owner=call.merchant_id, merchant_id=call.merchant_id, endpoint_name="payments")


@endpoint(blueprint, "POST", "/api/v1/payments/public", public=True)
def post_public_payment(call: Call) -> Answer:
    """Creates a payment for a shopper. Keys are scoped to the order: shoppers don't know each other's."""
    body = call.json()
    return _create(call, owner=str(body.get("order_id")), merchant_id=None, endpoint_name="payments/public")


def _create(call: Call, *, owner: str, merchant_id: str | None, endpoint_name: str) -> Answer:
    body = call.json()
    new = schemas.new_payment(call.deps, body)
    key = idempotency_key(call.deps, owner, endpoint_name, call.headers.get("idempotency-key"), body)
    return stored(create_payment(call.deps, merchant_id, new, key))


@endpoint(blueprint, "GET", "/api/v1/payments")
def get_payments(call: Call) -> Answer:
    """The merchant's payments, newest first."""
    limit, offset = call.limit_and_offset()
    status = choice(call.query, "status", [str(status) for status in PaymentStatus])
    page = list_payments(
        call.merchant_id,
        order_id=identifier(call.query, "order_id"),
        status=PaymentStatus(status) if status else None,
        limit=limit,
        offset=offset,
    )
    return collection(page, Payment.as_read)


@endpoint(blueprint, "GET", "/api/v1/payments/{payment_id}")
def get_payment(call: Call) -> Answer:
    """One of the merchant's payments."""
    return Answer(find_payment(call.path["payment_id"], call.merchant_id).as_read())


@endpoint(blueprint, "POST", "/api/v1/payments/{payment_id}/capture")
def post_capture(call: Call) -> Answer:
    """Captures one of the merchant's payments."""
    amount = schemas.capture_amount(call.json())
    return Answer(capture_payment(call.deps, call.merchant_id, call.path["payment_id"], amount).as_read())


@endpoint(blueprint, "GET", "/api/v1/payments/{payment_id}/public", public=True)
def get_public_payment(call: Call) -> Answer:
    """What the checkout page may know of a payment."""
    order_id = call.query.get("order_id")
    if not order_id:
        raise BadRequest("order_id is required", field="order_id")
    return Answer(find_public_payment(call.path["payment_id"], order_id).as_public())
