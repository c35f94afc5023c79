"""The webhook log: one row for each event of a merchant that has a webhook URL."""

from datetime import datetime
from typing import Any

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from gateway.adapters.aws.dynamodb import due
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.paging import page_of
from gateway.adapters.aws.dynamodb.tables import WebhookRow
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain.page import Page
from gateway.domain.values import from_iso, to_iso
from gateway.domain.webhook import Attempt, Webhook, WebhookStatus


def to_webhook(row: WebhookRow) -> Webhook:
    """The delivery that a row holds."""
    return Webhook(
        id=row.id,
        merchant_id=row.merchant_id,
        object_id=row.object_id,
        event=row.event,
        payload=row.payload,
        status=WebhookStatus(row.status),
        created_at=from_iso(row.created_at),
        next_retry_at=from_iso(row.next_retry_at) if row.next_retry_at else None,
        attempts=tuple(_to_attempt(entry) for entry in row.attempt_log),
        history=tuple(_to_attempt(entry) for entry in row.history or []),
    )


def get_webhook(webhook_id: str) -> Webhook | None:
    """The delivery, or None."""
    with unavailable_when_aws_fails():
        try:
            return to_webhook(WebhookRow.get(webhook_id, consistent_read=True))
        except WebhookRow.DoesNotExist:
            return None


def put_new(transaction: Transaction, webhook: Webhook) -> None:
    """Adds a new delivery to a transaction; refused (label: its event) where the id is taken."""
    row = WebhookRow(
        webhook.id,
        merchant_id=webhook.merchant_id,
        object_id=webhook.object_id,
        event=webhook.event,
        payload=webhook.payload,
        status=str(webhook.status),
        attempts=len(webhook.attempts),
        attempt_log=[],
        created_at=to_iso(webhook.created_at),
        next_retry_at=to_iso(webhook.next_retry_at) if webhook.next_retry_at else None,
        **due.due_columns(webhook.id, webhook.next_retry_at),
    )
    transaction.put(webhook.event, row, WebhookRow.id.does_not_exist())


def record(before: Webhook, after: Webhook) -> bool:
    """Stores an attempt or a manual retry; False where the row changed since it was read."""
    actions: list[Action] = [
        WebhookRow.status.set(str(after.status)),
        WebhookRow.attempts.set(len(after.attempts)),
        WebhookRow.attempt_log.set([_from_attempt(attempt) for attempt in after.attempts]),
        *due.due_actions(WebhookRow, after.id, after.next_retry_at),
    ]
    if after.history:
        actions.append(WebhookRow.history.set([_from_attempt(attempt) for attempt in after.history]))
    if after.next_retry_at is None:
        actions.append(WebhookRow.next_retry_at.remove())
    else:
        actions.append(WebhookRow.next_retry_at.set(to_iso(after.next_retry_at)))
    condition = (WebhookRow.status == str(before.status)) & (WebhookRow.attempts == len(before.attempts))
    return _update(after.id, actions, condition)


def wait_until(hook: Webhook, until: datetime) -> bool:
    """Leaves a pending delivery, untried, to the sweeper (its endpoint's circuit is open)."""
    condition = (WebhookRow.status == str(hook.status)) & (WebhookRow.attempts == len(hook.attempts))
    return _update(hook.id, due.due_actions(WebhookRow, hook.id, until), condition)


def _update(webhook_id: str, actions: list[Action], condition: Condition) -> bool:
    with unavailable_when_aws_fails():
        try:
            WebhookRow(webhook_id).update(actions=actions, condition=condition)
        except UpdateError as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                return False
            raise
    return True


def list_webhooks(
    merchant_id: str, *, status: WebhookStatus | None, event: str | None, limit: int, offset: int
) -> Page[Webhook]:
    """A merchant's webhook log, newest first; rows of one status and of one event where asked for."""
    condition = None if status is None else WebhookRow.status == str(status)
    if event is not None:
        same = WebhookRow.event == event
        condition = same if condition is None else condition & same
    index = WebhookRow.by_merchant
    return page_of(index, merchant_id, to_webhook, condition=condition, limit=limit, offset=offset)


def webhooks_of(merchant_id: str, object_id: str, created_at: datetime) -> list[Webhook]:
    """The deliveries about an object that were made at this very time, as those of one transaction are."""
    at = WebhookRow.created_at == to_iso(created_at)
    with unavailable_when_aws_fails():
        rows = WebhookRow.by_merchant.query(merchant_id, at)
        return [to_webhook(row) for row in rows if row.object_id == object_id]


def overdue_webhooks(before: datetime, limit: int) -> list[due.Overdue]:
    """Deliveries that should have been tried before then."""
    return list(due.overdue(WebhookRow, before, limit))


def oldest_due() -> int | None:
    """When the open delivery that is due first is, or was, due, in unix milliseconds."""
    return due.oldest(WebhookRow)


def postpone_webhook(item: due.Overdue, until: datetime) -> bool:
    """Gives an overdue delivery until then; False where it was tried or postponed meanwhile."""
    return due.postpone(WebhookRow, item, until)


def _from_attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": to_iso(attempt.at),
        "duration_ms": attempt.duration_ms,
        "response_code": attempt.response_code,
        "response_body": attempt.response_body,
        "error": attempt.error,
    }


def _to_attempt(entry: dict[str, Any]) -> Attempt:
    return Attempt(
        at=from_iso(entry["at"]),
        duration_ms=entry["duration_ms"],
        response_code=entry["response_code"],
        response_body=entry["response_body"],
        error=entry["error"],
    )
