"""What the card function hands to the API in place of a body with a card.

The invocation's event has a member of its own for it, beside those that API Gateway makes: nobody who sends
an HTTP request can put one there. It is signed too, with a key that no role reads but those of the two
functions, for one request id, path and body.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from chalicelib.frame.errors import BodyTooLarge, ExchangeRefused
from gateway.domain.errors import BadRequest, ExpiredCard, InvalidCard
from gateway.domain.payments.instruments import ExchangedCard
from gateway.domain.reasons import Reason
from gateway.runtime import log

MEMBER = "cardExchange"
# The API's response to the card function alone: no payment yet, it needs a token of this acquirer account.
TOKEN_WANTED = "X-Card-Token-Wanted"  # noqa: S105 - the name of a header
# The signed text begins with this, so that the key's other uses can't make one (fingerprints begin with "{").
PURPOSE = "asyncpay card exchange\n"
_OF_CARDS: dict[str, type[InvalidCard | ExpiredCard]] = {
    "InvalidCard": InvalidCard,
    "ExpiredCard": ExpiredCard,
}
_OF_BODIES: dict[str, type[BadRequest]] = {"BadRequest": BadRequest, "BodyTooLarge": BodyTooLarge}


@dataclass(frozen=True)
class Exchange:
    """What is known of a body that the API does not see.

    `refusal` is why it can't be read, `fingerprint` the keyed digest by which a repetition is recognised.
    `card` is what stands for its card, or why that is none; None where it has no complete one.
    """

    refusal: BadRequest | None = None
    fingerprint: str = ""
    card: ExchangedCard | InvalidCard | ExpiredCard | None = None

    def checked_card(self) -> ExchangedCard:
        """The card, or why it is none, as `check_card` would raise it."""
        if isinstance(self.card, ExchangedCard):
            return self.card
        raise self.card or InvalidCard("card")


def sealed(event: dict[str, Any], body: str, exchange: Exchange, key: bytes) -> dict[str, Any]:
    """The event with another body, and the exchange beside it."""
    said = json.dumps(
        {
            **_scope(event, body),
            "refusal": _told(exchange.refusal),
            "fingerprint": exchange.fingerprint,
            "refused_card": None if isinstance(exchange.card, ExchangedCard) else _told(exchange.card),
            "card": asdict(exchange.card) if isinstance(exchange.card, ExchangedCard) else None,
        }
    )
    member = {"said": said, "mac": _mac(key, said)}
    return {**event, "body": body, "isBase64Encoded": False, MEMBER: member}


def opened(event: Mapping[str, Any], *keys: Callable[[], bytes | None]) -> Exchange | None:
    """The exchange that came with an event; None where none did, ExchangeRefused where it can't be trusted.

    `keys` are read one after the other until one fits: the one that is remembered, then the one that counts.
    """
    member = event.get(MEMBER)
    if member is None:
        return None
    said, mac = (str(member.get(name)) if isinstance(member, dict) else "" for name in ("said", "mac"))
    if not any(_fits(mac, key(), said) for key in keys):
        raise _untrusted("mac")
    found = json.loads(said)
    if any(found.get(name) != value for name, value in _scope(event, event["body"]).items()):
        raise _untrusted("of another request")
    refusal, refused, card = found["refusal"], found["refused_card"], found["card"]
    return Exchange(
        refusal=None if refusal is None else _refusal(refusal),
        fingerprint=found["fingerprint"],
        card=_OF_CARDS[refused["kind"]](refused["field"]) if refused else card and ExchangedCard(**card),
    )


def _scope(event: Mapping[str, Any], body: str) -> dict[str, str]:
    return {
        "request_id": str(event["requestContext"].get("requestId")),
        "path": event["path"],
        "body_sha256": hashlib.sha256(body.encode()).hexdigest(),
    }


def _told(error: BadRequest | None) -> dict[str, Any] | None:
    if error is None:
        return None
    # By a class that the API knows: any other one is told as the class that it is a kind of.
    kind = next(each.__name__ for each in type(error).__mro__ if each.__name__ in {**_OF_CARDS, **_OF_BODIES})
    return {
        "kind": kind,
        "description": error.description,
        "field": error.field,
        "reason": error.reason and error.reason.value,
    }


def _refusal(told: dict[str, Any]) -> BadRequest:
    reason = told["reason"] and Reason(told["reason"])
    return _OF_BODIES[told["kind"]](told["description"], field=told["field"], reason=reason)


def _fits(mac: str, key: bytes | None, said: str) -> bool:
    return key is not None and hmac.compare_digest(mac.encode(), _mac(key, said).encode())


def _mac(key: bytes, said: str) -> str:
    return hmac.digest(key, f"{PURPOSE}{said}".encode(), "sha256").hex()


def _untrusted(why: str) -> ExchangeRefused:
    log.error("a card exchange that is not the card function's", why=why)
    return ExchangeRefused()
