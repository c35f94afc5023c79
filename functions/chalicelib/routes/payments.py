"""Endpoints under /api/v1/payments."""

from chalice import Blueprint

from chalicelib.frame import schemas
from chalicelib.frame.http import Answer, Call, collection, endpoint, stored
from chalicelib.frame.operation import PAGE, Choice, Day, Identifier
from gateway.domain.cursor import CURSOR_LENGTH_MAX, read_cursor
from gateway.domain.errors import ExpiredCard, InvalidCard, InvalidVpa, NotFound
from gateway.domain.order import RECEIPT_LENGTH_MAX
from gateway.domain.payment import METHODS, Payment, PaymentStatus
from gateway.use_cases.idempotent import idempotency_key
from gateway.use_cases.payments.capture_payment import capture_payment
from gateway.use_cases.payments.create_payment import create_payment
from gateway.use_cases.payments.read_payments import (
    Filters,
    find_payment,
    find_public_payment,
    list_payments,
    next_cursor,
)
from gateway.use_cases.payments.timeline import read_timeline

blueprint = Blueprint(__name__)
CREATE_ERRORS = (InvalidVpa, InvalidCard, ExpiredCard, NotFound)


@endpoint(
    blueprint,
    "POST",
    "/api/v1/payments",
    body="NewPayment",
    idempotent=True,
    answers={201: "PaymentCreated"},
    errors=CREATE_ERRORS,
)
def post_payment(call: Call) -> Answer:
    """Creates a payment for an order. It is `pending` until the bank has answered; a webhook tells."""
    return _create(call, owner=call.merchant_id, merchant_id=call.merchant_id, endpoint_name="payments")


@endpoint(
    blueprint,
    "POST",
    "/api/v1/payments/public",
    public=True,
    body="NewPayment",
    idempotent=True,
    answers={201: "PaymentCreated"},
    errors=CREATE_ERRORS,
)
def post_public_payment(call: Call) -> Answer:
    """Creates a payment from a shopper's browser. Idempotency keys are scoped to the order."""
    # Shoppers don't know each other's keys.
    return _create(call, owner=call.json()["order_id"], merchant_id=None, endpoint_name="payments/public")


def _create(call: Call, *, owner: str, merchant_id: str | None, endpoint_name: str) -> Answer:
    body = call.json()
    new = schemas.new_payment(call.deps, body)
    key = idempotency_key(call.deps, owner, endpoint_name, call.idempotency_key, body)
    return stored(create_payment(call.deps, merchant_id, new, key))


@endpoint(
    blueprint,
    "GET",
    "/api/v1/payments",
    query=(
        *PAGE,
        Choice("status", PaymentStatus, "Only payments in this status."),
        Identifier("order_id", "Only the payments of this order."),
        Choice("method", METHODS, "Only payments by this method."),
        Day("from", "Only payments of this day (UTC) or later."),
        Day("to", "Only payments of this day (UTC) or earlier."),
        Identifier(
            "q", "The id of a payment or of an order, or an order's receipt.", length_max=RECEIPT_LENGTH_MAX
        ),
        Identifier(
            "cursor", "The last page's `next_cursor`, in place of `offset`.", length_max=CURSOR_LENGTH_MAX
        ),
    ),
    answers={200: "PaymentList"},
)
def get_payments(call: Call) -> Answer:
    """Lists payments, newest first."""
    limit, offset = call.limit_and_offset()
    query = call.query
    filters = Filters(
        order_id=query["order_id"],
        status=PaymentStatus(query["status"]) if query["status"] else None,
        method=query["method"],
        first=query["from"],
        last=query["to"],
        text=query["q"],
    )
    cursor = read_cursor(query["cursor"]) if query["cursor"] else None
    page = list_payments(call.merchant_id, filters, limit, offset, cursor)
    listed = collection(page, Payment.as_read)
    return Answer({**listed.body, "next_cursor": next_cursor(page)})


@endpoint(blueprint, "GET", "/api/v1/payments/{payment_id}/timeline", answers={200: "Timeline"})
def get_timeline(call: Call) -> Answer:
    """Lists what happened to a payment, oldest first. Its refunds, entries and webhooks are in it."""
    return Answer({"data": read_timeline(call.path["payment_id"], call.merchant_id)})


@endpoint(blueprint, "GET", "/api/v1/payments/{payment_id}", answers={200: "Payment"})
def get_payment(call: Call) -> Answer:
    """Reads a payment."""
    return Answer(find_payment(call.path["payment_id"], call.merchant_id).as_read())


@endpoint(
    blueprint, "POST", "/api/v1/payments/{payment_id}/capture", body="Capture", answers={200: "Payment"}
)
def post_capture(call: Call) -> Answer:
    """Captures a successful payment, once. Less than its amount releases the rest to the shopper."""
    amount = schemas.capture_amount(call.json())
    return Answer(capture_payment(call.deps, call.merchant_id, call.path["payment_id"], amount).as_read())


@endpoint(
    blueprint,
    "GET",
    "/api/v1/payments/{payment_id}/public",
    public=True,
    query=(Identifier("order_id", "The order that it pays.", required=True),),
    answers={200: "PublicPayment"},
)
def get_public_payment(call: Call) -> Answer:
    """Reads what the checkout page may know of a payment."""
    return Answer(find_public_payment(call.path["payment_id"], call.query["order_id"]).as_public())
