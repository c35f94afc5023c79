"""Totals that are kept are those of a recount, whatever happens; who asks for counting, and who does it."""

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.counting import counts
from gateway.domain.counting.counts import Kind
from gateway.domain.counting.kept import Kept, total
from gateway.domain.counting.newest import minute_of
from gateway.domain.errors import Unavailable
from gateway.domain.payments.order import OrderStatus
from gateway.domain.payments.payment import PaymentStatus
from gateway.domain.span import ALL_TIME, Span
from gateway.use_cases.operations import count_lists, sweep
from gateway.use_cases.operations.count_lists import count_asked, count_list
from tests.support.counting import Life
from tests.support.factories import NOW, a_payment, a_refund, an_order
from tests.support.memory.counting import Counted
from tests.support.memory.shop import MemoryShop, lines

SEED = int(os.environ.get("ASYNCPAY_SEED", "0"))
DAY = timedelta(days=1)


@pytest.fixture
def shop() -> MemoryShop:
    shop = MemoryShop()
    shop.database.counting.began(NOW - DAY)
    return shop


@pytest.mark.parametrize("number", range(12))
def test_kept_totals_equal_a_recount_whatever_happens_when(number: int) -> None:
    shop = MemoryShop()
    life = Life(shop.deps, shop.clock, shop.merchant.id, SEED + number)
    for _ in range(150):
        life.step()
        life.check()


def test_a_walk_keeps_totals_of_every_list_and_corrects_some() -> None:
    shop = MemoryShop()
    life = Life(shop.deps, shop.clock, shop.merchant.id, 0)
    for _ in range(150):
        life.step()
    kept = [shop.database.counting.kept(kind, shop.merchant.id) for kind in Kind]
    assert sum(one.until is not None for one in kept) >= 4
    assert sum(len(one.corrections) for one in kept) > 0
    assert sum(one.newest is not None for one in kept) > 0


def put_payments(shop: MemoryShop, *ages: timedelta, **members: Any) -> None:
    for age in ages:
        known = {"merchant_id": shop.merchant.id, "created_at": NOW - age, "status": PaymentStatus.SUCCESS}
        shop.put("payments", a_payment(**(known | members)))


def kept(shop: MemoryShop, kind: Kind = Kind.PAYMENTS) -> Kept:
    found: Kept = shop.database.counting.kept(kind, shop.merchant.id)
    return found


def test_the_sweeper_counts_what_was_asked_for_once(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    put_payments(shop, timedelta(hours=1), timedelta(minutes=1))
    shop.put("refunds", a_refund(merchant_id=shop.merchant.id, created_at=NOW - DAY))
    sweep.sweep(shop.deps)
    assert kept(shop).until is None
    shop.database.counting.ask(shop.merchant.id, NOW)
    sweep.sweep(shop.deps)
    assert (kept(shop).counts.matching(()), kept(shop).until) == (1, NOW - timedelta(minutes=3))
    assert kept(shop, Kind.REFUNDS).counts.matching(()) == 1
    assert kept(shop, Kind.ORDERS) == Kept()
    assert lines(capsys, "lists counted") == [{"level": "INFO", "merchants": 1, "asked": 1}]
    assert shop.database.counting.asked(10) == []
    sweep.sweep(shop.deps)
    assert lines(capsys, "lists counted") == []


def test_no_list_is_begun_when_the_time_for_counting_is_over(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.database.counting.ask(shop.merchant.id, NOW)
    begun: list[Kind] = []
    monkeypatch.setattr(count_lists, "count_list", lambda _deps, kind, *_rest: begun.append(kind))
    monkeypatch.setattr(count_lists, "SECONDS_MAX", 0)
    assert count_asked(shop.deps) == 0
    assert begun == []
    assert len(shop.database.counting.asked(10)) == 1


def put_orders(shop: MemoryShop, *ages: timedelta) -> None:
    for age in ages:
        shop.put("orders", an_order(merchant_id=shop.merchant.id, created_at=NOW - age))


def read_for_total(shop: MemoryShop, status: OrderStatus | None, span: Span = ALL_TIME) -> int:
    """How many rows are read one by one for the total of a list of orders, which is checked as well."""
    wanted = () if status is None else ((str(status),),)
    shop.database.orders.page(shop.merchant.id, status=status, limit=1, offset=0, span=span)
    counted = Counted(shop.database.rows, Kind.ORDERS, shop.merchant.id, wanted)
    return total(counted, wanted, span).read


def test_a_total_without_a_filter_reads_the_rows_of_a_minute_however_long_rows_take_to_settle(
    shop: MemoryShop,
) -> None:
    minute = timedelta(minutes=1)
    put_orders(shop, *(number * minute for number in range(30)), timedelta(seconds=59))
    assert read_for_total(shop, None) == 31
    assert count_list(shop.deps, Kind.ORDERS, shop.merchant.id, NOW + DAY)
    assert kept(shop, Kind.ORDERS).until == NOW - 11 * minute
    assert read_for_total(shop, None) == 3  # of now, of 59 s ago and of exactly a minute ago
    assert read_for_total(shop, OrderStatus.CREATED) == 13
    # A span: from the beginning of a minute on, and one that ends in between.
    assert read_for_total(shop, None, Span(minute_of(NOW) - 5 * minute)) == 3
    assert read_for_total(shop, None, Span(NOW - 5 * minute + timedelta(seconds=1))) == 6
    assert read_for_total(shop, None, Span(None, NOW - 5 * minute)) == 6
    assert read_for_total(shop, None, Span(None, NOW - minute)) == 0
    # Time goes on: what settles is counted by its cell, and given up here.
    for _ in range(15):
        shop.clock.advance(seconds=50)
        put_orders(shop, NOW - shop.clock())
        assert count_list(shop.deps, Kind.ORDERS, shop.merchant.id, shop.clock() + DAY)
        assert read_for_total(shop, None) <= 3
    newest = kept(shop, Kind.ORDERS).newest
    assert newest is not None
    assert len(+newest.numbers) <= 12


def test_a_row_that_arrives_late_is_in_the_total_once_it_has_settled(shop: MemoryShop) -> None:
    put_orders(shop, timedelta(minutes=3), timedelta(minutes=1, seconds=1))
    assert count_list(shop.deps, Kind.ORDERS, shop.merchant.id, NOW + DAY)
    put_orders(shop, timedelta(minutes=2))  # it took its request two minutes to commit
    found = total(Counted(shop.database.rows, Kind.ORDERS, shop.merchant.id, ()), (), ALL_TIME)
    assert (found.number, found.read) == (2, 0)
    shop.clock.advance(minutes=12)
    assert count_list(shop.deps, Kind.ORDERS, shop.merchant.id, shop.clock() + DAY)
    assert kept(shop, Kind.ORDERS).counts.matching(()) == 3
    assert read_for_total(shop, None) == 0


def test_more_new_rows_than_one_step_reads_are_counted_in_several(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(count_lists, "FACTS_MAX", 4)
    monkeypatch.setattr("gateway.domain.counting.steps.FACTS_MAX", 4)
    put_orders(shop, *(timedelta(seconds=30 * number) for number in range(60)))
    assert count_list(shop.deps, Kind.ORDERS, shop.merchant.id, NOW + DAY)
    assert read_for_total(shop, None) == 3
    assert kept(shop, Kind.ORDERS).counts.matching(()) == 37
    assert kept(shop, Kind.ORDERS).version > 10


def test_what_an_earlier_release_has_kept_goes_on_to_be_exact(shop: MemoryShop) -> None:
    put_orders(shop, timedelta(minutes=20), timedelta(minutes=5), timedelta(minutes=2))
    assert count_list(shop.deps, Kind.ORDERS, shop.merchant.id, NOW + DAY)
    key = (shop.merchant.id, Kind.ORDERS)
    shop.database.rows.of("kept")[key] = replace(kept(shop, Kind.ORDERS), newest=None)
    assert read_for_total(shop, None) == 2
    assert count_list(shop.deps, Kind.ORDERS, shop.merchant.id, NOW + DAY)
    assert read_for_total(shop, None) == 0


def test_nothing_is_counted_while_workers_of_an_earlier_release_may_run() -> None:
    shop = MemoryShop()
    put_payments(shop, timedelta(hours=1))
    shop.database.counting.ask(shop.merchant.id, NOW)
    for seconds, done in ((0, 0), (899, 0), (1, 1)):
        shop.clock.advance(seconds=seconds)
        assert count_asked(shop.deps) == done


def test_a_wish_that_is_repeated_while_it_is_met_is_met_again(shop: MemoryShop) -> None:
    counting = shop.database.counting
    counting.ask(shop.merchant.id, NOW)
    (asked,) = counting.asked(10)
    counting.ask(shop.merchant.id, NOW + DAY)
    counting.answered(asked)
    assert [again.at for again in counting.asked(10)] == [NOW + DAY]


def test_all_who_ask_have_their_turn_from_wherever_the_sweeper_begins(shop: MemoryShop) -> None:
    for _ in range(3):
        shop.clock.advance(minutes=1)
        for name in ("0a", "7b", "ff"):
            shop.database.counting.ask(name, NOW)
        assert count_asked(shop.deps) == 3


def test_what_takes_too_long_is_left_for_the_next_sweep(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_payments(shop, *(timedelta(hours=hour) for hour in range(1, 180)))
    shop.database.counting.ask(shop.merchant.id, NOW)
    advance = shop.database.counting.advance

    def slow(*step: Any) -> bool:
        shop.clock.advance(seconds=15)
        done: bool = advance(*step)
        return done

    monkeypatch.setattr(shop.database.counting, "advance", slow)
    assert count_asked(shop.deps) == 0
    assert 140 < kept(shop).counts.matching(()) < 160  # two steps
    assert count_asked(shop.deps) == 1
    assert kept(shop).counts.matching(()) == 179


@pytest.mark.parametrize("step", ["facts", "advance"], ids=["before it reads", "before it writes"])
def test_of_two_that_count_at_once_one_wins_and_nothing_is_counted_twice(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    put_payments(shop, timedelta(hours=1))
    counting = shop.database.counting
    done = getattr(counting, step)

    def overtaken(*asked: Any) -> Any:
        monkeypatch.setattr(counting, step, done)
        assert count_list(shop.deps, Kind.PAYMENTS, shop.merchant.id, NOW + DAY)
        return done(*asked)

    monkeypatch.setattr(counting, step, overtaken)
    assert not count_list(shop.deps, Kind.PAYMENTS, shop.merchant.id, NOW + DAY)
    assert kept(shop).counts.matching(()) == 1


def test_a_failure_to_count_does_not_hold_up_the_sweep(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = shop.pending()
    shop.clock.advance(minutes=5)

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("no")

    monkeypatch.setattr(shop.database.counting, "asked", fail)
    with pytest.raises(Unavailable):
        sweep.sweep(shop.deps)
    assert payment.id in str(shop.queues.sent("payments"))
    (line,) = lines(capsys, "lists not counted; the next sweep goes on")
    assert line["level"] == "ERROR"


def test_new_rows_ask_by_chance_and_a_failure_to_ask_harms_nothing(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    counting = shop.database.counting

    def asked() -> bool:
        found = bool(counting.asked(10))
        shop.database.rows.of("asked").clear()
        return found

    shop.paid()
    assert not asked()
    monkeypatch.setattr(counts, "ASKED_EVERY", 1)
    payment = shop.paid()
    assert asked()
    shop.process_refunds(shop.refunded(payment, 100))
    assert asked()
    count_lists.ask_for_some(shop.deps, [("order_1", "m1"), ("order_2", "m1"), ("order_3", "m2")])
    assert [wish.merchant_id for wish in counting.asked(10)] == ["m1", "m2"]

    def fail(*_: object) -> None:
        raise Unavailable("no")

    monkeypatch.setattr(counting, "ask", fail)
    count_lists.ask_for_some(shop.deps, [("order_1", "m1")])
    (line,) = lines(capsys, "counting not asked for; another row will")
    assert (line["level"], line["merchant_id"]) == ("ERROR", "m1")


def test_more_rows_of_one_millisecond_than_a_step_reads_are_told(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in (count_lists, "gateway.domain.counting.steps"):
        name = module if isinstance(module, str) else module.__name__
        monkeypatch.setattr(f"{name}.FACTS_MAX", 2)
    put_payments(shop, timedelta(hours=1), timedelta(hours=1))
    assert not count_list(shop.deps, Kind.PAYMENTS, shop.merchant.id, NOW + DAY)
    (line,) = lines(capsys, "a list can't be counted on: too many rows of one millisecond")
    assert (line["level"], line["kind"], line["merchant_id"]) == ("ERROR", "payments", shop.merchant.id)


def test_the_newest_rows_are_read_only_once_no_older_ones_may_be_left(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(count_lists, "FACTS_MAX", 4)
    monkeypatch.setattr("gateway.domain.counting.steps.FACTS_MAX", 4)
    put_orders(shop, *(timedelta(hours=2, seconds=number) for number in range(4)))
    counting = shop.database.counting
    read: list[str] = []
    for name in ("facts", "times"):
        call = getattr(counting, name)
        monkeypatch.setattr(
            counting, name, lambda *asked, name=name, call=call: read.append(name) or call(*asked)
        )
    assert count_list(shop.deps, Kind.ORDERS, shop.merchant.id, NOW + DAY)
    assert read == ["facts", "facts", "times", "facts"]
