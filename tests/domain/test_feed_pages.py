"""The feed's pages: each event once, none skipped however late it turns up, an object's in their order."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from gateway.domain.errors import BadRequest
from gateway.domain.values import to_iso
from gateway.domain.webhooks.events import event_id
from gateway.domain.webhooks.feed import (
    CURSOR_LENGTH_MAX,
    RECENT_MAX,
    SETTLED_AFTER,
    FeedCursor,
    FeedEvent,
    FeedPage,
    place_of,
    read_feed_cursor,
    take_page,
)
from tests.support.factories import NOW

BEGINNING = FeedCursor.at_the_beginning(NOW - timedelta(days=30))
OLD = NOW - timedelta(hours=1)


def an_event(
    number: int,
    at: datetime = OLD,
    *,
    of: int | None = None,
    sequence: int = 1,
    previous_at: datetime | None = None,
) -> FeedEvent:
    """Event `number`; the `sequence`th of object `of` where that is given."""
    object_id = f"pay_{number if of is None else of:016}"
    has_previous = sequence > 1
    return FeedEvent(
        id=event_id(object_id, sequence),
        name=("payment.created", "payment.pending", "payment.success")[sequence - 1],
        payload="{}",
        place=place_of(at, sequence),
        row_id=f"{object_id}-{sequence}",
        previous_id=event_id(object_id, sequence - 1) if has_previous else None,
        previous_at=to_iso(previous_at or at) if has_previous else None,
    )


def page(
    cursor: FeedCursor,
    there: Sequence[FeedEvent],
    *,
    limit: int = 100,
    now: datetime = NOW,
    names: Sequence[str] = (),
    is_cut: bool = False,
) -> FeedPage:
    read = sorted((one for one in there if one.place >= cursor.position[0]), key=lambda one: one.position)
    taken = take_page(cursor, read, limit=limit, names=names, now=now, is_cut=is_cut)
    assert read_feed_cursor(taken.cursor.encode()) == taken.cursor
    return taken


def ids(events: Sequence[FeedEvent]) -> list[str]:
    return [event.id for event in events]


def test_old_events_are_read_page_by_page_and_once() -> None:
    there = [an_event(number, OLD + timedelta(milliseconds=number // 3)) for number in range(10)]
    cursor, read = BEGINNING, list[FeedEvent]()
    for size, has_more in ((4, True), (4, True), (2, False), (0, False)):
        taken = page(cursor, there, limit=4)
        assert (len(taken.events), taken.has_more) == (size, has_more)
        read, cursor = read + taken.events, taken.cursor
    assert ids(read) == ids(sorted(there, key=lambda one: one.position))
    assert cursor.recent == frozenset()


def test_an_event_is_given_out_at_once_and_never_again() -> None:
    young = an_event(1, NOW - timedelta(milliseconds=1))
    first = page(BEGINNING, [young])
    assert (ids(first.events), first.has_more) == ([young.id], False)
    assert first.cursor.position == BEGINNING.position
    assert page(first.cursor, [young]).events == []
    later = page(first.cursor, [young], now=NOW + timedelta(hours=1))
    assert (later.events, later.cursor) == ([], FeedCursor(young.position))


def test_one_that_is_committed_late_in_front_of_others_is_not_skipped() -> None:
    early = NOW - SETTLED_AFTER + timedelta(milliseconds=1)
    first, late, last = an_event(1, early), an_event(2, early + timedelta(seconds=1)), an_event(3, NOW)
    cursor = page(BEGINNING, [first, last]).cursor
    assert ids(page(cursor, [first, late, last]).events) == [late.id]


def test_events_committed_in_any_order_are_all_read_once_and_in_order_for_each_object() -> None:
    choose = random.Random(20_260_131)
    for _ in range(3):
        at, arrivals = NOW, list[tuple[datetime, FeedEvent]]()
        for number in range(60):
            at += timedelta(milliseconds=choose.randrange(900))
            placed = previous = at
            for sequence in (1, 2, 3):
                # An object's next event begins when the one before is committed; each may take long.
                committed = placed + timedelta(milliseconds=choose.choice((5, 40, 9_000, 60_000)))
                # And the index may show it late.
                seen = committed + timedelta(milliseconds=choose.choice((0, 0, 10, 4_000)))
                arrivals.append((seen, an_event(number, placed, sequence=sequence, previous_at=previous)))
                placed, previous = committed, placed
        cursor, read, clock = BEGINNING, list[FeedEvent](), NOW
        while clock < at + timedelta(seconds=300):
            clock += timedelta(milliseconds=choose.randrange(1, 4_000))
            there = [event for seen, event in arrivals if seen <= clock]
            taken = page(cursor, there, limit=choose.randrange(1, 20), now=clock)
            read, cursor = read + taken.events, taken.cursor
        while events := (taken := page(cursor, [event for _, event in arrivals], now=clock)).events:
            read, cursor = read + events, taken.cursor
        assert sorted(ids(read)) == sorted(ids([event for _, event in arrivals]))
        for number in range(60):
            told = [one.row_id for one in read if one.row_id.startswith(f"pay_{number:016}-")]
            assert told == sorted(told)


def test_an_event_waits_for_the_one_before_it_to_turn_up() -> None:
    created, pending = (an_event(1, NOW, of=1, sequence=sequence) for sequence in (1, 2))
    first = page(BEGINNING, [pending])
    assert (first.events, first.cursor) == ([], BEGINNING)
    assert ids(page(first.cursor, [created, pending]).events) == ids([created, pending])
    # But not for ever: it may have been recorded by a release that knew no feed.
    settled = page(first.cursor, [pending], now=NOW + SETTLED_AFTER + timedelta(seconds=1))
    assert ids(settled.events) == [pending.id]


def test_an_event_that_waits_keeps_no_other_objects_waiting() -> None:
    waits = an_event(1, NOW, of=1, sequence=2)
    other = an_event(2, NOW + timedelta(milliseconds=1))
    first = page(BEGINNING, [waits, other])
    assert ids(first.events) == [other.id]
    assert ids(page(first.cursor, [an_event(1, NOW, of=1), waits, other]).events) == [
        an_event(1, of=1).id,
        waits.id,
    ]


def test_an_event_does_not_wait_for_one_that_is_behind_the_cursor() -> None:
    success = an_event(1, NOW, of=1, sequence=3)
    behind = FeedCursor((place_of(NOW + timedelta(milliseconds=1), 1), "x", 0))
    moved = success._replace(place=place_of(NOW + timedelta(seconds=1), 3))
    assert ids(page(behind, [moved]).events) == [success.id]


def test_a_filter_lets_some_events_through_and_passes_the_others() -> None:
    there = [
        an_event(number, OLD, of=number, sequence=sequence) for number in range(3) for sequence in (1, 3)
    ]
    taken = page(BEGINNING, there, names=["payment.success"])
    assert [event.name for event in taken.events] == ["payment.success"] * 3
    assert taken.cursor.position == max(event.position for event in there)
    none = page(BEGINNING, there, names=["refund.created"], is_cut=True)
    assert (none.events, none.has_more) == ([], True)
    assert none.cursor.position == taken.cursor.position


def test_a_test_event_is_in_no_page() -> None:
    sample = FeedEvent("w", "webhook.test", "{}", place_of(OLD, 1), "w")
    taken = page(BEGINNING, [sample])
    assert (taken.events, taken.cursor.position) == ([], sample.position)


def test_with_too_many_young_events_for_a_cursor_the_feed_stays_behind() -> None:
    there = [an_event(number, NOW - timedelta(milliseconds=number)) for number in range(RECENT_MAX + 50)]
    cursor, read = BEGINNING, list[FeedEvent]()
    for _ in range(6):
        taken = page(cursor, there, limit=100)
        read, cursor = read + taken.events, taken.cursor
    assert (len(read), taken.has_more) == (RECENT_MAX, False)
    assert len(cursor.encode()) < CURSOR_LENGTH_MAX
    later = NOW + SETTLED_AFTER + timedelta(seconds=1)
    read += page(cursor, there, now=later).events
    assert sorted(ids(read)) == sorted(ids(there))


def test_young_events_that_were_not_read_again_stay_named() -> None:
    there = [an_event(number, NOW - timedelta(milliseconds=number)) for number in range(3)]
    cursor = page(BEGINNING, there).cursor
    read = sorted(there, key=lambda one: one.position)[:1]
    assert page(cursor, read, is_cut=True).cursor == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        ".",
        "eA.",
        "MjAyNg.",
        BEGINNING.encode() + "AA",
        BEGINNING.encode() + "AAAAAAAA" * 2 + "A",
        "é." * 3,
    ],
)
def test_a_cursor_that_the_feed_never_gave_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match=r"^after must be a cursor that the feed answered with$") as refusal:
        read_feed_cursor(text)
    assert refusal.value.field == "after"
