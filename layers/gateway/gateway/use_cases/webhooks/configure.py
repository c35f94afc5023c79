"""Where a merchant's own webhooks go, and the secret that signs them: the first endpoint."""

from gateway.domain.access.audit import Action
from gateway.domain.access.merchant import Merchant
from gateway.domain.errors import NotFound
from gateway.domain.webhooks.webhook_endpoint import ROTATION_OVERLAP
from gateway.domain.webhooks.webhook_url import check_webhook_url
from gateway.runtime import log
from gateway.use_cases.access.audit import change_of, record
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import Idempotency, StoredResponse
from gateway.use_cases.protocols.refusals import ConditionFailed

ROTATING = "The secret was rotated by another request just now; please try again"


def find_merchant(deps: Dependencies, merchant_id: str) -> Merchant:
    """The calling merchant."""
    merchant = deps.database.merchants.get(merchant_id)
    if merchant is None:
        raise NotFound("Merchant not found")
    return merchant


def check_url(deps: Dependencies, url: str, field: str = "webhook_url") -> None:
    """BadRequest where the URL, which is the body's `field`, may not be used."""
    https_only = not deps.config.is_test_stage
    allowed_hosts = deps.config.webhook_allowed_hosts
    check_webhook_url(url, https_only=https_only, allowed_hosts=allowed_hosts, field=field)


def set_webhook_url(
    deps: Dependencies,
    merchant_id: str,
    url: str | None,
    events: tuple[str, ...] | None = None,
    *,
    is_known: bool = False,
) -> Merchant:
    """Sets or clears (None) where webhooks go; BadRequest where the URL may not be used.

    `events` are those that go there; None leaves that as it is. Whatever was known of the endpoint is
    forgotten, even where the URL is the same: a merchant who sets it has repaired something, and events go
    there at once. `is_known`: it is the URL that is set already.
    """
    if url is not None and not is_known:
        check_url(deps, url)
    try:
        with change_of(deps, "merchant") as work:
            details: dict[str, object] = {"webhook_url": url}
            if events is None:
                work.merchants.set_webhook_url(merchant_id, url)
            else:
                work.merchants.set_webhook_events(merchant_id, url, events)
                details["events"] = list(events)
            record(
                work,
                deps,
                merchant_id=merchant_id,
                action=Action.WEBHOOK_URL_SET,
                changed=merchant_id,
                details=details,
            )
    except ConditionFailed as refusal:
        raise NotFound("Merchant not found") from refusal
    deps.database.endpoints.forget(merchant_id)
    log.info("webhook URL set", merchant_id=merchant_id, cleared=url is None)
    return find_merchant(deps, merchant_id)


def rotate_webhook_secret(deps: Dependencies, merchant_id: str, idempotency: Idempotency) -> StoredResponse:
    """A new webhook secret, or the response that the key already stands for.

    The old one keeps signing beside it for a day.
    """
    with deps.unit_of_work(idempotency, explain=lambda: None, busy=ROTATING) as work:
        (merchant,) = work.load((Merchant, merchant_id))
        if merchant is None:
            raise NotFound("Merchant not found")
        secret, old = new_secret(deps), merchant.webhook_secret
        work.merchants.replace_webhook_secret(merchant_id, old, secret, deps.now() + ROTATION_OVERLAP)
        record(
            work,
            deps,
            merchant_id=merchant_id,
            action=Action.WEBHOOK_SECRET_ROTATED,
            changed=merchant_id,
        )
        work.succeed(secret, "webhook secret rotated", merchant_id=merchant_id)
    return work.response


def new_secret(deps: Dependencies) -> str:
    """A secret that signs webhooks; what follows the prefix is base64, as Standard Webhooks wants it."""
    return deps.new_id("whsec_") + deps.new_id("")
