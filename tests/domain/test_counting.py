"""What is kept of lists: which buckets hold a span, and what a step of counting makes of rows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.counting import steps
from gateway.domain.counting.counts import (
    CELLS,
    Counts,
    Kind,
    arrived_until,
    asks_for_counting,
    fits,
    is_late,
    settled_until,
)
from gateway.domain.counting.kept import (
    LENGTH,
    Correction,
    Fact,
    Kept,
    Unit,
    ceiling,
    floor,
    kept_pieces,
    unkept,
)
from gateway.domain.counting.newest import Arrivals, arrivals, with_arrivals
from gateway.domain.counting.steps import days_of, next_step
from gateway.domain.span import Span

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# Many of them at the edges of hours and days.
moments = st.builds(
    lambda hours, more: NOON + hours * HOUR + more,
    st.integers(-60, 60),
    st.sampled_from([timedelta(0), timedelta(0), -MINUTE, MINUTE, timedelta(milliseconds=1)]),
)
spans = st.builds(Span, st.none() | moments, st.none() | moments).filter(lambda span: not span.is_backwards)


def in_bucket(unit: Unit, piece: Span, until: datetime, moment: datetime) -> bool:
    """Whether the buckets of a piece hold a row of that time, once all before `until` is counted."""
    return moment < until and piece.contains(floor(moment, unit))


@given(spans, moments, st.lists(moments, min_size=1))
def test_each_time_of_a_span_is_in_exactly_one_piece(
    span: Span, until: datetime, times: list[datetime]
) -> None:
    pieces, rest = kept_pieces(span, until), unkept(span, until)
    for moment in times:
        found = sum(in_bucket(unit, piece, until, moment) for unit, piece in pieces)
        found += sum(piece.contains(moment) for piece in rest)
        assert found == span.contains(moment)
        assert any(piece.contains(moment) for _, piece in pieces) == any(
            in_bucket(unit, piece, until, moment) for unit, piece in pieces
        )


@given(spans, moments)
def test_a_span_is_few_pieces_and_little_is_read_besides(span: Span, until: datetime) -> None:
    assert len(kept_pieces(span, until)) <= 3
    assert not any(piece.is_backwards for _, piece in kept_pieces(span, until))  # each costs a read
    for piece in unkept(span, until):
        if piece.before is not None and piece.before <= until:
            assert piece.first is not None
            assert piece.before - piece.first < 2 * HOUR


@given(moments, st.sampled_from(Unit))
def test_a_bucket_begins_at_or_before_what_is_in_it(moment: datetime, unit: Unit) -> None:
    begin, end = floor(moment, unit), ceiling(moment, unit)
    assert begin <= moment <= end
    assert end - begin in (timedelta(0), LENGTH[unit])
    assert (floor(begin, unit), ceiling(end, unit)) == (begin, end)


def test_counts_are_added_taken_out_and_stored() -> None:
    counts = Counts()
    counts.add(("INR", "upi", "success"), 500)
    counts.add(("INR", "upi", "pending"), 300)
    counts.add(("INR", "upi", "pending"), 300, -1)
    counts.add(("EUR", "card", "failed"), 700)
    assert counts.as_json() == [["EUR", "card", "failed", 1, 700], ["INR", "upi", "success", 1, 500]]
    again = Counts.from_json(counts.as_json())
    assert again.as_json() == counts.as_json()
    assert Counts().add_all([again, again]).matching(()) == 4
    assert again.matching((None, ("upi",), None)) == 1
    assert again.matching((("INR", "EUR"), None, ("failed", "success"))) == 2
    ledger = Counts()
    ledger.add(())
    assert Counts.from_json(ledger.as_json()).matching(()) == 1


@pytest.mark.parametrize(
    ("cell", "wanted", "fit"),
    [
        (("a", "b"), (), True),
        (("a", "b"), (None, None), True),
        (("a", "b"), (("a",), None), True),
        (("a", "b"), (("a",), ("c",)), False),
        ((), (), True),
    ],
)
def test_a_cell_fits_what_is_wanted(cell: tuple[str, ...], wanted: tuple[object, ...], *, fit: bool) -> None:
    assert fits(cell, wanted) is fit  # type: ignore[arg-type]


def test_a_row_is_late_once_it_should_have_settled() -> None:
    for kind, minutes in ((Kind.PAYMENTS, 2), (Kind.ORDERS, 10), (Kind.LEDGER, 0)):
        assert is_late(kind, NOON, NOON + minutes * MINUTE)
        assert not is_late(kind, NOON, NOON + minutes * MINUTE - timedelta(milliseconds=1))
        assert settled_until(kind, NOON) == NOON - (minutes + 1) * MINUTE
    assert arrived_until(NOON) == NOON - MINUTE
    assert set(CELLS) == set(Kind)


def test_one_row_in_some_hundreds_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.domain.counting.counts.ASKED_EVERY", 256)
    asking = sum(asks_for_counting(f"pay_{number:016}") for number in range(10_000))
    assert 20 <= asking <= 60


def a_fact(number: int, at: datetime, status: str = "success", amount: int = 100) -> Fact:
    return Fact(f"pay_{number}", at, ("INR", "upi", status), amount)


def moved(number: int, at: datetime, changed_at: datetime) -> Correction:
    cells = ("INR", "upi", "pending"), ("INR", "upi", "success")
    return Correction(f"pay_{number}", at, *cells, changed_at, 100)


def test_a_step_counts_by_hours_and_adds_to_what_is_kept() -> None:
    facts = [a_fact(1, NOON), a_fact(2, NOON + MINUTE, "failed"), a_fact(3, NOON + HOUR)]
    first = next_step(Kept(), facts, NOON + 2 * HOUR, NOON + 3 * HOUR)
    assert (first.after.version, first.after.until, first.leaves_some) == (1, NOON + 2 * HOUR, False)
    assert {hour: counts.matching(()) for hour, counts in first.gained.items()} == {NOON: 2, NOON + HOUR: 1}
    second = next_step(first.after, [a_fact(4, NOON + 20 * HOUR)], NOON + 21 * HOUR, NOON + 22 * HOUR)
    assert (second.after.version, second.after.counts.matching((None, None, ("success",)))) == (2, 3)
    assert [day.day for day in days_of(second.gained)] == [1]
    nothing = next_step(second.after, [], second.after.until or NOON, NOON + 22 * HOUR)
    assert nothing.is_empty
    assert nothing.after.until == second.after.until


def test_a_row_that_has_moved_is_counted_as_it_was_and_corrected_after_a_while() -> None:
    correction = moved(1, NOON, changed_at=NOON + HOUR)
    kept = Kept(corrections=[correction])
    young = next_step(kept, [a_fact(1, NOON)], NOON + MINUTE, NOON + HOUR + MINUTE)
    assert young.after.counts.as_json() == [["INR", "upi", "pending", 1, 100]]
    assert young.folded == []
    kept = Kept(young.after.until, young.after.counts, 1, [correction])
    old = next_step(kept, [], NOON + MINUTE, NOON + HOUR + MINUTE + timedelta(seconds=1))
    assert (old.folded, old.after.counts.as_json()) == ([correction], [["INR", "upi", "success", 1, 100]])
    assert old.gained[NOON].counts == {("INR", "upi", "pending"): -1, ("INR", "upi", "success"): 1}


def test_a_correction_of_what_is_not_counted_yet_waits() -> None:
    kept = Kept(NOON, version=1, corrections=[moved(1, NOON, changed_at=NOON)])
    step = next_step(kept, [], NOON, NOON + HOUR)
    assert (step.folded, step.is_empty, step.leaves_some) == ([], True, False)


def test_a_step_takes_what_one_transaction_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    hours = [a_fact(number, NOON + number * HOUR) for number in range(100)]
    step = next_step(Kept(), hours, NOON + 150 * HOUR, NOON + 160 * HOUR)
    # Four days, each with its bucket.
    assert (len(step.gained), step.after.until, step.leaves_some) == (76, NOON + 76 * HOUR, True)
    corrections = [moved(number, NOON + number * HOUR, NOON) for number in range(200)]
    kept = Kept(NOON + 300 * HOUR, version=1, corrections=corrections)
    step = next_step(kept, [], NOON + 300 * HOUR, NOON + 301 * HOUR)
    assert step.leaves_some
    writes = 1 + len(step.gained) + len(days_of(step.gained)) + len(step.folded)
    assert steps.WRITES_MAX - 3 < writes <= steps.WRITES_MAX
    monkeypatch.setattr(steps, "FACTS_MAX", 3)
    many = [a_fact(1, NOON), a_fact(2, NOON + MINUTE), a_fact(3, NOON + MINUTE)]
    step = next_step(Kept(), many, NOON + HOUR, NOON + 2 * HOUR)
    # There may be more of the last one's millisecond.
    assert (step.after.until, step.after.counts.matching(()), step.leaves_some) == (NOON + MINUTE, 1, True)


@given(
    st.lists(st.integers(0, 900)), st.lists(st.integers(0, 900), min_size=1), st.none() | st.integers(0, 900)
)
def test_the_newest_rows_are_known_whenever_the_others_settle(
    rows: list[int], cuts: list[int], first: int | None
) -> None:
    times = sorted(NOON + timedelta(seconds=row) for row in rows)
    known, since, until = None, NOON, NOON
    for cut in sorted(cuts):
        # Rows up to a fifth of that are counted by cells; those up to it have arrived.
        settled, arrived = NOON + timedelta(seconds=cut / 5), NOON + timedelta(seconds=cut)
        if known is not None:
            known = known.since(settled, [at for at in times if since <= at < settled])
        begin = max(settled, until) if known is not None else settled
        known = with_arrivals(known, Arrivals([at for at in times if begin <= at < arrived], arrived))
        since, until = settled, arrived
    span = Span(since if first is None else max(since, NOON + timedelta(seconds=first)))
    assert known is not None
    number, rest = known.taken(since, span)
    if rest != span:
        number += sum(rest is not None and rest.contains(at) for at in times)
        assert number == sum(span.contains(at) for at in times)
        assert rest == Span(until)


def test_arrivals_are_cut_off_before_the_last_millisecond_that_was_read() -> None:
    times = [NOON, NOON + MINUTE, NOON + MINUTE]
    assert arrivals(times, NOON + HOUR, 4) == Arrivals(times, NOON + HOUR)
    assert arrivals(times, NOON + HOUR, 3) == Arrivals([NOON], NOON + MINUTE, leaves_some=True)


def test_the_newest_rows_wait_while_older_ones_are_left_to_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "FACTS_MAX", 2)
    facts = [a_fact(1, NOON), a_fact(2, NOON + MINUTE)]
    step = next_step(Kept(), facts, NOON + HOUR, NOON + 2 * HOUR, Arrivals([NOON + HOUR], NOON + 2 * HOUR))
    assert (step.after.newest, step.has_newer, step.leaves_some) == (None, False, True)
    none = Arrivals([], NOON + 2 * HOUR)
    assert next_step(step.after, [], NOON + HOUR, NOON + 2 * HOUR, none).is_empty
    one = Arrivals([NOON + HOUR], NOON + 2 * HOUR)
    assert not next_step(step.after, [], NOON + HOUR, NOON + 2 * HOUR, one).is_empty
