"""The row of a delivery: what is read of it, and how one that changes is written."""

from datetime import datetime
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from gateway.adapters.aws.dynamodb import due
from gateway.adapters.aws.dynamodb.sharded_rows.delivery_log import created_at
from gateway.adapters.aws.dynamodb.tables import WebhookRow
from gateway.domain.values import from_iso, to_iso
from gateway.domain.webhooks.delivery import Attempt, DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.keeping import expires_at
from gateway.domain.webhooks.webhook_endpoint import FIRST_ENDPOINT


def to_delivery(row: WebhookRow) -> WebhookDelivery:
    """The delivery that a row holds."""
    return WebhookDelivery(
        id=row.id,
        merchant_id=row.merchant_id,
        object_id=row.object_id,
        event=row.event,
        payload=row.payload,
        status=DeliveryStatus(row.status),
        created_at=created_at(row),
        next_retry_at=from_iso(row.next_retry_at) if row.next_retry_at else None,
        attempts=tuple(_to_attempt(entry) for entry in row.attempt_log),
        history=tuple(_to_attempt(entry) for entry in row.history or []),
        sequence=int(row.place.partition("/")[2]) if row.place else 0,
        previous_at=from_iso(row.previous_at) if row.previous_at else None,
        endpoint_id=row.endpoint_id or FIRST_ENDPOINT,
        is_copy=bool(row.is_copy),
        kept_days=int(row.kept_days or 0),
    )


def as_read(before: WebhookDelivery) -> Condition:
    """That the row is still as it was read."""
    condition: Condition = (WebhookRow.status == str(before.status)) & (
        WebhookRow.attempts == len(before.attempts)
    )
    return condition


def change_of(after: WebhookDelivery, *, planned: bool = False) -> list[Action]:
    """The update that makes the row this one; `planned`: no message asks for the next attempt."""
    actions: list[Action] = [
        WebhookRow.status.set(str(after.status)),
        WebhookRow.attempts.set(len(after.attempts)),
        WebhookRow.attempt_log.set([_from_attempt(attempt) for attempt in after.attempts]),
        *due.due_actions(WebhookRow, after.id, after.next_retry_at, shards=due.PLANNED if planned else ""),
    ]
    if after.history:
        actions.append(WebhookRow.history.set([_from_attempt(attempt) for attempt in after.history]))
    if after.next_retry_at is None:
        actions.append(WebhookRow.next_retry_at.remove())
    else:
        actions.append(WebhookRow.next_retry_at.set(to_iso(after.next_retry_at)))
    if after.kept_days:
        at = expires_at(after)
        column = WebhookRow.expires_at
        actions.append(column.remove() if at is None else column.set(int(at.timestamp())))
    return actions


def changed_at(after: WebhookDelivery) -> datetime:
    """When a delivery got its status: with its last attempt, or with the manual retry that waits now."""
    if after.next_retry_at is not None:
        return after.next_retry_at
    return after.created_at if after.last_attempt is None else after.last_attempt.ended_at


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
