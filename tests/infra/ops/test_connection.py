"""Which stack an operator's command works on, and by whose credentials."""

import argparse
import os
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.ops import connection
from infra.ops.command_line import parser
from infra.ops.connection import connect
from infra.ops.console import Problem, Progress
from infra.ops.deploy.identity import tags_of
from infra.ops.operate import rotation, workers
from infra.ops.settings import Settings
from tests.infra.conftest import SettingsMaker

ME = "arn:aws:iam::123456789012:user/ops"


class Session:
    """Stands for boto3.Session; its region comes from the environment."""

    @property
    def region_name(self) -> str | None:
        return os.environ.get("AWS_DEFAULT_REGION")

    def client(self, service: str, config: object) -> Any:
        assert (service, bool(config)) in (("sts", True), ("cloudformation", True))
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012", "Arn": ME}

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        error = {"Code": "ValidationError", "Message": "Stack does not exist"}
        raise ClientError({"Error": error}, "DescribeStacks")


@pytest.fixture
def _session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "Session", Session)
    monkeypatch.setattr(os, "environ", {"USER": "me"})


@pytest.mark.usefixtures("_session")
def test_without_a_stage_it_is_the_laptops_stack(settings_of: SettingsMaker) -> None:
    found = connect(settings_of(), stage=None, stack=None)
    assert (found.stack, found.data_stack, found.is_laptop) == ("asyncpay", "asyncpay-data", True)


@pytest.mark.usefixtures("_session")
def test_a_stage_is_found_as_the_deployment_found_it(settings_of: SettingsMaker) -> None:
    found = connect(settings_of(AWS_REGION="ap-south-1"), stage="live", stack=None)
    assert (found.stack, found.data_stack) == ("asyncpay-live", "asyncpay-live-data")
    assert (found.region, found.actor, found.is_laptop) == ("ap-south-1", ME, False)
    named = settings_of(AWS_REGION="ap-south-1", ASYNCPAY_STACK="mine")
    assert connect(named, stage="live", stack=None).stack == "mine"
    assert connect(named, stage=None, stack="theirs").stack == "theirs"


@pytest.mark.usefixtures("_session")
def test_an_emulator_needs_neither_keys_nor_a_region(settings_of: SettingsMaker) -> None:
    found = connect(settings_of(AWS_ENDPOINT_URL="http://127.0.0.1:4566"), stage="test", stack=None)
    assert (found.region, os.environ["AWS_ACCESS_KEY_ID"]) == ("us-east-1", "test")


@pytest.mark.usefixtures("_session")
def test_aws_without_a_region_is_a_sentence(settings_of: SettingsMaker) -> None:
    with pytest.raises(Problem, match="AWS_REGION"):
        connect(settings_of(), stage="live", stack=None)


def test_a_profile_that_is_not_there_is_a_sentence(
    settings_of: SettingsMaker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AWS_PROFILE", "gone")
    with pytest.raises(Problem, match=r"profile \(gone\) could not be found"):
        connect(settings_of(), stage="live", stack=None)


class OneStack:
    """Stands for every service of an account that has one stack, of a live stage."""

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012", "Arn": ME}

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 -- boto3's name
        return {
            "Stacks": [{"StackName": StackName, "StackStatus": "UPDATE_COMPLETE", "Tags": tags_of("live")}]
        }


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        connection, "session_clients", lambda _environment: (lambda _service: OneStack(), "ap-south-1")
    )


@pytest.mark.usefixtures("account")
def test_a_stack_of_another_stage_is_refused_whoever_named_it(settings_of: SettingsMaker) -> None:
    with pytest.raises(Problem, match=r"Stack shop is stage live, not test\. Nothing was changed"):
        connect(settings_of(ASYNCPAY_STACK="shop"), stage="test", stack=None)
    with pytest.raises(Problem, match="named after another stage"):
        connect(settings_of(ASYNCPAY_STACK="asyncpay-live"), stage="test", stack=None)
    assert connect(settings_of(ASYNCPAY_STACK="shop"), stage="live", stack=None).stage == "live"
    assert connect(settings_of(), stage=None, stack="shop").stage == "live"


def rotate(settings: Settings, given: argparse.Namespace) -> None:
    rotation.main(settings, given, Progress())


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("main", "command"),
    [
        (workers.main, "workers stop"),
        (rotate, "rotate-secret session-key"),
        (rotate, "rotate-secret fingerprint-key"),
        (rotate, "rotate-secret edge-secret"),
    ],
)
def test_what_harms_a_live_stage_wants_its_name_typed(
    settings_of: SettingsMaker,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    main: Any,
    command: str,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda prompt: asked.append(prompt) or "yes")
    monkeypatch.setattr(workers, "states", lambda *_: {})
    given = parser().parse_args([*command.split(), "--stack", "shop"])
    # The account's stand-in knows no call that changes anything.
    main(settings_of(CONFIRM="yes"), given)
    assert "Type the stack's name to agree" in asked[0]
    assert "Nothing was changed." in capsys.readouterr().out
