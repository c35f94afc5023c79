"""From which day on deliveries are shown, whatever was set before, and when their rows may go."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.webhooks.delivery import DeliveryStatus
from gateway.domain.webhooks.keeping import OUTLIVES, Keeping, expires_at
from tests.support.factories import a_webhook

DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 1, 31, tzinfo=UTC)
NOON = MIDNIGHT + DAY / 2
LAST = MIDNIGHT + DAY - timedelta(microseconds=1)


def test_deliveries_are_shown_for_so_many_whole_days_after_their_own() -> None:
    assert Keeping(30).first_shown(NOON) == MIDNIGHT - 30 * DAY
    assert Keeping(30).first_shown(MIDNIGHT) == MIDNIGHT - 30 * DAY
    assert Keeping(30).first_shown(LAST) == MIDNIGHT - 30 * DAY
    assert Keeping(0).first_shown(NOON) is None


def row_end(made_at: datetime, days: int, status: DeliveryStatus = DeliveryStatus.FAILED) -> datetime | None:
    return expires_at(a_webhook(created_at=made_at, kept_days=days, status=status))


@pytest.mark.parametrize("status", [DeliveryStatus.SUCCESS, DeliveryStatus.FAILED])
def test_the_row_of_a_delivery_that_is_over_is_kept_for_ever_or_goes_after_its_last_day(
    status: DeliveryStatus,
) -> None:
    assert row_end(NOON, 0, status) is None
    assert row_end(NOON, 30, status) == row_end(MIDNIGHT, 30, status) == MIDNIGHT + 31 * DAY + OUTLIVES


def test_the_row_of_a_delivery_that_is_still_to_be_tried_has_no_end() -> None:
    assert row_end(NOON, 1, DeliveryStatus.PENDING) is None


def test_what_was_set_before_a_larger_number_bounds_the_rows_of_then() -> None:
    keeping = Keeping(10).changed_to(30, NOON)
    assert keeping.first_shown(NOON) == MIDNIGHT - 10 * DAY
    assert keeping.first_shown(NOON + 5 * DAY) == MIDNIGHT - 5 * DAY
    # From two days behind the change on, whatever was made lives for 30.
    assert keeping.first_shown(NOON + 20 * DAY) == MIDNIGHT + 2 * DAY
    assert keeping.first_shown(NOON + 40 * DAY) == MIDNIGHT + 10 * DAY


def test_a_smaller_number_bounds_all_rows_at_once() -> None:
    assert Keeping(30).changed_to(10, NOON).first_shown(NOON) == MIDNIGHT - 10 * DAY


def test_turning_it_on_bounds_rows_of_before_and_nothing_is_remembered_of_for_ever() -> None:
    assert Keeping(0).changed_to(30, NOON) == Keeping(30)


def test_a_number_that_is_set_already_changes_nothing() -> None:
    keeping = Keeping(10).changed_to(30, NOON)
    assert keeping.changed_to(30, NOON + DAY) is keeping


def test_what_makes_no_difference_any_more_is_forgotten() -> None:
    keeping = Keeping(10).changed_to(30, NOON).changed_to(40, NOON + 100 * DAY)
    assert keeping.before == ((30, NOON + 100 * DAY),)


@pytest.mark.parametrize("seed", range(40))
def test_no_day_is_shown_of_which_rows_may_have_gone(seed: int) -> None:
    """Whatever is set when: rows from the bound on are all there."""
    dice = random.Random(seed)
    keeping, now = Keeping(dice.randint(1, 20)), NOON
    made: list[tuple[datetime, datetime]] = []
    for _ in range(200):
        now += timedelta(hours=dice.randint(1, 30))
        if dice.random() < 0.1:
            keeping = keeping.changed_to(dice.randint(1, 20), now)
        ends = row_end(now, keeping.days)
        assert ends is not None
        made.append((now, ends - OUTLIVES))
        first = keeping.first_shown(now)
        assert first is not None
        assert all(ends > now for at, ends in made if at >= first)
        assert first <= now
