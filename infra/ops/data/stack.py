"""The tables' stack, which only grows: what an older release does not know is left where it is.

infra/data.yaml counts its versions (its output DataVersion) and says which the oldest is whose releases still
work on it (ServesFrom). A release works on tables of its own version or a later one, so going back to it
changes no table. What would take away a table or an index is refused; `data shrink` alone does it.
Indexes that releases read no more (retired.py) are left as well.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.capacity.usage import counted_usage
from infra.ops.cloudformation.artifacts import upload_template
from infra.ops.cloudformation.change_sets import Change, create, described, drop, execute, items_of
from infra.ops.cloudformation.stacks import NEVER_CAME_UP, settled, stack_outputs, stack_status
from infra.ops.cloudformation.template import as_sent, load, of_stack
from infra.ops.console import Problem, Progress
from infra.ops.data import protection
from infra.ops.data.capacity import ON_DEMAND, with_capacity
from infra.ops.data.protection import TABLE
from infra.ops.data.retired import FIRST_VERSION, retired, with_kept
from infra.ops.deploy import lock, stage_settings
from infra.ops.deploy.identity import refuse_another_stage, tags_of, typed
from infra.ops.deploy.target import Target, find
from infra.ops.settings import Settings

TEMPLATE = "infra/data.yaml"
# Holds for older tools and the console too (CloudFormation user guide, "Prevent updates to stack resources").
POLICY = {
    "Statement": [
        {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": ["Update:Delete", "Update:Replace"],
            "Principal": "*",
            "Resource": "*",
            "Condition": {"StringEquals": {"ResourceType": [TABLE]}},
        },
    ]
}
NO_POLICY = {"Statement": POLICY["Statement"][:1]}


@dataclass(frozen=True)
class DataVersion:
    """A version of the tables, and the oldest version whose releases work on them."""

    number: int
    serves_from: int


def wanted(data_template: Path) -> DataVersion:
    """The version that a release's own infra/data.yaml makes, which is the one that the release needs."""
    outputs = load(data_template).get("Outputs", {})
    return _version({name: str(output["Value"]) for name, output in outputs.items()})


def deployed(target: Target) -> DataVersion | None:
    """The version of the stage's tables; None where there are none yet."""
    status = settled(target.aws("cloudformation"), target.data_stack)
    if status in {"", "REVIEW_IN_PROGRESS"}:
        return None
    if status in NEVER_CAME_UP:
        raise Problem(f"Stack {target.data_stack} is {status}. Look at its tables, then delete it.")
    return _version(stack_outputs(target.endpoint, target.data_stack, aws=target.aws))


def refuse_too_old(needs: int, found: DataVersion | None) -> None:
    """Raises Problem where a release does not work on the tables any more."""
    if found is not None and needs < found.serves_from:
        raise Problem(
            f"The tables have version {found.number}, which serves releases from data version "
            f"{found.serves_from} on; this release has {needs}. Nothing was changed."
        )


def prepare(target: Target, progress: Progress) -> Change | None:
    """The change set of the tables' stack; None where there is nothing to do.

    Raises Problem where a table or an index would be lost, and leaves no change set then.
    """
    template = target.settings.root / TEMPLATE
    mine, found = wanted(template), deployed(target)
    refuse_too_old(mine.number, found)
    if found is not None and found.number > mine.number:
        progress.say(f"the tables stay at version {found.number}; this release needs {mine.number}")
        return None
    whole = whole_of(target)
    change = change_set(target, whole)
    if change is not None and (lost := losses(target, change, whole)):
        drop(target.aws("cloudformation"), change)
        raise Problem(
            f"Stack {target.data_stack} would lose what it holds. Nothing was changed.",
            [*lost, "If that is meant: python -m infra.ops data shrink --stage ..."],
        )
    return change


def whole_of(target: Target) -> dict[str, Any]:
    """What a deployment makes of the tables: infra/data.yaml, and the retired indexes that the stack has."""
    mine, made = load(target.settings.root / TEMPLATE), target.aws("cloudformation")
    if stack_status(made, target.data_stack) in {"", "REVIEW_IN_PROGRESS"}:
        return mine
    return with_kept(mine, of_stack(made.get_template(StackName=target.data_stack)["TemplateBody"]))


def change_set(target: Target, template: Mapping[str, Any] | None = None) -> Change | None:
    """A change set to what a deployment makes of the tables, or another template, by the stage's settings."""
    values = settings_of(target)
    capacity = values.get("TableCapacity", ON_DEMAND)
    whole = template or whole_of(target)
    sent = as_sent(with_capacity(whole, capacity, counted_usage()))
    url = upload_template(target.aws("s3"), target.bucket, sent)
    return create(target.aws("cloudformation"), target.data_stack, url, values, tags=tags_of(target.stage))


def settings_of(target: Target) -> dict[str, str]:
    """The values of the tables' parameters."""
    before = stage_settings.deployed(target, target.data_stack)
    return stage_settings.values_of(target, TEMPLATE, {"Retention": retention(target)}, before)


def retention(target: Target) -> str:
    """Whether the tables are protected from deletion: those of a live stage are."""
    return "protected" if target.stage == "live" else "disposable"


def losses(target: Target, change: Change, template: Mapping[str, Any] | None = None) -> list[str]:
    """The tables and indexes that a change set takes away or makes anew, each as `Table` or `Table.index`.

    `template` is what it was made from, infra/data.yaml unless told.
    """
    if change.creates_stack:
        return []
    made = target.aws("cloudformation")
    changes = [item.get("ResourceChange", {}) for item in items_of(made, change, "Changes")]
    lost = {
        each["LogicalResourceId"]
        for each in changes
        if each.get("ResourceType") == TABLE
        and (each.get("Action") == "Remove" or each.get("Replacement") in ("True", "Conditional"))
    }
    before = indexes(of_stack(made.get_template(StackName=change.stack)["TemplateBody"]))
    after = indexes(template or load(target.settings.root / TEMPLATE))
    gone = {
        f"{table}.{index}"
        for table, names in before.items()
        for index in names - after.get(table, set())
        if table not in lost
    }
    return sorted(lost | gone | (before.keys() - after.keys()))


def indexes(template: Mapping[str, Any]) -> dict[str, set[str]]:
    """The names of the indexes of each table of a template."""
    return {
        name: {index["IndexName"] for index in resource["Properties"].get("GlobalSecondaryIndexes", [])}
        for name, resource in template["Resources"].items()
        if resource["Type"] == TABLE
    }


def protect(target: Target) -> None:
    """Forbids every later change to delete or replace a table, and protects those of a live stage.

    Each deployment does so anew, as `protection off` may have come before it.
    """
    made = target.aws("cloudformation")
    made.set_stack_policy(StackName=target.data_stack, StackPolicyBody=json.dumps(POLICY))
    if target.stage == "live":
        protection.switch(target, on=True)


def shrink(target: Target, progress: Progress) -> None:
    """`data shrink`: makes the tables' stack what infra/data.yaml says, although that takes something away.

    What is lost is typed, name by name: no variable agrees beforehand.
    """
    made, mine = target.aws("cloudformation"), load(target.settings.root / TEMPLATE)
    change = change_set(target, mine)
    if change is None:
        progress.say("nothing to change")
        return
    try:
        lost = ", ".join(losses(target, change))
        print("\n".join(described(made, change)))
        if not lost:
            raise Problem("Nothing would be lost: make deploy does this.")
        _refuse_what_is_read(target, mine, lost)
        if typed(f"LOST for good: {lost}. Type that list to agree: ", "Nobody answers.") != lost:
            print("Nothing was changed.")
            return
        made.set_stack_policy(StackName=target.data_stack, StackPolicyBody=json.dumps(NO_POLICY))
        progress.say(f"changing stack {change.stack}")
        execute(made, change)
        change = None
    finally:
        protect(target)
        if change is not None:
            drop(made, change)


def _refuse_what_is_read(target: Target, mine: Mapping[str, Any], lost: str) -> None:
    """A retired index goes once the one in its place is there: DynamoDB changes one of a table at a time."""
    names = {f"{table}.{index}" for table, its in retired(mine).items() for index in its}
    found, number = deployed(target), wanted(target.settings.root / TEMPLATE).number
    if found is not None and found.number < number and names & set(lost.split(", ")):
        raise Problem(f"The tables have version {found.number}; make deploy first. Nothing was changed.")


def main(settings: Settings, given: argparse.Namespace, progress: Progress) -> None:
    """Says which version of the tables a stage has, or shrinks them."""
    target = find(settings)
    progress.say(f"{target}")
    try:
        refuse_another_stage(target)
        if given.data_command == "shrink":
            with lock.held(target, progress):
                shrink(target, progress)
        found, mine = deployed(target), wanted(target.settings.root / TEMPLATE)
        has = (
            "no tables"
            if found is None
            else f"version {found.number}, for releases from {found.serves_from} on"
        )
        print(f"{target.data_stack}: {has}; this checkout needs version {mine.number}")
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"AWS refused a call: {problem}") from problem


def _version(outputs: Mapping[str, str]) -> DataVersion:
    number = int(outputs.get("DataVersion", FIRST_VERSION))
    return DataVersion(number, int(outputs.get("ServesFrom", FIRST_VERSION)))
