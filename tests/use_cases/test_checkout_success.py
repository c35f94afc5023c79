"""What the checkout page is told beside the payment: whom it pays, and what proves the success."""

from dataclasses import replace

import pytest

from gateway.adapters.acquirers.simulator import CAPABILITIES
from gateway.domain.acquiring.attempt import SIMULATED
from gateway.domain.errors import BadRequest, NotFound
from gateway.domain.webhooks.signature import sign_success
from gateway.use_cases.access.checkout import CheckoutShop, find_checkout_shop, success_signature
from gateway.use_cases.acquirer import Acquirer, CardEntry
from gateway.use_cases.payments.create_payment import create_payment
from gateway.use_cases.payments.new_payment import NewPayment
from gateway.use_cases.webhooks.configure import rotate_webhook_secret
from tests.support.factories import ScriptedAcquirer
from tests.support.memory.shop import SECRET_ITSELF, MemoryShop, lines, rendered

ACCOUNT = "stripe_0123456789abcdef"


def test_a_success_is_signed_for_the_shops_server_and_nothing_else_is() -> None:
    shop = MemoryShop()
    pending = shop.pending()
    assert success_signature(shop.deps, pending) is None
    paid = shop.paid()
    secret = shop.merchant.webhook_secret
    assert success_signature(shop.deps, paid) == sign_success([secret], paid.order_id, paid.id)
    new = rotate_webhook_secret(shop.deps, shop.merchant.id, SECRET_ITSELF).body
    assert success_signature(shop.deps, paid) == sign_success([new, secret], paid.order_id, paid.id)
    assert success_signature(shop.deps, replace(paid, merchant_id="nobody")) is None


def test_a_shopper_is_told_whom_they_pay() -> None:
    shop = MemoryShop()
    assert find_checkout_shop(shop.deps, shop.merchant.id).name == shop.merchant.name
    assert find_checkout_shop(shop.deps, "nobody").name == ""


def test_a_shopper_is_told_how_the_shops_acquirer_takes_payments() -> None:
    entry = CardEntry("stripe", "https://js.example/v3", "pk_test_1")
    able = replace(CAPABILITIES, methods=("card",), upi_intent=True)
    shop = MemoryShop(ScriptedAcquirer(capabilities=able, card_entry=entry))
    asked: list[str] = []

    def acquirer_of(account: str) -> Acquirer:
        asked.append(account)
        return shop.bank

    shop.deps = replace(shop.deps, acquirer_of=acquirer_of)
    for account, acquirer in ((ACCOUNT, "stripe"), (None, SIMULATED)):
        shop.set_merchant(acquirer_account=account)
        shown = find_checkout_shop(shop.deps, shop.merchant.id)
        assert shown == CheckoutShop(shop.merchant.name, acquirer, ("card",), entry, upi_intent=True)
    assert asked == [ACCOUNT, SIMULATED]


def test_a_shop_that_cannot_take_payments_is_shown_by_its_name_and_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def no_account(_account: str) -> Acquirer:
        raise NotFound("No such acquirer account")

    live = MemoryShop(STAGE="live", TEST_MODE="false")
    live.deps = replace(live.deps, acquirer_of=no_account)
    for account, error in ((None, "BadRequest"), (ACCOUNT, "NotFound")):
        live.set_merchant(acquirer_account=account)
        assert find_checkout_shop(live.deps, live.merchant.id) == CheckoutShop(
            live.merchant.name, "", (), None
        )
        line = {"level": "ERROR", "merchant_id": live.merchant.id, "error": error}
        assert lines(capsys, "a shop can't take payments") == [line]


def test_a_payment_in_another_currency_than_the_orders_is_not_begun() -> None:
    shop = MemoryShop()
    order = shop.order()
    new = NewPayment(order.id, "upi", "user@paytm", None, currency="USD")
    with pytest.raises(BadRequest, match=r"^currency must be the order's$"):
        create_payment(shop.deps, shop.merchant.id, new, rendered(None))
    assert create_payment(shop.deps, shop.merchant.id, replace(new, currency="INR"), rendered(None)).body
