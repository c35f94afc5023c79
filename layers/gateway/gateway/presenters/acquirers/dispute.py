"""Disputes as clients see them."""

from operator import attrgetter

from gateway.domain.payments.dispute import Dispute, DisputeStatus, payment_id_of
from gateway.presenters.resource import Member, Resource
from gateway.presenters.vocabulary import AMOUNT, TEXT, TIME, an_id, one_of, or_null

_EXAMPLE = "disp_Fq3ZtW8kLmXs0aBc"
# What events tell: it does not change while the dispute is open.
DISPUTE_TOLD = Resource[Dispute](
    "DisputeTold",
    Member("id", {**TEXT, "pattern": "^disp_[A-Za-z0-9]{16}(:[0-9]+)?$", "examples": [_EXAMPLE]}),
    Member("payment_id", an_id("pay_"), lambda dispute: payment_id_of(dispute.id)),
    Member("amount", AMOUNT, attrgetter("told.amount")),
    Member("currency", {**TEXT, "examples": ["INR"]}, attrgetter("told.currency")),
    Member(
        "reason", {**or_null(TEXT), "description": "The acquirer's word for it."}, attrgetter("told.reason")
    ),
    Member("status", {**one_of(DisputeStatus), "description": "`closed`: it was an inquiry only."}),
    Member("created_at", TIME, attrgetter("opened_at")),
    Member("closed_at", or_null(TIME)),
)
DISPUTE = Resource[Dispute](
    "Dispute",
    *DISPUTE_TOLD.members,
    Member("reference", {**TEXT, "description": "The acquirer's own id."}, attrgetter("told.reference")),
    Member(
        "word", {**TEXT, "description": "The acquirer's word for how it stands."}, attrgetter("told.word")
    ),
    Member(
        "respond_by",
        {**or_null(TIME), "description": "Until when evidence may be sent, at the acquirer."},
        attrgetter("told.respond_by"),
    ),
    Member("told_at", {**TIME, "description": "When the acquirer said so last."}, attrgetter("told.at")),
)
