"""`python -m infra.ops books`: whether payments, refunds, ledger and balances tell of the same money.

It reads every row of a merchant, so it is for after a restore or a doubt, not for every minute. Money that
moves meanwhile looks like a difference, so one counts only if further looks find it again; it then ends the
command with exit code 1.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.connection import connect
from infra.ops.console import Problem
from infra.ops.settings import Settings

if TYPE_CHECKING:
    from gateway.domain.payments.ledger import Entry
    from gateway.domain.payments.payment import Payment
    from gateway.domain.payments.refund import Refund

MERCHANTS_MAX = 100_000
SHOWN_MAX = 50
LOOKS = 2
BETWEEN_LOOKS_SECONDS = 3


@dataclass(frozen=True)
class Books:
    """All the money of one merchant. `sums` are its balances by currency and kind of entry."""

    payments: "list[Payment]"
    refunds: "list[Refund]"
    entries: "list[Entry]"
    sums: Counter[tuple[str, str]]


def main(settings: Settings, given: argparse.Namespace) -> None:
    """Checks one merchant's books, or all merchants'."""
    try:
        connection = connect(settings, stage=given.stage, stack=given.stack)
        connection.use_library()
        from gateway.adapters.aws.dynamodb.repositories.merchants import Merchants

        found = Merchants().scan(MERCHANTS_MAX)
        wanted = [one.id for one in found if given.merchant in (None, one.id)]
        if given.merchant and not wanted:
            raise Problem(f"There is no merchant {given.merchant}.")
        read = {merchant_id: read_books(merchant_id) for merchant_id in wanted}
        wrong = [
            f"{name}: {line}" for name, books in read.items() for line in lasting_differences(name, books)
        ]
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"The tables cannot be read. Is AsyncPay up? ({problem})") from problem
    payments = sum(len(books.payments) for books in read.values())
    pending = sum(payment.status == "pending" for books in read.values() for payment in books.payments)
    if wrong:
        more = [f"... and {len(wrong) - SHOWN_MAX} more"] if len(wrong) > SHOWN_MAX else []
        raise Problem(f"The books of {connection.stack} do not agree.", wrong[:SHOWN_MAX] + more)
    print(f"{len(read)} merchant(s), {payments} payments, {pending} of them pending: the books agree")


def read_books(merchant_id: str) -> Books:
    """Reads a merchant's rows, of the tables that the library is bound to."""
    from gateway.adapters.aws.dynamodb.lists.by_keys import every_row
    from gateway.adapters.aws.dynamodb.payment_row import to_payment
    from gateway.adapters.aws.dynamodb.repositories.ledger import Ledger, to_entry
    from gateway.adapters.aws.dynamodb.repositories.refunds import to_refund
    from gateway.adapters.aws.dynamodb.tables import LedgerRow, PaymentRow, RefundRow

    payments = [to_payment(row) for row in every_row(PaymentRow, merchant_id)]
    # Not by the refunds' own index of merchants, which lacks rows of before it.
    paid = [payment.id for payment in payments if payment.status == "success"]
    refunds = [to_refund(row) for payment_id in paid for row in RefundRow.by_payment.query(payment_id)]
    entries = [to_entry(row) for row in LedgerRow.by_merchant.query(merchant_id)]
    sums: Counter[tuple[str, str]] = Counter()
    for balance in Ledger().balances(merchant_id):
        sums[balance.currency, "payment"] += balance.payments
        sums[balance.currency, "refund"] += balance.refunds
        sums[balance.currency, "reversal"] += balance.reversals
    return Books(payments, refunds, entries, sums)


def lasting_differences(
    merchant_id: str, books: Books, *, sleep: Callable[[float], object] = time.sleep
) -> list[str]:
    """What does not agree, and still does not after a while."""
    found = list(differences(books))
    for _ in range(LOOKS):
        if not found:
            break
        sleep(BETWEEN_LOOKS_SECONDS)
        again = set(differences(read_books(merchant_id)))
        found = [line for line in found if line in again]
    return found


def differences(books: Books) -> Iterator[str]:
    """What does not agree, in words."""
    yield from _orders_paid_twice(books)
    there = Counter((e.kind.value, e.payment_id, e.refund_id, e.amount, e.currency) for e in books.entries)
    expected = Counter(_expected_entries(books))
    for entry in (there - expected).elements():
        yield f"the ledger has {entry} without a movement of money"
    for entry in (expected - there).elements():
        yield f"the ledger lacks {entry}"
    totals: Counter[tuple[str, str]] = Counter()
    for each in books.entries:
        totals[each.currency, each.kind.value] += each.amount
    for key in sorted(totals.keys() | books.sums.keys()):
        if totals[key] != books.sums[key]:
            yield f"the balance has {books.sums[key]} for {' '.join(key)}, the ledger {totals[key]}"
    claimed: Counter[str] = Counter()
    for refund in books.refunds:
        if refund.status not in ("cancelled", "failed"):
            claimed[refund.payment_id] += refund.amount
    for payment in books.payments:
        if payment.status == "success" and claimed[payment.id] != payment.amount_refunded:
            yield f"{payment.id} says {payment.amount_refunded} refunded, its refunds {claimed[payment.id]}"


def _orders_paid_twice(books: Books) -> Iterator[str]:
    paid = defaultdict(list)
    for payment in books.payments:
        if payment.status == "success":
            paid[payment.order_id].append(payment.id)
    for order_id, ids in paid.items():
        if len(ids) > 1:
            yield f"{order_id} was paid by {', '.join(ids)}"


def _expected_entries(books: Books) -> Iterator[tuple[str, str, str | None, int, str]]:
    """An entry for each movement of money that the rows tell of."""
    for payment in books.payments:
        if not payment.was_taken:
            continue
        yield "payment", payment.id, None, payment.amount, payment.currency
        if payment.amount_not_kept:
            yield "reversal", payment.id, None, payment.amount_not_kept, payment.currency
    for refund in books.refunds:
        if refund.status == "processed":
            yield "refund", refund.payment_id, refund.id, refund.amount, refund.currency
