"""Which stage a stack belongs to, and the agreement that a change of it needs.

A stack carries its stage as a tag, which CloudFormation hands on to the tables, log groups and alarms in it.
Stacks of earlier releases have no tag: there the application's parameter `Stage` says it, and the tables'
`Retention`, which has always been "protected" in live stages only.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from infra.ops.cloudformation.change_sets import Change, described, drop
from infra.ops.cloudformation.stacks import described_stack
from infra.ops.console import Problem
from infra.ops.deploy.target import STAGES, Target
from infra.ops.settings import Settings

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import TagTypeDef

TAG = "asyncpay:stage"
RETENTIONS = {"protected": "live", "disposable": "test"}


class OfAStage(Protocol):
    """What a person agrees to a change of: a deployment's target, or the stack that a command works on."""

    @property
    def settings(self) -> Settings:
        """The command's settings, which may agree beforehand."""

    @property
    def stage(self) -> str:
        """Its stage."""

    @property
    def stack(self) -> str:
        """The name of the application's stack."""


def tags_of(stage: str) -> list["TagTypeDef"]:
    """The tags of every stack of a stage. They are given with each change set, or it would take them away."""
    return [{"Key": TAG, "Value": stage}]


def stage_of(made: "CloudFormationClient", stack: str) -> str:
    """The stage that a stack was made for; empty where there is no such stack, or none that says so."""
    return _stage_in(described_stack(made, stack) or {})


def _stage_in(found: Mapping[str, Any]) -> str:
    tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}
    given = {each["ParameterKey"]: each.get("ParameterValue", "") for each in found.get("Parameters", [])}
    return tags.get(TAG) or given.get("Stage") or RETENTIONS.get(given.get("Retention", ""), "")


def refuse_another_stage(target: Target) -> None:
    """Raises Problem where a stack of the target belongs to another stage, whoever named it."""
    made = target.aws("cloudformation")
    for stack in target.stacks:
        check_stage(made, stack, target.stage)


def check_stage(made: "CloudFormationClient", stack: str, stage: str) -> None:
    """Raises Problem where a stack belongs to another stage, is named after one, or is none of ours."""
    if any(stack == f"asyncpay-{other}" for other in STAGES if other != stage):
        raise Problem(f"Stack {stack} is named after another stage than {stage}.")
    found = described_stack(made, stack)
    if found is None or found["StackStatus"] == "REVIEW_IN_PROGRESS":
        return
    its = _stage_in(found)
    if not its:
        raise Problem(f"Stack {stack} says no stage, so it is none of AsyncPay's. Nothing was changed.")
    if its != stage:
        raise Problem(f"Stack {stack} is stage {its}, not {stage}. Nothing was changed.")


def agreed(target: OfAStage, question: str) -> bool:
    """Whether the person agrees to a change. In a live stage they type the stack's name, not just yes.

    CONFIRM answers beforehand: `yes` for a test stage, the stack's name for a live one. Raises Problem where
    nobody answers.
    """
    word = _word(target)
    if target.settings.environment.get("CONFIRM") == word:
        return True
    asked = "[yes/no]" if target.stage != "live" else "This is a LIVE stage. Type the stack's name to agree:"
    return typed(f"{question} {asked} ", f"Nobody answers. CONFIRM={word} agrees beforehand.") == word


def agreed_or_dropped(target: OfAStage, made: "CloudFormationClient", change: Change, question: str) -> bool:
    """Whether the person agrees to a change set; it is left behind neither by a "no" nor by Ctrl-C."""
    is_agreed = False
    try:
        is_agreed = agreed(target, question)
    finally:
        if not is_agreed:
            drop(made, change)
    return is_agreed


def shown_and_agreed(
    target: OfAStage, made: "CloudFormationClient", change: Change, settings: Iterable[str]
) -> bool:
    """Shows which `settings` of a stack change, and what its change set would do, before it asks."""
    print("\n".join([f"\nSettings of {change.stack}:", *settings]))
    print("\n".join(described(made, change)))
    return agreed_or_dropped(target, made, change, f"Change {change.stack}?")


def typed(prompt: str, without: str) -> str:
    """What the person types; Problem with `without` where nobody does."""
    try:
        return input(prompt).strip()
    except EOFError:
        raise Problem(without) from None


def _word(target: OfAStage) -> str:
    return target.stack if target.stage == "live" else "yes"
