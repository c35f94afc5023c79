"""Repositories of orders, payments, refunds, deliveries and the books, in memory."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from gateway.domain.acquiring.statement import Run
from gateway.domain.counting.counts import Kind, Wanted, fits
from gateway.domain.counting.kept import total
from gateway.domain.cursor import Cursor
from gateway.domain.idempotency import IdempotencyRecord
from gateway.domain.jobs import JOB_QUEUES, Batch, Overdue, QueueStats, Reading
from gateway.domain.page import Page
from gateway.domain.payments.ledger import Balance, Entry
from gateway.domain.payments.order import Order, OrderStatus
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.payments.refund import Refund, RefundStatus
from gateway.domain.span import ALL_TIME, Span
from gateway.domain.values import CURRENCIES, from_unix_ms, to_iso, to_unix_ms
from gateway.domain.webhooks.delivery import DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.feed import place_of
from tests.support.memory import counting
from tests.support.memory.counting import cell_of
from tests.support.memory.paging import page_of
from tests.support.memory.rows import Rows, is_free


class Repository:
    """One table."""

    table: str

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def get(self, key: str) -> Any:
        return self._rows.of(self.table).get(key)

    def where(self, wanted: Callable[[Any], bool]) -> list[Any]:
        with self._rows.lock:
            return [row for row in self._rows.of(self.table).values() if wanted(row)]

    def listed(
        self,
        kind: Kind,
        merchant_id: str,
        wanted: Wanted,
        span: Span,
        limit: int,
        offset: int,
        cursor: Cursor | None,
    ) -> Page[Any]:
        """A page of a merchant's list. What is kept of it has to say the same total as the rows."""

        def fits_all(row: Any) -> bool:
            mine = row.merchant_id == merchant_id and span.contains(row.created_at)
            return mine and fits(cell_of(kind, row), wanted)

        page = page_of(self.where(fits_all), limit, offset, cursor)
        if cursor is None:
            counted = total(counting.Counted(self._rows, kind, merchant_id, wanted), wanted, span)
            assert counted.number == page.total, f"{kind}: kept {counted}, there are {page.total}"
        return page

    def uncounted(self, merchant_id: str, span: Span, limit: int, cursor: Cursor | None) -> Page[Any]:
        """A page of a merchant's rows of a span of time."""
        mine = self.where(lambda row: row.merchant_id == merchant_id and span.contains(row.created_at))
        return page_of(mine, limit, 0, cursor)


class DueRepository(Repository):
    """One table with something outstanding; `due` names the attribute that says when.

    A postponed row is due later for the sweeper only where the entity itself has another time to go by.
    """

    due = "due_at"

    def _due_ms(self, row: Any) -> int | None:
        moved = self._rows.of(f"{self.table} due").get(row.id)
        at = getattr(row, self.due)
        if at is None:
            return None
        return moved[1] if moved is not None and moved[0] == at else to_unix_ms(at)

    def overdue(self, before: datetime, limit: int) -> list[Overdue]:
        return self._found(before, limit, None)

    def planned(self, before: datetime, limit: int) -> list[Overdue]:
        return self._found(before, limit, "planned")

    def _found(self, before: datetime, limit: int, shards: str | None) -> list[Overdue]:
        found = [
            Overdue(row.id, row.merchant_id, at_ms)
            for row in self.where(lambda row: self._shards(row) == shards)
            if (at_ms := self._due_ms(row)) is not None and at_ms < to_unix_ms(before)
        ]
        return sorted(found, key=lambda item: item.due_at_ms)[:limit]

    def oldest_due(self) -> int | None:
        found = [self._due_ms(row) for row in self.where(lambda row: self._shards(row) is None)]
        return min((at_ms for at_ms in found if at_ms is not None), default=None)

    def _shards(self, row: Any) -> str | None:
        found: str | None = self._rows.of(f"{self.table} planned").get(row.id)
        return found

    def _plan(self, row_id: str, shards: str | None) -> None:
        self._rows.of(f"{self.table} planned")[row_id] = shards

    def postpone(self, item: Overdue, until: datetime) -> bool:
        with self._rows.lock:
            row = self.get(item.id)
            if row is None or self._due_ms(row) != item.due_at_ms:
                return False
            self._move(row, until)
            return True

    def _move(self, row: Any, until: datetime) -> None:
        until = from_unix_ms(to_unix_ms(until))
        self._rows.of(self.table)[row.id] = replace(row, **{self.due: until})


def parked(rows: list[Any], limit: int) -> list[Overdue]:
    found = [Overdue(row.id, row.merchant_id, to_unix_ms(row.updated_at)) for row in rows]
    return sorted(found, key=lambda item: item.due_at_ms)[:limit]


class Orders(Repository):
    table = "orders"

    def add(self, order: Order) -> None:
        self._rows.write_if(self.table, order.id, lambda _: order, is_free)

    def page(
        self,
        merchant_id: str,
        *,
        status: OrderStatus | None,
        limit: int,
        offset: int,
        span: Span = ALL_TIME,
        cursor: Cursor | None = None,
    ) -> Page[Order]:
        return self.listed(Kind.ORDERS, merchant_id, (one_of(status),), span, limit, offset, cursor)

    def made_since(self, merchant_id: str, first: datetime, limit: int) -> list[tuple[datetime, str]]:
        found = self.where(lambda row: row.merchant_id == merchant_id and row.created_at >= first)
        return sorted((row.created_at, row.id) for row in found)[:limit]

    def of_ids(self, ids: Iterable[str]) -> list[Order]:
        return [order for order_id in ids if (order := self.get(order_id)) is not None]

    def ids_of_receipt(self, merchant_id: str, receipt: str, limit: int) -> list[str]:
        found = self.where(lambda row: (row.merchant_id, row.receipt) == (merchant_id, receipt))
        return [row.id for row in found][:limit]


class Payments(DueRepository):
    table = "payments"

    def parked(self, limit: int) -> list[Overdue]:
        return parked(self.where(lambda row: row.is_parked), limit)

    def within(self, merchant_id: str, span: Span, limit: int, cursor: Cursor | None = None) -> Page[Payment]:
        return self.uncounted(merchant_id, span, limit, cursor)

    def page(
        self,
        merchant_id: str,
        *,
        order_id: str | None,
        status: PaymentStatus | None,
        limit: int,
        offset: int,
        method: str | None = None,
        span: Span = ALL_TIME,
        cursor: Cursor | None = None,
    ) -> Page[Payment]:
        if order_id is None:
            cell = (None, one_of(method), one_of(status))
            return self.listed(Kind.PAYMENTS, merchant_id, cell, span, limit, offset, cursor)

        def wanted(row: Payment) -> bool:
            return (
                (row.merchant_id, row.order_id) == (merchant_id, order_id)
                and status in (None, row.status)
                and method in (None, row.method)
                and span.contains(row.created_at)
            )

        return page_of(self.where(wanted), limit, offset, cursor)


class Refunds(DueRepository):
    table = "refunds"

    def parked(self, limit: int) -> list[Overdue]:
        return parked(self.where(lambda row: row.attempt.parked is not None), limit)

    def page(self, payment_id: str, limit: int, offset: int, cursor: Cursor | None = None) -> Page[Refund]:
        return page_of(self.where(lambda row: row.payment_id == payment_id), limit, offset, cursor)

    def page_of_merchant(
        self,
        merchant_id: str,
        *,
        statuses: Collection[RefundStatus],
        limit: int,
        offset: int,
        span: Span = ALL_TIME,
        cursor: Cursor | None = None,
    ) -> Page[Refund]:
        return self.listed(Kind.REFUNDS, merchant_id, (statuses or None,), span, limit, offset, cursor)

    def within(self, merchant_id: str, span: Span, limit: int, cursor: Cursor | None = None) -> Page[Refund]:
        return self.uncounted(merchant_id, span, limit, cursor)


class Ledger(Repository):
    table = "ledger"

    def page(self, merchant_id: str, limit: int, offset: int, cursor: Cursor | None = None) -> Page[Entry]:
        return self.listed(Kind.LEDGER, merchant_id, (), ALL_TIME, limit, offset, cursor)

    def within(self, merchant_id: str, span: Span, limit: int, cursor: Cursor | None = None) -> Page[Entry]:
        return self.listed(Kind.LEDGER, merchant_id, (), span, limit, 0, cursor)

    def entries(self, ids: Iterable[str]) -> list[Entry]:
        return [entry for entry_id in ids if (entry := self.get(entry_id)) is not None]

    def balances(self, merchant_id: str) -> list[Balance]:
        found = []
        for currency in CURRENCIES:
            sums = [
                row
                for (owner, of, _), row in self._rows.of("balances").items()
                if (owner, of) == (merchant_id, currency)
            ]
            if sums:
                totals = (
                    sum(getattr(row, name) for row in sums) for name in ("payments", "refunds", "reversals")
                )
                found.append(Balance(currency, *totals))
        return found


class Deliveries(DueRepository):
    table, due = "deliveries", "next_retry_at"

    def page(
        self,
        merchant_id: str,
        *,
        status: DeliveryStatus | None,
        event: str | None,
        limit: int,
        offset: int,
        span: Span = ALL_TIME,
        cursor: Cursor | None = None,
    ) -> Page[WebhookDelivery]:
        cell = (one_of(event), one_of(status))
        return self.listed(Kind.WEBHOOKS, merchant_id, cell, span, limit, offset, cursor)

    def failed(
        self,
        merchant_id: str,
        span: Span,
        endpoint_id: str | None,
        *,
        cursor: Cursor | None,
        limit: int,
    ) -> tuple[list[WebhookDelivery], Cursor | None]:
        rows = self.where(lambda row: row.merchant_id == merchant_id and span.contains(row.created_at))
        rows.sort(key=lambda row: (place_of(row.created_at, row.sequence), row.id))
        if cursor is not None:
            rows = rows[[row.id for row in rows].index(cursor.id) + 1 :]
        found = [
            row
            for row in rows
            if row.status is DeliveryStatus.FAILED and endpoint_id in (None, row.endpoint_id)
        ]
        if len(found) < limit:
            return found, None
        last = found[limit - 1]
        return found[:limit], Cursor(to_iso(last.created_at), last.id, 0, 0)

    def of_object(self, merchant_id: str, object_id: str, created_at: datetime) -> list[WebhookDelivery]:
        place = (merchant_id, object_id, to_iso(created_at))
        return self.where(lambda row: (row.merchant_id, row.object_id, to_iso(row.created_at)) == place)

    def record(
        self,
        before: WebhookDelivery,
        after: WebhookDelivery,
        *,
        planned: bool = False,
        now: datetime | None = None,
    ) -> bool:
        kept = replace(
            after,
            attempts=tuple(replace(attempt, retry_after_seconds=None) for attempt in after.attempts),
        )
        attempt = after.last_attempt
        at = now or after.next_retry_at or (attempt.ended_at if attempt else after.created_at)
        with self._rows.lock:
            done = self._rows.write_if(self.table, after.id, lambda _: kept, _as_read(before))
            move = counting.move(Kind.WEBHOOKS, before, after.status, at)
            if done:
                self._plan(after.id, "planned" if planned else None)
            if done and move is not None:
                self._rows.write_if(move.table, move.key, move.change)
            return done

    def held_back(self, before: datetime, limit: int) -> list[Overdue]:
        return self._found(before, limit, "held")

    def wait_until(self, delivery: WebhookDelivery, until: datetime) -> bool:
        with self._rows.lock:
            row = self.get(delivery.id)
            if not _as_read(delivery)(row):
                return False
            self._move(row, until)
            self._plan(row.id, "held")
            return True

    def _move(self, row: Any, until: datetime) -> None:
        # What the sweeper goes by is moved; when the delivery may be tried, the entity goes on saying.
        self._rows.of(f"{self.table} due")[row.id] = (row.next_retry_at, to_unix_ms(until))


class Stats(Repository):
    table = "stats"

    def count_batch(self, done: Batch) -> None:
        self._add(
            done.queue,
            lambda known: replace(
                known,
                completed=known.completed + done.completed,
                failed=known.failed + done.failed,
                taken_at_ms=max(known.taken_at_ms, done.at_ms if done.succeeded else 0),
                crashed_at_ms=max(known.crashed_at_ms, 0 if done.succeeded else done.at_ms),
            ),
        )

    def note_waiting(self, queue: str, since_ms: int) -> None:
        self._add(queue, lambda known: replace(known, waiting_since_ms=since_ms))

    def read(self) -> Mapping[str, QueueStats]:
        return {queue: self.get(queue) or QueueStats() for queue in JOB_QUEUES}

    def reading(self) -> Reading | None:
        found: Reading | None = self.get("health")
        return found

    def claim_reading(self, known: Reading, now_ms: int) -> bool:
        return self._rows.write_if(
            self.table,
            "health",
            lambda row: replace(row, claimed_at_ms=now_ms),
            lambda row: row is not None and row.claimed_at_ms == known.claimed_at_ms,
        )

    def keep_reading(self, found: Reading) -> None:
        self._rows.write_if(self.table, "health", lambda _: found)

    def _add(self, queue: str, change: Callable[[QueueStats], QueueStats]) -> None:
        self._rows.write_if(self.table, queue, lambda row: change(row or QueueStats()))


class Reconciliations(Repository):
    table = "stats"

    def keep(self, merchant_id: str, run: Run) -> None:
        name = (run.day, run.account)
        self._rows.write_if(self.table, merchant_id, lambda known: (known or frozenset()) | {name})
        self._rows.write_if(self.table, f"{run.account}#{run.day}", lambda _: run)

    def page(self, merchant_id: str, limit: int, offset: int) -> Page[Run]:
        names = sorted(self.get(merchant_id) or (), reverse=True)
        runs = [self.get(f"{account}#{day}") for day, account in names]
        return Page.cut(runs, limit=limit, offset=offset)

    def add_account(self, account: str) -> None:
        self._rows.write_if(self.table, "accounts", lambda known: (known or frozenset()) | {account})

    def accounts(self) -> set[str]:
        return set(self.get("accounts") or ())

    def of_days(self, account: str, days: Iterable[date]) -> list[Run]:
        return [found for day in days if (found := self.get(f"{account}#{day}")) is not None]


class IdempotencyRecords(Repository):
    table = "idempotency"

    def get(self, key: str) -> IdempotencyRecord | None:
        record: IdempotencyRecord | None = super().get(key)
        return record


def _as_read(before: WebhookDelivery) -> Callable[[Any], bool]:
    return lambda row: (
        row is not None and row.status is before.status and len(row.attempts) == len(before.attempts)
    )


def one_of(value: str | None) -> tuple[str, ...] | None:
    return None if value is None else (value,)
