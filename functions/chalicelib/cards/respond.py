"""The way of a request through the card function: to the API, and where that asks for a token, once more."""

from dataclasses import replace
from typing import Any

from chalicelib.cards import exchange as exchanging
from chalicelib.cards.form import TOKEN_WANTED, Exchange, sealed
from chalicelib.frame.errors import EXCHANGE_REFUSED
from gateway.domain.acquiring.attempt import SIMULATED
from gateway.domain.acquiring.results import AcquirerError
from gateway.domain.card_testing.limits import card_digest
from gateway.domain.errors import AsyncPayError, BadRequest, InvalidCard, NotFound, Unavailable
from gateway.domain.payments.instruments import Card, ExchangedCard
from gateway.runtime import log
from gateway.runtime.card_dependencies import CardDependencies

# What became of a body, for the log.
PASSED_ON = "passed on"
EXCHANGED = "exchanged"


def respond(deps: CardDependencies, event: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The API's response, as it is, and what became of the body.

    Unavailable, or another AsyncPayError, where the API could not be asked. One call of the API; two where
    the payment goes to an acquirer that needs credentials: which, the API says after all its other checks.
    """
    if exchanging.is_coded(event):
        return deps.call_api({**event, "body": None, "isBase64Encoded": False}), EXCHANGED
    read = exchanging.read(exchanging.body_of(event))
    if not isinstance(read, BadRequest) and exchanging.may_pass(read):
        return deps.call_api(event), PASSED_ON
    arn = deps.config.fingerprint_key_arn
    response = _exchanged(deps, event, read, deps.secrets.get(arn))
    # After a rotation the one or the other remembers the key of before for some minutes.
    if _header(response, EXCHANGE_REFUSED) and (current := deps.secrets.find(arn)):
        response = _exchanged(deps, event, read, current)
    return response, EXCHANGED


def _exchanged(
    deps: CardDependencies, event: dict[str, Any], read: dict[str, Any] | BadRequest, key: bytes
) -> dict[str, Any]:
    if isinstance(read, BadRequest):
        return deps.call_api(sealed(event, "", Exchange(read), key))
    body = exchanging.without_card(read)
    card = exchanging.card_of(read, deps.now())
    told = Exchange(fingerprint=exchanging.fingerprint_of(event["path"], read, key))
    if not isinstance(card, Card):
        return deps.call_api(sealed(event, body, replace(told, card=card), key))
    # The simulated bank's tokens cost nothing, so they are there beforehand.
    kept = ExchangedCard(
        card.network,
        card.last4,
        card_digest(key, card),
        SIMULATED,
        deps.acquirer_of(SIMULATED).tokenize(card),
    )
    response = deps.call_api(sealed(event, body, replace(told, card=kept), key))
    account = _header(response, TOKEN_WANTED)
    if account is not None:
        kept = _at(deps, account, card, kept)
        response = deps.call_api(sealed(event, body, replace(told, card=kept), key))
    if _header(response, TOKEN_WANTED) is not None:
        raise AsyncPayError("The request could not be answered")
    return response


def _at(deps: CardDependencies, account: str, card: Card, kept: ExchangedCard) -> ExchangedCard:
    """The same card with a token of this account, or with what came of asking for one."""
    there = replace(kept, account=account, token=None)
    try:
        return replace(there, token=deps.acquirer_of(account).tokenize(card))
    except InvalidCard:
        return replace(there, refused=True)
    except AcquirerError as error:
        log.error("no token for a card", error, account=account, reason=error.reason, raw_code=error.raw_code)
        return there
    except (NotFound, Unavailable) as error:
        log.error("no token for a card", error, account=account)
        return there


def _header(response: dict[str, Any], wanted: str) -> str | None:
    headers = response.get("headers") or {}
    return next((value for name, value in headers.items() if name.lower() == wanted.lower()), None)
