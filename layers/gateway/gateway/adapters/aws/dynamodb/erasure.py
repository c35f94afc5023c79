"""Erasing a person's traces from rows. For administrators: no function's role may do all of this."""

import base64
import json
import zlib
from collections.abc import Collection, Iterator
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from pynamodb.expressions.update import Action

from gateway.adapters.aws.dynamodb import rows
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.lists.by_keys import every_row
from gateway.adapters.aws.dynamodb.sharded_rows.events_row import EventsRow
from gateway.adapters.aws.dynamodb.sharded_rows.shards import shard_of
from gateway.adapters.aws.dynamodb.tables import IdempotencyRow, OrderRow, PaymentRow, RefundRow, WebhookRow
from gateway.domain.erasure import names_person
from gateway.domain.errors import Unavailable
from gateway.domain.values import to_iso
from gateway.use_cases.protocols.erasure import Clean

TRIES = 5
# A filter's operands are limited (DynamoDB developer guide, "Quotas": 300 operators or functions).
IDS_AT_ONCE = 50


class DynamoErasure:
    """Implements `use_cases.protocols.erasure.Erasure`."""

    def orders_of(self, merchant_id: str, reference: str) -> set[str]:
        """The ids of the merchant's orders that name an address themselves, or by a payment. Reads all."""
        with unavailable_when_aws_fails():
            named = {
                row.id
                for row in every_row(OrderRow, merchant_id)
                if names_person(reference, row.receipt, json.dumps(row.notes, ensure_ascii=False))
            }
            paid = {
                row.order_id
                for row in every_row(PaymentRow, merchant_id)
                if names_person(reference, row.vpa, json.dumps(row.of_order, ensure_ascii=False))
            }
        return named | paid

    def erase_order(self, order_id: str, *, with_receipt: bool) -> int:
        """Its notes; its receipt, and the key that makes that unique, where asked."""
        row = rows.get(OrderRow, order_id)
        if row is None:
            return 0
        actions: list[Action] = [OrderRow.notes.set({})] if row.notes else []
        if with_receipt and row.receipt is not None:
            actions += [OrderRow.receipt.remove(), OrderRow.receipt_key.remove()]
        return _changed(OrderRow(order_id), actions, OrderRow.id.exists())

    def erase_payment(self, payment_id: str, *, with_receipt: bool) -> int:
        """Instruments, and what it keeps of its order, its shopper's way and what it was screened by."""
        row = rows.get(PaymentRow, payment_id)
        if row is None:
            return 0
        personal = (PaymentRow.vpa, PaymentRow.card_last4, PaymentRow.return_url, PaymentRow.screening)
        actions: list[Action] = [one.remove() for one in personal if getattr(row, one.attr_name) is not None]
        if row.of_order is not None:
            kept: dict[str, Any] = {
                "receipt": None if with_receipt else row.of_order.get("receipt"),
                "notes": {},
            }
            actions += [PaymentRow.of_order.set(kept)] if kept != row.of_order else []
        return _changed(PaymentRow(payment_id), actions, PaymentRow.id.exists())

    def erase_refund(self, refund_id: str) -> int:
        """Its reason."""
        row = rows.get(RefundRow, refund_id)
        if row is None or row.reason is None:
            return 0
        return _changed(RefundRow(refund_id), [RefundRow.reason.remove()], RefundRow.id.exists())

    def erase_events(
        self, merchant_id: str, object_id: str, first: datetime, last: datetime, clean: Clean
    ) -> int:
        """What was told of an object between two times, by webhook or in the feed; receivers' answers go."""
        shard, since, until = shard_of(merchant_id, object_id), to_iso(first), to_iso(last)
        newer = WebhookRow.by_merchant_shard.query(shard, WebhookRow.place.between(since, until))
        older = WebhookRow.by_merchant.query(merchant_id, WebhookRow.created_at.between(since, until))
        untold = EventsRow.query(shard, EventsRow.place.between(since, until), consistent_read=True)
        with unavailable_when_aws_fails():
            told = [row.id for source in (newer, older) for row in source if row.object_id == object_id]
            silent = [row for row in untold if row.place.endswith(f"/{object_id}")]
        return sum(_clean_delivery(one, clean) for one in told) + sum(
            _clean_row(row, clean) for row in silent
        )

    def erase_responses(self, ids: Collection[str], clean: Clean) -> int:
        """The responses that are kept for repeated requests and name one of these ids. Reads all."""
        return sum(_clean_response(row, clean) for row in _responses(list(ids)))


def _responses(ids: list[str]) -> Iterator[IdempotencyRow]:
    for start in range(0, len(ids), IDS_AT_ONCE):
        names = [IdempotencyRow.body.contains(one) for one in ids[start : start + IDS_AT_ONCE]]
        with unavailable_when_aws_fails():
            found = list(IdempotencyRow.scan(filter_condition=reduce(or_, names), consistent_read=True))
        yield from found


def _clean_response(row: IdempotencyRow, clean: Clean) -> int:
    body = clean(row.body)
    if body == row.body:
        return 0
    # The key may have been used anew meanwhile, once it had expired.
    return _changed(IdempotencyRow(row.key), [IdempotencyRow.body.set(body)], IdempotencyRow.body == row.body)


def _clean_delivery(delivery_id: str, clean: Clean) -> int:
    """Goes by the row itself, as an attempt may be recorded at the same time."""
    for _ in range(TRIES):
        row = rows.get(WebhookRow, delivery_id)
        if row is None:
            return 0
        payload, log, history = clean(row.payload), _unanswered(row.attempt_log), _unanswered(row.history)
        actions: list[Action] = [WebhookRow.payload.set(payload)] if payload != row.payload else []
        actions += [WebhookRow.attempt_log.set(log)] if log != row.attempt_log else []
        actions += [WebhookRow.history.set(history)] if history != row.history else []
        if not actions:
            return 0
        if _changed(WebhookRow(delivery_id), actions, WebhookRow.attempts == row.attempts):
            return 1
    raise Unavailable(f"Delivery {delivery_id} is being attempted; please try again")


def _unanswered(attempts: Any) -> Any:
    """Attempts without what the receiver answered, which may quote what it was sent."""
    return attempts and [{**one, "response_body": ""} if one["response_body"] else one for one in attempts]


def _clean_row(row: EventsRow, clean: Clean) -> int:
    told = json.loads(zlib.decompress(base64.b64decode(row.events)))
    cleaned = [[name, sequence, clean(payload), previous] for name, sequence, payload, previous in told]
    if cleaned == told:
        return 0
    text = base64.b64encode(zlib.compress(json.dumps(cleaned, separators=(",", ":")).encode())).decode()
    key = EventsRow(row.merchant_shard, row.place)
    return _changed(key, [EventsRow.events.set(text)], EventsRow.place.exists())


def _changed(row: Any, actions: list[Action], condition: Any) -> int:
    return int(bool(actions) and rows.update_if(row, actions, condition))
