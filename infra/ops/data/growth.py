"""Tables that lack several indexes get them one after the other, as DynamoDB makes one of a table at a time.

An update that adds two to a table is refused as a whole (API reference, UpdateTable), and CloudFormation asks
for all that a template adds at once. That happens to who skips a version of the tables, and after the restore
of an old backup.
"""

import copy
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from infra.ops.aws_clients import Clients
from infra.ops.cloudformation import change_sets
from infra.ops.cloudformation.change_sets import Change
from infra.ops.cloudformation.stacks import pauses
from infra.ops.cloudformation.template import of_stack
from infra.ops.console import Problem, Progress
from infra.ops.data import protection, stack
from infra.ops.data.protection import tables_of
from infra.ops.deploy.target import Target

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# An index of a table of some gigabytes takes an hour.
FILLED_WITHIN_SECONDS = 6 * 3600
BEING_MADE = ("CREATING", "UPDATING")


def execute(target: Target, change: Change, progress: Progress) -> None:
    """Executes a change set of the tables' stack; before it, whatever it would do too much of at once."""
    made = target.aws("cloudformation")
    whole = stack.whole_of(target)
    there: dict[str, set[str]] = {}
    if not change.creates_stack:
        there = stack.indexes(of_stack(made.get_template(StackName=change.stack)["TemplateBody"]))
    smaller = list(steps(whole, there))
    for step in smaller:
        progress.say(f"changing stack {change.stack}: indexes of a table are made one by one")
        before = stack.change_set(target, step)
        if before is not None:
            change_sets.execute(made, before)
            await_indexes(target.aws, change.stack)
    if smaller:  # what was shown is of the stack as it was
        change_sets.drop(made, change)
        last = stack.change_set(target)
        if last is None:
            return
        change = last
    change_sets.execute(made, change)


def steps(template: Mapping[str, Any], there: Mapping[str, set[str]]) -> Iterator[dict[str, Any]]:
    """The templates before the last one, each with one index more of the tables that lack some."""
    lacking = {
        table: sorted(names - there[table])
        for table, names in stack.indexes(template).items()
        if table in there
    }
    for count in range(1, max((len(names) for names in lacking.values()), default=0)):
        so_far = {table: there[table] | set(names[:count]) for table, names in lacking.items()}
        yield with_indexes(template, so_far)


def with_indexes(template: Mapping[str, Any], wanted: Mapping[str, set[str]]) -> dict[str, Any]:
    """A template whose tables have just these of their indexes; tables that are not named have them all."""
    found = copy.deepcopy(dict(template))
    for table, names in wanted.items():
        properties = found["Resources"][table]["Properties"]
        kept = [each for each in properties.get("GlobalSecondaryIndexes", []) if each["IndexName"] in names]
        properties.pop("GlobalSecondaryIndexes", None)
        if kept:
            properties["GlobalSecondaryIndexes"] = kept
        # DynamoDB takes definitions of keys only.
        keys = {key["AttributeName"] for each in (properties, *kept) for key in each["KeySchema"]}
        defined = properties["AttributeDefinitions"]
        properties["AttributeDefinitions"] = [each for each in defined if each["AttributeName"] in keys]
    return found


def indexes_of(aws: Clients, tables: Mapping[str, str]) -> dict[str, set[str]]:
    """The indexes that tables have, by the tables' names in the template."""
    return stack.indexes(described(aws, tables))


def described(aws: Clients, tables: Mapping[str, str]) -> dict[str, Any]:
    """Tables as they are, as far as a template says it too: by their names in the template."""
    dynamodb: DynamoDBClient = aws("dynamodb")
    found: dict[str, Any] = {}
    for name, table in tables.items():
        properties = dynamodb.describe_table(TableName=table)["Table"]
        found[name] = {"Type": protection.TABLE, "Properties": properties}
    return {"Resources": found}


def await_indexes(aws: Clients, data_stack: str, *, sleep: Callable[[float], object] = time.sleep) -> None:
    """Waits until every index is filled: meanwhile DynamoDB makes no other one of its table."""
    dynamodb: DynamoDBClient = aws("dynamodb")
    waiting = list(tables_of(aws, data_stack).values())
    for pause in pauses(FILLED_WITHIN_SECONDS):
        found = {table: dynamodb.describe_table(TableName=table)["Table"] for table in waiting}
        waiting = [
            table
            for table, each in found.items()
            if any(index.get("IndexStatus") in BEING_MADE for index in each.get("GlobalSecondaryIndexes", []))
        ]
        if not waiting:
            return
        sleep(pause)
    raise Problem(f"Not all indexes were filled within {FILLED_WITHIN_SECONDS} s.", waiting)
