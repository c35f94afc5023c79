"""The merchant's list of payments: filters, search, and going on by cursor."""

from datetime import timedelta

import pytest

from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.domain.cursor import next_cursor, read_cursor
from gateway.domain.errors import BadRequest
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.span import span_of
from gateway.use_cases.payments.read_payments import Filters, list_payments
from tests.support.aws_calls import watched
from tests.support.database import orders
from tests.support.factories import NOW, a_card_payment, a_payment, an_order, some_deps, some_id, some_uuid

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)


def stored(*made: Payment) -> list[Payment]:
    transaction = DynamoTransaction()
    for payment in made:
        transaction.payments.add(payment)
    transaction.commit()
    return sorted(made, key=lambda payment: (payment.created_at, payment.id), reverse=True)


def some_payments(merchant_id: str, number: int = 11) -> list[Payment]:
    """The newest first; some of the same millisecond, over two days, methods and statuses."""
    make = [a_payment, a_card_payment]
    return stored(
        *(
            make[n % 2](
                merchant_id=merchant_id,
                status=[PaymentStatus.SUCCESS, PaymentStatus.FAILED][n % 3 == 0],
                created_at=NOW - timedelta(hours=3 * (n // 2)),
            )
            for n in range(number)
        )
    )


DEPS = some_deps()


def first_page(merchant_id: str, filters: Filters, limit: int) -> list[Payment]:
    return list_payments(DEPS, merchant_id, filters, limit=limit, offset=0).items


def pages(merchant_id: str, filters: Filters, limit: int) -> list[str]:
    """All ids, page by page."""
    ids: list[str] = []
    cursor = None
    for _ in range(50):
        page = list_payments(DEPS, merchant_id, filters, limit=limit, offset=0, cursor=cursor)
        assert len(page.items) <= limit
        assert page.offset == len(ids)
        ids += [payment.id for payment in page.items]
        text = next_cursor(page)
        if text is None:
            assert page.total == len(ids)
            return ids
        cursor = read_cursor(text)
    raise AssertionError("the list has no end")


@pytest.mark.parametrize("limit", [1, 2, 5, 10, 11, 12, 100])
@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(status=PaymentStatus.FAILED),
        Filters(method="card"),
        Filters(span=span_of(TODAY, None)),
        Filters(span=span_of(None, YESTERDAY), method="upi"),
        Filters(span=span_of(YESTERDAY, YESTERDAY)),
    ],
    ids=str,
)
def test_by_cursor_every_payment_comes_once_and_in_order(filters: Filters, limit: int) -> None:
    merchant_id = some_uuid()
    wanted = [payment.id for payment in some_payments(merchant_id) if filters.fit(payment)]
    found = pages(merchant_id, filters, limit)
    assert sorted(found) == sorted(wanted)
    times = {payment.id: payment.created_at for payment in first_page(merchant_id, Filters(), 100)}
    assert [times[found_id] for found_id in found] == sorted((times[i] for i in found), reverse=True)


def test_what_is_new_meanwhile_does_not_shift_the_pages() -> None:
    merchant_id = some_uuid()
    made = some_payments(merchant_id, 5)
    first = list_payments(DEPS, merchant_id, Filters(), limit=2, offset=0)
    stored(a_payment(merchant_id=merchant_id, created_at=NOW + timedelta(seconds=1)))
    text = next_cursor(first)
    assert text is not None
    second = list_payments(DEPS, merchant_id, Filters(), limit=3, offset=0, cursor=read_cursor(text))
    assert {payment.id for payment in (*first.items, *second.items)} == {payment.id for payment in made}
    assert next_cursor(second) is None


def test_going_on_by_cursor_counts_nothing_again() -> None:
    merchant_id = some_uuid()
    some_payments(merchant_id)
    text = next_cursor(list_payments(DEPS, merchant_id, Filters(), limit=2, offset=0))
    assert text is not None
    with watched() as calls:
        page = list_payments(DEPS, merchant_id, Filters(), limit=2, offset=0, cursor=read_cursor(text))
    assert (calls, page.total) == (["Query", "BatchGetItem"], 11)


def test_a_cursor_leads_to_nobody_elses_payments() -> None:
    mine, other = some_uuid(), some_uuid()
    some_payments(other)
    made = some_payments(mine)
    text = next_cursor(list_payments(DEPS, other, Filters(), limit=2, offset=0))
    assert text is not None
    found = list_payments(DEPS, mine, Filters(), limit=100, offset=0, cursor=read_cursor(text)).items
    assert {payment.id for payment in found} <= {payment.id for payment in made}


def test_a_cursor_and_an_offset_exclude_each_other() -> None:
    merchant_id = some_uuid()
    some_payments(merchant_id)
    text = next_cursor(list_payments(DEPS, merchant_id, Filters(), limit=2, offset=0))
    assert text is not None
    with pytest.raises(BadRequest, match="can't be used together"):
        list_payments(DEPS, merchant_id, Filters(), limit=2, offset=1, cursor=read_cursor(text))
    with pytest.raises(BadRequest, match="other days"):
        list_payments(
            DEPS,
            merchant_id,
            Filters(span=span_of(None, YESTERDAY)),
            limit=2,
            offset=0,
            cursor=read_cursor(text),
        )


def test_days_the_wrong_way_round_are_named() -> None:
    with pytest.raises(BadRequest, match="from must not be after to"):
        list_payments(DEPS, some_uuid(), Filters(span=span_of(TODAY, YESTERDAY)), limit=10, offset=0)


def test_a_payment_is_found_by_its_id_its_order_and_its_receipt() -> None:
    order = an_order(receipt="Räk #7")
    orders.add(order)
    older, newer = (
        a_payment(merchant_id=order.merchant_id, order_id=order.id, created_at=NOW + timedelta(seconds=n))
        for n in range(2)
    )
    stored(older, newer, a_payment(merchant_id=order.merchant_id))

    def found(text: str, merchant_id: str = order.merchant_id) -> list[str]:
        return [payment.id for payment in first_page(merchant_id, Filters(text=text), 10)]

    assert found(older.id) == [older.id]
    assert found(order.id) == [newer.id, older.id]
    assert found("Räk #7") == [newer.id, older.id]
    for other in ("Räk #", "räk #7", some_id("pay_"), some_id("order_"), "pay_", "nothing"):
        assert found(other) == []
    for text in (older.id, order.id, "Räk #7"):
        assert found(text, some_uuid()) == []


def test_a_receipt_may_be_of_several_orders_and_is_paged_like_the_rest() -> None:
    merchant_id = some_uuid()
    for number in range(3):
        order = an_order(merchant_id=merchant_id, receipt="again")
        orders.add(order)
        stored(
            a_payment(merchant_id=merchant_id, order_id=order.id, created_at=NOW + timedelta(seconds=number))
        )
    assert len(pages(merchant_id, Filters(text="again"), 2)) == 3
    page = list_payments(DEPS, merchant_id, Filters(text="again"), limit=2, offset=2)
    assert (len(page.items), page.total, page.offset) == (1, 3, 2)


@pytest.mark.parametrize("receipt", [None, ""])
def test_an_order_without_a_receipt_can_be_stored(receipt: str | None) -> None:
    order = an_order(receipt=receipt)
    orders.add(order)
    assert orders.get(order.id) == order


def test_a_search_obeys_the_filters() -> None:
    payment = a_payment(status=PaymentStatus.FAILED)
    stored(payment)

    def number(filters: Filters) -> int:
        return list_payments(DEPS, payment.merchant_id, filters, limit=10, offset=0).total

    for text in (payment.id, payment.order_id):
        assert (
            number(Filters(text=text, status=PaymentStatus.FAILED, method="upi", span=span_of(TODAY, None)))
            == 1
        )
        for wrong in (
            Filters(text=text, status=PaymentStatus.SUCCESS),
            Filters(text=text, method="card"),
            Filters(text=text, span=span_of(None, YESTERDAY)),
            Filters(text=text, span=span_of(TODAY + timedelta(days=1), None)),
            Filters(text=text, order_id=some_id("order_")),
        ):
            assert number(wrong) == 0
