"""A merchant's rows that come and move at any time, and the totals of lists beside a recount of them."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from gateway.domain.counting.counts import Kind
from gateway.domain.cursor import next_cursor, read_cursor
from gateway.domain.payments.order import AttemptedOrder, Order, OrderEvent, OrderStatus
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.payments.refund import Refund, RefundStatus
from gateway.domain.span import ALL_TIME, Span
from gateway.domain.values import to_iso
from gateway.domain.webhooks.delivery import GAPS_SECONDS, Attempt, DeliveryStatus, WebhookDelivery
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.operations.count_lists import count_list
from gateway.use_cases.payments.summary import tally_days
from tests.support.factories import (
    DECLINED,
    Clock,
    a_card_payment,
    a_payment,
    a_refund,
    a_webhook,
    an_order,
)

EVENTS = ["payment.created", "payment.success"]


class Life:
    """Random rows of one merchant, kept here as well as in the database."""

    def __init__(self, deps: Dependencies, clock: Clock, merchant_id: str, seed: int) -> None:
        self._deps, self._clock, self._owner = deps, clock, merchant_id
        self._dice = random.Random(seed)
        self.orders: dict[str, Order] = {}
        self.payments: dict[str, Payment] = {}
        self.refunds: dict[str, Refund] = {}
        self.deliveries: dict[str, WebhookDelivery] = {}
        self.began = clock()

    def step(self) -> None:
        """Something happens, and time goes on: by seconds, minutes or hours."""
        deeds: list[Callable[[], object]] = [
            self._order, self._payment, self._payment, self._delivery, self._refund,
            self._attempt, self._pay, self._settle, self._settle, self._deliver, self._deliver,
            self._retry, self._process, self._count,
        ]  # fmt: skip
        for _ in range(3):
            self._dice.choice(deeds)()
        pause = self._dice.choice([1, 20, 50, 130, 700, 4000, 30_000])
        self._clock.advance(seconds=self._dice.randrange(pause), milliseconds=self._dice.randrange(1000))

    def check(self) -> None:
        """Every list's total, for some filters and spans, is the number of rows that are there."""
        pages: Any = self._deps.database
        span, limit = self._span(), self._dice.choice([1, 2])
        some: dict[str, Any] = {"span": span, "limit": limit, "offset": 0}
        status = self._dice.choice([None, *OrderStatus])
        self._compare(pages.orders, self.orders, some, status=status)
        of = {"status": self._dice.choice([None, *PaymentStatus]), "method": self._dice.choice([None, "upi"])}
        self._compare(pages.payments, self.payments, some, {"order_id": None}, **of)
        shown = self._dice.choice([(), (RefundStatus.PENDING, RefundStatus.SENT), (RefundStatus.PROCESSED,)])
        found = pages.refunds.page_of_merchant(self._owner, statuses=shown, **some)
        rows = self.refunds.values()
        assert found.total == sum(
            span.contains(row.created_at) and (not shown or row.status in shown) for row in rows
        )
        of = {
            "status": self._dice.choice([None, *DeliveryStatus]),
            "event": self._dice.choice([None, *EVENTS]),
        }
        self._compare(pages.deliveries, self.deliveries, some, **of)
        self._check_days()

    def _compare(
        self, repository: Any, rows: dict[str, Any], some: dict[str, Any], more: Any = None, **of: Any
    ) -> None:
        """The first pages of a list, read on by cursor, and its total."""
        wanted, shown, cursor = listed(rows, some["span"], **of), [], None
        for _ in range(4):
            found = repository.page(self._owner, cursor=cursor, **(more or {}), **of, **some)
            assert found.total == len(wanted)
            shown += found.items
            following = next_cursor(found)
            if following is None:
                break
            cursor = read_cursor(following)
        assert [row.id for row in shown] == [row.id for row in wanted[: len(shown)]]
        assert following is not None or len(shown) == len(wanted)

    def _check_days(self) -> None:
        days = tally_days(self._deps, self._owner, self.began.date(), self._clock().date())
        for status in PaymentStatus:
            rows = [row for row in self.payments.values() if row.status is status]
            assert sum(day.count(status=status) for day in days.values()) == len(rows)
            for day, tally in days.items():
                amounts = sum(row.amount for row in rows if row.created_at.date() == day)
                assert sum(amount for cell, amount in tally.amounts.items() if cell[2] == status) == amounts

    def _count(self) -> None:
        for kind in self._dice.sample([*Kind], 3):
            assert count_list(self._deps, kind, self._owner, self._clock() + timedelta(seconds=1))

    def _span(self) -> Span:
        if self._dice.random() < 0.3:
            return ALL_TIME
        ends = sorted(self._moment() for _ in range(2))
        first, before = (self._dice.choice([None, end, end]) for end in ends)
        return ALL_TIME if first == before else Span(first, before)

    def _moment(self) -> datetime:
        passed = self._clock() - self.began
        moment = self.began + passed * self._dice.random()
        if self._dice.random() < 0.5:
            moment = moment.replace(minute=0, second=0, hour=self._dice.choice([0, moment.hour]))
        return moment.replace(microsecond=0)

    def _write(self, write: Callable[[Any], object]) -> None:
        transaction = self._deps.database.transaction()
        write(transaction)
        transaction.commit()

    def _order(self) -> None:
        order = an_order(merchant_id=self._owner, created_at=self._clock(), updated_at=self._clock())
        self._deps.database.orders.add(order)
        self.orders[order.id] = order

    def _attempt(self) -> None:
        self._step_order(OrderEvent.PAYMENT_CREATED, OrderStatus.CREATED, OrderStatus.ATTEMPTED)

    def _pay(self) -> None:
        self._step_order(OrderEvent.PAYMENT_SUCCEEDED, OrderStatus.ATTEMPTED, OrderStatus.PAID)

    def _step_order(self, event: OrderEvent, before: OrderStatus, after: OrderStatus) -> None:
        order = self._pick(self.orders, lambda row: row.status is before)
        if order is not None:
            known = order if event is OrderEvent.PAYMENT_CREATED else AttemptedOrder(
                order.id, order.merchant_id, order.created_at
            )  # fmt: skip
            self._write(lambda to: to.orders.apply(known, event, self._clock()))
            self.orders[order.id] = replace(order, status=after)

    def _payment(self) -> None:
        make = self._dice.choice([a_payment, a_card_payment])
        payment = make(
            merchant_id=self._owner,
            created_at=self._clock(),
            currency=self._dice.choice(["INR", "EUR"]),
            amount=self._dice.randrange(100, 10_000),
        )
        self._write(lambda to: to.payments.add(payment))
        self.payments[payment.id] = payment

    def _settle(self) -> None:
        payment = self._pick(self.payments, lambda row: row.status is PaymentStatus.PENDING)
        if payment is not None:
            now = self._clock()
            after = payment.approved(now) if self._dice.random() < 0.7 else payment.declined(DECLINED, now)
            self._write(lambda to: to.payments.change_status(payment, after))
            self.payments[payment.id] = after

    def _refund(self) -> None:
        refund = a_refund(merchant_id=self._owner, created_at=self._clock(), updated_at=self._clock())
        self._write(lambda to: to.refunds.add(refund))
        self.refunds[refund.id] = refund

    def _process(self) -> None:
        refund = self._pick(self.refunds, lambda row: row.status is RefundStatus.PENDING)
        if refund is not None:
            after = replace(refund, status=RefundStatus.PROCESSED, updated_at=self._clock())
            self._write(lambda to: to.refunds.change_status(refund, after))
            self.refunds[refund.id] = after

    def _delivery(self) -> None:
        hook = a_webhook(
            merchant_id=self._owner,
            event=self._dice.choice(EVENTS),
            created_at=self._clock(),
            next_retry_at=self._clock(),
        )
        self._write(lambda to: to.deliveries.add(hook))
        self.deliveries[hook.id] = hook

    def _deliver(self) -> None:
        hook = self._pick(self.deliveries, lambda row: row.status is DeliveryStatus.PENDING)
        if hook is not None:
            attempt = Attempt(self._clock(), 3, self._dice.choice([200, 500, 410]), "", None)
            self._record(hook, hook.attempted(attempt, GAPS_SECONDS))

    def _retry(self) -> None:
        hook = self._pick(self.deliveries, lambda row: row.status is not DeliveryStatus.PENDING)
        if hook is not None:
            self._record(hook, hook.retried(self._clock()))

    def _record(self, before: WebhookDelivery, after: WebhookDelivery) -> None:
        assert self._deps.database.deliveries.record(before, after)
        self.deliveries[after.id] = after

    def _pick(self, rows: dict[str, Any], wanted: Callable[[Any], bool]) -> Any:
        found = [row for row in rows.values() if wanted(row)]
        return self._dice.choice(found) if found else None


def listed(rows: dict[str, Any], span: Span, **wanted: Any) -> list[Any]:
    found = [
        row
        for row in rows.values()
        if span.contains(row.created_at)
        and all(value is None or getattr(row, name) == value for name, value in wanted.items())
    ]
    return sorted(found, key=lambda row: (to_iso(row.created_at), row.id), reverse=True)
