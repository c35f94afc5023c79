"""Spans of time: days and instants, with both ends."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from gateway.domain.span import ALL_TIME, Span, span_of

END_OF_DAY = datetime(2026, 1, 31, 23, 59, 59, 999_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last", "within"),
    [
        (None, None, True),
        (date(2026, 1, 31), date(2026, 1, 31), True),
        (date(2026, 2, 1), None, False),
        (None, date(2026, 1, 30), False),
        (END_OF_DAY, END_OF_DAY, True),
        (END_OF_DAY + timedelta(milliseconds=1), None, False),
        (None, END_OF_DAY - timedelta(milliseconds=1), False),
        (END_OF_DAY - timedelta(hours=1), date(2026, 1, 31), True),
    ],
)
def test_both_ends_of_a_span_belong_to_it(
    first: date | datetime | None, last: date | datetime | None, *, within: bool
) -> None:
    assert span_of(first, last).contains(END_OF_DAY) is within


def test_an_instant_of_another_zone_is_the_same_instant() -> None:
    there = END_OF_DAY.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert span_of(there, there) == Span(END_OF_DAY, END_OF_DAY + timedelta(milliseconds=1))
    assert span_of(END_OF_DAY, None).first_text == "2026-01-31T23:59:59.999Z"
    assert span_of(None, date(2026, 1, 31)).before_text == "2026-02-01T00:00:00.000Z"
    assert (ALL_TIME.first_text, ALL_TIME.before_text) == (None, None)


def test_a_span_that_ends_before_it_begins_is_told() -> None:
    assert span_of(date(2026, 2, 1), date(2026, 1, 31)).is_backwards
    assert span_of(END_OF_DAY, END_OF_DAY - timedelta(milliseconds=1)).is_backwards
    assert not span_of(END_OF_DAY, END_OF_DAY).is_backwards
    assert not span_of(END_OF_DAY, None).is_backwards
    assert not ALL_TIME.is_backwards
