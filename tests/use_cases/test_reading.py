"""Lists, search, the dashboard's numbers and a payment's timeline, in memory."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from gateway.domain.counting.counts import Kind
from gateway.domain.cursor import Cursor, next_cursor, read_cursor
from gateway.domain.errors import BadRequest, NotFound, Unavailable
from gateway.domain.page import Page
from gateway.domain.payments.ledger import Balance
from gateway.domain.payments.order import OrderStatus
from gateway.domain.payments.payment import PaymentStatus
from gateway.domain.payments.refund import RefundStatus
from gateway.domain.payments.tally import Tally
from gateway.domain.span import Span, span_of
from gateway.domain.values import to_iso
from gateway.use_cases.operations.count_lists import count_list
from gateway.use_cases.operations.sweep import sweep
from gateway.use_cases.orders import read_orders
from gateway.use_cases.payments import read_ledger, read_payments, summary
from gateway.use_cases.payments.read_ledger import list_entries, read_balances
from gateway.use_cases.payments.timeline import read_timeline
from gateway.use_cases.refunds.read_refunds import list_all_refunds
from tests.support.factories import DECLINED, NOW, a_card_payment, a_payment, a_refund, declined
from tests.support.memory.shop import MemoryShop, told

TODAY = NOW.date()
DAY = timedelta(days=1)


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def some_payments(shop: MemoryShop) -> list[Any]:
    """Three payments of three days: UPI, a card that failed, UPI; oldest first."""
    owner = {"merchant_id": shop.merchant.id}
    return [
        shop.put("payments", payment)
        for payment in (
            a_payment(**owner, created_at=NOW - 2 * DAY),
            a_card_payment(**owner, created_at=NOW - DAY, status=PaymentStatus.FAILED, order_id="order_a"),
            a_payment(**owner, created_at=NOW, order_id="order_a"),
        )
    ]


def listed(
    shop: MemoryShop, limit: int = 5, offset: int = 0, cursor: Cursor | None = None, **which: Any
) -> Any:
    filters = read_payments.Filters(**which)
    return read_payments.list_payments(
        shop.deps, shop.merchant.id, filters, limit=limit, offset=offset, cursor=cursor
    )


def test_payments_are_listed_by_what_is_asked_for(shop: MemoryShop) -> None:
    first, second, third = some_payments(shop)
    shop.put("payments", a_payment())
    assert listed(shop).items == [third, second, first]
    assert listed(shop, limit=1, offset=1).items == [second]
    assert listed(shop, status=PaymentStatus.FAILED).items == [second]
    assert listed(shop, method="upi").items == [third, first]
    assert listed(shop, order_id="order_a").items == [third, second]
    assert listed(shop, span=span_of(TODAY - DAY, None)).items == [third, second]
    assert listed(shop, span=span_of(None, TODAY - DAY)).items == [second, first]
    assert listed(shop, span=span_of(TODAY, TODAY)).items == [third]


def test_a_list_goes_on_at_its_cursor(shop: MemoryShop) -> None:
    first, second, third = some_payments(shop)
    page = listed(shop, limit=2)
    text = next_cursor(page)
    assert text is not None
    cursor = read_cursor(text)
    assert cursor == Cursor(to_iso(second.created_at), second.id, 2, 3)
    rest = listed(shop, limit=2, cursor=cursor)
    assert (rest.items, rest.offset, rest.total) == ([first], 2, 3)
    assert next_cursor(rest) is None
    with pytest.raises(BadRequest) as refusal:
        listed(shop, offset=1, cursor=cursor)
    assert told(refusal) == ("offset and cursor can't be used together", "offset")
    with pytest.raises(BadRequest) as other_days:
        listed(shop, cursor=cursor, span=span_of(TODAY, None))
    assert told(other_days) == ("cursor belongs to a list of other days", "cursor")
    with pytest.raises(BadRequest) as turned:
        listed(shop, span=span_of(TODAY, TODAY - DAY))
    assert told(turned) == ("from must not be after to", "from")
    assert listed(shop, text=third.id).items == [third]


def test_payments_are_found_by_id_order_and_receipt(shop: MemoryShop) -> None:
    first, second, third = some_payments(shop)
    assert listed(shop, text=first.id).items == [first]
    assert listed(shop, text="order_a").items == [third, second]
    assert listed(shop, text="pay_none").items == []
    assert listed(shop, text=shop.put("payments", a_payment()).id).items == []
    orders = [shop.order(receipt="r1") for _ in range(2)]
    for payment, order in zip((first, third), orders, strict=True):
        shop.put("payments", replace(payment, order_id=order.id))
    found = listed(shop, text="r1")
    assert [payment.id for payment in found.items] == [third.id, first.id]
    assert (found.total, found.limit, found.offset, found.has_more) == (2, 5, 0, False)
    assert [payment.id for payment in listed(shop, text="r1", order_id=orders[0].id).items] == [first.id]
    part = listed(shop, text="r1", limit=1)
    assert ([payment.id for payment in part.items], part.total, part.has_more) == ([third.id], 2, True)
    part = listed(shop, text="r1", limit=1, offset=1)
    assert ([payment.id for payment in part.items], part.offset, part.has_more) == ([first.id], 1, False)
    cursor = Cursor(to_iso(NOW), third.id, 1, 2)
    assert listed(shop, text="r1", limit=1, cursor=cursor).offset == 1
    assert listed(shop, text="r2").items == []


@pytest.mark.parametrize(
    ("which", "found"),
    [
        ({}, True),
        ({"order_id": "order_a"}, True),
        ({"order_id": "order_b"}, False),
        ({"status": PaymentStatus.PENDING}, True),
        ({"status": PaymentStatus.FAILED}, False),
        ({"method": "upi"}, True),
        ({"method": "card"}, False),
        ({"span": span_of(TODAY, TODAY)}, True),
        ({"span": span_of(TODAY + DAY, None)}, False),
        ({"span": span_of(None, TODAY - DAY)}, False),
    ],
)
def test_a_search_by_id_keeps_to_the_filters(shop: MemoryShop, which: dict[str, Any], *, found: bool) -> None:
    *_, third = some_payments(shop)
    assert listed(shop, text=third.id, **which).items == ([third] if found else [])


def test_one_payment_is_read_by_its_merchant_or_its_shopper(shop: MemoryShop) -> None:
    payment = some_payments(shop)[2]
    assert read_payments.find_payment(shop.deps, payment.id, shop.merchant.id) == payment
    assert read_payments.find_public_payment(shop.deps, payment.id, None) == payment
    assert read_payments.find_public_payment(shop.deps, payment.id, "order_a") == payment
    for read in (
        lambda: read_payments.find_payment(shop.deps, payment.id, "another"),
        lambda: read_payments.find_payment(shop.deps, "pay_0", shop.merchant.id),
        lambda: read_payments.find_public_payment(shop.deps, payment.id, "order_b"),
        lambda: read_payments.find_public_payment(shop.deps, "pay_0", None),
    ):
        with pytest.raises(NotFound) as refusal:
            read()
        assert told(refusal) == ("Payment not found", None)


def test_orders_are_listed_and_found_by_receipt(shop: MemoryShop) -> None:
    first = shop.order(receipt="r1", created_at=NOW - DAY)
    second = shop.order(receipt="r1", status=OrderStatus.PAID)
    third = shop.order(receipt="r2", created_at=NOW + DAY)

    def orders(limit: int = 5, offset: int = 0, cursor: Cursor | None = None, **which: Any) -> Page[Any]:
        filters = read_orders.Filters(**which)
        return read_orders.list_orders(
            shop.deps, shop.merchant.id, filters, limit=limit, offset=offset, cursor=cursor
        )

    assert orders().items == [third, second, first]
    assert orders(limit=1, offset=1).items == [second]
    assert orders(status=OrderStatus.PAID).items == [second]
    assert orders(span=span_of(TODAY, TODAY)).items == [second]
    assert orders(cursor=Cursor(to_iso(NOW), second.id, 2, 3)).items == [first]
    found = orders(receipt="r1")
    assert (found.items, found.total, found.limit, found.offset, found.has_more) == (
        [second, first],
        2,
        5,
        0,
        False,
    )
    part = orders(receipt="r1", limit=1)
    assert (part.items, part.has_more) == ([second], True)
    assert orders(receipt="r1", limit=1, offset=1).items == [first]
    assert orders(receipt="r1", cursor=Cursor(to_iso(NOW), second.id, 1, 2)).items == [first]
    assert orders(receipt="r1", status=OrderStatus.PAID).items == [second]
    assert orders(receipt="r1", span=span_of(TODAY, None)).items == [second]
    assert orders(receipt="r1", span=span_of(None, TODAY - DAY)).items == [first]
    assert orders(receipt="r1", span=span_of(TODAY + DAY, None)).items == []
    with pytest.raises(BadRequest):
        orders(span=span_of(TODAY, TODAY - DAY))


def test_refunds_and_entries_of_a_merchant_are_listed(shop: MemoryShop) -> None:
    payment = shop.paid(500)
    refund = shop.refunded(payment, 100)
    shop.process_refunds(refund)
    pending = shop.put("refunds", a_refund(merchant_id=shop.merchant.id, created_at=NOW + DAY))
    shop.put("refunds", a_refund())

    def refunds(**asked: Any) -> list[Any]:
        known: dict[str, Any] = {"shown": None, "limit": 5, "offset": 0}
        return list_all_refunds(shop.deps, shop.merchant.id, **(known | asked)).items

    done = shop.stored_refund(refund.id)
    assert refunds() == [pending, done]
    assert (refunds(limit=1), refunds(offset=1)) == ([pending], [done])
    assert refunds(shown=RefundStatus.PROCESSED) == [done]
    assert refunds(span=span_of(TODAY, TODAY)) == [done]
    assert refunds(cursor=Cursor(to_iso(pending.created_at), pending.id, 1, 2)) == [done]
    with pytest.raises(BadRequest):
        refunds(span=span_of(TODAY, TODAY - DAY))
    with pytest.raises(BadRequest):
        refunds(offset=1, cursor=Cursor(to_iso(NOW), pending.id, 1, 2))
    assert read_balances(shop.deps, shop.merchant.id) == [Balance("INR", 500, 100, 0)]
    entries = list_entries(shop.deps, shop.merchant.id, limit=5, offset=0)
    assert {entry.kind for entry in entries.items} == {"payment", "refund"}
    newest, oldest = entries.items
    assert list_entries(shop.deps, shop.merchant.id, limit=1, offset=1).items == [oldest]
    cursor = Cursor(to_iso(newest.created_at), newest.id, 1, 2)
    assert list_entries(shop.deps, shop.merchant.id, limit=5, offset=0, cursor=cursor).items == [oldest]
    with pytest.raises(BadRequest):
        list_entries(shop.deps, shop.merchant.id, limit=1, offset=1, cursor=cursor)


def test_the_ledger_is_read_by_object(shop: MemoryShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_ledger, "LIMIT_MAX", 1)
    payment, other = shop.paid(500), shop.paid(700)
    refunds = [shop.refunded(payment, amount) for amount in (100, 200)]
    for refund in refunds:
        shop.clock.advance(seconds=1)
        shop.process_refunds(refund)

    def about(object_id: str, limit: int = 5, **place: Any) -> list[str]:
        known: dict[str, Any] = {"offset": 0} | place
        page = list_entries(shop.deps, shop.merchant.id, limit=limit, object_id=object_id, **known)
        return [entry.id for entry in page.items]

    of_payment = [f"{refunds[1].id}:refund", f"{refunds[0].id}:refund", f"{payment.id}:payment"]
    assert about(payment.id) == of_payment
    assert about(payment.id, limit=1, offset=1) == of_payment[1:2]
    assert about(payment.id, cursor=Cursor(to_iso(NOW), of_payment[0], 1, 3)) == of_payment[1:]
    assert about(refunds[0].id) == of_payment[1:2]
    assert about(other.id) == [f"{other.id}:payment"]
    for unknown in ("pay_0", "rfnd_0", shop.put("payments", a_payment()).id):
        with pytest.raises(NotFound):
            about(unknown)


def counted(shop: MemoryShop, first: date | None = None, last: date | None = None) -> Any:
    return summary.read_summary(shop.deps, shop.merchant.id, first, last)


def test_the_numbers_are_of_all_time_with_thirty_days_drawn(shop: MemoryShop) -> None:
    shop.set_merchant(created_at=NOW - 40 * DAY)
    some_payments(shop)
    shop.put("payments", a_payment(merchant_id=shop.merchant.id, created_at=NOW - 40 * DAY))
    numbers = counted(shop)
    assert numbers.counted.count() == 4
    assert (numbers.first, numbers.last, len(numbers.days)) == (TODAY - 29 * DAY, TODAY, 30)
    assert [day.counted.count() for day in numbers.days][-3:] == [1, 1, 1]
    some = counted(shop, TODAY - DAY, TODAY)
    assert (some.counted.count(), len(some.days)) == (2, 2)
    assert counted(shop, TODAY - DAY).counted.count() == 2
    until = counted(shop, None, TODAY - DAY)
    assert (until.counted.count(), until.first) == (2, TODAY - 30 * DAY)
    future = counted(shop, TODAY + DAY, TODAY + 2 * DAY)
    assert (future.counted.count(), len(future.days)) == (0, 2)


def test_days_that_make_no_sense_are_refused(shop: MemoryShop) -> None:
    with pytest.raises(BadRequest) as turned:
        counted(shop, TODAY, TODAY - DAY)
    assert told(turned) == ("from must not be after to", "from")
    with pytest.raises(BadRequest) as long:
        counted(shop, TODAY - 366 * DAY, TODAY)
    assert told(long) == ("from and to must be at most 366 days apart", "from")
    assert len(counted(shop, TODAY - 365 * DAY, TODAY).days) == 366
    with pytest.raises(NotFound) as nobody:
        summary.read_summary(shop.deps, "nobody", None, None)
    assert told(nobody) == ("Merchant not found", None)


def test_what_is_kept_is_not_read_again(shop: MemoryShop, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = shop.merchant.id
    old = TODAY - 3 * DAY
    for at in (NOW - 3 * DAY, NOW - timedelta(minutes=2)):
        shop.put("payments", a_payment(merchant_id=owner, created_at=at, status=PaymentStatus.SUCCESS))
    before = summary.tally_days(shop.deps, owner, old, TODAY)
    assert before == {old: _one("INR", "upi", "success", 50_000), TODAY: before[old]}
    count_everything(shop)
    asked: list[Any] = []
    facts = shop.database.counting.facts
    monkeypatch.setattr(shop.database.counting, "facts", lambda *of: asked.append(of[2]) or facts(*of))
    assert summary.tally_days(shop.deps, owner, old, TODAY) == before
    (newest,) = asked
    assert newest.first == NOW - timedelta(minutes=3)
    assert summary.tally_days(shop.deps, owner, TODAY, TODAY - DAY) == {}


def _one(*cell: Any) -> Tally:
    tally = Tally()
    tally.add(*cell)
    return tally


def count_everything(shop: MemoryShop) -> None:
    for kind in Kind:
        assert count_list(shop.deps, kind, shop.merchant.id, shop.clock() + DAY)


def test_too_much_to_read_is_counted_by_the_sweeper(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary, "READ_MAX", 2)
    owner = shop.merchant.id
    for number in (5, 4, 3):
        at = NOW - number * DAY
        shop.put("payments", a_payment(merchant_id=owner, created_at=at, status=PaymentStatus.SUCCESS))
    limits: list[int] = []
    facts = shop.database.counting.facts

    def noted(kind: Kind, merchant_id: str, span: Span, limit: int) -> Any:
        limits.append(limit)
        return facts(kind, merchant_id, span, limit)

    monkeypatch.setattr(shop.database.counting, "facts", noted)
    with pytest.raises(Unavailable) as refusal:
        summary.tally_days(shop.deps, owner, TODAY - 5 * DAY, TODAY)
    assert told(refusal) == ("The numbers are being added up; please try again", None)
    assert limits == [3]  # one more than is added up at once tells that there is too much
    shop.database.counting.began(NOW - DAY)
    sweep(shop.deps)
    days = summary.tally_days(shop.deps, owner, TODAY - 5 * DAY, TODAY)
    assert [day.count() for day in days.values()] == [1, 1, 1]


def test_a_timeline_tells_all_of_a_payment(shop: MemoryShop) -> None:
    order = shop.order(amount=500, receipt="r1", created_at=NOW - timedelta(seconds=1))
    payment = shop.pending(order)
    shop.clock.advance(seconds=1)
    shop.process(payment)
    shop.clock.advance(seconds=1)
    shop.capture(payment.id, 400)
    shop.clock.advance(seconds=1)
    refund = shop.refunded(payment, 100)
    shop.clock.advance(seconds=1)
    shop.process_refunds(refund)
    cancelled = shop.refunded(payment, 50)
    shop.clock.advance(seconds=1)
    shop.cancel(cancelled.id)
    moments = read_timeline(shop.deps, payment.id, shop.merchant.id)
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments)
    entries = {entry.id: entry for entry in shop.database.ledger.where(lambda _row: True)}
    deliveries = {row.event: row for row in shop.database.deliveries.where(lambda _row: True)}

    def entry(entry_id: str) -> dict[str, Any]:
        row = entries[entry_id]
        return {"entry_id": row.id, "entry_kind": str(row.kind), "amount": row.amount, "lines": row.lines()}

    def webhook(event: str) -> dict[str, Any]:
        return {"webhook_id": deliveries[event].id, "event": event, "status": "pending"}

    about = {"payment_id": payment.id, "amount": 500}
    back = {"refund_id": refund.id, "amount": 100}
    told_of = [(moment.kind, moment.about) for moment in moments if moment.kind != "webhook.created"]
    assert told_of == [
        ("order.created", {"order_id": order.id, "amount": 500, "receipt": "r1"}),
        ("payment.created", {**about, "method": "upi"}),
        ("payment.success", about),
        ("ledger.entry", entry(f"{payment.id}:payment")),
        ("payment.captured", {"payment_id": payment.id, "amount": 400}),
        ("ledger.entry", entry(f"{payment.id}:reversal")),
        ("refund.created", {**back, "reason": "cold"}),
        ("refund.processed", back),
        ("refund.created", {"refund_id": cancelled.id, "amount": 50, "reason": "cold"}),
        ("ledger.entry", entry(f"{refund.id}:refund")),
        ("refund.cancelled", {"refund_id": cancelled.id, "amount": 50}),
    ]
    sent = [moment.about["event"] for moment in moments if moment.kind == "webhook.created"]
    assert sent == [
        "payment.created",
        "payment.pending",
        "payment.success",
        "refund.created",
        "refund.created",
        "refund.processed",
    ]
    assert webhook("payment.pending") in [moment.about for moment in moments]
    with pytest.raises(NotFound):
        read_timeline(shop.deps, payment.id, "another")


def test_a_failed_payments_timeline_says_why_and_how_its_webhooks_went(shop: MemoryShop) -> None:
    from gateway.domain.webhooks.delivery import Attempt

    shop.bank.outcome = declined
    payment = shop.pending()
    shop.process(payment)
    (failed,) = shop.database.deliveries.where(lambda row: row.event == "payment.failed")
    attempts = [Attempt(NOW + timedelta(seconds=n), n, 500 + n, None, f"kind {n}") for n in (1, 2)]
    shop.put("deliveries", replace(failed, history=(attempts[0],), attempts=(attempts[1],)))
    shop.database.rows.of("orders").clear()
    moments = read_timeline(shop.deps, payment.id, shop.merchant.id)
    (why,) = [moment.about for moment in moments if moment.kind == "payment.failed"]
    assert why == {
        "payment_id": payment.id,
        "amount": payment.amount,
        "error_code": DECLINED.code,
        "error_description": DECLINED.description,
    }
    tries = [(moment.at, moment.about) for moment in moments if moment.kind == "webhook.attempt"]
    known = {"webhook_id": failed.id, "event": "payment.failed"}
    assert tries == [
        (
            attempt.at,
            known | {"attempt": n, "duration_ms": n, "response_code": 500 + n, "error": f"kind {n}"},
        )
        for n, attempt in enumerate(attempts, start=1)
    ]
