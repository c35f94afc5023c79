"""The simulated bank's movements, worked out from what it was asked, beside the ledger."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway.adapters.acquirers.simulator import Simulator
from gateway.domain.acquiring.account import simulated_account
from gateway.domain.acquiring.statement import Problem, Run
from gateway.domain.errors import BadRequest
from gateway.domain.payments.ledger import Entry, EntryKind
from gateway.domain.payments.payment import (
    ORDER_ALREADY_PAID,
    PAYMENT_FAILED,
    Failure,
    Payment,
    PaymentStatus,
)
from gateway.use_cases.acquirers.reconcile import list_runs, reconcile
from gateway.use_cases.acquirers.reconcile_due import DAYS_BACK, Reconciled, reconcile_due
from gateway.use_cases.payments.process_payments import process_payments
from tests.support.factories import a_merchant, a_message, a_successful_payment
from tests.support.memory.shop import MemoryShop

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = date(2026, 3, 10)
FAILING = {"TEST_PAYMENT_SUCCESS": "false"}


class Bank(MemoryShop):
    """A shop whose payments are made at the simulated bank's, on a day that is compared later."""

    def __init__(self, **settings: str) -> None:
        super().__init__(**settings)
        self.simulate()
        self.clock.advance(seconds=(NOON - self.clock()).total_seconds())

    def simulate(self, **settings: str) -> None:
        """The simulated bank answers, by these settings from here on."""
        bank: Any = Simulator(replace(self.deps.config.processor, **settings))
        self.deps = replace(self.deps, acquirer_of=lambda _account: bank)

    def paid_by(self, vpa: str, amount: int = 500) -> Payment:
        payment = self.payment(self.pay(self.order(amount=amount), vpa=vpa).body)
        assert self.process(payment) == []
        return self.payment(payment.id)

    def refunded_at_the_bank(self, payment: Payment, amount: int) -> str:
        refund = self.refunded(payment, amount)
        assert self.process_refunds(refund) == []
        return refund.id

    def released(self, payment: Payment, kept: int) -> Payment:
        assert self.process(self.captured(payment.id, kept)) == []
        return self.payment(payment.id)

    def entries(self) -> dict[str, Entry]:
        found: dict[str, Entry] = self.database.rows.of("ledger")
        return found

    def compared(self, day: date = DAY) -> Run:
        later = NOON + timedelta(days=2)
        deps = replace(self.deps, now=lambda: later)
        return reconcile(deps, simulated_account(self.merchant.id), day)

    def problems(self) -> list[tuple[Problem, str | None, int | None, int | None]]:
        found = self.compared().differences
        return sorted((one.problem, one.our_id, one.ours, one.theirs) for one in found)


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def a_day(bank: Bank) -> dict[str, str]:
    """A day with one movement of each kind, which the ledger has; ids of ours by the entry's kind."""
    payment = bank.paid_by("user@paytm", 900)
    released = bank.released(payment, 600)
    refund = bank.refunded_at_the_bank(released, 100)
    assert bank.problems() == []
    return {"payment": payment.id, "reversal": f"{payment.id}:release", "refund": refund}


def entry_of(bank: Bank, kind: str) -> Entry:
    (found,) = [entry for entry in bank.entries().values() if entry.kind == kind]
    return found


AMOUNTS = {"payment": 900, "reversal": 300, "refund": 100}
KINDS = pytest.mark.parametrize("kind", ["payment", "reversal", "refund"])


def test_a_day_with_everything_has_its_sums_and_no_differences(bank: Bank, a_day: dict[str, str]) -> None:
    assert len(a_day) == 3
    bank.paid_by("decline@asyncpay")
    bank.paid_by("success@asyncpay", 40)
    run = bank.compared()
    assert (run.movements, run.matched, run.differences_total) == (4, 4, 0)
    assert (run.taken, run.given_back, run.fees) == ({"INR": 940}, {"INR": 400}, {"INR": 0})
    assert list_runs(bank.deps, bank.merchant.id, 10).items == [run]


@KINDS
def test_an_entry_that_is_missing_is_found(bank: Bank, a_day: dict[str, str], kind: str) -> None:
    del bank.entries()[entry_of(bank, kind).id]
    assert bank.problems() == [(Problem.NOT_IN_LEDGER, a_day[kind], None, AMOUNTS[kind])]


@KINDS
def test_an_entry_of_another_amount_is_found(bank: Bank, a_day: dict[str, str], kind: str) -> None:
    entry = entry_of(bank, kind)
    bank.put("ledger", replace(entry, amount=entry.amount - 1))
    assert bank.problems() == [(Problem.AMOUNT_DIFFERS, a_day[kind], AMOUNTS[kind] - 1, AMOUNTS[kind])]


@KINDS
def test_an_entry_that_is_there_twice_is_found(bank: Bank, a_day: dict[str, str], kind: str) -> None:
    entry = entry_of(bank, kind)
    bank.put("ledger", replace(entry, id=f"{entry.id}:again"))
    our_id = a_day[kind].partition(":")[0]
    assert bank.problems() == [(Problem.NOT_AT_ACQUIRER, our_id, AMOUNTS[kind], None)]


@KINDS
def test_an_entry_of_a_day_on_which_nothing_moved_is_asked_for(
    bank: Bank, a_day: dict[str, str], kind: str
) -> None:
    assert a_day
    entry = entry_of(bank, kind)
    for amount, problems in ((entry.amount, []), (entry.amount + 1, [Problem.AMOUNT_DIFFERS])):
        bank.put("ledger", replace(entry, created_at=NOON - timedelta(days=1), amount=amount))
        assert [one.problem for one in bank.compared(DAY - timedelta(days=1)).differences] == problems


def test_an_entry_that_nobody_asked_the_bank_for_is_found(bank: Bank) -> None:
    payment, unknown = bank.paid_by("user@paytm"), a_successful_payment(merchant_id=bank.merchant.id)
    declined = bank.paid_by("decline@asyncpay")
    pending = bank.pending()
    given_up = bank.refunded(payment, 10)
    bank.cancel(given_up.id)
    for entry_id, of, refund_id in (
        (f"{payment.id}:reversal", payment, None),
        (f"{unknown.id}:payment", unknown, None),
        (f"{declined.id}:payment", declined, None),
        (f"{pending.id}:payment", pending, None),
        (f"{given_up.id}:refund", payment, given_up.id),
        ("rfnd_0000000000000000:refund", payment, "rfnd_0000000000000000"),
    ):
        kind = EntryKind(entry_id.partition(":")[2])
        bank.put("ledger", Entry(entry_id, of.merchant_id, kind, of.id, refund_id, 10, "INR", NOON))
    ids = sorted([payment.id, unknown.id, declined.id, pending.id, given_up.id, "rfnd_0000000000000000"])
    assert bank.problems() == [(Problem.NOT_AT_ACQUIRER, our_id, 10, None) for our_id in ids]


def test_what_was_taken_for_an_order_that_was_paid_already_has_gone_back(bank: Bank) -> None:
    order = bank.order()
    first, second = bank.pending(order), bank.pending(order)
    # A message that is not the first: the bank may have been asked, and has taken the second too.
    assert bank.process(first) == bank.process(second) == []
    assert bank.payment(second.id).release is not None
    run = bank.compared()
    assert (run.movements, run.matched, run.differences) == (3, 3, ())
    assert (run.taken, run.given_back) == ({"INR": 2 * order.amount}, {"INR": order.amount})
    del bank.entries()[f"{second.id}:reversal"]
    assert bank.problems() == [(Problem.NOT_IN_LEDGER, f"{second.id}:reversal", None, order.amount)]


def test_a_failure_that_the_bank_was_never_asked_about_moved_nothing(bank: Bank) -> None:
    order = bank.order()
    first, second = bank.pending(order), bank.pending(order)
    bank.process(first)
    process_payments(
        bank.deps, [a_message(payment_id=second.id, merchant_id=second.merchant_id, origin="request")]
    )
    failed = bank.payment(second.id)
    assert failed.failure is not None
    assert (failed.failure.code, failed.release) == (ORDER_ALREADY_PAID, None)
    assert (bank.compared().movements, bank.problems()) == (1, [])


def test_settings_that_changed_since_change_no_answer_of_then(bank: Bank) -> None:
    paid = bank.paid_by("user@paytm")
    bank.simulate(test_success=False)
    declined = bank.paid_by("user@paytm")
    assert (paid.status, declined.status) == (PaymentStatus.SUCCESS, PaymentStatus.FAILED)
    assert bank.problems() == []
    bank.simulate(test_mode=False, upi_success_rate=0.0)
    assert bank.problems() == []
    bank.simulate(test_success=True)
    assert bank.problems() == []


@pytest.mark.parametrize("vpa", ["decline@asyncpay", "insufficient@asyncpay"])
def test_a_test_address_that_is_declined_was_not_paid_whatever_the_row_says(bank: Bank, vpa: str) -> None:
    payment = bank.paid_by("user@paytm")
    bank.put("payments", replace(payment, vpa=vpa))
    assert bank.problems() == [(Problem.NOT_AT_ACQUIRER, payment.id, 500, None)]


@pytest.mark.parametrize("vpa", ["success@asyncpay", "timeout@asyncpay", "late@asyncpay"])
def test_a_test_address_that_is_paid_was_paid_whatever_the_row_says(bank: Bank, vpa: str) -> None:
    payment = bank.paid_by("decline@asyncpay")
    bank.put("payments", replace(payment, vpa=vpa))
    assert bank.problems() == [(Problem.NOT_IN_LEDGER, payment.id, None, 500)]


def test_a_payment_recorded_as_failed_that_the_bank_approved_is_found(bank: Bank) -> None:
    payment = bank.paid_by("user@paytm")
    failure = Failure(PAYMENT_FAILED, "declined", "")
    bank.put("payments", replace(payment, status=PaymentStatus.FAILED, failure=failure))
    del bank.entries()[f"{payment.id}:payment"]
    assert bank.problems() == [(Problem.NOT_IN_LEDGER, payment.id, None, 500)]


def test_a_release_that_the_bank_was_not_told_of_is_found(bank: Bank) -> None:
    payment = bank.paid_by("user@paytm")
    bank.captured(payment.id, 300)
    assert bank.problems() == [(Problem.NOT_AT_ACQUIRER, payment.id, 200, None)]


def test_rows_that_kept_no_answers_are_taken_at_their_word(bank: Bank, a_day: dict[str, str]) -> None:
    payment = bank.payment(a_day["payment"])
    old = replace(payment, attempt=replace(payment.attempt, reference=None), release=None, released_at=None)
    bank.put("payments", old)
    refund = bank.stored_refund(a_day["refund"])
    bank.put("refunds", replace(refund, attempt=replace(refund.attempt, reference=None)))
    assert bank.compared().matched == 3
    assert bank.problems() == []


def test_a_long_day_is_read_page_by_page(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    payments = [bank.paid_by("user@paytm") for _ in range(5)]
    for payment in payments[:3]:
        bank.refunded_at_the_bank(payment, 50)
    monkeypatch.setattr("gateway.use_cases.acquirers.statements.LIMIT_MAX", 2)
    monkeypatch.setattr("gateway.use_cases.acquirers.reconcile.LIMIT_MAX", 2)
    run = bank.compared()
    assert (run.movements, run.matched, run.differences_total) == (8, 8, 0)
    monkeypatch.setattr("gateway.use_cases.acquirers.statements.PAGES_MAX", 2)
    with pytest.raises(BadRequest, match="too long"):
        bank.compared()


def test_payments_at_other_accounts_and_of_other_merchants_are_left_alone(bank: Bank) -> None:
    elsewhere = bank.paid_by("user@paytm")
    refund = bank.stored_refund(bank.refunded_at_the_bank(elsewhere, 50))
    account = "stripe_Fq3ZtW8kLmXs0aBc"
    for table, row in (("payments", bank.payment(elsewhere.id)), ("refunds", refund)):
        bank.put(table, replace(row, attempt=replace(row.attempt, account=account)))
    run = bank.compared()
    assert (run.movements, run.differences) == (0, ())


def _later(bank: Bank) -> Any:
    return replace(bank.deps, now=lambda: NOON + timedelta(days=1))


def test_every_merchant_of_a_test_stage_is_compared_each_day(bank: Bank) -> None:
    other = a_merchant()
    bank.database.merchants.add(other)
    bank.paid_by("user@paytm")
    assert reconcile_due(_later(bank)) == Reconciled(compared=2 * DAYS_BACK)
    assert reconcile_due(_later(bank)) == Reconciled()
    runs = list_runs(bank.deps, bank.merchant.id, 10).items
    assert [(run.day, run.movements) for run in runs[:2]] == [(DAY, 1), (DAY - timedelta(days=1), 0)]
    assert [run.movements for run in list_runs(bank.deps, other.id, 10).items] == [0] * DAYS_BACK


def test_a_live_stage_has_no_simulated_accounts() -> None:
    assert reconcile_due(_later(Bank(STAGE="live"))) == Reconciled()
