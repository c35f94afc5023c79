"""What changed since a time, by when it did: nothing is missed, and nothing is stored for it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.domain.changes import FIRST_ID, Stream, take_changed
from gateway.domain.cursor import Cursor, next_cursor, read_cursor
from gateway.domain.errors import BadRequest
from gateway.domain.page import Page
from gateway.domain.payments.order import Order
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund
from gateway.use_cases import read_changes
from gateway.use_cases.read_changes import list_changed
from tests.support.factories import NOW
from tests.support.memory.shop import MemoryShop


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def walk(shop: MemoryShop, kind: Any, since: datetime, *, limit: int = 2) -> list[str]:
    """The ids of all pages, one after another."""
    found: list[str] = []
    cursor: Cursor | None = None
    for _ in range(100):
        page: Page[Any] = list_changed(shop.deps, shop.merchant.id, kind, since, limit=limit, cursor=cursor)
        found += [each.id for each in page.items]
        text = next_cursor(page)
        if text is None:
            return found
        cursor = read_cursor(text)
    raise AssertionError("no end")


def later(shop: MemoryShop, minutes: int = 5) -> datetime:
    shop.clock.advance(minutes=minutes)
    return shop.clock()


@pytest.mark.parametrize("url", [None, "https://shop.example/hook"])
def test_each_kind_of_change_is_found_whether_or_not_a_webhook_told_it(
    shop: MemoryShop, url: str | None
) -> None:
    shop.set_merchant(webhook_url=url)
    old = shop.paid(500)
    captured, refunded, cancelled = shop.paid(500), shop.paid(500), shop.paid(500)
    to_cancel = shop.refunded(cancelled, 100)
    since = later(shop)
    assert walk(shop, Payment, since) == walk(shop, Refund, since) == walk(shop, Order, since) == []
    shop.captured(captured.id, 500)
    later(shop)
    refund = shop.refunded(refunded, 100)
    later(shop)
    shop.cancel(to_cancel.id)
    later(shop)
    order = shop.put("orders", shop.order(created_at=shop.clock()))
    later(shop)
    paid = shop.paid(700)
    assert walk(shop, Payment, since) == [captured.id, refunded.id, cancelled.id, paid.id]
    assert walk(shop, Refund, since) == [refund.id, to_cancel.id]
    assert walk(shop, Order, since) == [order.id, paid.order_id]
    assert old.id in walk(shop, Payment, NOW)


def test_objects_are_shown_as_they_are_now_and_once_on_a_page(shop: MemoryShop) -> None:
    payment = shop.paid(500)
    shop.captured(payment.id, 300)
    page = list_changed(shop.deps, shop.merchant.id, Payment, NOW, limit=10)
    assert (page.items, page.total, next_cursor(page)) == ([shop.payment(payment.id)], 1, None)
    assert page.items[0].amount_captured == 300


def test_it_begins_a_little_earlier_since_a_record_may_turn_up_late(shop: MemoryShop) -> None:
    payment = shop.paid(500)
    assert walk(shop, Payment, NOW + timedelta(seconds=75)) == [payment.id]
    assert walk(shop, Payment, NOW + timedelta(seconds=76)) == []


def test_what_is_another_merchants_is_not_in_it(shop: MemoryShop) -> None:
    shop.paid(500)
    for kind in (Payment, Refund, Order):
        assert list_changed(shop.deps, "another", kind, NOW, limit=10).items == []


def test_a_walk_goes_on_where_a_page_looked_at_enough(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_changes, "ROWS_MAX", 5)
    made = []
    for _ in range(12):
        made.append(shop.paid(500).id)
        shop.clock.advance(seconds=1)
    found = walk(shop, Payment, NOW, limit=3)
    assert list(dict.fromkeys(found)) == made
    assert walk(shop, Refund, NOW, limit=3) == []


def test_what_is_too_long_ago_to_be_on_record_is_refused(shop: MemoryShop) -> None:
    with pytest.raises(BadRequest, match=r"^updated_since must be within the last 30 days$") as refusal:
        list_changed(shop.deps, shop.merchant.id, Payment, NOW - timedelta(days=31), limit=10)
    assert refusal.value.field == "updated_since"


def test_changes_behind_what_one_source_has_shown_wait_for_the_next_page() -> None:
    cut = Stream([("1", "a"), ("2", "b"), ("4", "d")], "4")
    whole = Stream([("3", "c"), ("4", "e"), ("5", "f")])
    first = take_changed([cut, whole], ("0", ""), 0, 10)
    assert (first.ids, first.cursor) == (["a", "b", "c"], Cursor("4", FIRST_ID, 3, 3))
    rest = take_changed([Stream([("4", "d")]), whole], ("4", FIRST_ID), 3, 10)
    assert (rest.ids, rest.cursor) == (["d", "e", "f"], None)
    page = take_changed([Stream([("1", "a"), ("2", "a"), ("3", "b")])], ("0", ""), 0, 1)
    assert (page.ids, page.cursor) == (["a"], Cursor("2", "a", 1, 1))
