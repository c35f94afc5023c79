"""Lists: a page, the next one, and all of them."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import asyncpay
from tests.sdk.conftest import KEY, SECRET, Person
from tests.sdk.scripted import Answer, Gateway

MERCHANT = "550e8400-e29b-41d4-a716-446655440000"


def page(ids: list[str], **members: Any) -> Answer:
    return Answer(200, {"data": [{"id": one} for one in ids], **members})


def test_numbered_pages_are_read_to_their_end(person: Person, gateway: Gateway) -> None:
    gateway.answers(
        page(["a", "b"], total=3, limit=2, offset=0),
        page(["c"], total=3, limit=2, offset=2),
    )
    assert [item.id for item in person.all_items("webhooks.list", limit=2)] == ["a", "b", "c"]
    assert [asked.query for asked in gateway.asked] == [{"limit": "2"}, {"limit": "2", "offset": "2"}]


def test_what_came_between_two_pages_makes_no_item_come_twice(person: Person, gateway: Gateway) -> None:
    gateway.answers(
        page(["d", "c"], total=4, limit=2, offset=0),
        page(["c", "b"], total=5, limit=2, offset=2),
        page(["a"], total=5, limit=2, offset=4),
    )
    assert [item.id for item in person.all_items("webhooks.list")] == ["d", "c", "b", "a"]


def test_a_cursor_takes_the_place_of_the_offset(person: Person, gateway: Gateway) -> None:
    gateway.answers(
        page(["a"], total=2, limit=1, offset=5, next_cursor="next"),
        page(["b"], total=2, limit=1, offset=0, next_cursor=None),
    )
    items = person.all_items("payments.list", offset=5, status="success")
    assert [item.id for item in items] == ["a", "b"]
    assert gateway.asked[1].query == {"status": "success", "cursor": "next"}


def test_the_feed_begins_at_a_time_and_goes_on_by_its_cursor(person: Person, gateway: Gateway) -> None:
    gateway.answers(
        Answer(200, {"data": [], "next_cursor": "c1", "has_more": True}),
        Answer(200, {"data": [], "next_cursor": "c2", "has_more": False}),
    )
    since = datetime(2026, 1, 31, 15, 0, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert person.all_items("events.list", from_=since) == []
    assert [asked.query for asked in gateway.asked] == [
        {"from": "2026-01-31T09:30:00.000+00:00"},
        {"after": "c1"},
    ]
    gateway.answers(Answer(200, {"data": [], "next_cursor": "c1", "has_more": False}))
    person.call("events.list", from_="2026-01-31")
    assert gateway.asked[2].query == {"from": "2026-01-31"}


def test_the_feed_is_read_on_from_its_cursor(person: Person, gateway: Gateway) -> None:
    def event(sequence: int) -> dict[str, Any]:
        payment = {"id": "pay_x", "status": "pending"}
        return {
            "event": "payment.created",
            "timestamp": 1,
            "data": {"payment": payment},
            "sequence": sequence,
        }

    gateway.answers(
        Answer(200, {"data": [event(1), event(2)], "next_cursor": "c2", "has_more": True}),
        Answer(200, {"data": [event(3)], "next_cursor": "c3", "has_more": False}),
    )
    items = person.all_items("events.list", after="c0", types=["payment.created", "payment.failed"], limit=2)
    assert [item.id for item in items] == ["pay_x.1", "pay_x.2", "pay_x.3"]
    wanted = {"limit": "2", "types": "payment.created,payment.failed"}
    assert [asked.query for asked in gateway.asked] == [wanted | {"after": "c0"}, wanted | {"after": "c2"}]


def test_a_page_is_iterated_by_itself_and_knows_whether_more_follows(gateway: Gateway) -> None:
    gateway.answers(page(["a"], total=2, limit=1, offset=0), page(["b"], total=2, limit=1, offset=1))
    with asyncpay.Client(KEY, SECRET, gateway.url) as client:
        first = client.webhooks.list(limit=1)
        assert [item.id for item in first] == ["a"]
        assert (len(first), first.total, first.has_more) == (1, 2, True)
        second = first.next_page()
        assert second is not None
        assert not second.has_more
        assert second.next_page() is None


@pytest.mark.parametrize("total", [0, 7])
def test_an_empty_page_is_the_last_one_whatever_its_total_says(gateway: Gateway, total: int) -> None:
    gateway.answers(page([], total=total, limit=10, offset=0))
    with asyncpay.Client(KEY, SECRET, gateway.url) as client:
        assert list(client.webhooks.list().auto_paging_iter()) == []
