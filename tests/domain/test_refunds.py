from datetime import timedelta

import pytest

from gateway.domain.errors import IllegalTransition
from gateway.domain.payments.ledger import Balance, Entry, payment_reversed, payment_taken, refund_paid
from gateway.domain.payments.refund import Refund, RefundEvent, RefundStatus
from tests.support.factories import NOW, a_refund, a_successful_payment

LATER = NOW + timedelta(seconds=4)


def sent() -> Refund:
    return a_refund().after(RefundEvent.SEND, NOW)


def test_a_sent_refund_is_still_due() -> None:
    refund = sent()
    assert refund.due_at is not None


def test_a_processed_refund_is_final_and_says_when() -> None:
    refund = sent().after(RefundEvent.ACCEPTED, LATER)
    assert (refund.is_final, refund.due_at, refund.processed_at) == (True, None, LATER)


def test_a_cancelled_refund_is_final_and_was_never_processed() -> None:
    refund = a_refund().after(RefundEvent.CANCEL, LATER)
    assert (refund.is_final, refund.due_at, refund.processed_at) == (True, None, None)


def test_a_sent_refund_cannot_be_cancelled() -> None:
    with pytest.raises(IllegalTransition):
        sent().after(RefundEvent.CANCEL, LATER)


@pytest.mark.parametrize(
    ("status", "final"),
    [("pending", False), ("sent", False), ("processed", True), ("cancelled", True)],
)
def test_a_refund_is_final_once_processed_or_cancelled(status: str, *, final: bool) -> None:
    assert a_refund(status=RefundStatus(status)).is_final is final


PAYMENT = a_successful_payment(amount=500)
ENTRIES = [
    pytest.param(payment_taken(PAYMENT, NOW), "processor_receivable", id="payment"),
    pytest.param(payment_reversed(PAYMENT, 200, NOW), "merchant_payable", id="reversal"),
    pytest.param(refund_paid(a_refund(), NOW), "merchant_payable", id="refund"),
]


@pytest.mark.parametrize(("entry", "debited"), ENTRIES)
def test_an_entry_debits_one_account_with_what_it_credits_the_other(entry: Entry, debited: str) -> None:
    debit, credit = entry.lines()
    assert (debit["account"], debit["debit"], debit["credit"]) == (debited, entry.amount, 0)
    assert (credit["debit"], credit["credit"]) == (0, entry.amount)
    assert credit["account"] != debited


def test_the_entries_of_one_payment_have_different_ids_that_never_change() -> None:
    ids = [payment_taken(PAYMENT, NOW).id, payment_reversed(PAYMENT, 1, NOW).id]
    assert len(set(ids)) == 2
    assert ids == [payment_taken(PAYMENT, LATER).id, payment_reversed(PAYMENT, 2, LATER).id]


def test_a_balance_is_what_came_in_less_what_went_back() -> None:
    balance = Balance("INR", payments=900, refunds=200, reversals=50)
    assert balance.amount == 650
    assert balance.accounts["processor_receivable"] == {"debit": 900, "credit": 250}
    assert balance.accounts["merchant_payable"] == {"debit": 250, "credit": 900}
