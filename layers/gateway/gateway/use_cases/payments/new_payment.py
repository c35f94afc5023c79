"""A request to pay."""

from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.domain.card_testing.challenge import Answer
from gateway.domain.payments.instruments import Card, ExchangedCard


class Sender(NamedTuple):
    """Where a request comes from (a network address), and the answer to a challenge if there was one."""

    source: str = ""
    answer: Answer | None = None


@dataclass(frozen=True)
class NewPayment:
    """A validated request: one of `vpa` and `card` is set, as `method` says.

    With UPI and no `vpa` the shopper approves it by an app that a link opens.
    `amount` and `currency` are what the caller takes for the order's; None where it does not say.
    `card_token` stands in place of `card` where cards don't pass through the gateway. `return_url` is where
    the shopper comes back to. `sender` is whoever sent it.
    """

    order_id: str
    method: str
    vpa: str | None
    card: Card | ExchangedCard | None
    amount: int | None = None
    currency: str | None = None
    card_token: str | None = None
    return_url: str | None = None
    sender: Sender = field(default_factory=Sender)
