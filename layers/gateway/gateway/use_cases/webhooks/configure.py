"""Where a merchant's webhooks go, and the secret that signs them."""

from gateway.domain.access.merchant import ROTATION_OVERLAP, Merchant
from gateway.domain.errors import NotFound, Unavailable
from gateway.domain.webhooks.webhook_url import check_webhook_url
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies


def find_merchant(deps: Dependencies, merchant_id: str) -> Merchant:
    """The calling merchant."""
    merchant = deps.database.merchants.get(merchant_id)
    if merchant is None:
        raise NotFound("Merchant not found")
    return merchant


def set_webhook_url(deps: Dependencies, merchant_id: str, url: str | None) -> Merchant:
    """Sets or clears (None) where webhooks go; BadRequest where the URL may not be used.

    Whatever was known of the endpoint is forgotten, even where the URL is the same: a merchant who sets it
    has repaired something, and events go there at once.
    """
    if url is not None:
        https_only = not deps.config.is_test_stage
        check_webhook_url(url, https_only=https_only, allowed_hosts=deps.config.webhook_allowed_hosts)
    deps.database.merchants.set_webhook_url(merchant_id, url)
    deps.database.endpoints.forget(merchant_id)
    log.info("webhook URL set", merchant_id=merchant_id, cleared=url is None)
    return find_merchant(deps, merchant_id)


def rotate_webhook_secret(deps: Dependencies, merchant_id: str) -> str:
    """A new webhook secret; the old one keeps signing beside it for a day."""
    merchant = find_merchant(deps, merchant_id)
    secret = deps.new_id("whsec_") + deps.new_id("")
    until = deps.now() + ROTATION_OVERLAP
    old = merchant.webhook_secret
    if not deps.database.merchants.replace_webhook_secret(merchant_id, old, secret, until):
        raise Unavailable("The secret was rotated by another request just now; please try again")
    log.info("webhook secret rotated", merchant_id=merchant_id)
    return secret
