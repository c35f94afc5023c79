"""Backups and restores on moto, whose tables have both; tests/e2e/test_drill.py has them on an emulator."""

from collections.abc import Iterator

import pytest

from infra.ops.console import Problem
from infra.ops.data import backups
from tests.bill.meter import asked_of_moto, client, on_moto

TABLES = {"Orders": "shop-orders", "Payments": "shop-payments"}
RESTORED = {"Orders": "again-orders", "Payments": "again-payments"}


def make(table: str) -> None:
    client("dynamodb").create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client("dynamodb").put_item(TableName=table, Item={"id": {"S": table}})


def items(table: str) -> list[str]:
    return [item["id"]["S"] for item in client("dynamodb").scan(TableName=table)["Items"]]


def never(_seconds: float) -> None:
    pytest.fail("it waits, though moto is done at once")


@pytest.fixture(autouse=True)
def moto() -> Iterator[None]:
    with on_moto(asked_of_moto):
        for table in TABLES.values():
            make(table)
        yield


def test_a_backup_has_all_tables_and_outlives_them() -> None:
    name = backups.back_up(client, TABLES, sleep=never)
    assert backups.list_backups(client, TABLES) == {name: 2}
    for table in TABLES.values():
        client("dynamodb").delete_table(TableName=table)
    backups.restore(client, TABLES, TABLES, backup=name, sleep=never)
    assert [items(table) for table in TABLES.values()] == [["shop-orders"], ["shop-payments"]]


def test_a_restore_makes_other_tables_and_leaves_these_alone() -> None:
    name = backups.back_up(client, TABLES, sleep=never)
    client("dynamodb").put_item(TableName="shop-orders", Item={"id": {"S": "later"}})
    backups.restore(client, TABLES, RESTORED, backup=name, sleep=never)
    assert items("again-orders") == ["shop-orders"]
    assert sorted(items("shop-orders")) == ["later", "shop-orders"]


def test_a_name_that_is_taken_stops_it_before_anything_is_made() -> None:
    name = backups.back_up(client, TABLES, sleep=never)
    make("again-payments")
    with pytest.raises(Problem, match="Nothing was restored"):
        backups.restore(client, TABLES, RESTORED, backup=name, sleep=never)
    assert "again-orders" not in client("dynamodb").list_tables()["TableNames"]


def test_a_backup_that_lacks_a_table_is_refused_or_brings_what_it_has() -> None:
    name = backups.back_up(client, {"Orders": TABLES["Orders"]}, sleep=never)
    with pytest.raises(Problem, match="lacks tables"):
        backups.restore(client, TABLES, RESTORED, backup=name, sleep=never)
    there = backups.restorable(client, TABLES, name)
    assert there == {"Orders": "shop-orders"}
    backups.restore(client, there, RESTORED, backup=name, sleep=never)
    assert items("again-orders") == ["shop-orders"]


def test_only_tables_that_are_there_are_restored_to_a_moment() -> None:
    client("dynamodb").delete_table(TableName="shop-payments")
    assert backups.restorable(client, TABLES, None) == {"Orders": "shop-orders"}
