"""Audit rows: who changed what of a merchant's access, and when.

They are written in the transaction of the change and never modified. They hold no secrets: a key is named by
its public part.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Action(StrEnum):
    """What was done."""

    MERCHANT_CREATED = "merchant.created"
    MERCHANT_DISABLED = "merchant.disabled"
    MERCHANT_ENABLED = "merchant.enabled"
    PASSWORD_SET = "password.set"  # noqa: S105 - a name
    API_KEY_ISSUED = "api_key.issued"
    API_KEY_ROTATED = "api_key.rotated"
    API_KEY_DISABLED = "api_key.disabled"
    CHECKOUT_ORIGINS_SET = "checkout_origins.set"
    ACQUIRER_SET = "acquirer.set"
    ACQUIRER_ROTATED = "acquirer.rotated"
    PAYMENT_SETTLED = "payment.settled"
    REFUND_SETTLED = "refund.settled"
    LIMITS_SET = "limits.set"


@dataclass(frozen=True)
class AuditEntry:
    """One change. `actor` is `user:<e-mail>`, `key:<API key>` or `admin:<name>`; `object` is an id."""

    id: str
    merchant_id: str
    at: datetime
    actor: str
    action: Action
    object: str
    details: dict[str, Any] = field(default_factory=dict)
