"""The feed of a merchant: every event once, whether or not a webhook tells it, and none lost."""

import json
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.webhooks.feed import SETTLED_AFTER, FeedCursor, FeedPage
from gateway.presenters.event import FEED, event_payload
from gateway.use_cases.webhooks.read_deliveries import events_of
from gateway.use_cases.webhooks.read_feed import FILTERED_ROWS_MAX, read_feed
from gateway.use_cases.webhooks.send_deliveries import send_test_event
from tests.support.factories import NOW
from tests.support.memory.shop import MemoryShop, rendered

PAID = ["payment.created", "payment.pending", "payment.success"]


@pytest.fixture(params=["with a URL", "without a URL"])
def shop(request: pytest.FixtureRequest) -> MemoryShop:
    made = MemoryShop()
    if request.param == "without a URL":
        made.set_merchant(webhook_url=None)
    return made


def read(shop: MemoryShop, after: FeedCursor | None = None, limit: int = 100, **more: Any) -> FeedPage:
    return read_feed(shop.deps, shop.merchant.id, after=after, limit=limit, **more)


def told(page: FeedPage) -> list[tuple[str, str]]:
    bodies = [json.loads(event.payload) for event in page.events]
    objects = [(body["data"].get("refund") or body["data"]["payment"])["id"] for body in bodies]
    return [(object_id, event.name) for object_id, event in zip(objects, page.events, strict=True)]


def test_each_event_is_there_once_with_the_bytes_of_a_webhook(shop: MemoryShop) -> None:
    payment = shop.paid()
    shop.clock.advance(seconds=3)
    refund = shop.refunded(payment, 200)
    shop.clock.advance(seconds=3)
    shop.process_refunds(refund)
    page = read(shop)
    assert told(page) == [(payment.id, name) for name in PAID] + [
        (refund.id, "refund.created"),
        (refund.id, "refund.processed"),
    ]
    known = [
        event
        for object_id in (payment.id, refund.id)
        for event in events_of(shop.deps, object_id, shop.merchant.id)
    ]
    assert [(event.id, event.payload) for event in page.events] == [
        (event.id, event_payload(event)) for event in known
    ]
    assert read(shop, page.cursor).events == []


def test_it_can_begin_at_a_time(shop: MemoryShop) -> None:
    early = shop.paid()
    shop.clock.advance(hours=1)
    began = shop.clock()
    late = shop.paid()
    page = read(shop, since=began, limit=2)
    assert told(page) == [(late.id, name) for name in PAID[:2]]
    assert told(read(shop, page.cursor)) == [(late.id, PAID[2])]
    everything = [(payment.id, name) for payment in (early, late) for name in PAID]
    assert told(read(shop, since=began - timedelta(hours=1))) == everything
    # Not further back than events are kept.
    shop.clock.advance(days=30, seconds=-1)
    assert told(read(shop, since=began - timedelta(days=1))) == everything[3:]


def test_a_time_that_has_not_come_yet_is_now(shop: MemoryShop) -> None:
    shop.paid()
    shop.clock.advance(seconds=1)
    page = read(shop, since=shop.clock() + timedelta(days=1))
    assert (page.events, page.has_more) == ([], False)
    later = shop.paid()
    assert told(read(shop, page.cursor)) == [(later.id, name) for name in PAID]


def test_a_page_is_presented_with_ids_times_and_where_to_go_on(shop: MemoryShop) -> None:
    shop.paid()
    page = read(shop, limit=2)
    shown = FEED.present(page)
    assert (shown["has_more"], shown["next_cursor"]) == (True, page.cursor.encode())
    first, second = shown["data"]
    assert list(first) == ["event", "timestamp", "data", "sequence", "id", "created_at"]
    assert (first["id"], first["created_at"]) == (page.events[0].id, "2026-01-31T09:30:00.250Z")
    assert [second["event"], second["sequence"]] == ["payment.pending", 2]
    assert [event.name for event in read(shop, page.cursor).events] == ["payment.success"]


def test_one_page_after_the_other_has_everything(shop: MemoryShop) -> None:
    payments = []
    for _ in range(7):
        payments.append(shop.paid())
        shop.clock.advance(seconds=8)
    found, cursor, has_more = [], None, True
    while has_more:
        page = read(shop, cursor, limit=2)
        found, cursor, has_more = found + told(page), page.cursor, page.has_more
    assert found == [(payment.id, name) for payment in payments for name in PAID]


def test_an_event_that_is_committed_late_is_read_although_later_ones_were_read_before(
    shop: MemoryShop,
) -> None:
    first = shop.paid()
    shop.clock.advance(seconds=9)
    third = shop.paid()
    cursor = read(shop).cursor
    # Its function began before the third one's, and its transaction came through after it.
    shop.clock.advance(seconds=-8)
    second = shop.paid()
    shop.clock.advance(seconds=8)
    page = read(shop, cursor)
    assert told(page) == [(second.id, name) for name in PAID]
    shop.clock.advance(seconds=SETTLED_AFTER.total_seconds())
    assert read(shop, page.cursor).events == []
    assert {payment_id for payment_id, _ in told(read(shop))} == {first.id, second.id, third.id}


def test_an_event_that_the_index_shows_late_is_read_and_in_order(shop: MemoryShop) -> None:
    payment = shop.pending()
    rows = [event.row_id for event in shop.database.feed.read(shop.merchant.id, "", 10)]
    shop.database.feed.hidden.update(rows)
    shop.process(payment)
    other = shop.pending()
    page = read(shop)
    # The outcome waits for what must have happened before it.
    assert told(page) == [(other.id, name) for name in PAID[:2]]
    shop.database.feed.hidden.clear()
    assert told(read(shop, page.cursor)) == [(payment.id, name) for name in PAID]


def test_the_feed_reaches_back_for_as_long_as_a_setting_says() -> None:
    shop = MemoryShop(EVENTS_KEPT_DAYS="3")
    shop.set_merchant(webhook_url=None)
    shop.paid()
    cursor = read(shop, limit=1).cursor
    ((_, expires_at), *_) = shop.database.rows.of("events").values()
    assert expires_at == NOW + timedelta(days=3)
    shop.clock.advance(days=3, milliseconds=1)
    assert read(shop).events == read(shop, cursor).events == []


def test_only_the_events_that_were_asked_for_are_read(shop: MemoryShop) -> None:
    payments = [shop.paid() for _ in range(3)]
    page = read(shop, names=["payment.success"])
    assert sorted(told(page)) == sorted((payment.id, "payment.success") for payment in payments)
    assert shop.database.feed.reads[-1] == FILTERED_ROWS_MAX


def test_other_merchants_and_test_events_are_not_in_it() -> None:
    shop = MemoryShop()
    shop.paid()
    send_test_event(shop.deps, shop.merchant.id, rendered(None))
    assert [name for _, name in told(read(shop))] == PAID
    assert read_feed(shop.deps, "somebody", after=None, limit=10).events == []


def test_setting_a_url_later_neither_repeats_nor_loses_an_event() -> None:
    shop = MemoryShop()
    url = shop.merchant.webhook_url
    shop.set_merchant(webhook_url=None)
    payment = shop.pending()
    shop.set_merchant(webhook_url=url)
    shop.process(payment)
    assert told(read(shop)) == [(payment.id, name) for name in PAID]
    assert shop.events(payment.id) == ["payment.success"]
