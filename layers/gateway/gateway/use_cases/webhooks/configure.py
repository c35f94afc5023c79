"""Where a merchant's webhooks go, and the secret that signs them."""

from gateway.domain.access.audit import Action
from gateway.domain.access.merchant import ROTATION_OVERLAP, Merchant
from gateway.domain.errors import NotFound, Unavailable
from gateway.domain.webhooks.webhook_url import check_webhook_url
from gateway.runtime import log
from gateway.use_cases.access.audit import change_of, record
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.protocols.refusals import ConditionFailed


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
    try:
        with change_of(deps, "merchant") as work:
            work.merchants.set_webhook_url(merchant_id, url)
            record(
                work,
                deps,
                merchant_id=merchant_id,
                action=Action.WEBHOOK_URL_SET,
                changed=merchant_id,
                details={"webhook_url": url},
            )
    except ConditionFailed as refusal:
        raise NotFound("Merchant not found") from refusal
    deps.database.endpoints.forget(merchant_id)
    log.info("webhook URL set", merchant_id=merchant_id, cleared=url is None)
    return find_merchant(deps, merchant_id)


def rotate_webhook_secret(deps: Dependencies, merchant_id: str) -> str:
    """A new webhook secret; the old one keeps signing beside it for a day."""
    merchant = find_merchant(deps, merchant_id)
    secret = deps.new_id("whsec_") + deps.new_id("")
    until = deps.now() + ROTATION_OVERLAP
    old = merchant.webhook_secret
    try:
        with change_of(deps, "secret") as work:
            work.merchants.replace_webhook_secret(merchant_id, old, secret, until)
            record(
                work,
                deps,
                merchant_id=merchant_id,
                action=Action.WEBHOOK_SECRET_ROTATED,
                changed=merchant_id,
            )
    except ConditionFailed as refusal:
        raise Unavailable("The secret was rotated by another request just now; please try again") from refusal
    log.info("webhook secret rotated", merchant_id=merchant_id)
    return secret
