"""The stack of alarms: made after the application, in place of the alarms inside it, and gone before it."""

import contextlib
import copy
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from infra.ops.cloudformation.artifacts import upload_template
from infra.ops.cloudformation.change_sets import create, execute
from infra.ops.cloudformation.stacks import stack_outputs, stack_status
from infra.ops.cloudformation.template import as_sent, load
from infra.ops.console import Problem, Progress
from infra.ops.deploy import identity, monitoring, stage, teardown
from infra.ops.deploy.target import Target
from tests.infra.conftest import SettingsMaker
from tests.support.emulator import Emulator
from tests.support.templates import APPLICATION, MONITORING

BUCKET = "asyncpay-artifacts-000000000000-us-east-1"


def in_the_application(value: Any) -> Any:
    """A part of infra/monitoring.yaml as it was while it stood in the application's template."""
    if isinstance(value, list):
        return [in_the_application(member) for member in value]
    if not isinstance(value, dict):
        return value
    name = value.get("Ref", "")
    if name.endswith("QueueName"):
        return {"Fn::GetAtt": [name.removesuffix("Name"), "QueueName"]}
    if name == "ApplicationStack":
        return {"Ref": "AWS::StackName"}
    return {key: in_the_application(member) for key, member in value.items()}


def application(*, with_alarms: bool) -> str:
    """The application's queues, with or without the alarms of earlier releases."""
    whole, alarms = load(APPLICATION), load(MONITORING)
    queues = {name: one for name, one in whole["Resources"].items() if one["Type"] == "AWS::SQS::Queue"}
    made: dict[str, Any] = {
        "Parameters": {
            "Stage": {"Type": "String", "Default": "live"},
            "SweepFunctionName": {"Type": "String", "Default": "sweep"},
            "DataStack": {"Type": "String", "Default": "tables"},
            **{
                name: {"Type": "String", "Default": "function"}
                for name in alarms["Parameters"]
                if name.endswith("FunctionName") and name != "SweepFunctionName"
            },
        },
        "Resources": copy.deepcopy(queues),
        "Outputs": {
            **{name: one for name, one in whole["Outputs"].items() if name.endswith("QueueUrl")},
            "ApiStage": {"Value": "live"},
            **{name: {"Value": "function"} for name in whole["Outputs"] if name.endswith("FunctionName")},
        },
    }
    if with_alarms:
        made["Parameters"] |= {name: alarms["Parameters"][name] for name in ("AlarmEmail", "AlarmTopicArn")}
        made["Conditions"] = {
            name: one for name, one in alarms["Conditions"].items() if name != "HasInsights"
        }
        made["Resources"] |= {
            name: in_the_application(one)
            for name, one in alarms["Resources"].items()
            if one["Type"] != "AWS::CloudWatch::Dashboard" and one.get("Condition") != "HasInsights"
        }
    return as_sent(made)


class Deployed:
    """A live stage on the emulator, under a name of its own."""

    def __init__(self, emulator: Emulator, settings_of: SettingsMaker) -> None:
        self.name = f"live-{uuid.uuid4().hex[:8]}"
        self.emulator = emulator
        emulator.client("s3").create_bucket(Bucket=BUCKET)
        self.target = Target(
            settings=settings_of(STAGE="live", CONFIRM=self.name, ALARM_EMAIL="ops@example.com"),
            stage="live",
            stack=self.name,
            account="000000000000",
            region="us-east-1",
            endpoint=emulator.endpoint,
            aws=emulator.client,
        )

    def change_application(self, *, with_alarms: bool) -> None:
        made = self.emulator.client("cloudformation")
        text = application(with_alarms=with_alarms)
        values = {"AlarmEmail": "ops@example.com"} if with_alarms else {}
        change = create(made, self.name, upload_template(self.emulator.client("s3"), BUCKET, text), values)
        assert change is not None
        execute(made, change)

    def monitor(self) -> None:
        outputs = stack_outputs("", self.name, aws=self.emulator.client)
        monitoring.deploy(self.target, outputs, Progress())

    def alarms(self) -> list[dict[str, Any]]:
        found = self.emulator.client("cloudwatch").describe_alarms(AlarmNamePrefix=self.name)
        return list(found["MetricAlarms"])


@pytest.fixture
def deployed(emulator: Emulator, settings_of: SettingsMaker) -> Deployed:
    return Deployed(emulator, settings_of)


# Those that ask by query are left out on emulators.
ALARMS = [
    one
    for one in load(MONITORING)["Resources"].values()
    if one["Type"] == "AWS::CloudWatch::Alarm" and "Condition" not in one
]


@pytest.mark.emulator
@pytest.mark.parametrize("monitored_first", [False, True], ids=["in order", "the other way round"])
def test_alarms_move_out_of_a_stage_that_had_them_inside(
    deployed: Deployed, *, monitored_first: bool
) -> None:
    deployed.change_application(with_alarms=True)
    assert len(deployed.alarms()) == len(ALARMS)
    steps: list[Callable[[], None]] = [
        lambda: deployed.change_application(with_alarms=False),
        deployed.monitor,
    ]
    for step in reversed(steps) if monitored_first else steps:
        step()
    found = deployed.alarms()
    assert len(found) == len(ALARMS)
    assert all(alarm["AlarmName"].startswith(f"{deployed.name}-monitoring-") for alarm in found)
    assert all(alarm["AlarmActions"] for alarm in found)


@pytest.mark.emulator
def test_alarms_watch_the_queues_that_the_application_has(deployed: Deployed, emulator: Emulator) -> None:
    deployed.change_application(with_alarms=False)
    deployed.monitor()
    watched = {
        dimension["Value"]
        for alarm in deployed.alarms()
        for dimension in alarm["Dimensions"]
        if dimension["Name"] == "QueueName"
    }
    urls = emulator.client("sqs").list_queues(QueueNamePrefix=deployed.name)["QueueUrls"]
    names = {url.rpartition("/")[2] for url in urls}
    # What merchants refuse stays in the webhooks' dead-letter queue, and is nobody's alarm.
    assert watched == {name for name in names if "WebhooksDeadLetterQueue" not in name}


@pytest.mark.emulator
def test_a_second_deployment_asks_nothing_and_teardown_takes_the_alarms_first(
    deployed: Deployed,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    deployed.change_application(with_alarms=False)
    deployed.monitor()
    capsys.readouterr()
    deployed.monitor()
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(teardown, "find", lambda _settings: deployed.target)
    teardown.main(deployed.target.settings, Progress())
    lines = [line.split("] ")[1] for line in capsys.readouterr().out.splitlines() if "deleting" in line]
    assert lines == [f"deleting stack {deployed.name}-monitoring", f"deleting stack {deployed.name}"]
    assert deployed.alarms() == []


@pytest.mark.emulator
def test_who_does_not_agree_keeps_the_alarms_as_they_were(
    deployed: Deployed,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    deployed.change_application(with_alarms=False)
    monkeypatch.setattr(identity, "agreed", lambda *_: False)
    deployed.monitor()
    assert "is unchanged" in capsys.readouterr().out
    assert stack_status(emulator.client("cloudformation"), f"{deployed.name}-monitoring") == ""


@pytest.fixture
def steps(target: Target, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a deployment of the target does, each step only noted."""
    done: list[str] = []

    def note(what: str) -> Callable[..., Any]:
        return lambda *_args, **_kwargs: done.append(what)

    monkeypatch.setattr(stage, "find", lambda _settings: target)
    for name in ("refuse_another_stage", "make_bucket"):
        monkeypatch.setattr(stage, name, lambda _target: None)
    monkeypatch.setattr(stage.lock, "held", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(stage, "_stands", lambda _target: False)
    monkeypatch.setattr(stage, "settings_of", lambda _target: ({}, []))
    monkeypatch.setattr(stage, "prepared", lambda *_: contextlib.nullcontext(["data and application"]))
    monkeypatch.setattr(stage, "_change", lambda _target, changes, _progress: done.extend(changes) or True)
    monkeypatch.setattr(stage, "stack_outputs", lambda *_args, **_kwargs: {"ApiUrl": "https://api"})
    monkeypatch.setattr(stage.data_stack, "protect", note("protection"))
    monkeypatch.setattr(stage, "_try_out", note("verification"))
    monkeypatch.setattr(monitoring, "deploy", note("monitoring"))
    monkeypatch.setattr(stage.edge, "deploy", note("edge"))
    monkeypatch.setattr(stage, "_tell_of_the_edge", note("the edge's origin"))
    monkeypatch.setattr(stage, "delete_old_versions", note("old versions"))
    return done


def test_stacks_change_in_an_order_in_which_none_misses_another(target: Target, steps: list[str]) -> None:
    stage.main(target.settings, Progress())
    last = ["monitoring", "edge", "the edge's origin", "old versions"]
    assert steps == ["data and application", "protection", "verification", *last]


def test_a_failed_application_leaves_the_alarms_that_it_has(
    target: Target, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> bool:
        raise Problem("rolled back")

    monkeypatch.setattr(stage, "_change", failing)
    with pytest.raises(Problem, match="rolled back"):
        stage.main(target.settings, Progress())
    assert steps == []


def test_the_template_of_the_test_is_that_of_earlier_releases() -> None:
    before = json.loads(application(with_alarms=True))["Resources"]
    assert before["PaymentsAgeAlarm"]["Properties"]["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": ["PaymentsQueue", "QueueName"]}}
    ]
