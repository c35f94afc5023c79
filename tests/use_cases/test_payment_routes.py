"""Where a new payment is routed to, and what its account does not take."""

from dataclasses import replace

import pytest

from gateway.domain.acquiring.results import NotSent
from gateway.domain.errors import AsyncPayError, BadRequest, NotFound, Unavailable
from gateway.domain.payments.instruments import Card
from gateway.domain.payments.payment import Payment
from gateway.use_cases.acquirer import Acquirer, CardEntry
from gateway.use_cases.payments.create_payment import create_payment
from gateway.use_cases.payments.new_payment import NewPayment
from tests.support.factories import ScriptedAcquirer
from tests.support.memory.shop import MemoryShop, lines, rendered, told

ACCOUNT = "stripe_Fq3ZtW8kLmXs0aBc"
CARD = Card("4242424242424242", "123", 12, 2039, "Asha Rao")
PAGE = "http://localhost:3001/checkout?order_id=order_1"


class RoutedShop(MemoryShop):
    """A shop with an account at an acquirer that takes cards only, beside the simulated bank."""

    def __init__(self, **settings: str) -> None:
        super().__init__(**({"CHECKOUT_URL": "http://localhost:3001"} | settings))
        self.stripe = ScriptedAcquirer()
        self.stripe.capabilities = replace(self.stripe.capabilities, methods=("card",), currencies=("INR",))
        self.deps = replace(self.deps, acquirer_of=self.acquirer_of)
        self.set_merchant(acquirer_account=ACCOUNT)

    def acquirer_of(self, account: str) -> Acquirer:
        if account not in (ACCOUNT, "simulated"):
            raise NotFound("No such acquirer account")
        return self.stripe if account == ACCOUNT else self.bank

    def take_no_card_numbers(self) -> None:
        self.stripe.capabilities = replace(self.stripe.capabilities, raw_cards=False)
        self.stripe.card_entry = CardEntry("stripe", "https://js.stripe.com/v3/", "pk_test_1")

    def begin(self, *, by_shopper: bool = False, currency: str = "INR", **request: object) -> Payment:
        asked = {"method": "card", "vpa": None, "card": CARD} | request
        order = self.order(amount=500, currency=currency)
        merchant_id = None if by_shopper else self.merchant.id
        response = create_payment(
            self.deps,
            merchant_id,
            NewPayment(order.id, **asked),
            rendered(None),  # type: ignore[arg-type]
        )
        return self.payment(response.body)

    def refusal(self, kind: type[AsyncPayError] = BadRequest, **request: object) -> tuple[str, str | None]:
        with pytest.raises(kind) as refusal:
            self.begin(**request)  # type: ignore[arg-type]
        assert not self.database.rows.of("payments")
        return told(refusal)


@pytest.fixture
def shop() -> RoutedShop:
    return RoutedShop()


def test_the_account_is_decided_when_a_payment_is_created_and_stays(shop: RoutedShop) -> None:
    payment = shop.begin()
    assert payment.attempt.account == ACCOUNT
    shop.set_merchant(acquirer_account=None)
    shop.process(payment)
    assert (shop.stripe.authorized, shop.bank.authorized) == ([payment.id], [])


def test_without_an_account_a_test_stage_simulates(shop: RoutedShop) -> None:
    shop.set_merchant(acquirer_account=None)
    assert shop.begin().attempt.account == "simulated"


@pytest.mark.parametrize("account", [None, "simulated"])
def test_a_live_stage_refuses_to_simulate(account: str | None) -> None:
    shop = RoutedShop(STAGE="live", TEST_MODE="false")
    shop.set_merchant(acquirer_account=account)
    assert shop.refusal() == ("The merchant can't take payments yet: it has no acquirer account", None)


def test_a_live_stage_takes_payments_through_an_account() -> None:
    shop = RoutedShop(STAGE="live", TEST_MODE="false")
    assert shop.begin().attempt.account == ACCOUNT


def test_a_method_that_the_account_does_not_take_is_named(shop: RoutedShop) -> None:
    refusal = shop.refusal(method="upi", vpa="user@paytm", card=None)
    assert refusal == ("method must be one of card", "method")


def test_upi_without_an_address_is_for_acquirers_that_give_a_link(shop: RoutedShop) -> None:
    able = replace(shop.stripe.capabilities, methods=("upi",))
    shop.stripe.capabilities = able
    refusal = shop.refusal(method="upi", vpa=None, card=None)
    assert refusal == ("upi_flow is not taken by this shop; send vpa", "upi_flow")
    shop.stripe.capabilities = replace(able, upi_intent=True)
    payment = shop.begin(method="upi", vpa=None, card=None)
    assert (payment.method, payment.vpa) == ("upi", None)


def test_a_currency_that_the_account_does_not_take_is_named(shop: RoutedShop) -> None:
    assert shop.refusal(currency="USD") == ("The shop can't be paid in USD", "order_id")


def test_an_account_that_is_not_there_is_our_fault_and_not_the_callers(shop: RoutedShop) -> None:
    shop.set_merchant(acquirer_account="stripe_0000000000000000")
    shop.refusal(Unavailable)


def test_an_acquirer_that_cannot_be_reached_for_a_token_leaves_nothing_behind(
    shop: RoutedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(_card: Card) -> str:
        raise NotSent("no_connection")

    monkeypatch.setattr(shop.stripe, "tokenize", unreachable)
    shop.refusal(Unavailable)


def test_a_card_number_is_refused_where_the_account_takes_none(shop: RoutedShop) -> None:
    shop.take_no_card_numbers()
    assert shop.refusal()[1] == "card"


def test_a_token_from_the_acquirers_own_field_says_network_and_last_digits(shop: RoutedShop) -> None:
    shop.take_no_card_numbers()
    payment = shop.begin(card=None, card_token="pm_1")
    assert (payment.processor_token, payment.card_network, payment.card_last4) == ("pm_1", "visa", "4242")


def test_a_token_that_the_acquirer_does_not_know_is_named(shop: RoutedShop) -> None:
    shop.take_no_card_numbers()
    assert shop.refusal(card=None, card_token="bad_1")[1] == "card_token"


def test_a_token_is_refused_where_card_numbers_are_taken(shop: RoutedShop) -> None:
    assert shop.refusal(card=None, card_token="pm_1")[1] == "card_token"


def test_without_an_address_the_shopper_comes_back_to_the_checkout_page(shop: RoutedShop) -> None:
    payment = shop.begin()
    query = f"order_id={payment.order_id}&payment_id={payment.id}"
    assert payment.return_url == f"http://localhost:3001/checkout?{query}"


@pytest.mark.parametrize("by_shopper", [True, False])
def test_the_page_says_where_it_wants_the_shopper_back(shop: RoutedShop, *, by_shopper: bool) -> None:
    payment = shop.begin(return_url=f"{PAGE}&embedded=true#top", by_shopper=by_shopper)
    assert payment.return_url == f"{PAGE}&embedded=true&payment_id={payment.id}#top"


def test_a_shoppers_browser_cannot_have_others_led_elsewhere(shop: RoutedShop) -> None:
    assert shop.refusal(return_url="https://evil.example/", by_shopper=True)[1] == "return_url"
    assert shop.begin(return_url="https://shop.example/thanks").return_url


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "/checkout", "https://", "https://u:p@shop.example/", "https://shop.example/\r\nx",
     "https://shop.example/ x", "http://[::1", "https://shop.example/" + "x" * 2048],
)  # fmt: skip
def test_what_is_no_address_to_come_back_to_is_named(shop: RoutedShop, url: str) -> None:
    assert shop.refusal(return_url=url)[1] == "return_url"


def test_a_live_stage_leads_shoppers_back_over_https_only() -> None:
    shop = RoutedShop(STAGE="live", TEST_MODE="false", CHECKOUT_URL="https://pay.example/")
    assert shop.refusal(return_url="http://shop.example/")[1] == "return_url"
    assert shop.begin(return_url="https://pay.example/checkout", by_shopper=True)


def test_the_simulated_bank_sends_nobody_anywhere(shop: RoutedShop) -> None:
    shop.set_merchant(acquirer_account=None)
    assert shop.begin(return_url=PAGE).return_url is None


BUSY = ("The acquirer can't be reached; please try again", None)


def test_what_a_shop_does_not_take_is_said(shop: RoutedShop) -> None:
    known_only = "card_token is not taken by this shop; send card"
    assert shop.refusal(card=None, card_token="pm_1") == (known_only, "card_token")
    page_only = "return_url must be an address of the checkout page"
    assert shop.refusal(return_url="https://evil.example/", by_shopper=True) == (page_only, "return_url")
    shop.take_no_card_numbers()
    assert shop.refusal() == ("card is not taken by this shop; send card_token", "card")
    unknown = "card_token is not known to the acquirer"
    assert shop.refusal(card=None, card_token="bad_1") == (unknown, "card_token")


def test_what_cannot_be_reached_is_logged_with_its_account(
    shop: RoutedShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(_card: Card) -> str:
        raise NotSent("no_connection", raw_code="E1")

    monkeypatch.setattr(shop.stripe, "tokenize", unreachable)
    assert shop.refusal(Unavailable) == BUSY
    (line,) = lines(capsys, "no token for a card")
    assert (line["level"], line["error"]) == ("ERROR", "NotSent")
    assert (line["account"], line["reason"], line["raw_code"]) == (ACCOUNT, "no_connection", "E1")
    missing = "stripe_0000000000000000"
    shop.set_merchant(acquirer_account=missing)
    assert shop.refusal(Unavailable) == BUSY
    (line,) = lines(capsys, "a merchant's acquirer account is not there")
    assert (line["level"], line["error"], line["account"]) == ("ERROR", "NotFound", missing)
