"""`data backup` and the ways to bring tables back: from such a backup, or as they were at a moment.

All tables are brought back to one moment, to names that are free: those of another stack, or of this one once
its tables are gone. Transactions over several tables may be cut by that moment; the sweeper and the workers
finish what they left, and `books` says whether money agrees.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.ops.aws_clients import Clients
from infra.ops.cloudformation.stacks import pauses
from infra.ops.cloudformation.template import load
from infra.ops.console import Problem
from infra.ops.data.retired import retired
from infra.ops.data.stack import indexes

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TABLE = "AWS::DynamoDB::Table"
# A table of some gigabytes takes half an hour, and all are restored side by side.
RESTORED_WITHIN_SECONDS = 6 * 3600
BACKED_UP_WITHIN_SECONDS = 1800
LISTED_MAX = 100


def table_names(data_template: Path, data_stack: str) -> dict[str, str]:
    """The names that the tables of a data stack have, by their names in the template."""
    return {
        name: str(resource["Properties"]["TableName"]["Fn::Sub"]).replace("${AWS::StackName}", data_stack)
        for name, resource in load(data_template)["Resources"].items()
        if resource["Type"] == TABLE
    }


def back_up(aws: Clients, tables: Mapping[str, str], *, sleep: Callable[[float], object] = time.sleep) -> str:
    """Backs all tables up, whole; returns the backup's name. Such backups outlive their tables."""
    dynamodb: DynamoDBClient = aws("dynamodb")
    name = datetime.now(UTC).strftime("asyncpay-%Y%m%dT%H%M%SZ")
    arns = [
        dynamodb.create_backup(TableName=table, BackupName=name)["BackupDetails"]["BackupArn"]
        for table in tables.values()
    ]
    for pause in pauses(BACKED_UP_WITHIN_SECONDS):
        found = [dynamodb.describe_backup(BackupArn=arn)["BackupDescription"] for arn in arns]
        if all(one["BackupDetails"]["BackupStatus"] == "AVAILABLE" for one in found):
            return name
        sleep(pause)
    raise Problem(f"Backup {name} was not ready within {BACKED_UP_WITHIN_SECONDS} s.")


def list_backups(aws: Clients, tables: Mapping[str, str]) -> dict[str, int]:
    """Name of each backup -> how many tables it has; one that lacks some cannot be restored."""
    found: dict[str, int] = {}
    for table in tables.values():
        for name in _backups_of(aws("dynamodb"), table):
            found[name] = found.get(name, 0) + 1
    return found


def unknown_to_this_release(
    aws: Clients, data_template: Path, data_stack: str, backup: str | None
) -> list[str]:
    """What a backup has, or the tables that are there, and infra/data.yaml does not: a later release's.

    Tables by their names, indexes as `table.index`. This release would lose them.
    """
    names = table_names(data_template, data_stack)
    template = load(data_template)
    before = retired(template)
    known = {names[table]: its | before.get(table, set[str]()) for table, its in indexes(template).items()}
    dynamodb: DynamoDBClient = aws("dynamodb")
    has = _there(dynamodb, data_stack) if backup is None else _in_backup(dynamodb, data_stack, backup)
    tables = [table for table in has if table not in known]
    more = [f"{table}.{index}" for table in has.keys() & known for index in has[table] - known[table]]
    return sorted(tables + more)


def _there(dynamodb: "DynamoDBClient", data_stack: str) -> dict[str, set[str]]:
    pages = dynamodb.get_paginator("list_tables").paginate()
    tables = [name for page in pages for name in page["TableNames"] if name.startswith(f"{data_stack}-")]
    return {table: _names(dynamodb.describe_table(TableName=table)["Table"]) for table in tables}


def _in_backup(dynamodb: "DynamoDBClient", data_stack: str, backup: str) -> dict[str, set[str]]:
    pages = dynamodb.get_paginator("list_backups").paginate()
    found = [one for page in pages for one in page["BackupSummaries"] if one["BackupName"] == backup]
    arns = {one["TableName"]: one["BackupArn"] for one in found}
    described = {
        table: dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]
        for table, arn in arns.items()
        if table.startswith(f"{data_stack}-")
    }
    return {table: _names(each.get("SourceTableFeatureDetails", {})) for table, each in described.items()}


def _names(has_indexes: Mapping[str, Any]) -> set[str]:
    return {index["IndexName"] for index in has_indexes.get("GlobalSecondaryIndexes", [])}


def restorable(aws: Clients, tables: Mapping[str, str], backup: str | None) -> dict[str, str]:
    """Those of the tables that a backup has, or that are there: a later release may have brought more."""
    dynamodb: DynamoDBClient = aws("dynamodb")
    if backup is None:
        return {name: table for name, table in tables.items() if _exists(dynamodb, table)}
    return {name: table for name, table in tables.items() if backup in _backups_of(dynamodb, table)}


def restore(
    aws: Clients,
    source: Mapping[str, str],
    target: Mapping[str, str],
    *,
    backup: str | None = None,
    at: datetime | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Makes the target's tables from a backup of the source's, or from these as they were at a moment.

    Without either, from the newest moment there is. Raises Problem before anything is made where a backup
    lacks a table, or a name is taken.
    """
    dynamodb: DynamoDBClient = aws("dynamodb")
    target = {name: target[name] for name in source}
    taken = [table for table in target.values() if _exists(dynamodb, table)]
    if taken:
        raise Problem("Tables of these names are there already. Nothing was restored.", taken)
    if backup is not None:
        arns = {name: _backups_of(dynamodb, table).get(backup, "") for name, table in source.items()}
        lacking = [source[name] for name, arn in arns.items() if not arn]
        if lacking:
            raise Problem(f"Backup {backup} lacks tables. Nothing was restored.", lacking)
        for name, arn in arns.items():
            dynamodb.restore_table_from_backup(TargetTableName=target[name], BackupArn=arn)
    else:
        when: Any = {"RestoreDateTime": at} if at else {"UseLatestRestorableTime": True}
        for name, table in source.items():
            dynamodb.restore_table_to_point_in_time(
                SourceTableName=table, TargetTableName=target[name], **when
            )
    _await_active(dynamodb, list(target.values()), sleep)


def _await_active(dynamodb: "DynamoDBClient", tables: list[str], sleep: Callable[[float], object]) -> None:
    waiting = tables
    for pause in pauses(RESTORED_WITHIN_SECONDS):
        waiting = [
            table
            for table in waiting
            if dynamodb.describe_table(TableName=table)["Table"]["TableStatus"] != "ACTIVE"
        ]
        if not waiting:
            return
        sleep(pause)
    raise Problem(f"Not all tables were restored within {RESTORED_WITHIN_SECONDS} s.", waiting)


def _exists(dynamodb: "DynamoDBClient", table: str) -> bool:
    try:
        dynamodb.describe_table(TableName=table)
    except dynamodb.exceptions.ResourceNotFoundException:
        return False
    return True


def _backups_of(dynamodb: "DynamoDBClient", table: str) -> dict[str, str]:
    """Name of each backup of a table -> its ARN, the newest LISTED_MAX."""
    found = dynamodb.list_backups(TableName=table, Limit=LISTED_MAX)["BackupSummaries"]
    return {each["BackupName"]: each["BackupArn"] for each in found}
