"""What the API gets in place of a body: whatever is about a card stays behind, all else goes on as it is.

The API answers, in its own order. Whether a body can be read and whether its card is one is found out here,
since nobody else sees it, and told to the API, which says so when it comes to it. To the API's rules a
stand-in has the shape that the card has, member by member, and nothing of its content.
"""

import base64
import json
import re
from datetime import datetime
from typing import Any

from chalicelib.bodies.fingerprint import fingerprint
from chalicelib.bodies.json_object import is_encoded, parse_object
from chalicelib.bodies.names import without_numbers
from gateway.domain.errors import BadRequest, ExpiredCard, InvalidCard
from gateway.domain.payments.instruments import HOLDER_NAME_LENGTH_MAX, Card, check_card

PUBLIC_PATH = "/api/v1/payments/public"
# The members that the API reads. A test compares them with its schema.
PASSED_ON = frozenset(
    {
        "order_id",
        "method",
        "amount",
        "currency",
        "vpa",
        "upi_flow",
        "card_token",
        "return_url",
        "challenge",
    }
)
CARD_MEMBERS = ("number", "expiry_month", "expiry_year", "cvv", "holder_name")
# What may be a card's number, wherever it stands.
_LONG_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){12}")
# Members that say one of a few short words; longer ones are as wrong as any.
_WORDS = ("method", "currency")
_WORD_LENGTH_MAX = 4
_CVV = re.compile(r"[0-9]{3,4}\Z")


def body_of(event: dict[str, Any]) -> bytes:
    """The bytes of an event's body."""
    text = event.get("body") or ""
    return base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()


def is_coded(event: dict[str, Any]) -> bool:
    """Whether the body says that it is compressed or the like: the API refuses it without a look at it."""
    headers = event.get("headers") or {}
    return any(is_encoded(value) for name, value in headers.items() if name.lower() == "content-encoding")


def read(raw: bytes) -> dict[str, Any] | BadRequest:
    """The JSON object in a body, or why there is none."""
    try:
        return parse_object(raw)
    except BadRequest as refusal:
        return refusal


def may_pass(body: dict[str, Any]) -> bool:
    """Whether a body may go as it is: no `card`, and nothing as long as a card's number that nobody reads."""
    unread = {name: value for name, value in body.items() if name not in PASSED_ON or name in _WORDS}
    return "card" not in body and not _LONG_NUMBER.search(json.dumps(unread, ensure_ascii=False))


def fingerprint_of(path: str, body: dict[str, Any], key: bytes) -> str:
    """The digest of what is asked for, as the routes take it: the answer to a challenge is no part of it."""
    public = path == PUBLIC_PATH
    meaning = {name: value for name, value in body.items() if not (public and name == "challenge")}
    return fingerprint(key, meaning)


def card_of(body: dict[str, Any], now: datetime) -> Card | InvalidCard | ExpiredCard | None:
    """The valid card in a body, or why it is none; None where its shape is not a card's."""
    card = body.get("card")
    if not isinstance(card, dict) or any(_stand_in(name, card.get(name)) is None for name in CARD_MEMBERS):
        return None
    given = {name: str(card[name]) for name in CARD_MEMBERS}
    try:
        return check_card(**given, now=now)
    except (InvalidCard, ExpiredCard) as refusal:
        return refusal


def without_card(body: dict[str, Any]) -> str:
    """The body as the API may see it. No longer than it was, but for numbers with exponents."""
    passed = {_name("", name): _passed_on(name, value) for name, value in body.items()}
    return json.dumps(passed, separators=(",", ":"), ensure_ascii=False)


def _passed_on(name: str, value: Any) -> Any:
    if name in _WORDS:
        return (value if len(value) <= _WORD_LENGTH_MAX else "") if isinstance(value, str) else 0
    if name in PASSED_ON:
        return value
    if name != "card":
        return 0  # nobody reads it, but the caller is told its name
    if not isinstance(value, dict):
        return 0
    return {_name("card.", member): _stand_in(member, inner) for member, inner in value.items()}


def _stand_in(name: str, value: Any) -> str | None:
    """What passes the API's schema exactly where a member of a card does (openapi/card_body.py)."""
    if name == "number" and isinstance(value, str):
        return ""
    if name in ("expiry_month", "expiry_year") and type(value) in (str, int):
        return ""
    if name == "cvv" and isinstance(value, str) and _CVV.match(value):
        return "000"
    if name == "holder_name" and isinstance(value, str) and 1 <= len(value) <= HOLDER_NAME_LENGTH_MAX:
        return "-"
    return None


def _name(within: str, name: str) -> str:
    """A member's name, which may be a number too, as far as the API shows it."""
    if name in PASSED_ON or name in CARD_MEMBERS:
        return name
    return without_numbers(f"{within}{name}")[len(within) :]
