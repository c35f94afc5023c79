"""Many rows in one round trip."""

from typing import Any

import pytest

from gateway.adapters.aws.dynamodb import batch
from gateway.adapters.aws.dynamodb.access_tables import MerchantRow
from gateway.adapters.aws.dynamodb.tables import OrderRow
from gateway.domain.errors import Unavailable
from tests.support.aws_calls import an_error, answering, watched
from tests.support.database import orders
from tests.support.factories import an_order

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]


def stored_orders(count: int) -> list[str]:
    made = [an_order() for _ in range(count)]
    for order in made:
        orders.add(order)
    return [order.id for order in made]


def item(order_id: str) -> dict[str, Any]:
    """An order as a raw answer has it."""
    raw: dict[str, Any] = OrderRow.get(order_id).to_dynamodb_dict()
    return raw


def partly(found: list[str], left: list[str]) -> dict[str, Any]:
    """An answer that could not read everything."""
    table = OrderRow.Meta.table_name
    keys = [{"id": {"S": order_id}} for order_id in left]
    answer: dict[str, Any] = {"Responses": {table: [item(order_id) for order_id in found]}}
    answer["UnprocessedKeys"] = {table: {"Keys": keys, "ConsistentRead": True}} if left else {}
    return answer


def test_rows_of_several_tables_are_read_at_once() -> None:
    one, other = stored_orders(2)
    with watched() as calls:
        rows = batch.read([(OrderRow, one), (MerchantRow, "nobody"), (OrderRow, other), (OrderRow, one)])
    assert calls == ["BatchGetItem"]
    assert [row.id for row in (rows.get(OrderRow, one), rows.get(OrderRow, other)) if row] == [one, other]
    assert rows.get(MerchantRow, "nobody") is None
    assert rows.get(MerchantRow, one) is None


def test_reading_nothing_asks_nobody() -> None:
    with watched() as calls:
        assert batch.read([]).get(OrderRow, "order_1") is None
    assert calls == []


def test_what_was_not_read_is_asked_for_again() -> None:
    one, two, three = stored_orders(3)
    answers = [partly([one], [two, three]), partly([three], [two])]
    with watched() as calls, answering("BatchGetItem", answers):
        rows = batch.read([(OrderRow, order_id) for order_id in (one, two, three)])
    assert calls == ["BatchGetItem"] * 3
    assert all(rows.get(OrderRow, order_id) for order_id in (one, two, three))


def test_what_can_be_read_in_the_last_round_is_enough() -> None:
    (one,) = stored_orders(1)
    answers = [partly([], [one])] * (batch.ROUNDS_MAX - 1)
    with watched() as calls, answering("BatchGetItem", answers):
        assert batch.read([(OrderRow, one)]).get(OrderRow, one)
    assert calls == ["BatchGetItem"] * batch.ROUNDS_MAX


def test_what_cannot_be_read_in_four_rounds_is_unavailable() -> None:
    (one,) = stored_orders(1)
    answers = [partly([], [one])] * batch.ROUNDS_MAX
    with watched() as calls, answering("BatchGetItem", answers), pytest.raises(Unavailable):
        batch.read([(OrderRow, one)])
    assert calls == ["BatchGetItem"] * 4


def test_a_refusal_is_unavailable() -> None:
    refusal = an_error("ProvisionedThroughputExceededException")
    with answering("BatchGetItem", [refusal]), pytest.raises(Unavailable):
        batch.read([(OrderRow, "order_1")])


def test_a_hundred_keys_are_read_and_no_more_are_asked_for() -> None:
    keys = [(OrderRow, f"order_{number}") for number in range(101)]
    assert batch.read(keys[:100]).get(OrderRow, "order_0") is None
    with pytest.raises(ValueError, match="more than 100 keys"):
        batch.read(keys)
