"""Moments: what happened to a payment, one thing at a time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

KINDS = (
    *("order.created", "payment.created", "payment.success", "payment.failed", "payment.captured"),
    "payment.released",
    *("refund.created", "refund.processed", "refund.cancelled", "refund.failed", "ledger.entry"),
    *("webhook.created", "webhook.attempt"),
)


class Moment(NamedTuple):
    """One thing that happened; `about` has the ids and values that belong to its kind."""

    at: datetime
    kind: str
    about: Mapping[str, Any]
