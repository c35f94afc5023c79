"""Rows in requests and responses, beside what PynamoDB's own models make of them."""

from typing import Any

import pytest
from pynamodb import attributes as pynamo
from pynamodb.exceptions import AttributeDeserializationError, AttributeNullError
from pynamodb.expressions.operand import Path

from gateway.adapters.aws.dynamodb import tables
from gateway.adapters.aws.dynamodb.mapping import attributes as ours
from gateway.adapters.aws.dynamodb.mapping.requests import delete_of, put_of, row_of, update_of
from gateway.adapters.aws.dynamodb.tables import ROWS, EndpointRow, OrderRow, PaymentRow, StatsRow, WebhookRow

VALUES: dict[type[Any], list[Any]] = {
    ours.UnicodeAttribute: ["order_1", "", "ü \U0001f600", '"\\'],
    ours.NumberAttribute: [0, 1, -1, 50_000, 2**63, 0.5, -1.25],
    ours.BooleanAttribute: [True, False],
    ours.JSONAttribute: [{}, [], {"a": [1, None, "ü"]}, "text", 7],
    ours.UnicodeSetAttribute: [{"one"}],
}
rows = pytest.mark.parametrize("row_type", ROWS, ids=lambda row_type: row_type.__name__)


@pytest.fixture(autouse=True)
def _bound() -> None:
    tables.bind("mapping")


def full(row_type: Any, turn: int = 0) -> Any:
    """A row with all that it may have."""
    made = {}
    for name, attribute in row_type.get_attributes().items():
        values = VALUES[type(attribute)]
        is_key = attribute.is_hash_key or attribute.is_range_key
        made[name] = "key" if is_key else values[turn % len(values)]
    return row_type(**made)


def least(row_type: Any) -> Any:
    """A row with as little as it must have."""
    whole = full(row_type)
    attributes = row_type.get_attributes().items()
    return row_type(**{name: getattr(whole, name) for name, attribute in attributes if not attribute.null})


@rows
def test_rows_are_as_plain_as_the_mapping_takes_them_to_be(row_type: Any) -> None:
    for name, attribute in row_type.get_attributes().items():
        assert type(attribute) in VALUES
        assert attribute.attr_path == [name]
        assert attribute.default_for_new is None
        # One object is all rows' default.
        assert attribute.default is None or type(attribute.default) is int
    assert row_type._discriminator is None


@rows
@pytest.mark.parametrize("turn", range(7))
def test_a_row_is_written_as_pynamodb_writes_it(row_type: Any, turn: int) -> None:
    absent = Path(next(iter(row_type.get_attributes()))).does_not_exist()
    for row in (full(row_type, turn), least(row_type)):
        for condition in (None, absent):
            assert put_of(row, condition) == row.get_save_kwargs_from_instance(condition=condition)
            assert delete_of(row, condition) == row.get_delete_kwargs_from_instance(condition=condition)


@rows
@pytest.mark.parametrize("turn", range(7))
def test_a_row_is_changed_as_pynamodb_changes_it(row_type: Any, turn: int) -> None:
    row = full(row_type, turn)
    by_us, by_pynamodb = [], []
    for number, (name, attribute) in enumerate(row_type.get_attributes().items()):
        if number % 3 == 2:
            by_us.append(attribute.remove())
            by_pynamodb.append(Path(attribute).remove())
        else:
            by_us.append(attribute.set(getattr(row, name)))
            by_pynamodb.append(Path(attribute).set(getattr(row, name)))
    condition = next(iter(row_type.get_attributes().values())) == "key"
    for asked in (None, condition):
        assert update_of(row, by_us, asked) == row.get_update_kwargs_from_instance(by_pynamodb, asked)


def test_what_is_no_plain_value_is_set_as_pynamodb_sets_it() -> None:
    attempts: Any = OrderRow.attempts
    for attribute, value in (
        (attempts, OrderRow.attempts + 1),
        (attempts, OrderRow.pending),
        (attempts, OrderRow.attempts | 0),
        (OrderRow.receipt, None),
        (PaymentRow.attempt, None),
        (StatsRow.accounts, set()),
    ):
        row, by_us, by_pynamodb = OrderRow("order_1"), attribute.set(value), Path(attribute).set(value)
        assert update_of(row, [by_us]) == row.get_update_kwargs_from_instance([by_pynamodb])


def test_an_update_names_each_attribute_once() -> None:
    row = WebhookRow("pay_1")
    condition = (WebhookRow.status == "pending") & (WebhookRow.attempts == 0)
    actions = [WebhookRow.status.set("success"), WebhookRow.attempts.set(1), WebhookRow.due_shard.remove()]
    assert update_of(row, actions, condition) == {
        "TableName": "mapping-webhook-logs",
        "Key": {"id": {"S": "pay_1"}},
        "ConditionExpression": "(#0 = :0 AND #1 = :1)",
        "UpdateExpression": "SET #0 = :2, #1 = :3 REMOVE #2",
        "ExpressionAttributeNames": {"#0": "status", "#1": "attempts", "#2": "due_shard"},
        "ExpressionAttributeValues": {
            ":0": {"S": "pending"},
            ":1": {"N": "0"},
            ":2": {"S": "success"},
            ":3": {"N": "1"},
        },
    }


@rows
@pytest.mark.parametrize("turn", range(7))
def test_an_item_is_read_as_pynamodb_reads_it(row_type: Any, turn: int) -> None:
    for row in (full(row_type, turn), least(row_type)):
        item = put_of(row)["Item"]
        read = row_of(row_type, item)
        assert type(read) is row_type
        assert read.attribute_values == row_type.from_raw_data(item).attribute_values
        assert put_of(read)["Item"] == item


def test_what_an_item_lacks_has_its_default_or_is_none() -> None:
    found = row_of(EndpointRow, {"merchant_id": {"S": "m"}, "open_until": {"NULL": True}, "new": {"S": "x"}})
    assert (found.failures, found.openings, found.open_until, found.slow_until) == (0, 0, None, None)


def test_numbers_are_read_as_json_reads_them() -> None:
    lean, theirs = ours.NumberAttribute(), pynamo.NumberAttribute()
    for text in ("0", "7", "-7", "12345678901234567890", "0.5", "-1.5e3"):
        number = lean.deserialize(text)
        assert (number, type(number)) == (theirs.deserialize(text), type(theirs.deserialize(text)))


def test_a_row_that_lacks_what_it_must_have_is_not_written() -> None:
    with pytest.raises(AttributeNullError, match="cannot be None"):
        put_of(OrderRow("order_1"))


def test_a_value_of_another_type_is_not_taken_for_the_attributes() -> None:
    with pytest.raises(AttributeDeserializationError, match="status"):
        row_of(OrderRow, {"id": {"S": "order_1"}, "status": {"N": "1"}})
