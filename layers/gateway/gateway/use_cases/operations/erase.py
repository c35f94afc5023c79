"""Erasing a person from orders, and all that is kept of them, while the books stay as they are.

Every step is safe to repeat and finds by itself what is left, so a run that was killed is ended by another.
The audit rows come first: nothing is erased that nobody answers for. They name orders, not what is erased.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar

from gateway.domain.access.audit import Action
from gateway.domain.erasure import check_is_over, without_person
from gateway.domain.errors import NotFound
from gateway.domain.page import Page
from gateway.domain.payments.order import Order
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund
from gateway.presenters.json_text import compact_json
from gateway.runtime import log
from gateway.use_cases.access.audit import change_of, record
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.protocols.erasure import Clean, Erasure

Item = TypeVar("Item")

PAGE_SIZE = 100
# Events are as old as the change that they tell of; clocks of two functions may differ.
MARGIN = timedelta(minutes=1)


@dataclass(frozen=True)
class Erased:
    """How many rows of each kind were changed."""

    orders: int = 0
    payments: int = 0
    refunds: int = 0
    events: int = 0
    responses: int = 0


@dataclass(frozen=True)
class _Person:
    """All that there is of one order."""

    order: Order
    payments: list[Payment]
    refunds: list[Refund]

    @property
    def told_of(self) -> list[Payment | Refund]:
        return [*self.payments, *self.refunds]

    @property
    def ids(self) -> list[str]:
        return [self.order.id, *(one.id for one in self.told_of)]


def order_of(deps: Dependencies, payment_id: str) -> str:
    """The order that a payment pays; NotFound where there is no such payment."""
    payment = deps.database.payments.get(payment_id)
    if payment is None:
        raise NotFound(f"There is no payment {payment_id}")
    return payment.order_id


def erase_person(
    deps: Dependencies, rows: Erasure, order_ids: Iterable[str], actor: str, *, with_receipts: bool = False
) -> Erased:
    """Erases who paid from these orders. NotFound, or BadRequest where one is still under way: then nothing.

    Receipts are the merchants' own numbers, and unique; they go only where asked.
    """
    found = [_all_of(deps, order_id) for order_id in sorted(set(order_ids))]
    for one in found:
        for payment in one.payments:
            check_is_over(payment, [refund for refund in one.refunds if refund.payment_id == payment.id])

    def clean(text: str) -> str:
        return compact_json(without_person(json.loads(text), with_receipts=with_receipts))

    for one in found:
        _put_on_record(deps, one, actor, with_receipts=with_receipts)
    receipt = with_receipts
    done = Erased(
        events=sum(_erase_events(rows, one, clean) for one in found),
        refunds=sum(rows.erase_refund(refund.id) for one in found for refund in one.refunds),
        responses=rows.erase_responses([each for one in found for each in one.ids], clean),
        orders=sum(rows.erase_order(one.order.id, with_receipt=receipt) for one in found),
        # The last: a payment by whose address an order was found is found again until all else is done.
        payments=sum(
            rows.erase_payment(payment.id, with_receipt=receipt) for one in found for payment in one.payments
        ),
    )
    log.info("person erased", actor=actor, **vars(done))
    return done


def _put_on_record(deps: Dependencies, one: _Person, actor: str, *, with_receipts: bool) -> None:
    with change_of(deps, "audit trail") as work:
        record(
            work,
            deps,
            merchant_id=one.order.merchant_id,
            actor=actor,
            action=Action.PERSON_ERASED,
            changed=one.order.id,
            details={"payments": len(one.payments), "receipt": with_receipts},
        )


def _erase_events(rows: Erasure, one: _Person, clean: Clean) -> int:
    merchant_id = one.order.merchant_id
    return sum(
        rows.erase_events(merchant_id, each.id, each.created_at - MARGIN, each.updated_at + MARGIN, clean)
        for each in (one.order, *one.told_of)
    )


def _all_of(deps: Dependencies, order_id: str) -> _Person:
    database = deps.database
    order = database.orders.get(order_id)
    if order is None:
        raise NotFound(f"There is no order {order_id}")

    def payments(offset: int) -> Page[Payment]:
        return database.payments.page(
            order.merchant_id, order_id=order_id, status=None, limit=PAGE_SIZE, offset=offset
        )

    paid = _pages(payments)
    refunds = [
        refund for payment in paid for refund in _pages(partial(database.refunds.page, payment.id, PAGE_SIZE))
    ]
    return _Person(order, paid, refunds)


def _pages(read: Callable[[int], Page[Item]]) -> list[Item]:
    """All items of a list whose pages are read by their offset."""
    found: list[Item] = []
    while True:
        page = read(len(found))
        found += page.items
        if not page.items or len(found) >= page.total:
            return found
