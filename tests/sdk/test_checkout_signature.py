"""Checkout.verify, and a Standard Webhooks library, on what the gateway itself signs."""

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook as StandardWebhook
from standardwebhooks import WebhookVerificationError

import asyncpay
from asyncpay import Checkout
from gateway.domain.webhooks.signature import sign_success, signature_headers
from gateway.use_cases.webhooks.configure import rotate_webhook_secret
from tests.support.memory.shop import SECRET_ITSELF, MemoryShop

ORDER, PAYMENT, SECRET, OLD = "order_A", "pay_B", "whsec_new", "whsec_old"


def verify(signature: str, *secrets: str, order_id: str = ORDER, payment_id: str = PAYMENT) -> None:
    Checkout.verify(order_id=order_id, payment_id=payment_id, signature=signature, secret=secrets)


@pytest.mark.parametrize("known", [(SECRET,), (OLD,), ("whsec_x", OLD)])
def test_a_success_of_the_gateway_is_taken_during_a_rotation_too(known: tuple[str, ...]) -> None:
    verify(sign_success([SECRET, OLD], ORDER, PAYMENT), *known)


@pytest.mark.parametrize("signature", ["", "0" * 64, "é", sign_success(["whsec_x"], ORDER, PAYMENT)])
def test_another_signature_is_refused(signature: str) -> None:
    with pytest.raises(asyncpay.SignatureVerificationError):
        verify(signature, SECRET)


def test_the_signature_of_another_order_or_payment_is_refused() -> None:
    signature = sign_success([SECRET], ORDER, PAYMENT)
    for other in ({"order_id": "order_C"}, {"payment_id": "pay_C"}):
        with pytest.raises(asyncpay.SignatureVerificationError):
            verify(signature, SECRET, **other)
    with pytest.raises(ValueError, match="secret is empty"):
        verify(signature, "")


def test_a_secret_issued_now_works_in_a_standard_webhooks_library_as_it_stands() -> None:
    shop = MemoryShop()
    secret = rotate_webhook_secret(shop.deps, shop.merchant.id, SECRET_ITSELF).body
    body = b'{"event":"payment.success"}'
    now = datetime.now(UTC)
    assert StandardWebhook(secret).verify(body, signature_headers([secret], "w1", body, now))
    assert StandardWebhook(secret).verify(body, signature_headers(["whsec_x", secret], "w1", body, now))
    with pytest.raises(WebhookVerificationError):
        StandardWebhook(secret).verify(body + b" ", signature_headers([secret], "w1", body, now))
