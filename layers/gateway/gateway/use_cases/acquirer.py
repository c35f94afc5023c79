"""The seam to whoever moves the money: what a connector offers, and what it is told.

A connector translates and nothing else: no retries, no rules, no stored state. The rules are the driver's
(gateway/domain/acquiring). Every method returns a `Result`, or raises `NotSent`, `Unknown` or `Refused`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.domain.acquiring.capabilities import Capabilities
from gateway.domain.acquiring.results import Result
from gateway.domain.payments.instruments import Card
from gateway.domain.payments.payment import Payment


@dataclass(frozen=True)
class GiveBack:
    """Money that goes back to a shopper: a refund, or what of a payment was not kept.

    `id` names it at the acquirer; `amount` is in minor units of the payment's currency. `reference` is the
    acquirer's own id of it, once known; `began_at` is when it was asked for.
    """

    id: str
    payment: Payment
    amount: int
    reason: str | None
    reference: str | None
    began_at: datetime


@dataclass(frozen=True)
class Notice:
    """A webhook of an acquirer, verified. It carries no news: it only says what to look up.

    `event_id` tells a repeated notice from a new one; `payment_id` and `refund_id` are our own ids,
    `reference` the acquirer's.
    """

    event_id: str
    kind: str
    payment_id: str | None
    refund_id: str | None
    reference: str | None


class Acquirer(Protocol):
    """One merchant's account at one acquirer."""

    capabilities: Capabilities

    def tokenize(self, card: Card) -> str:
        """A token that stands for the card at the acquirer; the card may be forgotten afterwards."""
        ...

    def outcome_delay_ms(self, payment_id: str) -> int:
        """When to ask for the outcome first, in milliseconds from the payment's creation."""
        ...

    def refund_delay_ms(self, refund_id: str) -> int:
        """When to hand a refund to the acquirer, in milliseconds from its creation."""
        ...

    def authorize(self, payment: Payment, key: str, now: datetime) -> Result:
        """Asks for the payment's amount."""
        ...

    def retrieve(self, payment: Payment, now: datetime) -> Result:
        """How the payment stands: by the acquirer's reference, else by our id."""
        ...

    def capture(self, payment: Payment, amount: int, key: str) -> Result:
        """Takes `amount` of what was authorised."""
        ...

    def void(self, payment: Payment, key: str) -> Result:
        """Gives up an authorisation, or a payment that was never finished: DECLINED where it is gone."""
        ...

    def refund(self, back: GiveBack, key: str) -> Result:
        """Gives money back that was taken."""
        ...

    def retrieve_refund(self, back: GiveBack) -> Result:
        """How that stands: by the acquirer's reference, else by our id."""
        ...

    def parse_webhook(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice | None:
        """What a webhook says, without asking anybody; None where it means nothing to us.

        AuthenticationFailed where its signature is not the acquirer's. `headers` have names in lower case.
        """
        ...
