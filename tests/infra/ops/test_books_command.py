"""`python -m infra.ops books`: what it finds in books that do not agree."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.settlement import ALREADY_PAID
from gateway.domain.payments.ledger import Entry, EntryKind
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.payments.refund import RefundStatus
from infra.ops.operate import books
from infra.ops.operate.books import Books, differences, lasting_differences
from tests.support.factories import NOW, a_payment, a_refund

PAID = a_payment(id="pay_1", status=PaymentStatus.SUCCESS, amount=500, amount_refunded=200)
BACK = a_refund(id="rfnd_1", payment_id="pay_1", amount=200, status=RefundStatus.PROCESSED)


def an_entry(kind: EntryKind, amount: int, refund_id: str | None = None) -> Entry:
    return Entry(
        id=f"{kind}-{refund_id}",
        merchant_id=PAID.merchant_id,
        kind=kind,
        payment_id="pay_1",
        refund_id=refund_id,
        amount=amount,
        currency="INR",
        created_at=NOW,
    )


GOOD = Books(
    payments=[PAID, a_payment(id="pay_2", status=PaymentStatus.PENDING)],
    refunds=[BACK],
    entries=[an_entry(EntryKind.PAYMENT, 500), an_entry(EntryKind.REFUND, 200, "rfnd_1")],
    sums=Counter({("INR", "payment"): 500, ("INR", "refund"): 200}),
)


def test_books_that_agree_have_no_difference() -> None:
    assert list(differences(GOOD)) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"entries": GOOD.entries[:1]}, "the ledger lacks ('refund', 'pay_1', 'rfnd_1', 200, 'INR')"),
        ({"payments": []}, "the ledger has ('payment', 'pay_1', None, 500, 'INR') without a movement"),
        ({"sums": Counter()}, "the balance has 0 for INR payment, the ledger 500"),
        ({"payments": [replace(PAID, amount_refunded=0)]}, "pay_1 says 0 refunded, its refunds 200"),
        ({"payments": [PAID, replace(PAID, id="pay_3")]}, "was paid by pay_1, pay_3"),
        (
            {"payments": [replace(PAID, captured=True, amount_captured=400)]},
            "lacks ('reversal', 'pay_1', None, 100",
        ),
    ],
)
def test_a_difference_is_told_in_words(change: dict[str, Any], told: str) -> None:
    assert told in "\n".join(differences(replace(GOOD, **change)))


TOO_LATE = a_payment(id="pay_1", status=PaymentStatus.FAILED, amount=500, failure=ALREADY_PAID)
TAKEN_AND_BACK = [an_entry(EntryKind.PAYMENT, 500), an_entry(EntryKind.REVERSAL, 500)]


@pytest.mark.parametrize(
    ("payment", "entries"),
    [
        pytest.param(replace(TOO_LATE, release=Attempt()), TAKEN_AND_BACK, id="taken_and_given_back"),
        pytest.param(TOO_LATE, TAKEN_AND_BACK, id="by_a_release_that_kept_less"),
        pytest.param(replace(TOO_LATE, attempt=Attempt(stopped_at=NOW)), [], id="never_asked_for"),
        pytest.param(
            replace(TOO_LATE, failure=None, late_at=NOW, release=Attempt()), TAKEN_AND_BACK, id="found_later"
        ),
    ],
)
def test_a_failure_was_taken_and_given_back_or_was_never_asked_for(
    payment: Payment, entries: list[Entry]
) -> None:
    sums = Counter({("INR", str(entry.kind)): 500 for entry in entries})
    assert list(differences(Books([payment], [], entries, sums))) == []
    others = [] if entries else TAKEN_AND_BACK
    assert len(list(differences(Books([payment], [], others, sums)))) > 0


def test_money_that_moved_while_it_was_read_is_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(books, "read_books", lambda _merchant_id: GOOD)
    assert lasting_differences("m", replace(GOOD, entries=[]), sleep=slept.append) == []
    assert len(slept) == 1
    bad = replace(GOOD, sums=Counter())
    monkeypatch.setattr(books, "read_books", lambda _merchant_id: bad)
    assert len(lasting_differences("m", bad, sleep=slept.append)) == 2
