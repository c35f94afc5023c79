"""Log lines that CloudWatch counts, checked against the format's own specification."""

import json
from typing import Any

import pytest

from gateway.runtime import log, metrics
from tests.support.factories import some_deps

DEPS = some_deps()


def line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


def test_a_line_names_the_members_that_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    deps = some_deps(STACK_NAME="shop")
    metrics.put(deps.config, deps.now(), "swept", {"Swept": 3}, payments=3)
    written = line(capsys)
    assert (written["message"], written["Stack"], written["Swept"], written["payments"]) == (
        "swept",
        "shop",
        3,
        3,
    )
    assert written["_aws"] == {
        "Timestamp": int(deps.now().timestamp() * 1000),
        "CloudWatchMetrics": [
            {
                "Namespace": "AsyncPay",
                "Dimensions": [["Stack"]],
                "Metrics": [{"Name": "Swept", "Unit": "Count"}],
            }
        ],
    }


def test_every_dimension_and_metric_that_is_named_is_a_member_at_the_top(
    capsys: pytest.CaptureFixture[str],
) -> None:
    metrics.put(
        DEPS.config, DEPS.now(), "batch done", {"JobsCompleted": 1, "JobsFailed": 0}, queue="payments"
    )
    written = line(capsys)
    (described,) = written["_aws"]["CloudWatchMetrics"]
    assert described["Dimensions"] == [["Stack", "Queue"]]
    for name in (*described["Dimensions"][0], *(metric["Name"] for metric in described["Metrics"])):
        assert name in written
    assert written["Queue"] == "payments"


def test_counts_are_written_at_every_log_level(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_level("ERROR")
    metrics.put(DEPS.config, DEPS.now(), "swept", {"Swept": 0})
    assert line(capsys)["level"] == "INFO"
    metrics.put(DEPS.config, DEPS.now(), "swept", {"Swept": 1}, warn=True)
    assert line(capsys)["level"] == "WARNING"
