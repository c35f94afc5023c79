"""An acquirer's statement beside the ledger: what differs is listed, and nothing is corrected."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway.domain.acquiring.account import Account
from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.results import NOT_FOUND, Outcome, Result, Unknown
from gateway.domain.acquiring.statement import (
    DIFFERENCES_KEPT_MAX,
    Difference,
    Movement,
    MovementKind,
    MovementPage,
    Problem,
    Run,
)
from gateway.domain.errors import BadRequest, Unavailable
from gateway.domain.payments.ledger import Entry, payment_reversed, payment_taken, refund_paid
from gateway.domain.payments.payment import Payment
from gateway.use_cases.acquirer import GiveBack
from gateway.use_cases.acquirers.reconcile import list_runs, reconcile
from tests.support.factories import a_refund, a_successful_payment
from tests.support.memory.shop import MemoryShop, lines, told

ACCOUNT = "stripe_Fq3ZtW8kLmXs0aBc"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = date(2026, 3, 10)


class Books(MemoryShop):
    """A shop with payments at an account, on a day that is over, and the account's statement."""

    def __init__(self) -> None:
        super().__init__()
        self.bank.capabilities = replace(self.bank.capabilities, statement=True)
        self.bank.outcome = lambda _payment: NOT_FOUND
        self.account = Account(ACCOUNT, self.merchant.id, "sk_test_1234", raw_cards=True)
        self.clock.advance(seconds=(NOON + timedelta(days=2) - self.clock()).total_seconds())

    def booked(self, amount: int = 500, at: datetime = NOON, account: str = ACCOUNT) -> Payment:
        """A payment that is in the ledger since then."""
        attempt = Attempt(account, asked_at=at, reference="pi_1")
        payment = a_successful_payment(
            merchant_id=self.merchant.id, amount=amount, attempt=attempt, created_at=at
        )
        self.enter(payment_taken(payment, at))
        found: Payment = self.put("payments", payment)
        return found

    def enter(self, *entries: Entry) -> None:
        with self.deps.unit_of_work() as work:
            work.ledger.add(*entries)

    def moved(self, our_id: str | None, amount: int = 500, **members: Any) -> Movement:
        """A line on the statement."""
        given = {"kind": MovementKind.PAYMENT, "word": "charge", "fee": 10, "at": NOON} | members
        movement = Movement(our_id=our_id, reference=f"ref_{our_id}", amount=amount, currency="INR", **given)
        self.bank.statement.append(movement)
        return movement

    def reconcile(self) -> Run:
        return reconcile(self.deps, self.account, DAY)

    def problems(self) -> list[tuple[Problem, str | None]]:
        return [(one.problem, one.our_id) for one in self.reconcile().differences]


@pytest.fixture
def books() -> Books:
    return Books()


def test_a_day_on_which_both_say_the_same_has_sums_and_no_differences(books: Books) -> None:
    first, second = books.booked(), books.booked(700)
    refund = a_refund(merchant_id=books.merchant.id, payment_id=first.id, amount=200)
    books.enter(refund_paid(refund, NOON))
    books.enter(payment_reversed(second, 300, NOON))
    books.moved(first.id)
    books.moved(second.id, 700)
    books.moved(refund.id, 200, kind=MovementKind.REFUND, fee=0)
    books.moved(f"{second.id}:release", 300, kind=MovementKind.REFUND, fee=0)
    run = books.reconcile()
    assert (run.movements, run.matched, run.differences_total, run.differences) == (4, 4, 0, ())
    assert (run.taken, run.given_back, run.fees) == ({"INR": 1200}, {"INR": 500}, {"INR": 20})
    assert list_runs(books.deps, books.merchant.id, 10).items == [run]


def test_what_the_ledger_does_not_have_is_listed(books: Books) -> None:
    books.moved("pay_0000000000000001")
    books.moved(None)
    assert books.problems() == [
        (Problem.NOT_IN_LEDGER, "pay_0000000000000001"),
        (Problem.NOT_IN_LEDGER, None),
    ]


def test_an_amount_that_differs_is_listed_with_both(books: Books) -> None:
    payment = books.booked(500)
    books.moved(payment.id, 499)
    run = books.reconcile()
    (difference,) = run.differences
    assert (run.movements, run.matched) == (1, 0)
    assert (difference.problem, difference.ours, difference.theirs) == (Problem.AMOUNT_DIFFERS, 500, 499)


def test_a_dispute_is_listed_as_what_nothing_explains(books: Books) -> None:
    books.moved(None, 900, kind=MovementKind.OTHER, word="adjustment")
    assert books.problems() == [(Problem.UNEXPLAINED, "adjustment")]


def test_an_entry_that_the_acquirer_does_not_know_is_listed(books: Books) -> None:
    payment = books.booked()
    assert books.problems() == [(Problem.NOT_AT_ACQUIRER, payment.id)]


def test_an_entry_that_moved_on_another_day_is_asked_for_and_fits(books: Books) -> None:
    payment = books.booked()
    books.bank.outcome = lambda _payment: Result(Outcome.APPROVED, "pi_1", 500, "INR")
    assert books.problems() == []
    books.bank.outcome = lambda _payment: Result(Outcome.APPROVED, "pi_1", 400, "INR")
    assert books.problems() == [(Problem.AMOUNT_DIFFERS, payment.id)]


def test_a_movement_near_midnight_is_counted_on_its_own_day_and_covers_the_entry_of_the_next(
    books: Books,
) -> None:
    payment = books.booked(at=NOON.replace(hour=0, minute=1))
    books.moved(payment.id, at=NOON.replace(hour=0) - timedelta(minutes=1))
    run = books.reconcile()
    assert (run.movements, run.differences) == (0, ())


def test_all_entries_of_a_long_day_are_looked_at(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.use_cases.acquirers.reconcile.LIMIT_MAX", 2)
    ids = {books.booked(at=NOON + timedelta(seconds=number)).id for number in range(7)}
    assert {our_id for _, our_id in books.problems()} == ids


def test_an_authorisation_that_was_given_up_never_moved(books: Books) -> None:
    payment = books.booked()
    held = replace(payment, attempt=replace(payment.attempt, captured=False))
    books.put("payments", held)
    books.enter(payment_reversed(payment, 500, NOON))
    assert books.problems() == []


def test_other_accounts_and_other_merchants_are_left_alone(books: Books) -> None:
    books.booked(account="simulated")
    other = a_successful_payment(amount=500)
    with books.deps.unit_of_work() as work:
        work.ledger.add(payment_taken(other, NOON))
    books.moved(other.id)
    assert books.problems() == [(Problem.NOT_IN_LEDGER, other.id)]


def test_a_run_made_again_comes_to_the_same_and_takes_the_place_of_the_first(books: Books) -> None:
    books.moved("pay_0000000000000001")
    first = books.reconcile()
    assert books.reconcile() == first
    assert list_runs(books.deps, books.merchant.id, 10).items == [first]


def test_nothing_is_kept_of_a_run_whose_statement_broke_off(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: Any) -> Any:
        raise Unknown("timeout")

    monkeypatch.setattr(books.bank, "movements", broken)
    with pytest.raises(Unavailable):
        books.reconcile()
    assert list_runs(books.deps, books.merchant.id, 10).items == []


def test_all_differences_are_counted_and_some_are_kept(books: Books) -> None:
    for _ in range(DIFFERENCES_KEPT_MAX + 5):
        books.moved(None)
    run = books.reconcile()
    assert (len(run.differences), run.differences_total) == (DIFFERENCES_KEPT_MAX, DIFFERENCES_KEPT_MAX + 5)


def test_a_day_that_is_not_over_and_an_acquirer_without_a_statement_are_refused(books: Books) -> None:
    with pytest.raises(BadRequest):
        reconcile(books.deps, books.account, books.clock().date())
    books.bank.capabilities = replace(books.bank.capabilities, statement=False, remembers=True)
    with pytest.raises(BadRequest):
        books.reconcile()


def test_a_run_is_counted_and_each_difference_is_said_aloud(
    books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    books.moved("pay_0000000000000001")
    capsys.readouterr()
    books.reconcile()
    out = capsys.readouterr().out
    assert '"ReconciliationDifferences":1' in out
    assert "acquirer and ledger differ" in out


def test_what_the_statement_lacks_is_asked_for_by_its_own_name_and_reference(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[GiveBack] = []

    def retrieve_refund(back: GiveBack) -> Result:
        asked.append(back)
        return Result(Outcome.APPROVED, "re_1", back.amount, "INR")

    monkeypatch.setattr(books.bank, "retrieve_refund", retrieve_refund)
    paid, late, plain = books.booked(700), books.booked(800), books.booked(900)
    for payment in (paid, late, plain):
        books.moved(payment.id, payment.amount)
    began = NOON - timedelta(minutes=5)
    refund = a_refund(
        merchant_id=books.merchant.id,
        payment_id=paid.id,
        amount=200,
        reason="cold",
        attempt=Attempt(ACCOUNT, reference="re_1"),
        created_at=began,
    )
    books.put("refunds", refund)
    paid = books.put("payments", replace(paid, captured=True, release=Attempt(ACCOUNT, reference="re_2")))
    late = books.put("payments", replace(late, captured=False, release=Attempt(ACCOUNT, reference="re_3")))
    plain = books.put("payments", replace(plain, captured=False, release=None))
    books.enter(refund_paid(refund, NOON), payment_reversed(paid, 100, NOON))
    books.enter(payment_reversed(late, 800, NOON), payment_reversed(plain, 900, NOON))
    assert books.problems() == []
    assert sorted(asked, key=lambda back: back.amount) == [
        GiveBack(f"{paid.id}:release", paid, 100, None, "re_2", NOON),
        GiveBack(refund.id, paid, 200, "cold", "re_1", began),
        GiveBack(f"{late.id}:reversal", late, 800, None, "re_3", NOON),
        GiveBack(f"{plain.id}:reversal", plain, 900, None, None, NOON),
    ]


def test_what_was_asked_for_and_differs_is_listed_with_both_amounts_and_the_reference(books: Books) -> None:
    payment = books.booked()
    for answer in (
        Result(Outcome.APPROVED, "pi_1", 400, "INR"),
        Result(Outcome.APPROVED, "pi_1", 400, "USD"),
    ):
        books.bank.outcome = lambda _payment, answer=answer: answer  # type: ignore[misc]
        expected = Difference(Problem.AMOUNT_DIFFERS, payment.id, "pi_1", 500, 400, "INR")
        assert books.reconcile().differences == (expected,)
    books.bank.outcome = lambda _payment: NOT_FOUND
    missing = Difference(Problem.NOT_AT_ACQUIRER, payment.id, None, 500, None, "INR")
    assert books.reconcile().differences == (missing,)


def test_one_entry_that_never_moved_hides_none_that_comes_after_it(books: Books) -> None:
    held = books.booked()
    books.put("payments", replace(held, attempt=replace(held.attempt, captured=False)))
    lost = books.booked(at=NOON + timedelta(minutes=1))
    earlier = books.booked(at=NOON - timedelta(minutes=1))
    assert {our_id for _, our_id in books.problems()} == {lost.id, earlier.id}


def test_the_statement_is_read_two_hours_around_the_day_and_never_beyond_now(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans: list[tuple[datetime, datetime]] = []
    movements = books.bank.movements

    def noted(first: datetime, before: datetime, after: str | None) -> MovementPage:
        spans.append((first, before))
        return movements(first, before, after)

    monkeypatch.setattr(books.bank, "movements", noted)
    midnight = NOON.replace(hour=0)
    books.reconcile()
    assert spans.pop() == (midnight - timedelta(hours=2), midnight + timedelta(hours=26))
    books.clock.advance(seconds=(midnight + timedelta(days=1) - books.clock()).total_seconds())
    run = books.reconcile()
    assert spans.pop() == (midnight - timedelta(hours=2), midnight + timedelta(days=1))
    assert (run.account, run.day, run.began_at, run.finished_at) == (
        ACCOUNT,
        DAY,
        books.clock(),
        books.clock(),
    )


def test_a_days_own_movements_are_those_from_midnight_to_before_the_next(books: Books) -> None:
    midnight = NOON.replace(hour=0)
    for at in (midnight, midnight + timedelta(days=1)):
        books.moved(None, at=at)
    assert books.reconcile().movements == 1


def test_refused_comparisons_say_why(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadRequest) as refusal:
        reconcile(books.deps, books.account, books.clock().date())
    assert told(refusal) == ("The day is not over yet", "day")
    for error, said in ((Unknown("timeout"), "timeout"), (Unknown("timeout", raw_code="504"), "504")):

        def broken(*_given: Any, error: Unknown = error) -> Any:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(books.bank, "movements", broken)
            with pytest.raises(Unavailable) as lost:
                books.reconcile()
        assert told(lost) == (f"The acquirer's statement can't be read ({said})", None)
    books.bank.capabilities = replace(books.bank.capabilities, statement=False, remembers=True)
    with pytest.raises(BadRequest) as none:
        books.reconcile()
    assert told(none) == ("stripe gives no statement that can be compared", None)


def test_a_statement_and_a_ledger_without_end_are_given_up(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("reconcile", "statements"):
        monkeypatch.setattr(f"gateway.use_cases.acquirers.{module}.PAGES_MAX", 2)
    for number in range(3):
        books.moved(None, at=NOON + timedelta(seconds=number))
    with pytest.raises(BadRequest) as refusal:
        books.reconcile()
    assert told(refusal) == ("The statement of that day is too long", None)
    books.bank.statement.clear()
    monkeypatch.setattr("gateway.use_cases.acquirers.reconcile.LIMIT_MAX", 1)
    for number in range(3):
        books.booked(at=NOON + timedelta(seconds=number))
    with pytest.raises(BadRequest) as endless:
        books.reconcile()
    assert told(endless) == ("The ledger of that day is too long", None)


def test_a_difference_is_logged_with_both_sides_of_it(
    books: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = books.booked(500)
    books.moved(payment.id, 499)
    capsys.readouterr()
    books.reconcile()
    said = lines(capsys)
    (line,) = (line for line in said if line["message"] == "acquirer and ledger differ")
    assert {name: line[name] for name in line if name not in ("at", "message")} == {
        "level": "ERROR",
        "account": ACCOUNT,
        "day": "2026-03-10",
        "problem": "amount_differs",
        "our_id": payment.id,
        "reference": f"ref_{payment.id}",
        "ours": 500,
        "theirs": 499,
    }
    (counted,) = (line for line in said if line["message"] == "account reconciled")
    assert counted["Acquirer"] == "stripe"
    assert (counted["ReconciledMovements"], counted["ReconciliationDifferences"]) == (1, 1)
