import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from gateway.domain.webhooks.signature import (
    sign,
    sign_standard,
    sign_success,
    signature_headers,
    standard_keys,
)
from tests.support.factories import a_merchant


def test_a_signature_is_the_lower_case_hex_hmac_of_the_bytes() -> None:
    # RFC 4231, test case 2.
    wanted = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert sign("Jefe", b"what do ya want for nothing?") == wanted


def test_a_signature_covers_text_outside_ascii() -> None:
    payload = '{"reason":"₹ zurück"}'.encode()
    secret = a_merchant().webhook_secret
    assert sign(secret, payload) == hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()


def test_while_a_secret_is_rotated_both_sign() -> None:
    now = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
    stamp = int(now.timestamp())
    assert signature_headers(["new", "old"], "w1", b"{}", now) == {
        "X-Webhook-Signature": sign("new", b"{}"),
        "X-Webhook-Signature-Previous": sign("old", b"{}"),
        "webhook-id": "w1",
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(
            sign_standard(secret.encode(), "w1", stamp, b"{}") for secret in ("new", "old")
        ),
    }


def test_a_secret_that_is_base64_signs_as_the_libraries_do_too() -> None:
    text = "AbCdEfGhIjKlMnOpQrStUvWxYz012345"
    assert standard_keys("whsec_" + text) == [b"whsec_" + text.encode(), base64.b64decode(text)]
    now = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
    headers = signature_headers(["whsec_" + text], "w1", b"{}", now)
    stamp = int(now.timestamp())
    assert headers["webhook-signature"].split(" ") == [
        sign_standard(b"whsec_" + text.encode(), "w1", stamp, b"{}"),
        sign_standard(base64.b64decode(text), "w1", stamp, b"{}"),
    ]


@pytest.mark.parametrize(
    "secret", ["whsec_test_abc123", "whsec_AAAA", "whsec_", "AbCdEfGhIjKlMnOpQrStUvWxYz012345"]
)
def test_a_secret_that_is_none_of_the_libraries_signs_as_ever(secret: str) -> None:
    assert standard_keys(secret) == [secret.encode()]


def test_a_success_is_signed_by_each_secret() -> None:
    assert sign_success(["new", "old"], "order_1", "pay_1").split(" ") == [
        sign("new", b"order_1|pay_1"),
        sign("old", b"order_1|pay_1"),
    ]
