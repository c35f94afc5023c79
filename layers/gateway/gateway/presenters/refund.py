"""Refunds as clients see them."""

from gateway.domain.refund import Refund, RefundStatus
from gateway.presenters.resource import Member, Resource, a_collection
from gateway.presenters.vocabulary import AMOUNT, CURRENCY, TEXT, TIME, an_id, one_of, or_null

_SHOWN = [status for status in RefundStatus if status is not RefundStatus.SENT]


def _shown_status(refund: Refund) -> RefundStatus:
    # That the acquirer has been asked is nothing that a merchant can act on.
    return RefundStatus.PENDING if refund.status is RefundStatus.SENT else refund.status


REFUND_CREATED = Resource[Refund](
    "RefundCreated",
    Member("id", an_id("rfnd_")),
    Member("payment_id", an_id("pay_")),
    Member("amount", AMOUNT),
    Member("currency", CURRENCY),
    Member("reason", or_null(TEXT)),
    Member("status", one_of(_SHOWN), _shown_status),
    Member("created_at", TIME),
)
# What webhooks carry too.
REFUND = Resource[Refund]("Refund", *REFUND_CREATED.members, Member("processed_at", or_null(TIME)))
REFUND_LIST = a_collection("RefundList", REFUND)
