"""Verifying what the checkout in a shopper's browser says of its success."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from asyncpay.errors import SignatureVerificationError


class Checkout:
    """Verifies what `onSuccess` hands to a shop's page, on the shop's server."""

    @staticmethod
    def verify(*, order_id: str, payment_id: str, signature: str, secret: str | Sequence[str]) -> None:
        """SignatureVerificationError unless the gateway says that this payment of this order succeeded.

        `order_id` must be the shop's own, of the session or the database, not one that came with the
        signature: a signature of another order is genuine too. `secret` is the webhook secret, or several
        during a rotation.
        """
        keys = [secret] if isinstance(secret, str) else list(secret)
        if not keys or not all(keys):
            raise ValueError("secret is empty")
        content = f"{order_id}|{payment_id}".encode()
        wanted = [hmac.new(key.encode(), content, hashlib.sha256).hexdigest() for key in keys]
        given = str(signature).split()
        # Every pair is compared, so that the time does not tell which one matched.
        found = [hmac.compare_digest(one.encode(), other.encode()) for one in given for other in wanted]
        if not any(found):
            raise SignatureVerificationError("The signature is not of this order, payment and secret")
