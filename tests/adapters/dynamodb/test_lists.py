"""Lists: newest first, in pages, with a total that is exact."""

import uuid
from datetime import timedelta

import pytest

from gateway.adapters.aws.dynamodb.tables import PaymentRow
from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.domain.payments.payment import Payment, PaymentStatus
from tests.support.aws_calls import watched
from tests.support.database import deliveries, ledger, payments, refunds
from tests.support.factories import NOW, a_payment, a_refund, a_webhook, some_id

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]


def put_payments(made: list[Payment]) -> None:
    for start in range(0, len(made), 20):
        transaction = DynamoTransaction()
        for payment in made[start : start + 20]:
            transaction.payments.add(payment)
        transaction.commit()


def seven_payments(merchant_id: str) -> list[Payment]:
    """Of two orders and two statuses, the newest first."""
    orders = [some_id("order_"), some_id("order_")]
    statuses = [PaymentStatus.PENDING, PaymentStatus.FAILED]
    made = [
        a_payment(
            merchant_id=merchant_id,
            order_id=orders[number % 2],
            status=statuses[number // 4],
            created_at=NOW + timedelta(milliseconds=number),
        )
        for number in range(7)
    ]
    put_payments(made[::2] + made[1::2])  # in no particular order
    return made[::-1]


def page(
    merchant_id: str,
    limit: int = 10,
    offset: int = 0,
    *,
    order_id: str | None = None,
    status: PaymentStatus | None = None,
) -> tuple[list[str], int]:
    found = payments.page(merchant_id, order_id=order_id, status=status, limit=limit, offset=offset)
    assert (found.limit, found.offset) == (limit, offset)
    return [payment.id for payment in found.items], found.total


@pytest.mark.parametrize(
    ("limit", "offset"), [(10, 0), (7, 0), (3, 0), (3, 3), (3, 6), (3, 7), (1, 100), (100, 6), (2, 5)]
)
def test_a_page_is_a_piece_of_the_whole_and_knows_how_long_that_is(limit: int, offset: int) -> None:
    merchant_id = str(uuid.uuid4())
    ids = [payment.id for payment in seven_payments(merchant_id)]
    assert page(merchant_id, limit, offset) == (ids[offset : offset + limit], 7)


@pytest.mark.parametrize("status", [None, PaymentStatus.PENDING, PaymentStatus.FAILED, PaymentStatus.SUCCESS])
@pytest.mark.parametrize("of_one_order", [False, True])
@pytest.mark.parametrize(("limit", "offset"), [(10, 0), (1, 0), (1, 1), (10, 2)])
def test_filters_count_for_the_items_and_for_the_total(
    status: PaymentStatus | None, limit: int, offset: int, *, of_one_order: bool
) -> None:
    merchant_id = str(uuid.uuid4())
    made = seven_payments(merchant_id)
    order_id = made[0].order_id if of_one_order else None
    ids = [
        payment.id
        for payment in made
        if (status is None or payment.status is status) and order_id in (None, payment.order_id)
    ]
    wanted = (ids[offset : offset + limit], len(ids))
    assert page(merchant_id, limit, offset, order_id=order_id, status=status) == wanted


def test_a_list_holds_what_is_the_merchants_own() -> None:
    mine, other = str(uuid.uuid4()), str(uuid.uuid4())
    made = seven_payments(other)
    assert page(mine) == ([], 0)
    assert page(mine, order_id=made[0].order_id) == ([], 0)


def test_pages_over_a_megabyte_are_read_to_the_end() -> None:
    merchant_id, order_id = str(uuid.uuid4()), some_id("order_")
    about = {"merchant_id": merchant_id, "order_id": order_id}
    made = [a_payment(**about, created_at=NOW + timedelta(seconds=n)) for n in range(15)]
    for payment in made:
        put_payments([payment])
        PaymentRow(payment.id).update(actions=[PaymentRow.error_description.set("x" * 200_000)])
    ids = [payment.id for payment in reversed(made)]
    with watched() as calls:
        assert page(merchant_id, 100, order_id=order_id) == (ids, 15)
    assert len(calls.of("Query")) > 1, "the emulator cut no page"
    for of_order in (order_id, None):
        assert page(merchant_id, 10, order_id=of_order) == (ids[:10], 15)
        assert page(merchant_id, 4, 9, order_id=of_order) == (ids[9:13], 15)


@pytest.mark.parametrize("status", [PaymentStatus.PENDING, PaymentStatus.FAILED])
def test_a_filter_that_little_passes_costs_no_round_trip_for_each_row(status: PaymentStatus) -> None:
    merchant_id = str(uuid.uuid4())
    oldest = a_payment(merchant_id=merchant_id, status=PaymentStatus.FAILED, created_at=NOW)
    rest = [
        a_payment(
            merchant_id=merchant_id, status=PaymentStatus.SUCCESS, created_at=NOW + timedelta(seconds=number)
        )
        for number in range(1, 61)
    ]
    put_payments([oldest, *rest])
    with watched() as calls:
        found, total = page(merchant_id, limit=1, status=status)
    wanted = [oldest.id] if status is PaymentStatus.FAILED else []
    assert (found, total) == (wanted, len(wanted))
    assert len(calls.of("Query")) <= 2


def test_a_short_first_page_needs_no_count() -> None:
    merchant_id = str(uuid.uuid4())
    seven_payments(merchant_id)
    with watched() as calls:
        page(merchant_id)
    assert calls == ["Query", "BatchGetItem"]
    with watched() as calls:
        page(merchant_id, limit=3)
    assert calls == ["Query", "BatchGetItem", "Query", "Query"]


def test_the_refunds_of_a_payment_are_listed_newest_first() -> None:
    payment_id = some_id("pay_")
    made = [a_refund(payment_id=payment_id, created_at=NOW + timedelta(seconds=n)) for n in range(3)]
    transaction = DynamoTransaction()
    for refund in (*made, a_refund()):
        transaction.refunds.add(refund)
    transaction.commit()
    found = refunds.page(payment_id, 2, 0)
    assert (found.items, found.total) == ([made[2], made[1]], 3)


def test_the_webhook_log_is_filtered_by_status_and_event() -> None:
    merchant_id = str(uuid.uuid4())
    events = ["payment.created", "payment.pending", "payment.created"]
    made = [
        a_webhook(merchant_id=merchant_id, event=event, created_at=NOW + timedelta(seconds=number))
        for number, event in enumerate(events)
    ]
    for hook in made:
        transaction = DynamoTransaction()
        transaction.deliveries.add(hook)
        transaction.commit()

    def found(**filters: object) -> list[object]:
        given = {"status": None, "event": None} | filters
        return list(deliveries.page(merchant_id, limit=10, offset=0, **given).items)  # type: ignore[arg-type]

    assert found() == made[::-1]
    assert found(event="payment.created") == [made[2], made[0]]
    assert found(status=made[0].status, event="payment.pending") == [made[1]]
    assert found(event="refund.created") == []


def test_a_merchant_without_entries_has_an_empty_ledger() -> None:
    found = ledger.page(str(uuid.uuid4()), 10, 0)
    assert (found.items, found.total) == ([], 0)
