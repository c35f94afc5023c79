"""How a new payment begins: where it goes, decided once, and what stands for its card there.

With a real acquirer this may be a call to it, while the shopper waits: a card number becomes the acquirer's
token before anything is stored, or a token that came from the shopper's browser is looked at.
"""

from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit, urlunsplit

from gateway.domain.acquiring.attempt import SIMULATED
from gateway.domain.acquiring.driver import first_attempt
from gateway.domain.acquiring.results import AcquirerError, Refused
from gateway.domain.errors import BadRequest, InvalidCard, NotFound, Unavailable
from gateway.domain.payments.instruments import Card, ExchangedCard
from gateway.domain.payments.order import Order
from gateway.domain.payments.payment import OrderDetails, Payment, PaymentStatus
from gateway.domain.payments.return_url import check_return_url
from gateway.runtime import log
from gateway.use_cases.acquirer import Acquirer
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.payments.admission import Admitted
from gateway.use_cases.payments.new_payment import NewPayment

BUSY = "The acquirer can't be reached; please try again"


class TokenWanted(Exception):
    """Everything else was right: the card function is to get a token at `account`, and to ask again."""

    def __init__(self, account: str) -> None:
        super().__init__(account)
        self.account = account


class Route(NamedTuple):
    """The acquirer that a payment goes to, and what is kept of its card: token, network and last digits."""

    acquirer: Acquirer
    token: str | None = None
    network: str | None = None
    last4: str | None = None


def begin_payment(
    deps: Dependencies, account: str, order: Order, new: NewPayment, admitted: Admitted, *, by_shopper: bool
) -> Payment:
    """The payment as it begins. Whatever becomes of it, this account is asked about it."""
    payment_id = deps.new_id("pay_")
    way = route(deps, account, order, new)
    return_url = return_url_of(deps, account, order, new.return_url, payment_id, by_shopper=by_shopper)
    chaos = deps.chaos_of(admitted.merchant)
    now = deps.now()  # the acquirer may have taken seconds, and a key's time must not begin too late
    late_seconds = chaos.outcome_delay_seconds(payment_id) if chaos else 0
    return Payment(
        id=payment_id,
        merchant_id=order.merchant_id,
        order_id=order.id,
        amount=order.amount,
        currency=order.currency,
        method=new.method,
        vpa=new.vpa,
        card_network=way.network,
        card_last4=way.last4,
        processor_token=way.token,
        status=PaymentStatus.PENDING,
        captured=False,
        amount_captured=0,
        amount_refunded=0,
        refundable=0,
        created_at=now,
        updated_at=now,
        due_at=now + timedelta(seconds=late_seconds, milliseconds=way.acquirer.outcome_delay_ms(payment_id)),
        attempt=first_attempt(account, way.acquirer.capabilities.authorize_key_life, now),
        return_url=return_url,
        screening=admitted.screening,
        of_order=OrderDetails(order.receipt, order.notes),
    )


def route(deps: Dependencies, account: str, order: Order, new: NewPayment) -> Route:
    """The way of a new payment. BadRequest names what the account does not take.

    TokenWanted for a card whose number did not come here, and which has no token of that account yet.
    No round trip with the simulated bank; one to a real acquirer for a card, and one more for the account's
    credentials, every five minutes in each process.
    """
    try:
        acquirer = deps.acquirer_of(account)
    except NotFound as error:
        log.error("a merchant's acquirer account is not there", error, account=account)
        raise Unavailable(BUSY) from error
    able = acquirer.capabilities
    if new.method not in able.methods:
        raise BadRequest(f"method must be one of {', '.join(able.methods)}", field="method")
    if order.currency not in able.currencies:
        raise BadRequest(f"The shop can't be paid in {order.currency}", field="order_id")
    if new.method == "upi" and new.vpa is None and not able.upi_intent:
        raise BadRequest("upi_flow is not taken by this shop; send vpa", field="upi_flow")
    if new.method != "card":
        return Route(acquirer)
    try:
        return _with_card(account, acquirer, new)
    except AcquirerError as error:
        log.error("no token for a card", error, account=account, reason=error.reason, raw_code=error.raw_code)
        raise Unavailable(BUSY) from error


def _with_card(account: str, acquirer: Acquirer, new: NewPayment) -> Route:
    card, token = new.card, new.card_token
    if token is not None:
        if acquirer.card_entry is None:
            raise BadRequest("card_token is not taken by this shop; send card", field="card_token")
        try:
            known = acquirer.read_token(token)
        except Refused as error:
            raise BadRequest("card_token is not known to the acquirer", field="card_token") from error
        return Route(acquirer, token, known.network, known.last4)
    assert card is not None
    if not acquirer.capabilities.raw_cards:
        raise BadRequest("card is not taken by this shop; send card_token", field="card")
    return Route(acquirer, _token_of(card, account, acquirer), card.network, card.last4)


def _token_of(card: Card | ExchangedCard, account: str, acquirer: Acquirer) -> str:
    if isinstance(card, Card):
        return acquirer.tokenize(card)
    if card.account != account:
        raise TokenWanted(account)
    if card.refused:
        raise InvalidCard("card")
    if card.token is None:
        raise Unavailable(BUSY)
    return card.token


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
