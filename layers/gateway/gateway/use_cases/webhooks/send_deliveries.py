"""Sending a delivery on request: a sample event, or an earlier delivery once more.

Both are limited for each merchant: the URL may be any public host's, and we are no tool to flood it with.
"""

from datetime import timedelta

from gateway.domain.access.limit import Limit
from gateway.domain.errors import BadRequest, Unavailable
from gateway.domain.jobs import WEBHOOKS
from gateway.domain.webhooks.delivery import WebhookDelivery
from gateway.domain.webhooks.events import sample_event
from gateway.presenters.event import delivery_of
from gateway.runtime import log
from gateway.use_cases.access.limits import spend
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.outbox import Outbox
from gateway.use_cases.webhooks.configure import find_merchant
from gateway.use_cases.webhooks.messages import delivery_message
from gateway.use_cases.webhooks.read_deliveries import find_delivery

TEST_EVENTS = Limit("webhook-tests", 30, timedelta(minutes=10))
# A delivery that is begun again has five attempts.
RETRIES = Limit("webhook-retries", 60, timedelta(minutes=10))


def send_test_event(deps: Dependencies, merchant_id: str) -> WebhookDelivery:
    """Sends a sample event through the real path, without waiting for an open circuit.

    BadRequest if no URL is configured, RateLimited after TEST_EVENTS of a merchant.
    """
    merchant = find_merchant(deps, merchant_id)
    if merchant.webhook_url is None:
        raise BadRequest("No webhook URL is configured", field="webhook_url")
    spend(deps, TEST_EVENTS, merchant_id)
    event = sample_event(deps.new_uuid(), merchant_id, deps.now())
    with deps.unit_of_work() as work:
        work.notify(merchant, event, requested=True)
    return delivery_of(event)


def retry_delivery(deps: Dependencies, delivery_id: str, merchant_id: str) -> WebhookDelivery:
    """Starts a delivery again, whatever its status; its attempts count from 0 again.

    The first attempt does not wait for an open circuit. RateLimited after RETRIES of a merchant.
    """
    delivery = find_delivery(deps, delivery_id, merchant_id)
    spend(deps, RETRIES, merchant_id)
    again = delivery.retried(deps.now())
    if not deps.database.deliveries.record(delivery, again):
        deps.database.throttles.give_back(RETRIES, merchant_id, deps.now())
        raise Unavailable("The webhook is being delivered just now; please try again")
    outbox = Outbox(deps.queues)
    outbox.add(WEBHOOKS, delivery_message(again, requested=True))
    outbox.flush()
    log.info("webhook retried", webhook_id=again.id, merchant_id=merchant_id)
    return again
