"""`data backup`, `data backups` and `data restore`: tables brought back, in a stack as a deployment makes it.

What DynamoDB restores has neither point-in-time recovery, nor time to live, nor protection (developer guide,
"Restoring tables"), and belongs to no stack. All of that is brought back here.
"""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.cloudformation.artifacts import upload_template
from infra.ops.cloudformation.change_sets import execute, importing
from infra.ops.cloudformation.stacks import stack_status
from infra.ops.cloudformation.template import as_sent, load
from infra.ops.console import Problem, Progress
from infra.ops.data import growth, stack
from infra.ops.data.backups import (
    back_up,
    list_backups,
    restorable,
    restore,
    table_names,
    unknown_to_this_release,
)
from infra.ops.data.retired import with_kept
from infra.ops.deploy import lock
from infra.ops.deploy.bucket import make_bucket
from infra.ops.deploy.emulators import expire_rows
from infra.ops.deploy.identity import agreed, refuse_another_stage
from infra.ops.deploy.target import Target, find
from infra.ops.settings import Settings

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


def main(settings: Settings, given: argparse.Namespace, progress: Progress) -> None:
    """Backs a stage's tables up, lists the backups, or restores them into a stack."""
    target = find(settings)
    progress.say(f"{target}")
    template = settings.root / stack.TEMPLATE
    tables = table_names(template, target.data_stack)
    try:
        refuse_another_stage(target)
        if given.data_command == "backup":
            print(f"backup {back_up(target.aws, tables)} has {len(tables)} tables")
        elif given.data_command == "backups":
            for name, count in sorted(list_backups(target.aws, tables).items(), reverse=True):
                print(f"{name}  {count} of {len(tables)} tables")
        else:
            into = replace(target, stack=given.into or target.stack)
            refuse_another_stage(into)
            make_bucket(into)
            with lock.held(into, progress):
                _restore(target, into, given, progress)
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"AWS refused a call: {problem}") from problem


def _restore(source: Target, into: Target, given: argparse.Namespace, progress: Progress) -> None:
    template = into.settings.root / stack.TEMPLATE
    if stack_status(into.aws("cloudformation"), into.data_stack):
        raise Problem(f"Stack {into.data_stack} is there already. Nothing was restored.")
    moment = f"backup {given.backup}" if given.backup else f"their state at {given.at or 'the newest moment'}"
    all_of_them = table_names(template, source.data_stack)
    there = restorable(source.aws, all_of_them, given.backup)
    if not there:
        raise Problem(f"There is nothing to restore from {moment} of {source.data_stack}.")
    if unknown := unknown_to_this_release(source.aws, template, source.data_stack, given.backup):
        raise Problem(
            f"A later release made {moment}; this one would lose what follows. Nothing was restored.",
            [*unknown, "Take the checkout of the release that was deployed then, or a later one."],
        )
    if newer := [table for name, table in all_of_them.items() if name not in there]:
        print(f"Not in {moment}, and made empty: {', '.join(newer)}")
    if not agreed(into, f"Make the tables of {into.data_stack} from {moment} of {source.data_stack}?"):
        print("Nothing was restored.")
        return
    tables = {name: table for name, table in table_names(template, into.data_stack).items() if name in there}
    progress.say(f"restoring {len(tables)} tables")
    restore(into.aws, there, tables, backup=given.backup, at=moment_of(given.at) if given.at else None)
    progress.say(f"importing them into stack {into.data_stack}")
    _import(into, tables, template, progress)
    _bring_back_settings(into, tables, template)
    stack.protect(into)
    progress.say(f"restored. Now: ASYNCPAY_STACK={into.stack} make deploy STAGE={into.stage}")


def moment_of(text: str) -> datetime:
    """A moment as ISO 8601 writes it, UTC unless it says otherwise. Raises Problem where it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(f"--at must be a time such as 2026-01-31T09:30:00Z, not '{text}'.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _import(into: Target, tables: Mapping[str, str], template: Path, progress: Progress) -> None:
    """Hands the tables to a new stack, as they are. What this release has besides comes after it.

    An import may add nothing more, and CloudFormation takes its word for what the tables have: an index that
    it was told of and that an old backup lacks would never be made.
    """
    made, whole = into.aws("cloudformation"), load(template)
    without = {name: part for name, part in whole.items() if name != "Outputs"}
    without["Resources"] = {name: whole["Resources"][name] for name in tables}
    without = with_kept(without, growth.described(into.aws, tables))
    as_they_are = growth.with_indexes(without, growth.indexes_of(into.aws, tables))
    url = upload_template(into.aws("s3"), into.bucket, as_sent(as_they_are))
    values = {"Retention": stack.retention(into)}
    change = importing(made, into.data_stack, url, values, tables)
    execute(made, change)
    rest = stack.change_set(into)
    if rest is not None:
        growth.execute(into, rest, progress)


def _bring_back_settings(into: Target, tables: Mapping[str, str], template: Path) -> None:
    dynamodb: DynamoDBClient = into.aws("dynamodb")
    recovery: Any = {"PointInTimeRecoveryEnabled": True}
    for table in tables.values():
        dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=recovery)
    expire_rows(into.aws, template, into.data_stack)
