"""A merchant's webhook endpoints: the own URL, which configure.py sets, and those that are added to it.

The added ones are members of the merchant's row, which everything that makes an event reads anyway: nobody
pays a read or a write for what they don't use.
"""

from dataclasses import replace
from typing import Any, NamedTuple

from gateway.domain.access.audit import Action
from gateway.domain.access.merchant import Merchant
from gateway.domain.errors import BadRequest, NotFound
from gateway.domain.page import Page
from gateway.domain.reasons import Reason
from gateway.domain.webhooks.events import DEFAULT_EVENTS
from gateway.domain.webhooks.webhook_endpoint import (
    ENDPOINTS_MAX,
    FIRST_ENDPOINT,
    WebhookEndpoint,
    endpoint_key,
)
from gateway.use_cases.access.audit import record
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import Idempotency, StoredResponse
from gateway.use_cases.unit_of_work import UnitOfWork
from gateway.use_cases.webhooks.configure import (
    check_url,
    find_merchant,
    new_secret,
    rotate_webhook_secret,
    set_webhook_url,
)

BUSY = "The endpoints are being changed by another request; please try again"


class Wanted(NamedTuple):
    """What is to be changed of an endpoint; None leaves it as it is."""

    url: str | None = None
    events: tuple[str, ...] | None = None
    enabled: bool | None = None


def list_endpoints(deps: Dependencies, merchant_id: str) -> Page[WebhookEndpoint]:
    """All of a merchant's endpoints, the own URL first, then the newest one."""
    merchant = find_merchant(deps, merchant_id)
    own = [merchant.first_endpoint] if merchant.first_endpoint else []
    found = [*own, *reversed(merchant.added_endpoints)]
    return Page.cut(found, limit=ENDPOINTS_MAX, offset=0)


def find_endpoint(deps: Dependencies, merchant_id: str, endpoint_id: str) -> WebhookEndpoint:
    """One of the merchant's endpoints, or NotFound."""
    return _of(find_merchant(deps, merchant_id), endpoint_id)


def add_endpoint(
    deps: Dependencies,
    merchant_id: str,
    url: str,
    events: tuple[str, ...] | None,
    idempotency: Idempotency,
) -> StoredResponse:
    """Adds an endpoint with a secret of its own, or returns the response that the key already stands for.

    BadRequest where the URL may not be used, or there are ENDPOINTS_MAX, the own URL counted.
    """
    check_url(deps, url, "url")
    with deps.unit_of_work(idempotency, explain=lambda: None, busy=BUSY) as work:
        merchant = _load(work, merchant_id)
        if len(merchant.added_endpoints) >= ENDPOINTS_MAX - 1:
            raise BadRequest(
                f"At most {ENDPOINTS_MAX} endpoints, webhook_url included; remove one first",
                reason=Reason.TOO_MANY_ENDPOINTS,
            )
        endpoint = WebhookEndpoint(
            deps.new_id("we_"), url, new_secret(deps), events or DEFAULT_EVENTS, created_at=deps.now()
        )
        work.merchants.set_endpoints(
            merchant.id, merchant.endpoints_version, merchant.with_endpoint(endpoint)
        )
        _record(work, deps, merchant, endpoint, Action.WEBHOOK_ENDPOINT_ADDED)
        work.succeed(endpoint, "webhook endpoint added", merchant_id=merchant_id, endpoint_id=endpoint.id)
    return work.response


def change_endpoint(
    deps: Dependencies, merchant_id: str, endpoint_id: str, wanted: Wanted
) -> WebhookEndpoint:
    """Changes an endpoint. How it has been doing is forgotten, so that events go there at once."""
    if endpoint_id == FIRST_ENDPOINT:
        return _change_first(deps, merchant_id, wanted)
    if wanted.url is not None:
        check_url(deps, wanted.url, "url")
    with deps.unit_of_work(explain=lambda: None, busy=BUSY) as work:
        merchant = _load(work, merchant_id)
        before = _of(merchant, endpoint_id)
        enabled = before.enabled if wanted.enabled is None else wanted.enabled
        after = replace(
            before, url=wanted.url or before.url, events=wanted.events or before.events, enabled=enabled
        )
        work.merchants.set_endpoints(merchant.id, merchant.endpoints_version, merchant.with_endpoint(after))
        _record(work, deps, merchant, after, Action.WEBHOOK_ENDPOINT_CHANGED)
        work.log("webhook endpoint changed", merchant_id=merchant_id, endpoint_id=endpoint_id)
    deps.database.endpoints.forget(endpoint_key(merchant_id, endpoint_id))
    return after


def remove_endpoint(deps: Dependencies, merchant_id: str, endpoint_id: str) -> WebhookEndpoint:
    """Takes an endpoint away, and answers with it. What still waits for it ends as failed."""
    if endpoint_id == FIRST_ENDPOINT:
        removed = find_endpoint(deps, merchant_id, endpoint_id)
        set_webhook_url(deps, merchant_id, None)
        return removed
    with deps.unit_of_work(explain=lambda: None, busy=BUSY) as work:
        merchant = _load(work, merchant_id)
        removed = _of(merchant, endpoint_id)
        others = merchant.without_endpoint(endpoint_id)
        work.merchants.set_endpoints(merchant.id, merchant.endpoints_version, others)
        _record(work, deps, merchant, removed, Action.WEBHOOK_ENDPOINT_REMOVED)
        work.log("webhook endpoint removed", merchant_id=merchant_id, endpoint_id=endpoint_id)
    deps.database.endpoints.forget(endpoint_key(merchant_id, endpoint_id))
    return removed


def rotate_endpoint_secret(
    deps: Dependencies, merchant_id: str, endpoint_id: str, idempotency: Idempotency
) -> StoredResponse:
    """A new secret of an endpoint, or the response that the key already stands for; the old one as ever."""
    if endpoint_id == FIRST_ENDPOINT:
        return rotate_webhook_secret(deps, merchant_id, idempotency)
    with deps.unit_of_work(idempotency, explain=lambda: None, busy=BUSY) as work:
        merchant = _load(work, merchant_id)
        after = _of(merchant, endpoint_id).rotated(new_secret(deps), deps.now())
        work.merchants.set_endpoints(merchant.id, merchant.endpoints_version, merchant.with_endpoint(after))
        record(
            work,
            deps,
            merchant_id=merchant_id,
            action=Action.WEBHOOK_SECRET_ROTATED,
            changed=endpoint_id,
        )
        work.succeed(after.secret, "webhook secret rotated", merchant_id=merchant_id, endpoint_id=endpoint_id)
    return work.response


def _change_first(deps: Dependencies, merchant_id: str, wanted: Wanted) -> WebhookEndpoint:
    before = find_endpoint(deps, merchant_id, FIRST_ENDPOINT)
    if wanted.enabled is False:
        raise BadRequest("The endpoint of webhook_url is either set or not; remove it", field="enabled")
    url = wanted.url or before.url
    merchant = set_webhook_url(deps, merchant_id, url, wanted.events, is_known=wanted.url is None)
    return _of(merchant, FIRST_ENDPOINT)


def _load(work: UnitOfWork, merchant_id: str) -> Merchant:
    (merchant,) = work.load((Merchant, merchant_id))
    if merchant is None:
        raise NotFound("Merchant not found")
    return merchant


def _of(merchant: Merchant, endpoint_id: str) -> WebhookEndpoint:
    endpoint = merchant.endpoint(endpoint_id)
    if endpoint is None:
        raise NotFound("Webhook endpoint not found")
    return endpoint


def _record(
    work: UnitOfWork, deps: Dependencies, merchant: Merchant, endpoint: WebhookEndpoint, action: Action
) -> None:
    details: dict[str, Any] = {"url": endpoint.url}
    if action is not Action.WEBHOOK_ENDPOINT_REMOVED:
        details |= {"events": list(endpoint.events), "enabled": endpoint.enabled}
    record(work, deps, merchant_id=merchant.id, action=action, changed=endpoint.id, details=details)
