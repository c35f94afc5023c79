"""One operation at an acquirer (an authorisation, a refund, a release), as far as it is known here.

What is stored is enough to go on from after any crash: which account, under which key, and since when that
key may be in use. It is committed before the first call, so no call was ever made that this record does
not cover.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

SIMULATED = "simulated"


@dataclass(frozen=True)
class Attempt:
    """What is stored of an operation at an acquirer.

    `account` is decided once, when the payment is created. `number` counts the keys that were used, one
    after the other. `asked_at` is from when on a request with this key may have been sent; None where none
    can have been. `stopped_at` is when the acquirer refused the request itself, or when it was no longer to
    be made: none is sent after that.
    `reference` is the acquirer's own id. `action_since` is from when on the shopper had to prove who they
    are, at `redirect_url`. `captured` is False where money is authorised and not taken. `raw_code` is what
    the acquirer said last. `parked` says why a person has to look at it; nothing is asked meanwhile.
    """

    account: str = SIMULATED
    number: int = 1
    asked_at: datetime | None = None
    stopped_at: datetime | None = None
    reference: str | None = None
    redirect_url: str | None = None
    action_since: datetime | None = None
    captured: bool = True
    raw_code: str | None = None
    parked: str | None = None

    def key(self, operation_id: str) -> str:
        """The idempotency key of the operation: its own id at first, numbered from the second attempt on."""
        return operation_id if self.number == 1 else f"{operation_id}:{self.number}"

    def asked(self, now: datetime) -> "Attempt":
        """The attempt once its first request is about to be sent."""
        return replace(self, asked_at=now)

    def stopped(self, now: datetime) -> "Attempt":
        """The attempt once no request of it is to be sent any more."""
        return self if self.stopped_at is not None else replace(self, stopped_at=now)

    @property
    def version(self) -> str:
        """Changes with whatever lets a request be sent that could not be before: a condition of writes."""
        return f"{self.number}@{'-' if self.asked_at is None else self.asked_at.isoformat()}"

    def age(self, now: datetime) -> timedelta:
        """For how long requests with this key may have been under way."""
        return timedelta(0) if self.asked_at is None else now - self.asked_at
