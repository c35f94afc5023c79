"""Why a transaction was refused. These never reach a caller: each use case says what they mean there."""

from enum import StrEnum


class Write(StrEnum):
    """Names of the writes whose refusal a use case tells apart."""

    MERCHANT = "merchant"
    ORDER = "order"
    PAYMENT = "payment"
    REFUND = "refund"
    IDEMPOTENCY_KEY = "idempotency_key"
    API_KEY = "api_key"
    REPLACED_KEY = "replaced"
    ACTIVE_KEYS = "active_keys"
    USER = "user"
    THROTTLE = "throttle"


class ConditionFailed(Exception):
    """A condition did not hold, and nothing was written; `labels` names the writes that were refused."""

    def __init__(self, labels: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(labels)))
        self.labels = labels


class Conflict(Exception):
    """Another transaction holds one of the items: nothing was written, and the same again may succeed."""
