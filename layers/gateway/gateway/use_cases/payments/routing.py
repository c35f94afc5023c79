"""Where a new payment goes, decided once, and what stands for its card there.

With a real acquirer this may be a call to it, while the shopper waits: a card number becomes the acquirer's
token before anything is stored, or a token that came from the shopper's browser is looked at.
"""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.account import account_for
from gateway.domain.acquiring.attempt import SIMULATED
from gateway.domain.acquiring.results import AcquirerError, Refused
from gateway.domain.errors import BadRequest, NotFound, Unavailable
from gateway.domain.payments.instruments import Card
from gateway.domain.payments.order import Order
from gateway.domain.payments.return_url import check_return_url
from gateway.runtime import log
from gateway.use_cases.acquirer import Acquirer
from gateway.use_cases.dependencies import Dependencies

BUSY = "The acquirer can't be reached; please try again"


@dataclass(frozen=True)
class Instrument:
    """What a shopper pays with: `method`, and the member of it that was given."""

    method: str
    vpa: str | None
    card: Card | None
    card_token: str | None


@dataclass(frozen=True)
class Route:
    """The account that a payment goes to, and what is kept of its card: token, network and last digits."""

    account: str
    acquirer: Acquirer
    token: str | None = None
    network: str | None = None
    last4: str | None = None


def route(deps: Dependencies, merchant: Merchant | None, order: Order, instrument: Instrument) -> Route:
    """The way of a new payment. BadRequest names what the account does not take.

    No round trip with the simulated bank; one to a real acquirer for a card, and one more for the account's
    credentials, every five minutes in each process.
    """
    chosen = merchant.acquirer_account if merchant is not None else None
    account = account_for(chosen, is_test_stage=deps.config.is_test_stage)
    try:
        acquirer = deps.acquirer_of(account)
    except NotFound as error:
        log.error("a merchant's acquirer account is not there", error, account=account)
        raise Unavailable(BUSY) from error
    able = acquirer.capabilities
    if instrument.method not in able.methods:
        raise BadRequest(f"method must be one of {', '.join(able.methods)}", field="method")
    if order.currency not in able.currencies:
        raise BadRequest(f"The shop can't be paid in {order.currency}", field="order_id")
    if instrument.method == "upi" and instrument.vpa is None and not able.upi_intent:
        raise BadRequest("upi_flow is not taken by this shop; send vpa", field="upi_flow")
    if instrument.method != "card":
        return Route(account, acquirer)
    try:
        return _with_card(account, acquirer, instrument)
    except AcquirerError as error:
        log.error("no token for a card", error, account=account, reason=error.reason, raw_code=error.raw_code)
        raise Unavailable(BUSY) from error


def _with_card(account: str, acquirer: Acquirer, instrument: Instrument) -> Route:
    card, token = instrument.card, instrument.card_token
    if token is not None:
        if acquirer.card_entry is None:
            raise BadRequest("card_token is not taken by this shop; send card", field="card_token")
        try:
            known = acquirer.read_token(token)
        except Refused as error:
            raise BadRequest("card_token is not known to the acquirer", field="card_token") from error
        return Route(account, acquirer, token, known.network, known.last4)
    assert card is not None
    if not acquirer.capabilities.raw_cards:
        raise BadRequest("card is not taken by this shop; send card_token", field="card")
    return Route(account, acquirer, acquirer.tokenize(card), card.network, card.last4)


def return_url_of(
    deps: Dependencies, account: str, order: Order, given: str | None, payment_id: str, *, by_shopper: bool
) -> str | None:
    """Where the shopper comes back to from the bank, to be told `payment_id`; None for nowhere.

    A shopper's page may name itself only, so that the gateway leads nowhere else. Without an address it is
    the checkout page.
    """
    settings = deps.config
    if account == SIMULATED:
        return None
    if given is None:
        if not settings.checkout_url:
            return None
        given = f"{settings.checkout_url}/checkout?{urlencode({'order_id': order.id})}"
    else:
        origin = check_return_url(given, https_only=not settings.is_test_stage)
        if by_shopper and origin not in settings.checkout_origins:
            raise BadRequest("return_url must be an address of the checkout page", field="return_url")
    parts = urlsplit(given)
    query = "&".join(filter(None, (parts.query, urlencode({"payment_id": payment_id}))))
    return urlunsplit(parts._replace(query=query))
