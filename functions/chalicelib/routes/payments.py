"""Operations under /api/v1/payments."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from chalice import Blueprint

from chalicelib.cards.form import TOKEN_WANTED, Exchange
from chalicelib.frame.handlers import operation
from chalicelib.frame.idempotency_header import idempotency, stored
from chalicelib.frame.parameters import CURSOR, PAGE, Choice, Identifier, updated_since, within
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.access.rights import READS_PAYMENTS, Right
from gateway.domain.card_testing.challenge import Answer
from gateway.domain.errors import BadRequest, ExpiredCard, InvalidCard, InvalidVpa, NotFound
from gateway.domain.payments.instruments import check_card, check_vpa
from gateway.domain.payments.order import RECEIPT_LENGTH_MAX
from gateway.domain.payments.payment import METHODS, Payment, PaymentStatus
from gateway.presenters.acquirers.look import AT_ACQUIRER_LIST
from gateway.presenters.payment import PAYMENT, PAYMENT_CREATED, PAYMENT_LIST, PUBLIC_PAYMENT
from gateway.presenters.timeline import TIMELINE
from gateway.use_cases.access.checkout import success_signature
from gateway.use_cases.acquirers.look import operations_at_acquirer
from gateway.use_cases.idempotency import Idempotency
from gateway.use_cases.payments.capture_payment import capture_payment
from gateway.use_cases.payments.create_payment import create_payment
from gateway.use_cases.payments.new_payment import NewPayment, Sender
from gateway.use_cases.payments.read_payments import (
    Filters,
    find_payment,
    find_public_payment,
    list_payments,
)
from gateway.use_cases.payments.routing import TokenWanted
from gateway.use_cases.payments.timeline import read_timeline
from gateway.use_cases.read_changes import list_changed

blueprint = Blueprint(__name__)
CREATE_ERRORS = (InvalidVpa, InvalidCard, ExpiredCard, NotFound)


@operation(
    blueprint,
    "POST",
    "/api/v1/payments",
    needs=(Right.PAYMENTS,),
    body="NewPayment",
    idempotent=True,
    responses={201: PAYMENT_CREATED},
    errors=CREATE_ERRORS,
)
def post_payment(request: Request) -> Response:
    """Creates a payment for an order. It is `pending` until the bank has decided; a webhook says how."""
    asked = new_payment(request.body, request.deps.now(), request.exchange)
    new = replace(asked, sender=Sender(request.source))
    repeat = idempotency(request, request.merchant_id, "payments", request.body, PAYMENT_CREATED.present)
    return _created(request, request.merchant_id, new, repeat)


@operation(
    blueprint,
    "POST",
    "/api/v1/payments/public",
    public=True,
    body="NewPublicPayment",
    idempotent=True,
    responses={201: PAYMENT_CREATED},
    errors=CREATE_ERRORS,
)
def post_public_payment(request: Request) -> Response:
    """Creates a payment from a shopper's browser. Idempotency keys are scoped to the order."""
    sender = Sender(request.source, answer_of(request.body))
    new = replace(new_payment(request.body, request.deps.now(), request.exchange), sender=sender)
    # Shoppers are not identified: they share one scope for each order. A challenge is no part of what is
    # asked for: the same request may be answered one later.
    meaning = {name: value for name, value in request.body.items() if name != "challenge"}
    repeat = idempotency(request, new.order_id, "payments/public", meaning, PAYMENT_CREATED.present)
    return _created(request, None, new, repeat)


@operation(
    blueprint,
    "GET",
    "/api/v1/payments",
    needs=READS_PAYMENTS,
    query=(
        *PAGE,
        Choice("status", PaymentStatus, "Only payments in this status."),
        Identifier("order_id", "Only the payments of this order."),
        Choice("method", METHODS, "Only payments by this method."),
        *within("payments"),
        updated_since("payments"),
        Identifier(
            "q", "The id of a payment or of an order, or an order's receipt.", length_max=RECEIPT_LENGTH_MAX
        ),
        CURSOR,
    ),
    responses={200: PAYMENT_LIST},
)
def get_payments(request: Request) -> Response:
    """Lists payments, newest first. To read many, go on by `cursor`: it costs the same on each page."""
    if (since := request.updated_since()) is not None:
        limit, cursor = request.query["limit"], request.cursor()
        changed = list_changed(request.deps, request.merchant_id, Payment, since, limit=limit, cursor=cursor)
        return Response(PAYMENT_LIST.present(changed))
    limit, offset = request.limit_and_offset()
    query = request.query
    filters = Filters(
        order_id=query["order_id"],
        status=PaymentStatus(query["status"]) if query["status"] else None,
        method=query["method"],
        span=request.span(),
        text=query["q"],
    )
    page = list_payments(
        request.deps, request.merchant_id, filters, limit=limit, offset=offset, cursor=request.cursor()
    )
    return Response(PAYMENT_LIST.present(page))


@operation(
    blueprint,
    "GET",
    "/api/v1/payments/{payment_id}/timeline",
    needs=READS_PAYMENTS,
    responses={200: TIMELINE},
)
def get_timeline(request: Request) -> Response:
    """Lists what happened to a payment, oldest first. Its refunds, entries and webhooks are in it."""
    return Response(
        TIMELINE.present(read_timeline(request.deps, request.path["payment_id"], request.merchant_id))
    )


@operation(
    blueprint,
    "GET",
    "/api/v1/payments/{payment_id}/acquirer",
    needs=READS_PAYMENTS,
    responses={200: AT_ACQUIRER_LIST},
)
def get_at_acquirer(request: Request) -> Response:
    """Lists what was asked of the acquirer about a payment, and its disputes.

    The acquirer's own ids and codes are in it, and no card.
    """
    payment = find_payment(request.deps, request.path["payment_id"], request.merchant_id)
    return Response(
        AT_ACQUIRER_LIST.present((operations_at_acquirer(request.deps, payment), payment.disputes))
    )


@operation(blueprint, "GET", "/api/v1/payments/{payment_id}", needs=READS_PAYMENTS, responses={200: PAYMENT})
def get_payment(request: Request) -> Response:
    """Reads a payment. Once it has failed, `error_code` and `error_reason` say why."""
    return Response(
        PAYMENT.present(find_payment(request.deps, request.path["payment_id"], request.merchant_id))
    )


@operation(
    blueprint,
    "POST",
    "/api/v1/payments/{payment_id}/capture",
    needs=(Right.PAYMENTS,),
    body="Capture",
    idempotent=True,
    responses={200: PAYMENT},
)
def post_capture(request: Request) -> Response:
    """Captures a successful payment, once. Less than its amount releases the rest to the shopper."""
    payment_id, amount = request.path["payment_id"], request.body["amount"]
    meaning = {"payment_id": payment_id, "body": request.body}
    repeat = idempotency(request, request.merchant_id, "captures", meaning, PAYMENT.present, status=200)
    currency = request.body.get("currency")
    return stored(
        capture_payment(request.deps, request.merchant_id, payment_id, amount, repeat, currency=currency)
    )


@operation(
    blueprint,
    "GET",
    "/api/v1/payments/{payment_id}/public",
    public=True,
    query=(
        Identifier("order_id", "The order that it pays; 404 where it pays another one."),
        Choice("signed", ("true",), "Adds `signature` to a success, for the shop's server."),
    ),
    responses={200: PUBLIC_PAYMENT},
)
def get_public_payment(request: Request) -> Response:
    """Reads what the checkout page may know of a payment. Neither the card nor the UPI address is in it."""
    payment = find_public_payment(request.deps, request.path["payment_id"], request.query["order_id"])
    signature = success_signature(request.deps, payment) if request.query["signed"] else None
    return Response(PUBLIC_PAYMENT.present((payment, signature)))


def answer_of(body: dict[str, Any]) -> Answer | None:
    """The answer to a challenge in a valid body, or None."""
    given = body.get("challenge")
    return None if given is None else Answer(given["token"], given["solution"])


def _created(request: Request, merchant_id: str | None, new: NewPayment, repeat: Idempotency) -> Response:
    try:
        return stored(create_payment(request.deps, merchant_id, new, repeat))
    except TokenWanted as wanted:
        # For the card function alone, which asks again: no payment was made.
        return Response({}, 202, {TOKEN_WANTED: wanted.account})


def new_payment(body: dict[str, Any], now: datetime, exchange: Exchange | None = None) -> NewPayment:
    """The payment that a valid body asks for. Members of the other method are ignored.

    With an exchange, what the body has as `card` only stands in for the one that stayed behind.
    InvalidVpa, InvalidCard or ExpiredCard where the instrument breaks a rule that its schema can't express.
    """
    money = body.get("amount"), body.get("currency")
    if body["method"] == "upi":
        if "upi_flow" in body and "vpa" in body:
            raise BadRequest("upi_flow and vpa must not both be given", field="upi_flow")
        vpa = check_vpa(body["vpa"]) if "vpa" in body else None
        return NewPayment(body["order_id"], "upi", vpa, None, *money)
    return_url = body.get("return_url")
    if "card_token" in body:
        if "card" in body:
            raise BadRequest("card_token and card must not both be given", field="card_token")
        token = body["card_token"]
        return NewPayment(
            body["order_id"], "card", None, None, *money, card_token=token, return_url=return_url
        )
    if exchange is not None:
        exchanged = exchange.checked_card()
        return NewPayment(body["order_id"], "card", None, exchanged, *money, return_url=return_url)
    card = body["card"]
    checked = check_card(
        number=card["number"],
        cvv=card["cvv"],
        expiry_month=str(card["expiry_month"]),
        expiry_year=str(card["expiry_year"]),
        holder_name=card["holder_name"],
        now=now,
    )
    return NewPayment(body["order_id"], "card", None, checked, *money, return_url=return_url)
