"""Orders as clients see them."""

from gateway.domain.page import Page
from gateway.domain.payments.order import Order, OrderStatus
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
    _EXPIRED,
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
# All that a shopper's browser may see.
PUBLIC_ORDER = Resource[Order]("PublicOrder", _ID, _AMOUNT, _CURRENCY, _STATUS)
# The subject is an order at a time, with the name of its merchant.
CHECKOUT_ORDER = Resource[tuple[At[Order], str]](
    "CheckoutOrder",
    *lifted(PUBLIC_ORDER.members, lambda seen: seen[0].subject),
    *lifted([_EXPIRED], lambda seen: seen[0]),
    Member("merchant_name", TEXT, lambda seen: seen[1]),
)
