"""Webhooks kept for some days, on the tables: when rows may go, and lists before and after they have.

The emulator deletes nothing here, as the tests are far ahead of its time: what is to go, they delete.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from gateway.adapters.aws.dynamodb import rows
from gateway.adapters.aws.dynamodb.database import DynamoDatabase
from gateway.adapters.aws.dynamodb.tables import WebhookRow
from gateway.domain.counting.counts import Kind
from gateway.domain.cursor import next_cursor, read_cursor
from gateway.domain.page import Page
from gateway.domain.span import ALL_TIME, Span
from gateway.domain.webhooks.delivery import GAPS_SECONDS, Attempt, DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.keeping import OUTLIVES, Keeping, expires_at
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.operations.count_lists import count_list
from gateway.use_cases.operations.sweep import sweep
from gateway.use_cases.webhooks.keeping import note_setting
from gateway.use_cases.webhooks.read_deliveries import list_deliveries
from tests.support.aws_calls import watched
from tests.support.database import add_delivery, counting, deliveries
from tests.support.factories import Clock, a_webhook, some_deps, some_uuid

# What is set before stands in one row for all merchants, so these tests have tables of their own.
pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("empty_store")]
DAY = timedelta(days=1)
BEGAN = datetime(2100, 3, 1, 12, tzinfo=UTC)
DAYS = 3


def some(clock: Clock, days: int = DAYS) -> Dependencies:
    return some_deps(clock, EVENTS_KEPT_DAYS="1", WEBHOOKS_KEPT_DAYS=str(days))


def made(owner: str, at: datetime, days: int = DAYS) -> WebhookDelivery:
    """A new delivery, stored."""
    delivery = a_webhook(merchant_id=owner, created_at=at, next_retry_at=at, kept_days=days)
    transaction = DynamoDatabase().transaction()
    add_delivery(transaction, delivery)
    transaction.commit()
    return delivery


def over(delivery: WebhookDelivery, code: int = 200) -> WebhookDelivery:
    """The delivery after its one attempt, stored."""
    after = delivery.attempted(Attempt(delivery.created_at, 3, code, "", None), GAPS_SECONDS)
    assert deliveries.record(delivery, after)
    return after


def end_of(delivery: WebhookDelivery) -> float | None:
    """When the row may go, in unix seconds, as it is stored."""
    row = rows.get(WebhookRow, delivery.id)
    assert row is not None
    return row.expires_at


def take(gone: list[WebhookDelivery]) -> None:
    for each in gone:
        WebhookRow(each.id).delete()


def listed(deps: Dependencies, owner: str, span: Span = ALL_TIME, **which: object) -> Page[WebhookDelivery]:
    asked: dict[str, object] = {"status": None, "event": None, "limit": 1, "offset": 0} | which
    return list_deliveries(deps, owner, span=span, **asked)  # type: ignore[arg-type] # any of them


def walked(deps: Dependencies, owner: str, **which: object) -> list[str]:
    page = listed(deps, owner, limit=2, **which)
    ids = [each.id for each in page.items]
    while (text := next_cursor(page)) is not None:
        page = listed(deps, owner, limit=2, cursor=read_cursor(text), **which)
        ids += [each.id for each in page.items]
    return ids


def test_the_row_of_a_delivery_has_an_end_once_that_is_over_and_none_when_it_begins_again() -> None:
    delivery = made(some_uuid(), BEGAN)
    assert end_of(delivery) is None
    failed_once = delivery.attempted(Attempt(BEGAN, 3, 500, "", None), GAPS_SECONDS)
    assert deliveries.record(delivery, failed_once)
    assert end_of(delivery) is None

    done = over(failed_once)
    ends = expires_at(done)
    assert ends == datetime(2100, 3, 2 + DAYS, tzinfo=UTC) + OUTLIVES
    assert end_of(delivery) == ends.timestamp()
    assert deliveries.get(delivery.id) == done

    again = done.retried(BEGAN + DAY)
    transaction = DynamoDatabase().transaction()
    transaction.deliveries.retry(done, again)
    transaction.commit()
    assert end_of(delivery) is None
    assert over(again, 410).status is DeliveryStatus.FAILED
    assert end_of(delivery) == ends.timestamp()


def test_a_row_of_a_stage_without_the_setting_or_of_an_earlier_release_never_ends() -> None:
    delivery = made(some_uuid(), BEGAN, days=0)
    row = rows.get(WebhookRow, delivery.id)
    assert row is not None
    assert row.kept_days is None
    assert over(delivery).kept_days == 0
    assert end_of(delivery) is None


def test_a_row_that_goes_while_it_is_worked_on_does_not_come_back() -> None:
    done = over(made(some_uuid(), BEGAN), 410)
    take([done])
    assert not deliveries.record(done, done.retried(BEGAN + DAY))
    assert deliveries.get(done.id) is None


def test_on_the_tables_too_totals_are_what_lists_show_before_and_after_rows_have_gone() -> None:
    clock, owner = Clock(BEGAN), some_uuid()
    deps = some(clock)
    counting.began(BEGAN - DAY)
    stored: list[WebhookDelivery] = []
    for day in range(DAYS + 4):
        stored += [over(made(owner, clock()), code) for code in (200, 410, 410)]
        clock.advance(hours=24)
        sweep(deps)
        assert count_list(deps, Kind.WEBHOOKS, owner, clock() + DAY)
        shown = min(day + 1, DAYS)
        for _ in ("before", "after"):
            for status, number in ((None, 3), (DeliveryStatus.FAILED, 2), (DeliveryStatus.SUCCESS, 1)):
                assert listed(deps, owner, status=status).total == number * shown
                assert len(walked(deps, owner, status=status)) == number * shown
            # As early as nobody could tell.
            gone = [each for each in stored if (ends := expires_at(each)) and ends - OUTLIVES <= clock()]
            take(gone)
            stored = [each for each in stored if each not in gone]
    assert len(stored) == 3 * DAYS
    assert counting.webhooks_kept() == Keeping(DAYS)


def test_a_list_reads_one_row_more_where_webhooks_go() -> None:
    clock, owner = Clock(BEGAN), some_uuid()
    for _ in range(3):
        made(owner, clock())
    taken = {}
    for days in (0, DAYS):
        with watched() as calls:
            listed(some(clock, days), owner)
        taken[days] = Counter(calls)
    assert taken[DAYS] - taken[0] == Counter({"Query": 1})
    assert taken[0] - taken[DAYS] == Counter()


def test_what_was_set_before_is_remembered_and_two_sweepers_note_it_once() -> None:
    clock = Clock(BEGAN)
    assert counting.webhooks_kept() is None
    note_setting(some(clock, days=0))
    assert counting.webhooks_kept() is None
    note_setting(some(clock))
    assert counting.webhooks_kept() == Keeping(DAYS)
    clock.advance(hours=24)
    before, after = Keeping(DAYS), Keeping(DAYS).changed_to(9, clock())
    assert counting.keep_webhooks(before, after)
    assert not counting.keep_webhooks(before, after)
    assert not counting.keep_webhooks(None, Keeping(5))
    assert counting.webhooks_kept() == after == Keeping(9, ((DAYS, clock()),))
    note_setting(some(clock, days=9))
    assert counting.webhooks_kept() == after


def test_a_larger_number_shows_no_day_of_which_rows_have_gone() -> None:
    clock, owner = Clock(BEGAN), some_uuid()
    deps = some(clock)
    note_setting(deps)
    stored = []
    for _ in range(DAYS + 3):
        stored.append(over(made(owner, clock())))
        clock.advance(hours=24)
    assert count_list(deps, Kind.WEBHOOKS, owner, clock() + DAY)
    take(stored[:3])
    more = some(clock, days=20)
    for _ in ("before a sweep", "after it"):
        assert listed(more, owner).total == len(walked(more, owner)) == DAYS
        note_setting(more)
