"""Payment instruments: UPI addresses and cards.

Which of them are valid is in docs/api.md. A `Card` holds the number and the CVV only between the request and
the processor's tokenise call; its text form never shows them, so that no log line or traceback can.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.errors import ExpiredCard, InvalidCard, InvalidVpa

# `\Z`, not `$`: `$` would let a trailing newline through.
_VPA = re.compile(r"[a-zA-Z0-9._-]+@[a-zA-Z0-9]+\Z")
VPA_LENGTH_MAX = 255
HOLDER_NAME_LENGTH_MAX = 100
_DIGITS = re.compile(r"[0-9]+\Z")
UNKNOWN_NETWORK = "unknown"


@dataclass(frozen=True)
class Card:
    """A card that passed validation. `number` and `cvv` stay out of its text form."""

    number: str = field(repr=False)
    cvv: str = field(repr=False)
    expiry_month: int
    expiry_year: int
    holder_name: str = field(repr=False)

    @property
    def network(self) -> str:
        """The network by prefix: visa, mastercard, amex, rupay or unknown."""
        return card_network(self.number)

    @property
    def last4(self) -> str:
        """The last four digits, all that may be kept of the number (PCI DSS 3.4.1)."""
        return self.number[-4:]


@dataclass(frozen=True)
class ExchangedCard:
    """What stands for a valid card whose number stayed with the card function.

    `digest` is the keyed one that limits against card testing know it by. `token` is good at `account`; None
    where that acquirer gave none, since it takes no such card (`refused`) or could not be asked.
    """

    network: str
    last4: str
    digest: str
    account: str
    token: str | None
    refused: bool = False


def check_vpa(vpa: str) -> str:
    """The address itself, or InvalidVpa."""
    if len(vpa) > VPA_LENGTH_MAX or not _VPA.match(vpa):
        raise InvalidVpa
    return vpa


def card_network(number: str) -> str:
    """The network by the number's prefix (docs/api.md); `unknown` is valid too."""
    two = int(number[:2])
    if number[0] == "4":
        return "visa"
    if 51 <= two <= 55 or 2221 <= int(number[:4]) <= 2720:
        return "mastercard"
    if two in (34, 37):
        return "amex"
    if two in (60, 65) or 81 <= two <= 89:
        return "rupay"
    return UNKNOWN_NETWORK


def passes_luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit)
        if position % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def _digits(value: str, name: str) -> str:
    if not _DIGITS.match(value):
        raise InvalidCard(name)
    return value


def check_card(
    *, number: str, cvv: str, expiry_month: str, expiry_year: str, holder_name: str, now: datetime
) -> Card:
    """A valid card at `now`, or InvalidCard / ExpiredCard naming the member.

    Spaces and dashes in the number are dropped; a two-digit year means 20YY; a card is valid through the last
    moment of its month (in UTC).
    """
    plain = number.replace(" ", "").replace("-", "")
    if not 13 <= len(_digits(plain, "card.number")) <= 19 or not passes_luhn(plain):
        raise InvalidCard("card.number")
    cvv_length = 4 if card_network(plain) == "amex" else 3
    if len(_digits(cvv, "card.cvv")) != cvv_length:
        raise InvalidCard("card.cvv")
    if not holder_name.strip() or len(holder_name) > HOLDER_NAME_LENGTH_MAX:
        raise InvalidCard("card.holder_name")
    month, year = _expiry(expiry_month, expiry_year)
    if (year, month) < (now.year, now.month):
        raise ExpiredCard("card.expiry_year" if year < now.year else "card.expiry_month")
    return Card(plain, cvv, month, year, holder_name.strip())


def _expiry(month_text: str, year_text: str) -> tuple[int, int]:
    if not _DIGITS.match(month_text) or len(month_text) > 2 or not 1 <= int(month_text) <= 12:
        raise ExpiredCard("card.expiry_month")
    if not _DIGITS.match(year_text) or len(year_text) not in (2, 4):
        raise ExpiredCard("card.expiry_year")
    year = int(year_text)
    return int(month_text), year + 2000 if len(year_text) == 2 else year
