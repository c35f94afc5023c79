"""Totals of long lists on the tables: exact, and in as many round trips however long the list is."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import pytest
from pynamodb.models import Model

from gateway.adapters.aws.dynamodb.access_tables import AuditRow
from gateway.adapters.aws.dynamodb.lists import by_keys, filtered, paging
from gateway.adapters.aws.dynamodb.sharded_rows import delivery_log
from gateway.adapters.aws.dynamodb.tables import LedgerRow, OrderRow, PaymentRow, RefundRow, WebhookRow
from gateway.domain.counting.counts import Kind
from gateway.domain.counting.kept import Kept, Unit
from gateway.domain.counting.newest import Newest, minute_of
from gateway.domain.cursor import Cursor
from gateway.domain.payments.order import OrderStatus
from gateway.domain.payments.payment import PaymentStatus
from gateway.domain.payments.refund import RefundStatus
from gateway.domain.span import ALL_TIME, Span, span_of
from gateway.domain.values import to_iso
from gateway.domain.webhooks.delivery import DeliveryStatus
from gateway.use_cases.operations.count_lists import count_list
from gateway.use_cases.payments.summary import tally_days
from tests.support.aws_calls import an_error, answering, watched
from tests.support.bulk import put_all
from tests.support.counting import Life
from tests.support.database import audit, counting, deliveries, ledger, orders, payments, refunds
from tests.support.factories import NOW, Clock, some_deps, some_id

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
DAY = timedelta(days=1)
FEW, MANY = 60, 600

List = Callable[[str], Any]
LISTS: dict[str, List] = {
    "payments": lambda of: payments.page(of, order_id=None, status=None, limit=10, offset=0),
    "payments that failed": lambda of: payments.page(
        of, order_id=None, status=PaymentStatus.FAILED, limit=10, offset=0
    ),
    "payments of a day": lambda of: payments.page(
        of, order_id=None, status=None, limit=10, offset=0, span=span_of(NOW.date() - DAY, NOW.date() - DAY)
    ),
    "payments of some hours": lambda of: payments.page(
        of, order_id=None, status=None, limit=10, offset=0, span=Span(NOW - 2 * DAY, NOW - timedelta(hours=3))
    ),
    "orders": lambda of: orders.page(of, status=None, limit=10, offset=0),
    "paid orders": lambda of: orders.page(of, status=OrderStatus.PAID, limit=10, offset=0),
    "refunds": lambda of: refunds.page_of_merchant(of, statuses=(), limit=10, offset=0),
    "processed refunds": lambda of: refunds.page_of_merchant(
        of, statuses=(RefundStatus.PROCESSED,), limit=10, offset=0
    ),
    "ledger": lambda of: ledger.page(of, 10, 0),
    "audit": lambda of: audit.page(of, 10, 0),
    "webhooks": lambda of: deliveries.page(of, status=None, event=None, limit=10, offset=0),
    "webhooks that failed": lambda of: deliveries.page(
        of, status=DeliveryStatus.FAILED, event="payment.success", limit=10, offset=0
    ),
}
LOOKED_AT = ("payments that failed", "paid orders")


def rows_of(merchant_id: str, number: int) -> Iterator[Model]:
    """As many rows of each list, over three days up to an hour ago; every third in another status."""
    for n in range(number):
        at = NOW - timedelta(hours=1) - 3 * DAY * n / number
        text = to_iso(at)
        odd = n % 3 == 0
        about: dict[str, Any] = {"merchant_id": merchant_id, "created_at": text}
        money: dict[str, Any] = about | {"amount": 500, "currency": "INR"}
        yield OrderRow(
            some_id("order_"), **money, notes={}, status="paid" if odd else "created", updated_at=text
        )
        yield PaymentRow(
            some_id("pay_"),
            **money,
            order_id="order_1",
            method="upi",
            status="failed" if odd else "success",
            captured=False,
            amount_captured=0,
            amount_refunded=0,
            refundable=0,
            updated_at=text,
        )
        yield RefundRow(
            some_id("rfnd_"),
            **money,
            payment_id="pay_1",
            status="processed" if odd else "pending",
            updated_at=text,
        )
        yield LedgerRow(f"{some_id('pay_')}:payment", **money, kind="payment", payment_id="pay_1")
        yield AuditRow(str(uuid.uuid4()), **about, actor="a", action="refund.created", object="o", details={})
        yield WebhookRow(
            str(uuid.uuid4()),
            **about,
            object_id="pay_1",
            event="payment.success",
            payload="{}",
            status="failed" if odd else "success",
            attempts=0,
            attempt_log=[],
        )


@pytest.fixture(scope="module")
def stored() -> dict[int, str]:
    return {}


def merchant_with(stored: dict[int, str], number: int) -> str:
    """A merchant with so many rows in each list, all of them counted."""
    if number not in stored:
        stored[number] = str(uuid.uuid4())
        put_all(rows_of(stored[number], number))
        for kind in Kind:
            assert count_list(some_deps(), kind, stored[number], NOW + DAY)
    return stored[number]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_takes_as_many_round_trips_however_long_it_is(stored: dict[int, str], name: str) -> None:
    taken = {}
    for number in (FEW, MANY):
        owner = merchant_with(stored, number)
        with watched() as calls:
            page = LISTS[name](owner)
        # Rows that a filter looks at are read side by side, a hundred a call.
        taken[number] = [call for call, _ in groupby(calls)] if name in LOOKED_AT else list(calls)
        assert len(page.items) == 10
        assert page.total >= number // 4
    assert taken[FEW] == taken[MANY]
    # The deliveries are in eight shards and where they were before, read and counted side by side.
    assert len(taken[MANY]) <= (20 if name.startswith("webhooks") else 8)


def test_the_totals_of_long_lists_are_exact(stored: dict[int, str]) -> None:
    owner = merchant_with(stored, MANY)
    for name in ("payments", "orders", "refunds", "ledger", "webhooks", "audit"):
        assert LISTS[name](owner).total == MANY
    for name in ("payments that failed", "paid orders", "processed refunds", "webhooks that failed"):
        assert LISTS[name](owner).total == MANY // 3
    assert (
        tally_days(some_deps(), owner, (NOW - 4 * DAY).date(), NOW.date())[NOW.date() - DAY].count()
        == MANY // 3
    )


def test_the_numbers_of_a_busy_merchant_take_as_many_round_trips(stored: dict[int, str]) -> None:
    taken = []
    for number in (FEW, MANY):
        owner = merchant_with(stored, number)
        with watched() as calls:
            tally_days(some_deps(), owner, (NOW - 4 * DAY).date(), NOW.date())
        taken.append(list(calls))
    # The rows since then, in case there are any: the index has none, so the table is not asked.
    assert taken == [["Query"] * 3, ["Query"] * 3]


def test_what_was_created_a_moment_ago_is_in_the_total(stored: dict[int, str]) -> None:
    owner = merchant_with(stored, FEW)
    before = LISTS["payments"](owner).total
    put_all(row for row in rows_of(owner, 3) if isinstance(row, PaymentRow) and move(row, NOW))
    assert LISTS["payments"](owner).total == before + 3
    stored.pop(FEW)


def test_a_list_without_a_filter_is_counted_up_to_the_last_minute() -> None:
    owner, at = str(uuid.uuid4()), NOW - timedelta(seconds=90)
    put_all(rows_of(owner, FEW))
    put_all(row for row in rows_of(owner, FEW) if move(row, at))
    for kind in Kind:
        assert count_list(some_deps(), kind, owner, NOW + DAY)
        newest = counting.kept(kind, owner).newest
        if kind in (Kind.LEDGER, Kind.AUDIT):
            assert newest is None
        else:
            assert newest == Newest(NOW - timedelta(minutes=1), Counter({minute_of(at): FEW}))
    for name in ("payments", "orders", "refunds", "ledger", "webhooks", "audit"):
        assert LISTS[name](owner).total == 2 * FEW


def move(row: Any, at: datetime) -> bool:
    row.created_at = to_iso(at)
    return True


@pytest.mark.parametrize(("seed", "pages"), [(1, None), (2, 1), (3, 2)])
def test_on_the_tables_too_lists_equal_a_recount_whatever_happens_when(
    monkeypatch: pytest.MonkeyPatch, seed: int, pages: int | None
) -> None:
    if pages is not None:
        read_little(monkeypatch, pages)
    clock = Clock()
    life = Life(some_deps(clock), clock, str(uuid.uuid4()), seed)
    for _ in range(60):
        life.step()
        life.check()


def read_little(monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    """Queries with a filter read this many pages of 2 rows, before what is kept says where to read on."""
    monkeypatch.setattr(filtered, "PAGES_FIRST", pages)
    monkeypatch.setattr(filtered, "PAGE_SIZE_MAX", 2)
    monkeypatch.setattr(by_keys, "LOOKED_AT_FIRST", 2)
    monkeypatch.setattr(by_keys, "PAGE_SIZE_MAX", 2)
    monkeypatch.setattr(paging, "PAGE_SIZE_FIRST", 2)
    monkeypatch.setattr(paging, "PAGE_SIZE_MAX", 2)
    monkeypatch.setattr(delivery_log, "FILTERED_PAGE_SIZE_FIRST", 2)


def test_rows_that_are_far_between_are_found_without_reading_all_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(by_keys, "LOOKED_AT_FIRST", 10)
    monkeypatch.setattr(by_keys, "PAGE_SIZE_MAX", 10)
    owner = str(uuid.uuid4())
    rows = [row for row in rows_of(owner, MANY) if isinstance(row, OrderRow)]
    rare = [rows[number] for number in (100, 400, 401)]
    for row in rows:
        row.status = "attempted" if row in rare else "paid"
    put_all(rows)

    def attempted(cursor: Cursor | None = None) -> tuple[list[str], int]:
        with watched() as calls:
            page = orders.page(owner, status=OrderStatus.ATTEMPTED, limit=10, offset=0, cursor=cursor)
        assert page.total == len(rare)
        return [order.id for order in page.items], len(calls)

    assert attempted()[0] == [row.id for row in rare]
    assert count_list(some_deps(), Kind.ORDERS, owner, NOW + DAY)
    found, taken = attempted()
    assert found == [row.id for row in rare]
    # Four pages of keys and their rows, what is kept, its days; of two days the hours, and what is in those.
    # To read all would take 120.
    assert taken <= 20
    found, taken = attempted(Cursor(rare[0].created_at, rare[0].id, 1, 3))
    assert found == [row.id for row in rare[1:]]
    assert taken <= 20


def test_a_long_list_that_was_never_counted_is_exact_and_asks_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "READ_MAX", 50)
    owner = str(uuid.uuid4())
    put_all(rows_of(owner, 60))
    assert LISTS["payments that failed"](owner).total == 20
    assert owner not in {asked.merchant_id for asked in counting.asked(1000)}
    assert LISTS["payments"](owner).total == 60
    assert owner in {asked.merchant_id for asked in counting.asked(1000)}
    assert counting.kept(Kind.PAYMENTS, owner) == Kept()


def test_a_step_that_meets_another_is_refused_whole() -> None:
    owner = str(uuid.uuid4())
    put_all(rows_of(owner, 30))
    cancelled = an_error(
        "TransactionCanceledException", CancellationReasons=[{"Code": "TransactionConflict"}]
    )
    with answering("TransactWriteItems", [cancelled] * 4):
        assert not count_list(some_deps(), Kind.ORDERS, owner, NOW + DAY)
    assert counting.kept(Kind.ORDERS, owner) == Kept()
    assert counting.buckets(Kind.ORDERS, owner, Unit.DAY, ALL_TIME) == []
    assert count_list(some_deps(), Kind.ORDERS, owner, NOW + DAY)
    assert counting.kept(Kind.ORDERS, owner).counts.matching((("paid",),)) == 10
