"""WebhooksKeptDays: lists, totals and what else reads deliveries, before and after their rows have gone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.counting.counts import Kind
from gateway.domain.cursor import Cursor, next_cursor, read_cursor
from gateway.domain.errors import NotFound
from gateway.domain.page import Page
from gateway.domain.span import ALL_TIME, Span, span_of
from gateway.domain.values import to_iso
from gateway.domain.webhooks.delivery import GAPS_SECONDS, Attempt, DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.keeping import OUTLIVES, Keeping, expires_at
from gateway.use_cases.idempotency import Idempotency, StoredResponse
from gateway.use_cases.operations.count_lists import count_list
from gateway.use_cases.operations.sweep import sweep
from gateway.use_cases.payments.timeline import read_timeline
from gateway.use_cases.webhooks.deliver_webhooks import deliver_webhooks
from gateway.use_cases.webhooks.read_deliveries import find_delivery, list_deliveries
from gateway.use_cases.webhooks.send_deliveries import Failed, retry_delivery, retry_failed
from tests.support.factories import NOW, a_config, a_message, a_webhook
from tests.support.memory.shop import MemoryShop, rendered

DAY = timedelta(days=1)
DAYS = 5
OK = Attempt(NOW, 10, 200, None, None)


def a_shop(days: int = DAYS) -> MemoryShop:
    shop = MemoryShop(EVENTS_KEPT_DAYS="1", WEBHOOKS_KEPT_DAYS=str(days))
    shop.database.counting.began(NOW - 100 * DAY)
    return shop


def set_days(shop: MemoryShop, days: int) -> None:
    """As a deployment does; the next sweep notes it."""
    config = a_config(EVENTS_KEPT_DAYS="1", WEBHOOKS_KEPT_DAYS=str(days))
    object.__setattr__(shop.deps, "config", config)


def deliver(shop: MemoryShop, number: int = 1, **members: Any) -> list[WebhookDelivery]:
    """Deliveries made now, and over."""
    known = {
        "merchant_id": shop.merchant.id,
        "created_at": shop.clock(),
        "status": DeliveryStatus.FAILED,
        "next_retry_at": None,
        "kept_days": shop.deps.config.webhooks_kept_days,
    }
    made = [a_webhook(**(known | members)) for _ in range(number)]
    for each in made:
        shop.put("deliveries", each)
    return made


def expire(shop: MemoryShop, early: timedelta = timedelta(0)) -> int:
    """Deletes rows as time to live would; `early`: as if it were so much later already."""
    rows = shop.database.rows.of("deliveries")
    ends = {each: expires_at(row) for each, row in rows.items()}
    gone = [each for each, at in ends.items() if at is not None and at <= shop.clock() + early]
    for each in gone:
        del rows[each]
    return len(gone)


def listed(shop: MemoryShop, span: Span = ALL_TIME, limit: int = 1, **which: Any) -> Page[WebhookDelivery]:
    asked: dict[str, Any] = {"status": None, "event": None, "offset": 0} | which
    return list_deliveries(shop.deps, shop.merchant.id, limit=limit, span=span, **asked)


def walked(shop: MemoryShop, **which: Any) -> Iterator[WebhookDelivery]:
    cursor: Cursor | None = None
    while True:
        page = listed(shop, limit=2, cursor=cursor, **which)
        yield from page.items
        text = next_cursor(page)
        if text is None:
            return
        cursor = read_cursor(text)


def count(shop: MemoryShop) -> None:
    assert count_list(shop.deps, Kind.WEBHOOKS, shop.merchant.id, shop.clock() + DAY)


def assert_totals_are_what_is_shown(shop: MemoryShop) -> int:
    for which in ({}, {"status": DeliveryStatus.FAILED}, {"status": DeliveryStatus.SUCCESS}):
        assert listed(shop, **which).total == len(list(walked(shop, **which)))
    return listed(shop).total


def live(shop: MemoryShop, days: int) -> list[int]:
    """Some days of deliveries: counted every day, and deleted as early as nothing can tell."""
    totals = []
    for _ in range(days):
        deliver(shop, 3)
        deliver(shop, 1, status=DeliveryStatus.SUCCESS)
        shop.clock.advance(hours=24)
        sweep(shop.deps)
        count(shop)
        before = assert_totals_are_what_is_shown(shop)
        expire(shop, early=OUTLIVES)
        assert assert_totals_are_what_is_shown(shop) == before
        totals.append(before)
    return totals


def test_totals_are_what_a_list_shows_before_and_after_rows_have_gone() -> None:
    shop = a_shop()
    totals = live(shop, 12)
    # After the first days, it is those of the five days before today.
    assert totals[:6] == [4, 8, 12, 16, 20, 20]
    assert set(totals[5:]) == {4 * DAYS}
    assert len(shop.database.rows.of("deliveries")) == 4 * DAYS


def test_a_larger_number_shows_more_only_as_rows_of_then_are_there() -> None:
    shop = a_shop()
    live(shop, 8)
    set_days(shop, 9)
    totals = live(shop, 16)
    assert totals[0] == 4 * DAYS
    assert totals[-1] == 4 * 9
    assert shop.database.counting.webhooks_kept().days == 9


def test_a_larger_number_is_heeded_before_a_sweep_has_noted_it() -> None:
    shop = a_shop()
    live(shop, 12)
    set_days(shop, 9)
    assert assert_totals_are_what_is_shown(shop) == 4 * DAYS


def test_a_smaller_number_cuts_lists_at_once_and_rows_go_when_they_were_to() -> None:
    shop = a_shop(9)
    live(shop, 12)
    set_days(shop, 3)
    assert assert_totals_are_what_is_shown(shop) == 4 * 3
    assert expire(shop, early=OUTLIVES) == 0
    assert set(live(shop, 12)) == {4 * 3}


def test_rows_from_before_the_setting_stay_and_are_not_shown() -> None:
    shop = a_shop(0)
    (old,) = deliver(shop)
    shop.clock.advance(hours=24 * 50)
    assert listed(shop).total == 1
    set_days(shop, DAYS)
    assert (listed(shop).items, listed(shop).total) == ([], 0)
    assert expire(shop) == 0
    assert shop.database.deliveries.get(old.id) == old


def test_nothing_is_noted_and_nothing_expires_unless_it_is_set() -> None:
    shop = a_shop(0)
    shop.paid()
    deliver(shop)
    sweep(shop.deps)
    assert {expires_at(row) for row in shop.database.rows.of("deliveries").values()} == {None}
    assert shop.database.counting.webhooks_kept() is None


def test_what_a_unit_of_work_makes_expires_some_days_after_its_last() -> None:
    shop = a_shop()
    shop.paid()
    sweep(shop.deps)
    made = shop.database.rows.of("deliveries").values()
    assert {row.kept_days for row in made} == {DAYS}
    assert shop.database.counting.webhooks_kept() == Keeping(DAYS)


def test_a_cursor_that_leads_behind_what_is_shown_gives_an_empty_rest() -> None:
    shop = a_shop()
    deliver(shop, 3)
    page = listed(shop)
    text = next_cursor(page)
    assert text is not None
    shop.clock.advance(hours=24 * (DAYS + 1))
    for _ in range(2):
        rest = listed(shop, cursor=read_cursor(text))
        assert (rest.items, rest.has_more, rest.total) == ([], False, 3)
        expire(shop, early=OUTLIVES)


def test_a_span_that_ends_before_what_is_shown_is_empty() -> None:
    shop = a_shop()
    deliver(shop, 3)
    shop.clock.advance(hours=24 * (DAYS + 1))
    day = span_of(NOW.date(), NOW.date())
    assert (listed(shop, day).items, listed(shop, day).total) == ([], 0)


def test_a_delivery_that_is_not_shown_is_not_found_whether_or_not_its_row_has_gone() -> None:
    shop = a_shop()
    payment = shop.paid()
    for each in list(shop.database.rows.of("deliveries").values()):
        shop.put("deliveries", each.attempted(OK, GAPS_SECONDS))
    (delivery, *_) = shop.database.rows.of("deliveries").values()
    assert find_delivery(shop.deps, delivery.id, shop.merchant.id) == delivery
    shop.clock.advance(hours=24 * (DAYS + 1))
    for _ in range(2):
        with pytest.raises(NotFound):
            find_delivery(shop.deps, delivery.id, shop.merchant.id)
        with pytest.raises(NotFound):
            retry_delivery(shop.deps, delivery.id, shop.merchant.id, rendered(None))
        kinds = {moment.kind for moment in read_timeline(shop.deps, payment.id, shop.merchant.id)}
        assert "payment.success" in kinds
        assert not any(kind.startswith("webhook.") for kind in kinds)
        expire(shop, early=OUTLIVES)
    assert shop.database.rows.of("deliveries") == {}


def test_a_delivery_that_is_still_to_be_tried_is_kept_however_late_that_is() -> None:
    shop = a_shop()
    (late,) = deliver(shop, status=DeliveryStatus.PENDING, next_retry_at=NOW)
    shop.clock.advance(hours=24 * 365)
    assert expire(shop) == 0
    deliver_webhooks(shop.deps, [a_message(webhook_id=late.id, merchant_id=late.merchant_id)])
    assert [attempt.at for attempt in shop.database.deliveries.get(late.id).attempts] == [shop.clock()]


def test_a_delivery_begun_again_on_its_last_day_is_kept_until_that_is_over() -> None:
    shop = a_shop()
    (delivery,) = deliver(shop)
    shop.clock.advance(hours=24 * DAYS)
    retry_delivery(shop.deps, delivery.id, shop.merchant.id, rendered(None))
    shop.clock.advance(hours=24 * 365)
    assert expire(shop) == 0
    again = shop.database.deliveries.get(delivery.id)
    assert (again.status, again.kept_days) == (DeliveryStatus.PENDING, DAYS)
    shop.put("deliveries", again.attempted(OK, GAPS_SECONDS))
    assert expire(shop) == 1


def test_failed_deliveries_that_are_not_shown_do_not_begin_again() -> None:
    shop = a_shop()
    (old,) = deliver(shop)
    shop.clock.advance(hours=24 * (DAYS + 1))
    (new,) = deliver(shop)
    behind = Cursor(to_iso(old.created_at), old.id, 0, 0)
    for cursor in (None, behind):
        retry_failed(shop.deps, shop.merchant.id, Failed(Span(NOW - DAY), cursor=cursor), rendered_retried())
        expire(shop, early=OUTLIVES)
    assert {message["webhook_id"] for message in shop.queues.sent("webhooks")} == {new.id}


def rendered_retried() -> Any:
    return Idempotency(None, lambda retried: StoredResponse(200, str(len(retried.deliveries))))
