"""Rights: what a caller may do, whether it is a merchant's server or a person at the dashboard.

An operation names the rights that lead to it, and any one of them is enough. An API key without limits holds
KEY_RIGHTS_ALL; a restricted one holds some of KEY_RIGHTS. No key holds KEYS or PEOPLE: a leaked key must not
be able to make itself a successor, or a colleague.
"""

from collections.abc import Iterable
from enum import StrEnum

from gateway.domain.errors import BadRequest


class Right(StrEnum):
    """One thing that a caller may be allowed to do."""

    READ = "read"  # reads everything about payments, refunds, webhooks and balances
    PAYMENTS = "payments"  # orders, payments, captures
    REFUNDS = "refunds"
    WEBHOOKS = "webhooks"  # where events go, test events, retries
    AUDIT = "audit"
    KEYS = "keys"
    PEOPLE = "people"
    OWN_ACCOUNT = "own_account"  # one's own password, second factor and sessions


# What a restricted key can be given.
KEY_RIGHTS = (Right.READ, Right.PAYMENTS, Right.REFUNDS, Right.WEBHOOKS)
KEY_RIGHTS_ALL = frozenset((*KEY_RIGHTS, Right.AUDIT))
EVERYTHING = frozenset(Right)
PEOPLE_ONLY = (Right.OWN_ACCOUNT,)
ANYTHING = tuple(Right)  # what whoever has any right at all may do

# What leads to the operations of each resource, besides being allowed to read everything.
READS_PAYMENTS = (Right.READ, Right.PAYMENTS, Right.REFUNDS)
READS_REFUNDS = (Right.READ, Right.REFUNDS)
READS_WEBHOOKS = (Right.READ, Right.WEBHOOKS)
# The record of changes names every key anyway.
READS_KEYS = (Right.KEYS, Right.AUDIT)


def check_key_rights(names: Iterable[str], granted_by: frozenset[Right]) -> frozenset[Right]:
    """The rights of a restricted key; BadRequest for an unknown one, none, or what the issuer lacks."""
    known = {str(right): right for right in KEY_RIGHTS}
    rights = set()
    for name in names:
        if name not in known:
            raise BadRequest(f"rights must be some of {', '.join(known)}", field="rights")
        if known[name] not in granted_by:
            raise BadRequest(f"You have no right to {name} yourself, so you cannot give it", field="rights")
        rights.add(known[name])
    if not rights:
        raise BadRequest("rights must name at least one right", field="rights")
    return frozenset(rights)
