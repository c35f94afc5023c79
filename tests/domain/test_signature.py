import hashlib
import hmac

from gateway.domain.webhooks.signature import sign
from tests.support.factories import a_merchant


def test_a_signature_is_the_lower_case_hex_hmac_of_the_bytes() -> None:
    # RFC 4231, test case 2.
    wanted = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert sign("Jefe", b"what do ya want for nothing?") == wanted


def test_a_signature_covers_text_outside_ascii() -> None:
    payload = '{"reason":"₹ zurück"}'.encode()
    secret = a_merchant().webhook_secret
    assert sign(secret, payload) == hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()
