"""Lists whose index holds keys alone: what they ask of the tables, and what where those answer in part."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb import batch
from gateway.adapters.aws.dynamodb.lists import by_keys
from gateway.adapters.aws.dynamodb.tables import OrderRow
from gateway.domain.counting.counts import Kind
from gateway.domain.cursor import next_cursor, read_cursor
from gateway.domain.errors import Unavailable
from gateway.domain.payments.order import OrderStatus
from gateway.domain.span import ALL_TIME, Span
from gateway.domain.values import to_iso
from tests.support.aws_calls import answering, parameters_of, requests_watched, watched
from tests.support.bulk import put_all
from tests.support.database import counting, orders
from tests.support.factories import NOW, some_id, some_uuid

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
PAID_EVERY = 50


def some_orders(number: int) -> tuple[str, list[str]]:
    """A merchant with so many orders, one in fifty of them paid; their ids, the newest first."""
    merchant_id, ids = some_uuid(), [some_id("order_") for _ in range(number)]
    put_all(
        OrderRow(
            one,
            merchant_id=merchant_id,
            amount=500,
            currency="INR",
            notes={},
            status="paid" if n % PAID_EVERY == PAID_EVERY - 1 else "created",
            created_at=to_iso(NOW - timedelta(seconds=n)),
            updated_at=to_iso(NOW),
        )
        for n, one in enumerate(ids)
    )
    return merchant_id, ids


def page(merchant_id: str, **about: Any) -> Any:
    return orders.page(merchant_id, **{"status": None, "limit": 10, "offset": 0} | about)


def test_a_page_reads_its_own_rows_and_none_of_those_before_it() -> None:
    merchant_id, ids = some_orders(150)
    with requests_watched() as requests:
        found = page(merchant_id, limit=100, offset=30)
    assert [order.id for order in found.items] == ids[30:130]
    (read,) = (parameters_of(one) for one in requests if one.operation == "BatchGetItem")
    ((asked, how),) = ((one["Keys"], one["ConsistentRead"]) for one in read["RequestItems"].values())
    assert ([key["id"]["S"] for key in asked], how) == (ids[30:130], True)


def test_an_empty_page_asks_the_table_for_nothing() -> None:
    with watched() as calls:
        assert page(some_uuid()).items == []
    assert calls == ["Query"]


def test_a_filter_finds_what_is_rare_in_pages_that_grow() -> None:
    merchant_id, ids = some_orders(1300)
    paid = ids[PAID_EVERY - 1 :: PAID_EVERY]
    with watched() as calls:
        found = page(merchant_id, status=OrderStatus.PAID, limit=20)
    assert [order.id for order in found.items] == paid[:20]
    # 200 rows, then 800; a third page has the twenty-first, and then all are counted.
    assert calls[:12] == ["Query", *["BatchGetItem"] * 2, "Query", *["BatchGetItem"] * 8]
    assert found.total == len(paid)


def test_a_filter_looks_at_no_more_rows_than_are_likely_to_bring_what_is_missing() -> None:
    merchant_id, ids = some_orders(1300)
    with watched() as calls:
        found = page(merchant_id, status=OrderStatus.PAID, limit=4)
    assert [order.id for order in found.items] == ids[PAID_EVERY - 1 :: PAID_EVERY][:4]
    # Four of 200 are paid, so the fifth, which tells that there are more, is likely among a hundred.
    assert calls[:6] == ["Query", "BatchGetItem", "BatchGetItem", "Query", "BatchGetItem", "Query"]


def test_what_a_filter_finds_goes_on_behind_a_cursor() -> None:
    merchant_id, ids = some_orders(420)
    paid, found, cursor = ids[PAID_EVERY - 1 :: PAID_EVERY], [], None
    while True:
        one = page(merchant_id, status=OrderStatus.PAID, limit=3, cursor=cursor)
        found += [order.id for order in one.items]
        if not one.has_more:
            break
        cursor = read_cursor(next_cursor(one) or "")
    assert found == paid


def test_counting_reads_what_is_counted_and_nothing_else() -> None:
    merchant_id, ids = some_orders(230)
    with requests_watched() as requests:
        facts = counting.facts(Kind.ORDERS, merchant_id, ALL_TIME, 5000)
    assert [fact.id for fact in facts] == ids[::-1]
    assert [fact.cell for fact in facts].count(("paid",)) == 230 // PAID_EVERY
    for one in requests:
        if one.operation == "BatchGetItem":
            (entry,) = parameters_of(one)["RequestItems"].values()
            assert sorted(entry["ExpressionAttributeNames"].values()) == ["created_at", "id", "status"]
            assert entry["ConsistentRead"] is False


def test_when_rows_came_is_known_without_reading_them() -> None:
    merchant_id, ids = some_orders(230)
    with watched() as calls:
        times = counting.times(Kind.ORDERS, merchant_id, ALL_TIME, 5000)
    assert calls == ["Query"]
    assert times == [fact.created_at for fact in counting.facts(Kind.ORDERS, merchant_id, ALL_TIME, 5000)]
    assert len(times) == len(ids)
    assert counting.times(Kind.ORDERS, merchant_id, ALL_TIME, 7) == times[:7]


def test_counting_takes_no_more_than_it_was_asked_for() -> None:
    merchant_id, ids = some_orders(130)
    span = Span(NOW - timedelta(seconds=119), NOW)
    facts = counting.facts(Kind.ORDERS, merchant_id, span, 60)
    assert [fact.id for fact in facts] == ids[60:120][::-1]


def test_how_many_rows_have_arrived_is_read_off_their_keys() -> None:
    merchant_id, ids = some_orders(130)
    span = Span(NOW - timedelta(seconds=119), NOW)
    with watched() as calls:
        times = counting.times(Kind.ORDERS, merchant_id, span, 60)
    assert times == [NOW - timedelta(seconds=119 - n) for n in range(60)]
    assert calls == ["Query"]
    assert counting.times(Kind.ORDERS, merchant_id, ALL_TIME, 1000)[-1] == NOW
    assert len(ids) == len(counting.times(Kind.ORDERS, merchant_id, ALL_TIME, 1000))


def test_rows_that_dynamodb_did_not_get_to_are_asked_for_again() -> None:
    _, ids = some_orders(3)
    table = OrderRow.Meta.table_name
    put_off = {"Responses": {table: []}, "UnprocessedKeys": {table: {"Keys": [{"id": {"S": ids[1]}}]}}}
    with answering("BatchGetItem", [put_off]):
        assert list(batch.items(OrderRow, ids)) == [ids[1]]
    with answering("BatchGetItem", [put_off] * batch.ROUNDS_MAX), pytest.raises(Unavailable):
        batch.items(OrderRow, ids)


def test_a_row_that_only_the_index_knows_is_not_in_the_list() -> None:
    merchant_id, ids = some_orders(3)
    table = OrderRow.Meta.table_name
    with answering("BatchGetItem", [{"Responses": {table: []}}]):
        assert page(merchant_id).items == []
    assert [row.id for row in by_keys.every_row(OrderRow, merchant_id)] == ids[::-1]
