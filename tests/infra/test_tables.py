"""infra/data.yaml against the models of the store."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb.tables import ROWS
from gateway.domain.webhooks.keeping import OUTLIVES
from infra.ops.cloudformation.template import load
from tests.support.templates import APPLICATION, DATA, resources

TABLES = {
    table["TableName"]["Fn::Sub"].removeprefix("${AWS::StackName}-"): table
    for table in resources(DATA, "AWS::DynamoDB::Table").values()
}
MODELS = {name: row for row, name in ROWS.items()}


def template_keys(keyed: dict[str, Any]) -> list[tuple[str, str]]:
    return [(key["AttributeName"], key["KeyType"]) for key in keyed["KeySchema"]]


def model_keys(schema: dict[str, Any]) -> list[tuple[str, str]]:
    keys = [(key["AttributeName"], key["KeyType"]) for key in schema["key_schema"]]
    return sorted(keys, key=lambda key: key[1])  # the hash key first


def schema_of(name: str) -> Any:
    """PynamoDB's own view of a model: what it would create the table with."""
    return MODELS[name]._get_schema()


def projection(entry: dict[str, Any]) -> tuple[str, list[str] | None]:
    return entry["ProjectionType"], entry.get("NonKeyAttributes")


def test_the_store_has_a_model_for_each_table() -> None:
    assert set(MODELS) == set(TABLES)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_has_the_keys_of_its_table(name: str) -> None:
    assert model_keys(schema_of(name)) == template_keys(TABLES[name])


@pytest.mark.parametrize("name", MODELS)
def test_a_model_has_the_indexes_of_its_table(name: str) -> None:
    created = {
        index["IndexName"]: (template_keys(index), projection(index["Projection"]))
        for index in TABLES[name].get("GlobalSecondaryIndexes", [])
    }
    used = {
        index["index_name"]: (model_keys(index), projection(index["projection"]))
        for index in schema_of(name)["global_secondary_indexes"]
    }
    assert used == created


@pytest.mark.parametrize("name", MODELS)
def test_a_key_has_the_same_type_in_model_and_table(name: str) -> None:
    used, created = (
        [(key["AttributeName"], key["AttributeType"]) for key in definitions]
        for definitions in (schema_of(name)["attribute_definitions"], TABLES[name]["AttributeDefinitions"])
    )
    assert sorted(used) == sorted(created)


@pytest.mark.parametrize("name", MODELS)
def test_an_attribute_of_an_index_is_one_of_the_row(name: str) -> None:
    own = {attribute.attr_name for attribute in MODELS[name].get_attributes().values()}
    keys = {key for index in schema_of(name)["global_secondary_indexes"] for key, _ in model_keys(index)}
    assert keys <= own


@pytest.mark.parametrize("name", TABLES)
def test_a_table_survives_its_stack_and_can_be_brought_back(name: str) -> None:
    (resource,) = (
        resource for resource in load(DATA)["Resources"].values() if resource["Properties"] is TABLES[name]
    )
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    table = TABLES[name]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_rows_that_end_are_deleted_and_the_books_never() -> None:
    expiring = {name for name, table in TABLES.items() if "TimeToLiveSpecification" in table}
    assert expiring == {"events", "idempotency-keys", "sessions", "throttles", "webhook-logs"}
    for name in expiring:
        wanted = {"AttributeName": "expires_at", "Enabled": True}
        assert TABLES[name]["TimeToLiveSpecification"] == wanted, name


def test_a_dead_letter_of_a_deliverys_last_day_finds_its_row() -> None:
    queues = resources(APPLICATION, "AWS::SQS::Queue")
    kept_seconds = queues["WebhooksDeadLetterQueue"]["MessageRetentionPeriod"]
    assert timedelta(seconds=kept_seconds) < OUTLIVES


def test_the_application_names_only_tables_and_indexes_that_there_are() -> None:
    known = {f"table/${{DataStack}}-{name}" for name in TABLES}
    for name, table in TABLES.items():
        indexes = table.get("GlobalSecondaryIndexes", [])
        known |= {f"table/${{DataStack}}-{name}/index/{index['IndexName']}" for index in indexes}
    text = APPLICATION.read_text(encoding="utf-8")
    named = {
        part.split()[0].rstrip(",]") for part in text.split(":${AWS::AccountId}:")[1:] if "table/" in part[:6]
    }
    assert named
    assert named <= known
