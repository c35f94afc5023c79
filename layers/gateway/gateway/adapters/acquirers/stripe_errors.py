"""What a response of Stripe's says of the request itself: done, not done, or unknown."""

from typing import Any

from gateway.adapters.acquirers.http_client import Response
from gateway.domain.acquiring.results import AcquirerError, NotSent, Refused, Unknown


def object_of(response: Response) -> dict[str, Any]:
    """The object in a response; else what its status means for the request (API reference, "Errors")."""
    if response.status == 200:
        return response.json()
    raise _error_of(response)


def _error_of(response: Response) -> AcquirerError:
    if response.status >= 500:
        # Also stored under the key, so the same request may never say more than this; a look-up does.
        return Unknown("server_error", raw_code=str(response.status))
    error = response.json().get("error")
    code = str(
        (error.get("code") or error.get("type") if isinstance(error, dict) else None) or response.status
    )
    if response.status == 409 and code == "idempotency_key_in_use":
        return Unknown("in_progress", raw_code=code, ask_again_seconds=2)
    if response.status in (401, 403):
        return NotSent("credentials", raw_code=code)
    if response.status in (409, 429):
        return NotSent("busy", raw_code=code)
    return Refused("refused", raw_code=code)


def declined_intent(response: Response) -> dict[str, Any]:
    """The PaymentIntent of a declined request, which the error carries; or as much of one as it tells."""
    error = response.json()["error"]
    intent = error.get("payment_intent")
    return intent or {"status": "requires_payment_method", "last_payment_error": error}
