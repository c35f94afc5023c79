"""What the checkout page is told beside the payment: whom it pays, and what proves the success."""

from dataclasses import replace

import pytest

from gateway.domain.errors import BadRequest
from gateway.domain.webhooks.signature import sign_success
from gateway.use_cases.access.checkout import find_checkout_shop, success_signature
from gateway.use_cases.payments.create_payment import create_payment
from gateway.use_cases.payments.new_payment import NewPayment
from gateway.use_cases.webhooks.configure import rotate_webhook_secret
from tests.support.memory.shop import SECRET_ITSELF, MemoryShop, rendered


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


def test_a_payment_in_another_currency_than_the_orders_is_not_begun() -> None:
    shop = MemoryShop()
    order = shop.order()
    new = NewPayment(order.id, "upi", "user@paytm", None, currency="USD")
    with pytest.raises(BadRequest, match=r"^currency must be the order's$"):
        create_payment(shop.deps, shop.merchant.id, new, rendered(None))
    assert create_payment(shop.deps, shop.merchant.id, replace(new, currency="INR"), rendered(None)).body
