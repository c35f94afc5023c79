"""Looking for card data in everything that the gateway keeps, sends, prints and answers."""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.emulator import Emulator

RECEIVES_EMPTY_MAX = 2
# The job counters count on, and in a long run come by every three-digit number.
JOB_COUNTER = re.compile(r'"(completed|failed)":\s*\{"N":\s*"[0-9]+"\}')


@dataclass(frozen=True)
class Card:
    """A test card whose number, CVV and holder stand nowhere else."""

    number: str
    cvv: str
    holder_name: str

    def as_json(self) -> dict[str, str]:
        return {
            "number": self.number,
            "expiry_month": "12",
            "expiry_year": "2039",
            "cvv": self.cvv,
            "holder_name": self.holder_name,
        }

    def patterns(self) -> dict[str, re.Pattern[str]]:
        """What must be nowhere, by name: the number with any separators, encoded or as a plain digest."""
        digits = re.sub(r"\D", "", self.number)
        encoded = [base64.b64encode(digits.encode()).decode().rstrip("=")]
        encoded += [hashlib.new(name, digits.encode()).hexdigest() for name in ("md5", "sha1", "sha256")]
        first, _, last = self.holder_name.partition(" ")
        return {
            # All but the last four digits are enough to be too much.
            "number": re.compile(r"(?:[\s._+-]|%20)?".join(digits[:-4])),
            "number, encoded": re.compile("|".join(re.escape(text) for text in encoded), re.IGNORECASE),
            # In quotes (escaped as often as JSON inside JSON needs it), or as a word of its own that is
            # neither a number in JSON nor part of a time or an id.
            "CVV": re.compile(rf"""\\*["']{self.cvv}\\*["']|(?<![\w.:,\[-]){self.cvv}(?![\w.:-])"""),
            "holder": re.compile(f"{first}|{last}", re.IGNORECASE),
        }


VISA = Card("4539 5787 6362 1486", "739", "Zebulon Quixworth")
AMEX = Card("3741-549909-51454", "8317", "Philomena Ashgrove")
CARDS = (VISA, AMEX)


def leaks(place: str, text: str) -> Iterator[str]:
    """Where card data is in a text, and which; never the data itself."""
    text = JOB_COUNTER.sub("", text)
    for card in CARDS:
        for name, pattern in card.patterns().items():
            if found := pattern.search(text):
                around = text[max(0, found.start() - 60) : found.start()]
                yield f"{name} of the card in {place}, after: {around!r}"


def scan(places: Iterable[tuple[str, str]]) -> list[str]:
    """All leaks in these places."""
    return [leak for place, text in places for leak in leaks(place, text)]


def at_rest(emulator: Emulator) -> Iterator[tuple[str, str]]:
    """Every item of every table, and every message of every queue, that the emulator holds."""
    dynamodb, sqs = emulator.client("dynamodb"), emulator.client("sqs")
    for name in dynamodb.get_paginator("list_tables").paginate().build_full_result()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=name):
            for item in page["Items"]:
                yield f"table {name}", _text(item)
    for url in sqs.list_queues().get("QueueUrls", []):
        empty = 0
        while empty < RECEIVES_EMPTY_MAX:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60)
            messages = answer.get("Messages", [])
            empty += not messages
            for message in messages:
                yield f"queue {url.rpartition('/')[2]}", _text(message)


def _text(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)
