"""Ids, times and money: the values that everything else is made of.

Money is an integer of minor units plus a currency (ISO 4217); there is no float anywhere. Times are aware
datetimes in UTC, written as ISO 8601 with milliseconds and a `Z`, which also sort as text.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
ID_LENGTH = 16

# Only currencies whose minor unit is a hundredth, since every amount is counted in those.
CURRENCIES = ("INR", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "AED")
AMOUNT_MIN = 100
# Twelve digits: far above any payment, far below 2**53, where JavaScript stops counting exactly.
AMOUNT_MAX = 999_999_999_999

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_id(prefix: str, random_choice: Callable[[str], str]) -> str:
    """An id such as `pay_` and 16 characters of [A-Za-z0-9]; `random_choice` must be fit for secrets."""
    return prefix + "".join(random_choice(ALPHABET) for _ in range(ID_LENGTH))


def to_iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, e.g. `2026-01-31T09:30:00.250Z`."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def from_iso(text: str) -> datetime:
    """The moment that `to_iso` wrote."""
    return datetime.fromisoformat(text)


def seconds_until(moment: datetime | None, now: datetime) -> int:
    """Whole seconds from now until then, rounded up; 0 for what has passed and for None."""
    return 0 if moment is None else max(0, -((now - moment) // timedelta(seconds=1)))


def to_unix_ms(moment: datetime) -> int:
    """Milliseconds since 1970, as an integer."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_unix_ms(milliseconds: int) -> datetime:
    """The moment that `to_unix_ms` counted, to the millisecond."""
    seconds, rest = divmod(milliseconds, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)
