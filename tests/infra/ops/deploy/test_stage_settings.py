"""A stage's settings: where each value comes from, what is shown of a change, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.ops.console import Problem
from infra.ops.deploy.stage_settings import (
    NOTHING,
    ONLY_IN_TEST,
    Deployed,
    changes,
    check_file,
    deployed,
    refuse_webhooks_kept,
    refuse_what_only_a_test_stage_has,
    values_of,
)
from infra.ops.deploy.target import Target
from infra.ops.settings import ROOT, Settings

Maker = Callable[..., Target]
DEFAULTS = {"LogLevel": "INFO", "AlarmEmail": "", "Runtime": "python3.13"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose templates have a few settings."""
    (tmp_path / "infra").mkdir()

    def write(name: str, **defaults: str) -> None:
        parameters = {key: {"Type": "String", "Default": value} for key, value in defaults.items()}
        (tmp_path / name).write_text(yaml.safe_dump({"Parameters": parameters}))

    write("template.yaml", Stage="test", TestApiSecret="published", **DEFAULTS)
    write("infra/data.yaml", Retention="protected", TableCapacity="on-demand")
    write("infra/monitoring.yaml", AlarmEmail="", PaymentsQueueName="")
    write("infra/edge.yaml", DomainName="")
    return tmp_path


@pytest.fixture
def target_of(project: Path) -> Maker:
    def make(stage: str = "live", *, file: dict[str, Any] | None = None, **environment: str) -> Target:
        (project / "infra" / "stages.json").write_text(json.dumps({stage: file or {}}))
        return Target(
            settings=Settings.read(environment, project),
            stage=stage,
            stack="shop",
            account="123456789012",
            region="ap-south-1",
            endpoint="",
            aws=lambda _service: pytest.fail("not to be called"),
        )

    return make


def test_the_variable_comes_before_the_file_and_that_before_what_is_deployed(target_of: Maker) -> None:
    before = Deployed({"LogLevel": "ERROR"}, DEFAULTS)

    def level(target: Target, kept: Deployed = before) -> str:
        return values_of(target, "template.yaml", {"Stage": "live"}, kept)["LogLevel"]

    assert level(target_of(file={"LogLevel": "WARNING"}, LOG_LEVEL="DEBUG")) == "DEBUG"
    assert level(target_of(file={"LogLevel": "WARNING"})) == "WARNING"
    assert level(target_of()) == "ERROR"
    assert level(target_of(), NOTHING) == "INFO"


def test_a_setting_that_a_deployment_does_not_name_stays_as_it_is(target_of: Maker) -> None:
    target = target_of()
    before = Deployed({"AlarmEmail": "ops@example.com"}, {"AlarmEmail": ""})
    assert values_of(target, "infra/monitoring.yaml", {}, before)["AlarmEmail"] == "ops@example.com"
    before = Deployed({"DomainName": "pay.example.com"}, {"DomainName": ""})
    assert values_of(target, "infra/edge.yaml", {}, before)["DomainName"] == "pay.example.com"


def test_the_file_can_empty_a_setting_and_names_the_edges_after_it(target_of: Maker) -> None:
    target = target_of(file={"AlarmEmail": "", "EdgeDomainName": "pay.example.com"})
    before = Deployed({"AlarmEmail": "ops@example.com"}, {"AlarmEmail": ""})
    assert values_of(target, "infra/monitoring.yaml", {}, before)["AlarmEmail"] == ""
    assert values_of(target, "infra/edge.yaml", {})["DomainName"] == "pay.example.com"


def test_what_nobody_set_follows_a_new_default(target_of: Maker) -> None:
    before = Deployed(
        {"Runtime": "python3.12", "LogLevel": "INFO"}, {"Runtime": "python3.12", "LogLevel": "INFO"}
    )
    assert values_of(target_of(), "template.yaml", {}, before)["Runtime"] == "python3.13"


def test_what_the_deployment_decides_comes_first(target_of: Maker) -> None:
    target = target_of(file={"Runtime": "python3.11"}, RUNTIME="python3.12")
    assert values_of(target, "template.yaml", {"Runtime": "python3.14"})["Runtime"] == "python3.14"


def test_a_change_is_shown_with_its_old_value_and_a_secret_not_at_all() -> None:
    before = Deployed({"LogLevel": "INFO", "AlarmEmail": "a@b.c", "TestApiSecret": "****"}, {})
    after = {"LogLevel": "DEBUG", "AlarmEmail": "", "TestApiSecret": "s3cret", "New": "1"}
    assert changes(before, after) == [
        "  AlarmEmail: a@b.c -> (empty)",
        "  LogLevel: INFO -> DEBUG",
        "  New: (new) -> 1",
    ]
    assert changes(NOTHING, after) == []


@pytest.mark.parametrize(
    ("stage", "file", "told"),
    [
        ("live", {"AllowedOrigin": ""}, "live.AllowedOrigin: no such setting"),
        ("live", {"LogLevl": "INFO"}, "live.LogLevl: no such setting; is it LogLevel?"),
        ("live", {"Stage": "test"}, "live.Stage: no such setting"),
        ("live", {"PaymentsQueueName": "q"}, "live.PaymentsQueueName: no such setting"),
        ("live", {"DomainName": "x"}, "is it EdgeDomainName?"),
        ("test", {"TestApiSecret": "mine"}, "test.TestApiSecret: a secret does not belong into a file"),
        ("test", {"LogLevel": 1}, "test.LogLevel: must be text in quotes"),
        ("prod", {}, "prod: no such stage"),
    ],
)
def test_a_file_with_something_unknown_is_refused(
    target_of: Maker, project: Path, stage: str, file: dict[str, Any], told: str
) -> None:
    target_of(stage, file=file)
    with pytest.raises(Problem, match="Nothing was changed") as caught:
        check_file(project)
    assert told in "\n".join(caught.value.details)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"test": []}', '{"live": null}'])
def test_a_file_that_is_no_settings_is_refused_in_a_sentence(
    target_of: Maker, project: Path, text: str
) -> None:
    target_of("test")
    (project / "infra" / "stages.json").write_text(text)
    with pytest.raises(Problem, match=r"infra/stages\.json .*Nothing was changed"):
        check_file(project)


def test_a_file_that_is_not_there_is_told_of(target_of: Maker, project: Path) -> None:
    target_of("test")
    (project / "infra" / "stages.json").unlink()
    with pytest.raises(Problem, match=r"infra/stages\.json cannot be read"):
        check_file(project)


def test_the_file_of_this_repository_can_be_used() -> None:
    check_file(ROOT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TestMode", "true"),
        ("WebhookRetryIntervalsTest", "true"),
        ("WebhookAllowedHosts", "10.0.0.1"),
        ("TestWebhookUrl", "http://localhost"),
        ("AllowedOrigins", "https://pay.example.com,http://localhost:3000"),
    ],
)
def test_a_live_stage_is_refused_what_only_a_test_stage_has(target_of: Maker, name: str, value: str) -> None:
    fine = {**ONLY_IN_TEST, "AllowedOrigins": "https://pay.example.com", "LogLevel": "INFO"}
    refuse_what_only_a_test_stage_has(target_of("live"), fine)
    with pytest.raises(Problem, match="A live stage must not have these settings") as caught:
        refuse_what_only_a_test_stage_has(target_of("live"), fine | {name: value})
    assert caught.value.details[0].startswith(f"{name}=")
    refuse_what_only_a_test_stage_has(target_of("test"), fine | {name: value})


@pytest.mark.parametrize(("now", "days"), [(0, "0"), (0, "30"), (30, "31"), (90, "30"), (30, "3650")])
def test_webhooks_can_be_kept_for_more_days_or_fewer(now: int, days: str) -> None:
    refuse_webhooks_kept(now, {"WebhooksKeptDays": days, "EventsKeptDays": "30"})


@pytest.mark.parametrize(
    ("now", "days", "told"),
    [
        (0, "29", "WebhooksKeptDays=29 must be 0, for ever, or at least EventsKeptDays=30."),
        (90, "29", "WebhooksKeptDays=29 must be 0, for ever, or at least EventsKeptDays=30."),
        (90, "0", "WebhooksKeptDays=90 cannot go back to 0:"),
    ],
)
def test_webhooks_cannot_go_before_the_feeds_events_or_be_kept_for_ever_again(
    now: int, days: str, told: str
) -> None:
    with pytest.raises(Problem, match="Nothing was changed") as refusal:
        refuse_webhooks_kept(now, {"WebhooksKeptDays": days, "EventsKeptDays": "30"})
    assert str(refusal.value).startswith(told)


def test_what_is_deployed_is_read_with_the_defaults_of_its_own_template(target_of: Maker) -> None:
    class Stacks:
        status = "UPDATE_COMPLETE"

        def describe_stacks(self, **_: str) -> dict[str, Any]:
            given = [{"ParameterKey": "LogLevel", "ParameterValue": "DEBUG"}]
            return {"Stacks": [{"StackStatus": self.status, "Parameters": given}]}

        def get_template_summary(self, **_: str) -> dict[str, Any]:
            return {
                "Parameters": [{"ParameterKey": "LogLevel", "DefaultValue": "INFO"}, {"ParameterKey": "X"}]
            }

    target, stacks = target_of(), Stacks()
    object.__setattr__(target, "aws", lambda _service: stacks)
    found = deployed(target, "shop")
    assert (found.kept("LogLevel"), found.kept("X"), found.kept("Y")) == ("DEBUG", None, None)
    stacks.status = "REVIEW_IN_PROGRESS"
    assert deployed(target, "shop") == NOTHING
