import hashlib
import hmac
from datetime import UTC, datetime

from gateway.domain.webhooks.signature import sign, sign_standard, signature_headers
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
        "webhook-signature": " ".join(sign_standard(secret, "w1", stamp, b"{}") for secret in ("new", "old")),
    }
