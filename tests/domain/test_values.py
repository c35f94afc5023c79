import re
import secrets
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.values import (
    AMOUNT_MAX,
    from_iso,
    from_unix_ms,
    new_id,
    seconds_until,
    to_iso,
    to_unix_ms,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
# A day away from both ends of the calendar: every moment there has a UTC form.
moments = st.datetimes(min_value=datetime(1000, 1, 2), max_value=datetime(9999, 12, 30), timezones=zones)  # noqa: DTZ001


@pytest.mark.parametrize("prefix", ["order_", "pay_", "rfnd_"])
def test_an_id_is_its_prefix_and_16_letters_or_digits(prefix: str) -> None:
    assert re.fullmatch(prefix + "[A-Za-z0-9]{16}", new_id(prefix, secrets.choice))


def test_ids_use_the_whole_alphabet() -> None:
    seen = {character for _ in range(500) for character in new_id("", secrets.choice)}
    assert len(seen) == 26 + 26 + 10


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 31, 9, 30, 0, 250_000, tzinfo=UTC), "2026-01-31T09:30:00.250Z"),
        (datetime(2026, 1, 31, 9, 30, tzinfo=UTC), "2026-01-31T09:30:00.000Z"),
        (datetime(2026, 1, 31, 9, 30, 0, 999_999, tzinfo=UTC), "2026-01-31T09:30:00.999Z"),
        (datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=5.5))), "2025-12-31T19:30:00.000Z"),
    ],
)
def test_a_time_is_written_in_utc_with_milliseconds_and_a_z(moment: datetime, text: str) -> None:
    assert to_iso(moment) == text


@given(moments)
def test_a_time_comes_back_from_its_text_to_the_millisecond(moment: datetime) -> None:
    back = from_iso(to_iso(moment))
    assert back.tzinfo is not None
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)


@given(moments, moments)
def test_times_sort_as_their_texts_do(one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    assert to_iso(earlier) <= to_iso(later)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        to_iso(datetime(2026, 1, 31))  # noqa: DTZ001


@given(moments)
def test_unix_milliseconds_count_exactly_from_1970(moment: datetime) -> None:
    assert to_unix_ms(moment) == (moment - EPOCH) // timedelta(milliseconds=1)


@given(moments)
def test_a_time_comes_back_from_unix_milliseconds(moment: datetime) -> None:
    assert timedelta(0) <= moment - from_unix_ms(to_unix_ms(moment)) < timedelta(milliseconds=1)


@given(st.integers(0, 253_402_300_799_999))
def test_unix_milliseconds_come_back_from_the_time(milliseconds: int) -> None:
    assert to_unix_ms(from_unix_ms(milliseconds)) == milliseconds


def test_the_greatest_amount_is_one_that_javascript_counts_exactly() -> None:
    assert AMOUNT_MAX < 2**53


@pytest.mark.parametrize(("ms", "seconds"), [(-1, 0), (0, 0), (1, 1), (1_000, 1), (1_001, 2)])
def test_a_delay_is_in_whole_seconds_rounded_up_and_none_for_what_has_passed(ms: int, seconds: int) -> None:
    assert seconds_until(EPOCH + timedelta(milliseconds=ms), EPOCH) == seconds


def test_what_is_never_due_has_no_delay() -> None:
    assert seconds_until(None, EPOCH) == 0
