import functools
import json
import os
from dataclasses import replace
from typing import Any

import boto3
import pytest

from infra.ops.aws_clients import CONFIG
from infra.ops.cloudformation.template import load
from infra.ops.console import Problem
from infra.ops.deploy.stage_parameters import (
    deployed_test_key,
    secret_of_test_merchant,
    stage_parameters,
)
from infra.ops.deploy.target import Target, find
from infra.ops.settings import ROOT
from tests.infra.conftest import SettingsMaker

DECLARED = load(ROOT / "template.yaml")["Parameters"]
EMULATOR = "http://127.0.0.1:4566"
STAGES = json.loads((ROOT / "infra" / "stages.json").read_text())


def a_target(settings_of: SettingsMaker, **environment: str) -> Target:
    settings = settings_of(**environment)
    stage = environment.get("STAGE", "test")
    return Target(
        settings=settings,
        stage=stage,
        stack=f"asyncpay-{stage}",
        account="123456789012",
        region="ap-south-1",
        endpoint=settings.given_endpoint,
        aws=functools.cache(lambda _service: pytest.fail("not to be called")),
    )


class Session:
    """Stands for boto3.Session, whose account is always the same."""

    region_name: str | None = "ap-south-1"

    def client(self, service: str, config: object) -> Any:
        assert (service, config) == ("sts", CONFIG)
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/ops"}


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> type[Session]:
    monkeypatch.setattr(boto3, "Session", Session)
    monkeypatch.setattr(os, "environ", {})
    return Session


@pytest.mark.parametrize("stage", ["", "prod", "TEST"])
def test_a_stage_must_be_named(settings_of: SettingsMaker, stage: str) -> None:
    with pytest.raises(Problem, match="STAGE=test or STAGE=live"):
        find(settings_of(STAGE=stage))


def test_two_stages_share_the_account_and_no_stack(
    settings_of: SettingsMaker, session: type[Session]
) -> None:
    test, live = (find(settings_of(STAGE=stage)) for stage in ("test", "live"))
    assert test.bucket == live.bucket == "asyncpay-artifacts-123456789012-ap-south-1"
    names = [
        {found.stack, found.data_stack, found.monitoring_stack, found.edge_stack} for found in (test, live)
    ]
    assert names[0] == {
        *("asyncpay-test", "asyncpay-test-data", "asyncpay-test-monitoring", "asyncpay-test-edge")
    }
    assert not names[0] & names[1]


def test_without_a_region_nothing_is_begun(
    settings_of: SettingsMaker, session: type[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "region_name", None)
    with pytest.raises(Problem, match="AWS_REGION"):
        find(settings_of(STAGE="test"))


def test_an_emulator_takes_any_key_and_the_callers_own_where_there_is_one(
    settings_of: SettingsMaker, session: type[Session]
) -> None:
    found = find(settings_of(STAGE="test", AWS_ENDPOINT_URL=EMULATOR, AWS_ACCESS_KEY_ID="mine"))
    assert found.is_emulator
    assert os.environ["AWS_ACCESS_KEY_ID"] == "mine"
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == "test"
    assert os.environ["AWS_DEFAULT_REGION"] == "us-east-1"


def test_the_region_is_known_to_tools_that_read_its_older_name_only(
    settings_of: SettingsMaker, session: type[Session]
) -> None:
    find(settings_of(STAGE="test", AWS_REGION="ap-south-1", AWS_DEFAULT_REGION="us-east-1"))
    assert os.environ["AWS_DEFAULT_REGION"] == "ap-south-1"


def test_aws_is_asked_with_the_callers_environment_and_nothing_else(
    settings_of: SettingsMaker, session: type[Session]
) -> None:
    given = {"STAGE": "live", "AWS_PROFILE": "shop", "PATH": "/bin"}
    find(settings_of(**given))
    # pytest notes the test's name there.
    assert {name: os.environ[name] for name in os.environ if name != "PYTEST_CURRENT_TEST"} == given


@pytest.mark.parametrize("stage", STAGES)
def test_every_parameter_gets_a_value_and_the_stages_own_are_parameters(
    settings_of: SettingsMaker, stage: str
) -> None:
    values = stage_parameters(a_target(settings_of, STAGE=stage))
    assert values.keys() == DECLARED.keys()
    assert STAGES[stage].keys() <= DECLARED.keys()
    assert (values["Stage"], values["DataStack"]) == (stage, f"asyncpay-{stage}-data")
    assert values["LogRetentionDays"] == STAGES[stage]["LogRetentionDays"]


def test_on_aws_the_template_decides_and_on_an_emulator_what_it_can_do(settings_of: SettingsMaker) -> None:
    on_aws = stage_parameters(a_target(settings_of, STAGE="live"))
    for name in ("Runtime", "Architecture", "SnapStart", "Size", "Tracing"):
        assert on_aws[name] == DECLARED[name]["Default"]
    there = stage_parameters(a_target(settings_of, STAGE="live", AWS_ENDPOINT_URL=EMULATOR))
    assert (there["SnapStart"], there["Size"], there["Tracing"]) == ("None", "laptop", "PassThrough")


def test_the_environment_goes_before_the_stages_own_values(settings_of: SettingsMaker) -> None:
    given = {"LOG_RETENTION_DAYS": "7", "LOG_LEVEL": "DEBUG"}
    values = stage_parameters(a_target(settings_of, STAGE="live", **given))
    assert (values["LogRetentionDays"], values["LogLevel"]) == ("7", "DEBUG")


def test_a_test_stage_on_aws_never_gets_the_published_secret(settings_of: SettingsMaker) -> None:
    published = DECLARED["TestApiSecret"]["Default"]
    made = {secret_of_test_merchant(a_target(settings_of, STAGE="test"), {}) for _ in range(2)}
    assert len(made) == 2
    assert all(secret is not None and len(secret) >= 32 for secret in made)
    assert secret_of_test_merchant(a_target(settings_of, STAGE="test", TEST_API_SECRET="mine"), {}) == "mine"
    emulated = a_target(settings_of, STAGE="test", AWS_ENDPOINT_URL=EMULATOR)
    assert secret_of_test_merchant(emulated, {}) == published
    assert secret_of_test_merchant(a_target(settings_of, STAGE="live"), {}) is None


def test_the_secret_of_a_test_stage_is_kept_by_the_stage(settings_of: SettingsMaker) -> None:
    class Functions:
        def get_function_configuration(self, **given: str) -> dict[str, Any]:
            assert given == {"FunctionName": "seed"}
            return {
                "Environment": {"Variables": {"TEST_API_KEY": "k", "TEST_API_SECRET": "kept", "STAGE": ""}}
            }

    target = replace(a_target(settings_of, STAGE="test"), aws=lambda _service: Functions())
    outputs = {"SeedFunctionName": "seed"}
    assert secret_of_test_merchant(target, outputs) == "kept"
    given = replace(target, settings=settings_of(STAGE="test", TEST_API_SECRET="newer"))
    assert secret_of_test_merchant(given, outputs) == "newer"
    assert deployed_test_key(target.aws, outputs) == {"TEST_API_KEY": "k", "TEST_API_SECRET": "kept"}
