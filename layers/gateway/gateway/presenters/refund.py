"""Refunds as clients see them."""

from gateway.domain.payments.refund import SHOWN_AS, Refund, RefundStatus
from gateway.presenters.resource import Member, Resource, a_collection
from gateway.presenters.vocabulary import AMOUNT, CURRENCY, TEXT, TIME, an_id, one_of, or_null

STATUSES = list(dict.fromkeys(SHOWN_AS.values()))


def _shown_status(refund: Refund) -> RefundStatus:
    return SHOWN_AS[refund.status]


REFUND_CREATED = Resource[Refund](
    "RefundCreated",
    Member("id", an_id("rfnd_")),
    Member("payment_id", an_id("pay_")),
    Member("amount", AMOUNT),
    Member("currency", CURRENCY),
    Member("reason", or_null(TEXT)),
    Member("status", one_of(STATUSES), _shown_status),
    Member("created_at", TIME),
)
# What webhooks carry too.
REFUND = Resource[Refund]("Refund", *REFUND_CREATED.members, Member("processed_at", or_null(TIME)))
REFUND_LIST = a_collection("RefundList", REFUND, by_cursor=True)
ALL_REFUNDS = a_collection("AllRefunds", REFUND, by_cursor=True)
