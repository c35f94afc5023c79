"""The merchant's list of orders: filters, the search by receipt, and going on by cursor."""

from datetime import timedelta

import pytest

from gateway.domain.cursor import next_cursor, read_cursor
from gateway.domain.errors import BadRequest
from gateway.domain.payments.order import Order, OrderStatus
from gateway.domain.span import span_of
from gateway.use_cases.orders.read_orders import Filters, list_orders
from tests.support.aws_calls import watched
from tests.support.database import orders
from tests.support.factories import NOW, an_order, some_deps, some_uuid

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)
DEPS = some_deps()


def some_orders(merchant_id: str, number: int = 11) -> list[Order]:
    """Two of each time, over two days, all statuses and two receipts."""
    made = [
        an_order(
            merchant_id=merchant_id,
            status=list(OrderStatus)[n % 3],
            receipt=["odd", None, "even"][n % 3],
            created_at=NOW - timedelta(hours=3 * (n // 2)),
        )
        for n in range(number)
    ]
    for order in made:
        orders.add(order)
    return made


def pages(merchant_id: str, filters: Filters, limit: int) -> list[Order]:
    """All orders, page by page."""
    found: list[Order] = []
    cursor = None
    for _ in range(50):
        page = list_orders(DEPS, merchant_id, filters, limit=limit, offset=0, cursor=cursor)
        assert len(page.items) <= limit
        assert page.offset == len(found)
        found += page.items
        text = next_cursor(page)
        if text is None:
            assert page.total == len(found)
            return found
        cursor = read_cursor(text)
    raise AssertionError("the list has no end")


@pytest.mark.parametrize("limit", [1, 2, 5, 10, 11, 12, 100])
@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        *(Filters(status=status) for status in OrderStatus),
        Filters(span=span_of(TODAY, None)),
        Filters(span=span_of(None, YESTERDAY), status=OrderStatus.PAID),
        Filters(span=span_of(YESTERDAY, YESTERDAY)),
        Filters(receipt="odd"),
        Filters(receipt="even", span=span_of(TODAY, None)),
        Filters(receipt="even", status=OrderStatus.CREATED),
    ],
    ids=str,
)
def test_by_cursor_every_order_comes_once_and_in_order(filters: Filters, limit: int) -> None:
    merchant_id = some_uuid()
    wanted = {order.id for order in some_orders(merchant_id) if filters.fit(order)}
    found = pages(merchant_id, filters, limit)
    assert len(found) == len(wanted)
    assert {order.id for order in found} == wanted
    times = [order.created_at for order in found]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("filters", [Filters(), Filters(receipt="odd"), Filters(status=OrderStatus.PAID)])
def test_an_order_is_listed_whole_and_as_it_is_now(filters: Filters) -> None:
    merchant_id = some_uuid()
    made = {order.id: order for order in some_orders(merchant_id)}
    found = list_orders(DEPS, merchant_id, filters, limit=100, offset=0).items
    assert found
    assert found == [made[order.id] for order in found]


def test_a_receipt_is_matched_exactly() -> None:
    order = an_order(receipt="Räk #7")
    orders.add(order)

    def found(receipt: str, merchant_id: str = order.merchant_id) -> list[Order]:
        return list_orders(DEPS, merchant_id, Filters(receipt=receipt), limit=10, offset=0).items

    assert found("Räk #7") == [order]
    for other in ("Räk #", "Räk #77", "räk #7", order.id, "nothing"):
        assert found(other) == []
    assert found("Räk #7", some_uuid()) == []


@pytest.mark.parametrize(
    ("filters", "calls"),
    [
        (Filters(), ["Query", "BatchGetItem"]),
        (Filters(span=span_of(TODAY, None), status=OrderStatus.PAID), ["Query", "BatchGetItem"]),
        (Filters(receipt="odd"), ["Query", "BatchGetItem"]),
    ],
    ids=str,
)
def test_a_short_list_costs_one_query_of_an_index_and_one_read_of_rows(
    filters: Filters, calls: list[str]
) -> None:
    merchant_id = some_uuid()
    some_orders(merchant_id, 5)
    with watched() as seen:
        list_orders(DEPS, merchant_id, filters, limit=10, offset=0)
    assert seen == calls


def test_going_on_by_cursor_counts_nothing_again() -> None:
    merchant_id = some_uuid()
    some_orders(merchant_id)
    text = next_cursor(list_orders(DEPS, merchant_id, Filters(), limit=2, offset=0))
    assert text is not None
    with watched() as calls:
        page = list_orders(DEPS, merchant_id, Filters(), limit=2, offset=0, cursor=read_cursor(text))
    assert (calls, page.total) == (["Query", "BatchGetItem"], 11)


def test_an_order_that_is_new_meanwhile_does_not_shift_the_pages() -> None:
    merchant_id = some_uuid()
    made = some_orders(merchant_id, 5)
    first = list_orders(DEPS, merchant_id, Filters(), limit=2, offset=0)
    orders.add(an_order(merchant_id=merchant_id, created_at=NOW + timedelta(seconds=1)))
    text = next_cursor(first)
    assert text is not None
    second = list_orders(DEPS, merchant_id, Filters(), limit=3, offset=0, cursor=read_cursor(text))
    assert {order.id for order in (*first.items, *second.items)} == {order.id for order in made}


@pytest.mark.parametrize("receipt", [None, "odd"])
def test_what_contradicts_itself_is_refused(receipt: str | None) -> None:
    merchant_id = some_uuid()
    some_orders(merchant_id)
    text = next_cursor(list_orders(DEPS, merchant_id, Filters(receipt=receipt), limit=1, offset=0))
    assert text is not None
    cursor = read_cursor(text)
    with pytest.raises(BadRequest, match="can't be used together"):
        list_orders(DEPS, merchant_id, Filters(receipt=receipt), limit=2, offset=1, cursor=cursor)
    yesterday = Filters(receipt=receipt, span=span_of(None, YESTERDAY))
    with pytest.raises(BadRequest, match="other days"):
        list_orders(DEPS, merchant_id, yesterday, limit=2, offset=0, cursor=cursor)
    backwards = Filters(receipt=receipt, span=span_of(TODAY, YESTERDAY))
    with pytest.raises(BadRequest, match="from must not be after to"):
        list_orders(DEPS, merchant_id, backwards, limit=10, offset=0)
