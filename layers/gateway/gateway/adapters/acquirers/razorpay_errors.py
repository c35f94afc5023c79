"""What a response of Razorpay's says of the request itself: done, not done, or unknown."""

from typing import Any

from gateway.adapters.acquirers.http_client import Response
from gateway.domain.acquiring.results import AcquirerError, NotSent, Refused, Unknown


def failed_payment(response: Response) -> str | None:
    """The payment that a refused request made all the same: it is there, and it failed."""
    if response.status != 400:
        return None
    error = response.json().get("error")
    metadata = error.get("metadata") if isinstance(error, dict) else None
    found = metadata.get("payment_id") if isinstance(metadata, dict) else None
    return found if isinstance(found, str) and found else None


def object_of(response: Response) -> dict[str, Any]:
    """The object in a response; else what its status means for the request (docs, "About Errors")."""
    if response.status == 200:
        return response.json()
    raise _error_of(response)


def _error_of(response: Response) -> AcquirerError:
    if response.status >= 500:
        return Unknown("server_error", raw_code=str(response.status))
    error = response.json().get("error")
    told = error if isinstance(error, dict) else {}
    reason = told.get("reason")
    code = str((reason if reason not in (None, "NA") else None) or told.get("code") or response.status)
    if response.status in (401, 403):
        return NotSent("credentials", raw_code=code)
    if response.status == 429:
        return NotSent("busy", raw_code=code)
    if response.status == 409:
        return Unknown("in_progress", raw_code=code, ask_again_seconds=2)
    if told.get("code") in ("GATEWAY_ERROR", "SERVER_ERROR"):
        return Unknown("server_error", raw_code=code)
    return Refused("refused", raw_code=code)
