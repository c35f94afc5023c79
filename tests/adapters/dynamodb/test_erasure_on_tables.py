"""Erasing a person on the tables themselves: rows of today and of earlier releases, and all beside them."""

import json
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb import tables
from gateway.adapters.aws.dynamodb.access_tables import MerchantRow
from gateway.adapters.aws.dynamodb.erasure import DynamoErasure
from gateway.domain.values import to_iso
from gateway.presenters.json_text import compact_json
from gateway.presenters.payment import PAYMENT_CREATED
from gateway.use_cases.idempotency import Idempotency, IdempotencyKey, StoredResponse
from gateway.use_cases.operations.erase import Erased, erase_person
from gateway.use_cases.orders.create_order import NewOrder, create_order
from gateway.use_cases.payments.create_payment import create_payment
from gateway.use_cases.payments.new_payment import NewPayment, Sender
from tests.support.emulator import Emulator
from tests.support.factories import some_id
from tests.support.keys import answered
from tests.support.shop import Shop

pytestmark = pytest.mark.emulator
NOTE = "Asha Rao, 12 MG Road"


@pytest.fixture
def shop(emulator: Emulator, empty_store: str, secret_arn: str) -> Shop:
    """In tables of its own: what is erased is looked for in all of them."""
    return Shop(emulator, secret_arn)


def bought(shop: Shop, vpa: str) -> str:
    """The id of an order that was paid for and refunded in part."""
    new = NewOrder(500, "INR", some_id("rcpt_"), {"buyer": NOTE})
    order = shop.stored_order(create_order(shop.deps, shop.merchant.id, new, answered()))
    kept = Idempotency(
        IdempotencyKey(some_id("key_"), "f"),
        lambda made: StoredResponse(201, compact_json(PAYMENT_CREATED.present(made))),
    )
    asked = NewPayment(order.id, "upi", vpa, None, None, sender=Sender())
    payment = shop.stored_payment(create_payment(shop.deps, shop.merchant.id, asked, kept))
    shop.process(payment)
    refund = shop.stored_refund(shop.refund(shop.stored_payment(payment.id), 200))
    shop.process_refunds(refund)
    return order.id


def all_items(shop: Shop, but: tuple[str, ...] = ()) -> str:
    """Everything in all tables, as text."""
    found: dict[str, Any] = {}
    for row, name in tables.ROWS.items():
        if name not in but:
            scanned = shop.emulator.client("dynamodb").scan(TableName=row.Meta.table_name)
            found[name] = sorted(json.dumps(item, default=str, sort_keys=True) for item in scanned["Items"])
    return json.dumps(found)


def books(shop: Shop) -> dict[str, Any]:
    found = {}
    for row in (tables.LedgerRow, tables.BalanceRow):
        scanned = shop.emulator.client("dynamodb").scan(TableName=row.Meta.table_name)
        found[row.__name__] = sorted(json.dumps(item, sort_keys=True) for item in scanned["Items"])
    return found


def test_what_tells_of_a_person_is_gone_from_all_tables_and_the_books_are_the_same(shop: Shop) -> None:
    vpa, other_vpa = "asha.rao@okbank", "other@okbank"
    order_id, other = bought(shop, vpa), bought(shop, other_vpa)
    before, erasure = books(shop), DynamoErasure()
    assert erasure.orders_of(shop.merchant.id, vpa.upper()) == {order_id}
    done = erase_person(shop.deps, erasure, [order_id], "admin:me")
    assert (done.orders, done.payments, done.refunds, done.responses) == (1, 1, 1, 1)
    assert done.events >= 4
    left = all_items(shop)
    assert vpa not in left
    assert other_vpa in left
    assert books(shop) == before
    assert erasure.orders_of(shop.merchant.id, NOTE) == {other}
    order = shop.deps.database.orders.get(order_id)
    assert order is not None
    assert (order.notes, order.receipt is not None) == ({}, True)
    # A second run changes nothing.
    before_second = all_items(shop, but=("audit",))
    assert erase_person(shop.deps, erasure, [order_id], "admin:me") == Erased()
    assert all_items(shop, but=("audit",)) == before_second


def test_the_feeds_own_rows_are_erased_where_no_webhook_tells(shop: Shop) -> None:
    order_id = bought_without_endpoint(shop, "asha@okbank")
    rows = list(tables.EventsRow.scan())
    assert rows
    erased = erase_person(shop.deps, DynamoErasure(), [order_id], "admin:me")
    assert erased.events == len(rows)
    told = shop.deps.database.feed.read(shop.merchant.id, "2000", 100)
    assert told
    assert all("asha" not in event.payload for event in told)


def bought_without_endpoint(shop: Shop, vpa: str) -> str:
    MerchantRow(shop.merchant.id).update(actions=[MerchantRow.webhook_url.remove()])
    return bought(shop, vpa)


def test_rows_of_earlier_releases_and_their_receivers_answers_are_erased_too(shop: Shop) -> None:
    order_id = bought(shop, "asha@okbank")
    (row,) = [
        one for one in tables.WebhookRow.scan() if one.event == "payment.success" and one.merchant_shard
    ]
    at = row.place.partition("/")[0]
    attempt = {"at": at, "duration_ms": 1, "response_code": 200, "response_body": "hi asha", "error": None}
    old = tables.WebhookRow(
        some_id("whk_"),
        merchant_id=row.merchant_id,
        object_id=row.object_id,
        event=row.event,
        payload=row.payload,
        status="success",
        attempts=1,
        attempt_log=[attempt],
        history=[attempt],
        created_at=at,
    )
    old.save()
    erase_person(shop.deps, DynamoErasure(), [order_id], "admin:me")
    erased = tables.WebhookRow.get(old.id, consistent_read=True)
    assert "asha" not in erased.payload
    assert [one["response_body"] for one in (*erased.attempt_log, *erased.history)] == ["", ""]
    assert to_iso(shop.clock()) >= at


def test_a_receipt_that_was_erased_is_free_again(shop: Shop) -> None:
    order_id = bought(shop, "asha@okbank")
    order = shop.deps.database.orders.get(order_id)
    assert order is not None
    assert order.receipt
    erase_person(shop.deps, DynamoErasure(), [order_id], "admin:me", with_receipts=True)
    assert shop.deps.database.orders.ids_of_receipt(shop.merchant.id, order.receipt, 10) == []
    assert order.receipt not in all_items(shop, but=("idempotency-keys",))
