"""What the acquirer said about a payment, as the dashboard and operators see it. No card data is in it."""

from typing import Any

from gateway.presenters.acquirers.dispute import DISPUTE
from gateway.presenters.resource import Member, Resource
from gateway.presenters.vocabulary import AMOUNT, BOOLEAN, COUNT, TEXT, TIME, an_array, one_of, or_null


def _of_attempt(name: str, schema: dict[str, Any]) -> Member[Any]:
    return Member(name, schema, lambda found: getattr(found.attempt, name))


AT_ACQUIRER = Resource[Any](
    "AtAcquirer",
    Member("kind", one_of(["payment", "release", "reversal", "refund"])),
    Member("id", TEXT),
    Member("acquirer", TEXT),
    _of_attempt("account", TEXT),
    Member("amount", AMOUNT),
    Member("key", {**TEXT, "description": "The idempotency key that the acquirer knows it by."}),
    _of_attempt("number", {**COUNT, "description": "How many keys were used, one after the other."}),
    _of_attempt("reference", {**or_null(TEXT), "description": "The acquirer's own id."}),
    _of_attempt("raw_code", {**or_null(TEXT), "description": "What the acquirer said last, in its words."}),
    _of_attempt("captured", BOOLEAN),
    _of_attempt("asked_at", or_null(TIME)),
    Member("is_open", BOOLEAN),
    Member("next_at", or_null(TIME)),
    _of_attempt("parked", {**or_null(TEXT), "description": "Why a person has to look at it first."}),
)
# The subject is the operations, and the payment's disputes.
AT_ACQUIRER_LIST = Resource[Any](
    "AtAcquirerList",
    Member("data", an_array(AT_ACQUIRER.ref), lambda seen: [AT_ACQUIRER.present(one) for one in seen[0]]),
    Member(
        "disputes",
        {**an_array(DISPUTE.ref), "description": "What the acquirer told of disputes, the oldest first."},
        lambda seen: [DISPUTE.present(one) for one in seen[1]],
    ),
)
