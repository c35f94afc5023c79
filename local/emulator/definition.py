"""A table's definition as CreateTable takes it, from what DescribeTable says of it."""

from collections.abc import Mapping
from typing import Any


def table_definition(described: Mapping[str, Any]) -> dict[str, Any]:
    """CreateTable's request for a table as DescribeTable shows it."""
    definition = {
        "TableName": described["TableName"],
        "KeySchema": described["KeySchema"],
        "AttributeDefinitions": described["AttributeDefinitions"],
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": described.get("DeletionProtectionEnabled", False),
    }
    if indexes := list(indexes_of(described).values()):
        definition["GlobalSecondaryIndexes"] = indexes
    return definition


def indexes_of(described: Mapping[str, Any]) -> dict[str, Any]:
    """Global indexes by name, with the members that define them in one order."""
    found = {}
    for index in described.get("GlobalSecondaryIndexes") or ():
        projection = {"ProjectionType": index["Projection"]["ProjectionType"]}
        if index["Projection"].get("NonKeyAttributes"):
            projection["NonKeyAttributes"] = sorted(index["Projection"]["NonKeyAttributes"])
        name = index["IndexName"]
        found[name] = {"IndexName": name, "KeySchema": keys_of(index), "Projection": projection}
    return found


def keys_of(described: Mapping[str, Any]) -> list[dict[str, str]]:
    """The partition key before the sort key."""
    return sorted(
        (
            {"AttributeName": key["AttributeName"], "KeyType": key["KeyType"]}
            for key in described["KeySchema"]
        ),
        key=lambda key: key["KeyType"],
    )
