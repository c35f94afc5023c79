"""Audit rows: who changed what of a merchant's money, settings and access, and when.

They are written in the transaction of the change and never modified; what finds out if somebody did is in
audit_chain.py. They hold no secrets: a key is named by its public part.
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
    PAYMENT_CAPTURED = "payment.captured"
    REFUND_CREATED = "refund.created"
    REFUND_CANCELLED = "refund.cancelled"
    WEBHOOK_URL_SET = "webhook_url.set"
    WEBHOOK_ENDPOINT_ADDED = "webhook_endpoint.added"
    WEBHOOK_ENDPOINT_CHANGED = "webhook_endpoint.changed"
    WEBHOOK_ENDPOINT_REMOVED = "webhook_endpoint.removed"
    WEBHOOKS_RETRIED = "webhooks.retried"
    WEBHOOK_SECRET_ROTATED = "webhook_secret.rotated"  # noqa: S105 - a name
    USER_INVITED = "user.invited"
    USER_CHANGED = "user.changed"
    USER_REMOVED = "user.removed"
    PASSWORD_RESET_BEGUN = "password.reset_begun"  # noqa: S105 - a name
    SECOND_FACTOR_BEGUN = "second_factor.begun"
    SECOND_FACTOR_ON = "second_factor.on"
    SECOND_FACTOR_OFF = "second_factor.off"
    SESSIONS_ENDED = "sessions.ended"
    LOGGED_IN = "session.begun"
    LOG_IN_REFUSED = "session.refused"
    EXPORT_BEGUN = "export.begun"
    PERSON_ERASED = "person.erased"
    CHAOS_BEGUN = "chaos.begun"
    CHAOS_ENDED = "chaos.ended"


# The lists that are exported as files.
EXPORTED = ("payments",)
# What they are filtered by, as the list's operation takes it.
EXPORT_FILTERS = ("q", "status", "method", "from", "to")


@dataclass(frozen=True)
class Actor:
    """Who asks: `user:<e-mail>`, `key:<API key>`, `admin:<name>`, or a part of the gateway itself.

    `source` is the network address and `request_id` names the request in the logs; both are empty where there
    was no request. `api_key` is None unless a key was used. `refund_limit` is what
    they may refund a day, in minor units of each currency; None for no limit.
    """

    name: str
    source: str = ""
    request_id: str = ""
    api_key: str | None = None
    refund_limit: int | None = None


SYSTEM = Actor("system")


@dataclass(frozen=True)
class AuditEntry:
    """One change. `object` is the id of what was changed; `source` and what follows is the actor's.

    They are None in rows of earlier releases.
    """

    id: str
    merchant_id: str
    at: datetime
    actor: str
    action: Action
    object: str
    details: dict[str, Any] = field(default_factory=dict)
    source: str | None = None
    request_id: str | None = None
    api_key: str | None = None

    @property
    def created_at(self) -> datetime:
        """Its place in the list."""
        return self.at
