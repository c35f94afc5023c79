"""Orders as clients see them."""

from dataclasses import asdict
from operator import attrgetter
from typing import Any

from gateway.domain.page import Page
from gateway.domain.payments.order import Order, OrderStatus
from gateway.domain.payments.payment import METHODS, Payment
from gateway.presenters.payment import OF_ORDER
from gateway.presenters.resource import At, Member, Resource, a_collection, lifted
from gateway.presenters.vocabulary import (
    AMOUNT,
    BOOLEAN,
    CURRENCY,
    OBJECT,
    TEXT,
    TIME,
    UUID,
    an_array,
    an_id,
    one_of,
    or_null,
)

_ID = Member[Order]("id", an_id("order_"))
_AMOUNT = Member[Order]("amount", AMOUNT)
_CURRENCY = Member[Order]("currency", CURRENCY)
_STATUS = Member[Order]("status", one_of(OrderStatus))

ORDER_CREATED = Resource[Order](
    "OrderCreated",
    _ID,
    Member("merchant_id", UUID),
    _AMOUNT,
    _CURRENCY,
    Member("receipt", or_null(TEXT)),
    Member("notes", OBJECT),
    _STATUS,
    Member("created_at", TIME),
    Member("expires_at", TIME, when=lambda order: order.expires_at is not None),
)
_EXPIRED = Member[At[Order]](
    "expired",
    {**BOOLEAN, "description": "Too late to begin a payment."},
    lambda at: at.subject.has_expired(at.now),
)
ORDER = Resource[At[Order]](
    "Order",
    *lifted((*ORDER_CREATED.members, Member[Order]("updated_at", TIME)), lambda at: at.subject),
    # Of an order that never expires there is nothing to say.
    Member(_EXPIRED.name, _EXPIRED.schema, _EXPIRED.value, when=lambda at: at.subject.expires_at is not None),
)
_PAGE = a_collection("OrderList", ORDER, by_cursor=True)
ORDER_LIST = Resource[At[Page[Order]]](
    "OrderList",
    Member(
        "data",
        an_array(ORDER.ref),
        lambda at: [ORDER.present(At(order, at.now)) for order in at.subject.items],
    ),
    *lifted(_PAGE.members[1:], lambda at: at.subject),
)
# What webhooks tell of an order that was paid: as the payment that paid it knows it.
ORDER_TOLD = Resource[Payment](
    "OrderTold",
    Member("id", an_id("order_"), attrgetter("order_id")),
    Member("amount", AMOUNT),
    Member("currency", CURRENCY),
    *OF_ORDER,
    Member("status", {"const": OrderStatus.PAID.value}, lambda _: OrderStatus.PAID),
)
# All that a shopper's browser may see.
PUBLIC_ORDER = Resource[Order]("PublicOrder", _ID, _AMOUNT, _CURRENCY, _STATUS)
_CARD_ENTRY = {
    "type": "object",
    "required": ["acquirer", "script_url", "public_key"],
    "properties": {"acquirer": TEXT, "script_url": TEXT, "public_key": TEXT},
    "description": "Where cards are typed into the acquirer's own field, which `script_url` brings.",
}
# The subject is an order at a time, with what is shown of its shop.
CHECKOUT_ORDER = Resource[tuple[At[Order], Any]](
    "CheckoutOrder",
    *lifted(PUBLIC_ORDER.members, lambda seen: seen[0].subject),
    *lifted([_EXPIRED], lambda seen: seen[0]),
    Member("merchant_name", TEXT, lambda seen: seen[1].name),
    Member("acquirer", TEXT, lambda seen: seen[1].acquirer),
    Member("methods", an_array(one_of(METHODS)), lambda seen: list(seen[1].methods)),
    Member(
        "upi_intent",
        {**BOOLEAN, "description": "Whether a UPI payment can begin with `upi_flow`, without a UPI address."},
        lambda seen: seen[1].upi_intent,
    ),
    Member(
        "card_entry",
        _CARD_ENTRY,
        lambda seen: asdict(seen[1].card_entry),
        when=lambda seen: seen[1].card_entry is not None,
    ),
)
