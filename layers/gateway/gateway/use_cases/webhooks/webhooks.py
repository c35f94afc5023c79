"""What merchants do with webhooks: set them up, read the log, send again, ask for missed events."""

from gateway.adapters.aws.dynamodb.repositories import merchants, webhooks
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain import events
from gateway.domain.errors import BadRequest, NotFound, Unavailable
from gateway.domain.events import Event
from gateway.domain.merchant import ROTATION_OVERLAP, Merchant
from gateway.domain.page import Page
from gateway.domain.webhook import Webhook, WebhookStatus
from gateway.domain.webhook_url import check_webhook_url
from gateway.presenters.event import sample_webhook
from gateway.runtime import log
from gateway.runtime.deps import Deps
from gateway.use_cases.nudge import send_webhooks
from gateway.use_cases.payments.read_payments import find_payment
from gateway.use_cases.refunds.read_refunds import find_refund


def find_merchant(merchant_id: str) -> Merchant:
    """The calling merchant."""
    merchant = merchants.get_merchant(merchant_id)
    if merchant is None:
        raise NotFound("Merchant not found")
    return merchant


def set_webhook_url(deps: Deps, merchant_id: str, url: str | None) -> Merchant:
    """Sets or clears (None) where webhooks go; BadRequest where the URL may not be used."""
    if url is not None:
        https_only = not deps.config.is_test_stage
        check_webhook_url(url, https_only=https_only, allowed_hosts=deps.config.webhook_allowed_hosts)
    merchants.set_webhook_url(merchant_id, url)
    log.info("webhook URL set", merchant_id=merchant_id, cleared=url is None)
    return find_merchant(merchant_id)


def rotate_webhook_secret(deps: Deps, merchant_id: str) -> str:
    """A new webhook secret; the old one keeps signing beside it for a day."""
    merchant = find_merchant(merchant_id)
    secret = deps.new_id("whsec_") + deps.new_id("")
    until = deps.now() + ROTATION_OVERLAP
    if not merchants.replace_webhook_secret(merchant_id, merchant.webhook_secret, secret, until):
        raise Unavailable("The secret was rotated by another request just now; please try again")
    log.info("webhook secret rotated", merchant_id=merchant_id)
    return secret


def send_test_event(deps: Deps, merchant_id: str) -> Webhook:
    """Sends a sample event the way that every event goes; BadRequest where there is no URL."""
    if find_merchant(merchant_id).webhook_url is None:
        raise BadRequest("No webhook URL is configured", field="webhook_url")
    hook = sample_webhook(deps.new_uuid(), merchant_id, deps.now())
    transaction = Transaction()
    webhooks.put_new(transaction, hook)
    transaction.commit()
    _nudge(deps, hook)
    return hook


def find_webhook(webhook_id: str, merchant_id: str) -> Webhook:
    """The merchant's delivery, or NotFound; also where it belongs to another merchant."""
    hook = webhooks.get_webhook(webhook_id)
    if hook is None or hook.merchant_id != merchant_id:
        raise NotFound("Webhook not found")
    return hook


def list_webhooks(
    merchant_id: str, *, status: WebhookStatus | None, event: str | None, limit: int, offset: int
) -> Page[Webhook]:
    """The merchant's webhook log, newest first."""
    return webhooks.list_webhooks(merchant_id, status=status, event=event, limit=limit, offset=offset)


def retry_webhook(deps: Deps, webhook_id: str, merchant_id: str) -> Webhook:
    """Begins a delivery anew, whatever became of it; its attempts start again from 0."""
    hook = find_webhook(webhook_id, merchant_id)
    again = hook.retried(deps.now())
    if not webhooks.record(hook, again):
        raise Unavailable("The webhook is being delivered just now; please try again")
    _nudge(deps, again)
    log.info("webhook retried", webhook_id=hook.id, merchant_id=merchant_id)
    return again


def events_of(object_id: str, merchant_id: str) -> list[Event]:
    """All events of one of the merchant's payments or refunds, in order."""
    if object_id.startswith("rfnd_"):
        refund = find_refund(object_id, merchant_id)
        payment = find_payment(refund.payment_id, merchant_id)
        names = events.refund_sequence_of(refund)
        return [events.refund_event(name, refund, payment) for name in names]
    payment = find_payment(object_id, merchant_id)
    return [events.payment_event(name, payment) for name in events.sequence_of(payment)]


def _nudge(deps: Deps, hook: Webhook) -> None:
    try:
        send_webhooks(deps, [hook])
    except Unavailable as error:
        log.error("message not sent; left to the sweeper", error, webhook_id=hook.id)
