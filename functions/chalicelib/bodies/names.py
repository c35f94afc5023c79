"""Names that callers gave to members and the like, as far as they may be shown."""

import re

NAME_LENGTH_MAX = 64
# As many digits may be a card's number, in groups or not, which no header and no log line may hold.
_DIGITS = re.compile(r"\d(?:[ -]?\d){5,}")


def without_numbers(name: str) -> str:
    """The beginning of a name, with a word in place of every long number."""
    return _DIGITS.sub("(digits)", name[:NAME_LENGTH_MAX])
