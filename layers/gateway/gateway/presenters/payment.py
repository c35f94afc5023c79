"""Payments as clients see them."""

from operator import attrgetter

from gateway.domain.payments.payment import (
    METHODS,
    ORDER_ALREADY_PAID,
    PAYMENT_FAILED,
    Payment,
    PaymentStatus,
)
from gateway.presenters.resource import Member, Resource, a_collection, lifted
from gateway.presenters.vocabulary import (
    AMOUNT,
    BOOLEAN,
    COUNT,
    CURRENCY,
    OBJECT,
    TEXT,
    TIME,
    an_id,
    one_of,
    or_null,
)


def _names_a_vpa(payment: Payment) -> bool:
    return payment.vpa is not None


def _by_card(payment: Payment) -> bool:
    return payment.method == "card"


def _names_a_card(payment: Payment) -> bool:
    return payment.method == "card" and payment.card_last4 is not None


def _failed(payment: Payment) -> bool:
    return payment.failure is not None


def _waits_for_the_shopper(payment: Payment) -> bool:
    return payment.status is PaymentStatus.PENDING and payment.attempt.redirect_url is not None


def _knows_its_order(payment: Payment) -> bool:
    return payment.of_order is not None


_PAID = (
    Member[Payment]("id", an_id("pay_")),
    Member[Payment]("order_id", an_id("order_")),
    Member[Payment]("amount", AMOUNT),
    Member[Payment]("currency", CURRENCY),
    Member[Payment]("method", one_of(METHODS)),
)
_STATUS = Member[Payment]("status", one_of(PaymentStatus))
_NETWORKS = one_of(["visa", "mastercard", "amex", "rupay", "unknown"])
_CODES = one_of([PAYMENT_FAILED, ORDER_ALREADY_PAID])
_FAILURE = (
    Member[Payment](
        "error_code", {**_CODES, "description": "Once it failed."}, attrgetter("failure.code"), when=_failed
    ),
    Member[Payment](
        "error_reason",
        {**TEXT, "examples": ["insufficient_funds"]},
        attrgetter("failure.reason"),
        when=_failed,
    ),
    Member[Payment]("error_description", TEXT, attrgetter("failure.description"), when=_failed),
)

_NEXT_ACTION = Member[Payment](
    "next_action",
    {
        "type": "object",
        "required": ["type", "redirect_url"],
        "properties": {"type": {"const": "redirect"}, "redirect_url": TEXT},
        "description": (
            "While the shopper has to approve it elsewhere: send them to this address. With "
            "`upi_flow` it is a link that opens a UPI app."
        ),
    },
    lambda payment: {"type": "redirect", "redirect_url": payment.attempt.redirect_url},
    when=_waits_for_the_shopper,
)

PAYMENT_CREATED = Resource[Payment](
    "PaymentCreated",
    *_PAID,
    Member(
        "vpa",
        {**TEXT, "description": "With UPI, unless a link is to open the app.", "examples": ["asha@okbank"]},
        when=_names_a_vpa,
    ),
    Member("card_network", {**_NETWORKS, "description": "With a card."}, when=_by_card),
    Member(
        "card_last4",
        {"type": "string", "pattern": "^[0-9]{4}$", "description": "With a card, until the payer is erased."},
        when=_names_a_card,
    ),
    _STATUS,
    Member("created_at", TIME),
)
OF_ORDER = (
    Member[Payment]("receipt", or_null(TEXT), attrgetter("of_order.receipt"), when=_knows_its_order),
    Member[Payment](
        "notes",
        OBJECT,
        attrgetter("of_order.notes"),
        when=_knows_its_order,
    ),
)
# What webhooks tell of a payment: as it was when the event happened.
PAYMENT_TOLD = Resource[Payment](
    "PaymentTold",
    *PAYMENT_CREATED.members,
    Member("amount_captured", COUNT),
    Member("amount_refunded", COUNT),
    *OF_ORDER,
    *_FAILURE,
)
# What is told once it was captured, or what was not kept of it has gone back. What was refunded of it by then
# is a question to the API: the same event must say the same whenever it is read.
PAYMENT_KEPT = Resource[Payment](
    "PaymentKept",
    *PAYMENT_CREATED.members,
    Member("captured", BOOLEAN),
    Member("amount_captured", COUNT),
    Member(
        "amount_released",
        {**COUNT, "description": "What goes back, or has gone back, because it was not kept."},
        lambda payment: payment.amount_not_kept,
    ),
    *OF_ORDER,
    *_FAILURE,
)
# Beside a refund, the payment is only named: what was captured and refunded of it is a question to the API.
PAYMENT_OF_REFUND = Resource[Payment]("PaymentOfRefund", *PAYMENT_CREATED.members, *OF_ORDER)
PAYMENT = Resource[Payment](
    "Payment",
    *PAYMENT_CREATED.members,
    Member("captured", BOOLEAN),
    Member("amount_captured", COUNT),
    Member("amount_refunded", COUNT),
    Member("amount_released", {**COUNT, "description": "What a partial capture gave back to the shopper."}),
    Member(
        "amount_refundable",
        {**COUNT, "description": "What can still be refunded."},
        attrgetter("refundable"),
    ),
    Member("updated_at", TIME),
    _NEXT_ACTION,
    *_FAILURE,
)
# All that a shopper's browser may see. Of a failure it learns that it is one: whoever tests stolen cards
# would read the bank's reason off this response. The merchant has the exact one.
PUBLIC_REASON = "payment_failed"
PUBLIC_DESCRIPTION = "The payment was not completed"
_COARSE = (
    Member[Payment]("error_code", {"const": PAYMENT_FAILED}, lambda _: PAYMENT_FAILED, when=_failed),
    Member[Payment]("error_reason", {"const": PUBLIC_REASON}, lambda _: PUBLIC_REASON, when=_failed),
    Member[Payment]("error_description", TEXT, lambda _: PUBLIC_DESCRIPTION, when=_failed),
)
PUBLIC_PAYMENT = Resource[tuple[Payment, str | None]](
    "PublicPayment",
    *lifted((*_PAID, _STATUS, _NEXT_ACTION, *_COARSE), lambda seen: seen[0]),
    Member(
        "signature",
        {**TEXT, "description": "Proves a success to the shop's server (docs/checkout.md)."},
        lambda seen: seen[1],
        when=lambda seen: seen[1] is not None,
    ),
)
PAYMENT_LIST = a_collection("PaymentList", PAYMENT, by_cursor=True)
