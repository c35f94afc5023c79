"""Dashboards and programs that were written for Bull and BullMQ: they open, with counts and empty lists."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.fixtures_node import script

TIMEOUT_SECONDS = 90
COUNTS = {"waiting": 5, "active": 3, "completed": 40, "failed": 1, "delayed": 2}
NO_METRICS = {"meta": {"count": 0, "prevTS": 0, "prevCount": 0}, "data": [], "count": 0}
Run = Callable[..., Any]


@pytest.fixture
def run(node_home: Path, port: int) -> Run:
    """Runs one of the scripts beside this file against the server; returns the JSON that it prints."""

    def run_script(name: str, *words: str) -> Any:
        command = ["node", str(script(node_home, Path(__file__).with_name(name))), str(port), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run_script


def test_bull_board_opens_every_page_and_tab_of_both_its_adapters(run: Run) -> None:
    found = run("board.mjs")
    assert found["problems"] == []
    assert {page["status"] for page in found["pages"].values()} == {200}
    for name, tabs in found["tabs"].items():
        for state, tab in tabs.items():
            assert tab["status"] == 200, (name, state, tab)
            shown = {queue["name"]: queue for queue in tab["body"]["queues"]}
            assert set(shown) == {"payments", "refunds"}
            assert {queue["counts"].items() >= COUNTS.items() for queue in shown.values()} == {True}
            assert shown[name]["jobs"] == []
    statuses = {path: detail["status"] for path, detail in found["details"].items()}
    # There is no job to be shown, so its page says that it was not found.
    missing = {f"{queue}/{part}" for queue in ("payments", "refunds") for part in ("7", "7/flow")}
    assert statuses == {path: 404 if path in missing else 200 for path in statuses}
    assert found["details"]["refunds/metrics"]["body"]["completed"] == NO_METRICS
    memory = found["details"]["redis/stats"]["body"]["memory"]
    assert 0 < memory["used"] < memory["total"]
    assert all("READONLY You can't write" in write["body"]["message"] for write in found["writes"].values())


def test_every_reading_call_of_bull_and_bullmq_finds_counts_and_empty_lists(run: Run) -> None:
    found = run("reads.mjs", "payments")
    assert (found["unhandled"], found["problems"]) == ([], [])
    for name in ("bull", "bullmq", "old"):
        read = found[name]
        assert [value for value in read.values() if str(value).startswith("FAILED")] == []
        assert read["getJobCounts"].items() >= COUNTS.items()
        assert read["count"] == 7
        lists = ("getWaiting", "getActive", "getDelayed", "getCompleted", "getFailed", "getJobs")
        assert [read[call] for call in lists] == [[]] * len(lists)
        assert (read["getJob"], read["isPaused"]) == (None, False)
        assert (read["getJobLogs"], read["getMetrics"]) == ({"logs": [], "count": 0}, NO_METRICS)
    assert (
        found["bull"]["getCountsPerPriority"] == found["bullmq"]["getCountsPerPriority"] == {"0": 5, "1": 0}
    )
    assert (found["bullmq"]["getJobState"], found["bullmq"]["getRateLimitTtl"]) == ("unknown", -2)
    assert (found["bullmq"]["getJobSchedulers"], found["bull"]["getRepeatableJobs"]) == ([], [])
