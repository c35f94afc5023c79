"""A stack carries its stage, and a live stage is changed by who types its name."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.ops.console import Problem
from infra.ops.deploy.identity import TAG, agreed, refuse_another_stage, stage_of, tags_of
from infra.ops.deploy.target import Target
from tests.infra.conftest import SettingsMaker


class Stacks:
    """Stands for CloudFormation: stacks by name, each with its tags and parameters."""

    def __init__(self, **stacks: dict[str, Any]) -> None:
        self.stacks = {name.replace("_", "-"): found for name, found in stacks.items()}

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 -- boto3's name
        if StackName not in self.stacks:
            error = {"Code": "ValidationError", "Message": f"Stack with id {StackName} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        return {"Stacks": [{"StackStatus": "UPDATE_COMPLETE", **self.stacks[StackName]}]}


def tagged(stage: str) -> dict[str, Any]:
    return {"Tags": tags_of(stage)}


def with_parameter(name: str, value: str) -> dict[str, Any]:
    return {"Parameters": [{"ParameterKey": name, "ParameterValue": value}]}


def a_target(
    settings_of: SettingsMaker, stage: str, stacks: Stacks, name: str = "shop", **env: str
) -> Target:
    return Target(
        settings=settings_of(STAGE=stage, **env),
        stage=stage,
        stack=name,
        account="123456789012",
        region="ap-south-1",
        endpoint="",
        aws=lambda _service: stacks,
    )


@pytest.mark.parametrize(
    ("stack", "stage"),
    [
        (tagged("live"), "live"),
        (tagged("test") | with_parameter("Stage", "live"), "test"),
        (with_parameter("Stage", "live"), "live"),
        (with_parameter("Retention", "protected"), "live"),
        (with_parameter("Retention", "disposable"), "test"),
        ({"Tags": [{"Key": "team", "Value": "shop"}]}, ""),
        ({}, ""),
    ],
)
def test_a_stack_says_which_stage_it_is(stack: dict[str, Any], stage: str) -> None:
    assert stage_of(Stacks(it=stack), "it") == stage  # type: ignore[arg-type]
    assert stage_of(Stacks(it=stack), "other") == ""  # type: ignore[arg-type]
    assert TAG == "asyncpay:stage"


@pytest.mark.parametrize("which", ["shop", "shop_data", "shop_monitoring", "shop_edge"])
def test_a_stack_of_another_stage_is_refused_whichever_it_is(settings_of: SettingsMaker, which: str) -> None:
    stacks = Stacks(**{which: tagged("live")})
    with pytest.raises(Problem, match=r"is stage live, not test\. Nothing was changed"):
        refuse_another_stage(a_target(settings_of, "test", stacks))
    refuse_another_stage(a_target(settings_of, "live", stacks))


def test_a_stack_of_somebody_else_is_not_touched(settings_of: SettingsMaker) -> None:
    theirs = {"Tags": [{"Key": "team", "Value": "shop"}], "Parameters": []}
    for stage in ("test", "live"):
        with pytest.raises(
            Problem, match=r"says no stage, so it is none of AsyncPay's\. Nothing was changed"
        ):
            refuse_another_stage(a_target(settings_of, stage, Stacks(shop=theirs)))
    # Of a stack that is still to be made there is nothing to lose.
    refuse_another_stage(
        a_target(settings_of, "test", Stacks(shop={**theirs, "StackStatus": "REVIEW_IN_PROGRESS"}))
    )


def test_a_stack_that_is_not_there_yet_is_not_named_after_another_stage(settings_of: SettingsMaker) -> None:
    with pytest.raises(Problem, match="named after another stage"):
        refuse_another_stage(a_target(settings_of, "test", Stacks(), name="asyncpay-live"))
    refuse_another_stage(a_target(settings_of, "test", Stacks(), name="asyncpay-test"))


@pytest.mark.parametrize(
    ("stage", "said", "agrees"),
    [
        ("test", "yes", True),
        ("test", " yes ", True),
        ("test", "y", False),
        ("test", "", False),
        ("test", "shop", False),
        ("live", "shop", True),
        ("live", "yes", False),
        ("live", "live", False),
        ("live", "", False),
    ],
)
def test_a_live_stage_wants_its_name_and_a_test_stage_a_yes(
    settings_of: SettingsMaker, monkeypatch: pytest.MonkeyPatch, stage: str, said: str, *, agrees: bool
) -> None:
    monkeypatch.setattr("builtins.input", lambda _prompt: said)
    assert agreed(a_target(settings_of, stage, Stacks()), "Change it?") is agrees


def test_who_agrees_beforehand_says_the_same_word(
    settings_of: SettingsMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    assert agreed(a_target(settings_of, "test", Stacks(), CONFIRM="yes"), "Change it?")
    assert agreed(a_target(settings_of, "live", Stacks(), CONFIRM="shop"), "Change it?")
    with pytest.raises(Problem, match="CONFIRM=yes agrees beforehand"):
        agreed(a_target(settings_of, "test", Stacks(), CONFIRM="true"), "Change it?")
    with pytest.raises(Problem, match="CONFIRM=shop agrees beforehand"):
        agreed(a_target(settings_of, "live", Stacks(), CONFIRM="yes"), "Change it?")
