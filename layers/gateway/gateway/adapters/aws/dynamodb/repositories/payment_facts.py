"""Reads payments for totals without PynamoDB's models, which would take most of the time."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.tables import PaymentRow, connection
from gateway.domain.payments.tally import Fact


def facts(merchant_id: str, first: date, last: date) -> Iterator[Fact]:
    """The facts of each of a merchant's payments on these days (UTC, both included), oldest first."""
    names = {f"#{number}": name for number, name in enumerate(Fact._fields)}
    request: dict[str, Any] = {
        "TableName": PaymentRow.Meta.table_name,
        "IndexName": PaymentRow.by_merchant.Meta.index_name,
        "KeyConditionExpression": "merchant_id = :id AND created_at BETWEEN :first AND :last",
        # A day's times sort after the day itself and before "T" and whatever follows it in the alphabet.
        "ExpressionAttributeValues": {
            ":id": {"S": merchant_id},
            ":first": {"S": first.isoformat()},
            ":last": {"S": last.isoformat() + "U"},
        },
        "ProjectionExpression": ",".join(names),
        "ExpressionAttributeNames": names,
    }
    while True:
        with unavailable_when_aws_fails():
            response = connection().dispatch("Query", request)
        for item in response["Items"]:
            texts = {name: item[name]["S"] for name in Fact._fields if name != "amount"}
            yield Fact(**texts, amount=int(item["amount"]["N"]))
        if not response.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = response["LastEvaluatedKey"]
