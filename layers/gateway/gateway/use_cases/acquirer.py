"""The seam to whoever moves the money: what a connector offers, and what it is told.

A connector translates and nothing else: no retries, no rules, no stored state. The rules are the driver's
(gateway/domain/acquiring). Every method returns a `Result`, or raises `NotSent`, `Unknown` or `Refused`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from gateway.domain.acquiring.capabilities import Capabilities
from gateway.domain.acquiring.results import Result
from gateway.domain.acquiring.statement import MovementPage
from gateway.domain.payments.dispute import DisputeTold
from gateway.domain.payments.instruments import Card
from gateway.domain.payments.payment import Payment


class GiveBack(NamedTuple):
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


class TokenCard(NamedTuple):
    """What is known of a card whose number never came here; `last4` has four digits."""

    network: str
    last4: str


@dataclass(frozen=True)
class CardEntry:
    """How a checkout page takes cards that must not pass through the gateway.

    `acquirer` says whose fields they are, `script_url` what to load, `public_key` what to give to it.
    """

    acquirer: str
    script_url: str
    public_key: str


class Notice(NamedTuple):
    """A webhook of an acquirer, verified. It carries no news: it only says what to look up.

    `event_id` tells a repeated notice from a new one; `payment_id` and `refund_id` are our own ids,
    `reference` the acquirer's. `dispute` is the one thing that is news: nobody has to be asked about it,
    and no money moves by it.
    """

    event_id: str
    kind: str
    payment_id: str | None
    refund_id: str | None
    reference: str | None
    dispute: DisputeTold | None = None


class Acquirer(Protocol):
    """One merchant's account at one acquirer. `card_entry` is None where card numbers come through us."""

    capabilities: Capabilities
    card_entry: CardEntry | None

    def check(self) -> None:
        """Asks for something harmless: NotSent or Refused where the credentials are not good for it."""
        ...

    def tokenize(self, card: Card) -> str:
        """A token that stands for the card at the acquirer; the card may be forgotten afterwards.

        InvalidCard where the acquirer takes no such card.
        """
        ...

    def read_token(self, token: str) -> TokenCard:
        """The card that a token stands for which the acquirer gave to the shopper's browser; or Refused."""
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

    def payment_of(self, reference: str) -> str | None:
        """Our id of the payment that is `reference` at the acquirer; None where it knows none of ours."""
        ...

    def movements(self, first: datetime, before: datetime, after: str | None) -> MovementPage:
        """A page of what moved from `first` on and before `before`; `after` is where the last page ended.

        Refused where the acquirer has no statement (`Capabilities.statement`).
        """
        ...

    def parse_webhook(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice | None:
        """What a webhook says, without asking anybody; None where it means nothing to us.

        AuthenticationFailed where its signature is not the acquirer's. `headers` have names in lower case.
        """
        ...
