"""Where an account's movements are read from.

That is the acquirer's own statement or, where it keeps no books, what it was asked and what it answered.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol

from gateway.domain.acquiring.account import Account, routed_as
from gateway.domain.acquiring.recomputed import movement_of_refund, movements_of, was_answered
from gateway.domain.acquiring.results import NOT_FOUND, Outcome, Result
from gateway.domain.acquiring.statement import Movement
from gateway.domain.cursor import Cursor, next_cursor, read_cursor
from gateway.domain.errors import BadRequest
from gateway.domain.page import LIMIT_MAX, Page
from gateway.domain.payments.ledger import Entry, EntryKind
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund
from gateway.domain.span import Span
from gateway.use_cases.acquirer import Acquirer, GiveBack
from gateway.use_cases.dependencies import Dependencies

PAGES_MAX = 5000
TOO_LONG = "The statement of that day is too long"
# What was asked for up to so long before may move on the day: a late capture, or work that an outage held up.
ASKED_BEFORE = timedelta(days=3)


class Statement(Protocol):
    """An account's movements. Both methods raise AcquirerError where they can't be told."""

    def pages(self, first: datetime, before: datetime) -> Iterator[list[Movement]]:
        """What moved from `first` on and before `before`; BadRequest where it is too much."""
        ...

    def find(self, entry: Entry, payment: Payment, refund: Refund | None) -> Result:
        """What moved, whenever it was, for an entry of the ledger."""
        ...


def statement_of(deps: Dependencies, account: Account) -> Statement:
    """The account's statement; BadRequest where there can be none."""
    acquirer = deps.acquirer_of(routed_as(account.name))
    if acquirer.capabilities.statement:
        return _OfAcquirer(deps, acquirer)
    if not acquirer.capabilities.remembers:
        return _Recomputed(deps, acquirer, account)
    raise BadRequest(f"{account.acquirer} gives no statement that can be compared")


class _OfAcquirer:
    def __init__(self, deps: Dependencies, acquirer: Acquirer) -> None:
        self._deps, self._acquirer = deps, acquirer

    def pages(self, first: datetime, before: datetime) -> Iterator[list[Movement]]:
        after: str | None = None
        for _ in range(PAGES_MAX):
            page = self._acquirer.movements(first, before, after)
            yield list(page.movements)
            if page.after is None:
                return
            after = page.after
        raise BadRequest(TOO_LONG)

    def find(self, entry: Entry, payment: Payment, refund: Refund | None) -> Result:
        if entry.kind is EntryKind.PAYMENT:
            return self._acquirer.retrieve(payment, self._deps.now())
        if refund is not None:
            reference = refund.attempt.reference
            back = GiveBack(refund.id, payment, refund.amount, refund.reason, reference, refund.created_at)
            return self._acquirer.retrieve_refund(back)
        kind = "release" if payment.captured else "reversal"
        reference = payment.release.reference if payment.release is not None else None
        back = GiveBack(f"{payment.id}:{kind}", payment, entry.amount, None, reference, entry.created_at)
        return self._acquirer.retrieve_refund(back)


class _Recomputed:
    """Payments are asked about again, which a bank that keeps nothing answers by its rules once more."""

    def __init__(self, deps: Dependencies, acquirer: Acquirer, account: Account) -> None:
        self._deps, self._acquirer, self._account = deps, acquirer, account

    def pages(self, first: datetime, before: datetime) -> Iterator[list[Movement]]:
        asked = Span(first - ASKED_BEFORE, before)
        database, within = self._deps.database, Span(first, before).contains
        cursor: Cursor | None = None
        for _ in range(PAGES_MAX):
            payments = database.payments.within(self._account.merchant_id, asked, LIMIT_MAX, cursor)
            yield [one for payment in payments.items for one in self._of(payment) if within(one.at)]
            cursor = _following(payments)
            if cursor is None:
                break
        else:
            raise BadRequest(TOO_LONG)
        for _ in range(PAGES_MAX):
            refunds = database.refunds.within(self._account.merchant_id, asked, LIMIT_MAX, cursor)
            mine = [one for one in refunds.items if one.attempt.account == routed_as(self._account.name)]
            moved = [one for refund in mine if (one := movement_of_refund(refund)) is not None]
            yield [one for one in moved if within(one.at)]
            cursor = _following(refunds)
            if cursor is None:
                return
        raise BadRequest(TOO_LONG)

    def find(self, entry: Entry, payment: Payment, refund: Refund | None) -> Result:
        paid = movement_of_refund(refund) if refund is not None else None
        moved = [paid] if paid is not None else self._of(payment)
        for one in moved:
            if one.entry_id == entry.id:
                return Result(Outcome.APPROVED, one.reference, one.amount, one.currency)
        return NOT_FOUND

    def _of(self, payment: Payment) -> list[Movement]:
        if payment.attempt.account != routed_as(self._account.name) or not was_answered(payment):
            return []
        return movements_of(payment, self._acquirer.retrieve(payment, self._deps.now()))


def _following(page: Page[Payment] | Page[Refund]) -> Cursor | None:
    text = next_cursor(page)
    return None if text is None else read_cursor(text)
