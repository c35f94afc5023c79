"""Sending deliveries on request: a sample event, an earlier delivery once more, or all that failed.

All of it is limited for each merchant, whatever the endpoint: a URL may be any public host's, and we are no
tool to flood it with. What is used of a limit is part of the transaction, so a repeated request uses nothing.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from gateway.domain.access.audit import Action
from gateway.domain.access.limit import Limit
from gateway.domain.access.merchant import Merchant
from gateway.domain.cursor import Cursor
from gateway.domain.errors import BadRequest, NotFound
from gateway.domain.span import Span
from gateway.domain.values import to_iso
from gateway.domain.webhooks.delivery import WebhookDelivery
from gateway.domain.webhooks.events import sample_event
from gateway.domain.webhooks.webhook_endpoint import FIRST_ENDPOINT
from gateway.presenters.event import delivery_of
from gateway.use_cases.access.audit import record
from gateway.use_cases.access.limits import check_left
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import Idempotency, StoredResponse
from gateway.use_cases.webhooks.keeping import first_shown, is_shown

TEST_EVENTS = Limit("webhook-tests", 30, timedelta(minutes=10))
# A delivery that is begun again has five attempts.
RETRIES = Limit("webhook-retries", 60, timedelta(minutes=10))
RETRIES_OF_FAILED = Limit("webhook-retries-of-failed", 100, timedelta(minutes=10))
# How many deliveries one request begins again. Each takes two of the transaction's 100 writes.
RETRIED_MAX = 40
BUSY = "The webhook is being delivered just now; please try again"


class Failed(NamedTuple):
    """Which failed deliveries: those made in a span of time, to one endpoint or, for None, to any."""

    span: Span
    endpoint_id: str | None = None
    cursor: Cursor | None = None

    def since(self, first: datetime | None) -> "Failed":
        """Those of them that are shown: made then or later, or any for None."""
        if first is None:
            return self
        is_behind = self.cursor is not None and self.cursor.created_at < to_iso(first)
        return Failed(self.span.since(first), self.endpoint_id, None if is_behind else self.cursor)


class Retried(NamedTuple):
    """Deliveries that begin again, and where to go on; None at the end."""

    deliveries: list[WebhookDelivery]
    next_cursor: str | None


def send_test_event(
    deps: Dependencies, merchant_id: str, idempotency: Idempotency, endpoint_id: str = FIRST_ENDPOINT
) -> StoredResponse:
    """Sends a sample event through the real path, without waiting for an open circuit.

    BadRequest if no URL is configured, NotFound without such an endpoint, RateLimited after TEST_EVENTS of a
    merchant.
    """
    now = deps.now()

    def explain() -> None:
        check_left(deps, TEST_EVENTS, merchant_id)

    with deps.unit_of_work(idempotency, explain=explain) as work:
        (merchant,) = work.load((Merchant, merchant_id))
        if merchant is None:
            raise NotFound("Merchant not found")
        endpoint = merchant.endpoint(endpoint_id)
        if endpoint is None and endpoint_id == FIRST_ENDPOINT:
            raise BadRequest("No webhook URL is configured", field="webhook_url")
        if endpoint is None:
            raise NotFound("Webhook endpoint not found")
        if not endpoint.enabled:
            raise BadRequest("The endpoint is disabled; enable it first", field="enabled")
        event = sample_event(deps.new_uuid(), merchant_id, now)
        work.throttles.use(TEST_EVENTS, merchant_id, now)
        work.notify(merchant, event, requested_at=endpoint)
        delivery = delivery_of(event, endpoint)
        work.succeed(delivery, "test event sent", webhook_id=delivery.id, merchant_id=merchant_id)
    return work.response


def retry_delivery(
    deps: Dependencies, delivery_id: str, merchant_id: str, idempotency: Idempotency
) -> StoredResponse:
    """Starts a delivery again, whatever its status; its attempts count from 0 again.

    The first attempt does not wait for an open circuit. RateLimited after RETRIES of a merchant.
    """
    now = deps.now()
    with deps.unit_of_work(
        idempotency, explain=lambda: check_left(deps, RETRIES, merchant_id), busy=BUSY
    ) as work:
        (delivery,) = work.load((WebhookDelivery, delivery_id))
        if delivery is None or delivery.merchant_id != merchant_id or not is_shown(deps, delivery):
            raise NotFound("Webhook not found")
        again = delivery.retried(now)
        work.throttles.use(RETRIES, merchant_id, now)
        work.deliveries.retry(delivery, again)
        work.ask_for_delivery(again, requested=True)
        work.succeed(again, "webhook retried", webhook_id=again.id, merchant_id=merchant_id)
    return work.response


def retry_failed(
    deps: Dependencies, merchant_id: str, wanted: Failed, idempotency: Idempotency
) -> StoredResponse:
    """Starts failed deliveries again, the oldest first, at most RETRIED_MAX; the result is a `Retried`.

    The first of each endpoint does not wait for an open circuit: where it succeeds, the circuit closes, and
    the others go out; where it fails, they wait for it. RateLimited after RETRIES_OF_FAILED of a merchant.
    """
    now = deps.now()
    with deps.unit_of_work(
        idempotency, explain=lambda: check_left(deps, RETRIES_OF_FAILED, merchant_id), busy=BUSY
    ) as work:
        work.load()
        shown = wanted.since(first_shown(deps))
        found, resume = deps.database.deliveries.failed(
            merchant_id, shown.span, shown.endpoint_id, cursor=shown.cursor, limit=RETRIED_MAX
        )
        work.throttles.use(RETRIES_OF_FAILED, merchant_id, now)
        probed: set[str] = set()
        for delivery in found:
            again = delivery.retried(now)
            work.deliveries.retry(delivery, again)
            work.ask_for_delivery(again, requested=again.endpoint_id not in probed)
            probed.add(again.endpoint_id)
        if found:
            record(
                work,
                deps,
                merchant_id=merchant_id,
                action=Action.WEBHOOKS_RETRIED,
                changed=wanted.endpoint_id or merchant_id,
                details=_told(wanted, len(found)),
            )
        retried = Retried(found, None if resume is None else resume.encode())
        work.succeed(retried, "failed webhooks retried", merchant_id=merchant_id, count=len(found))
    return work.response


def _told(wanted: Failed, count: int) -> dict[str, object]:
    first, before = wanted.span.first, wanted.span.before
    told = {
        "count": count,
        "since": None if first is None else to_iso(first),
        "before": None if before is None else to_iso(before),
    }
    return {name: value for name, value in told.items() if value is not None}
