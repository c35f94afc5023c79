"""The drill: what operators do to stages, on two of them side by side, by their own commands and under load.

A test stage is upgraded from 8d968c8, given a release that does not work, stopped, started, deleted and
brought back, while a shop pays; a live stage beside it takes orders before and after. At the end no payment
is lost and the books agree. `make drill` makes it larger. The tables are MiniStack's, as the other engine has
no backups.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.ops.aws_clients import client
from infra.ops.cloudformation.stacks import stack_outputs
from tests.e2e.conftest import ROOT, until
from tests.e2e.upgrade_clients import Sender, Stage
from tests.support import old_release
from tests.support.emulator import running_emulator

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(2400),
    pytest.mark.skipif("ASYNCPAY_E2E_ENDPOINT" in os.environ, reason="has an emulator of its own"),
]
OLD = "8d968c8"
NAME = {"test": "drill", "live": "drill-live"}
PAYMENTS_PER_STEP = 40 if os.environ.get("ASYNCPAY_DRILL") == "full" else 3
SETTINGS = {"TEST_MODE": "true", "TEST_PROCESSING_DELAY": "0", "SWEEP_GRACE_SECONDS": "2"}
# The tools of this checkout, and the sources of another place.
DEPLOY_FROM = """
import os, sys
from pathlib import Path
from infra.ops import program
from infra.ops.console import Progress
from infra.ops.deploy import stage
from infra.ops.settings import Settings
settings = Settings.read(os.environ, Path(sys.argv[1]))
sys.exit(program.exit_code(lambda: stage.main(settings, Progress())))
"""
SECONDS = 300
DEPLOYING = ("deploy", "teardown", "rollback", "releases", "data", "protection")


@dataclass
class Drill:
    """An emulator, the commands that are run against it, and how long each took."""

    endpoint: str
    home: Path
    took: dict[str, float] = field(default_factory=dict)

    def ops(
        self, stage: str, command: str, *, sources: Path | None = None, fails: bool = False, **env: str
    ) -> str:
        """Runs an operator's command on a stage as the documents have it; answers what it printed."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        first, *rest = command.split()
        deploys = first in DEPLOYING
        environment = kept | (SETTINGS if stage == "test" else {}) | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "ASYNCPAY_STACK": NAME[stage],
            "ASYNCPAY_HOME": str(self.home),
            "CONFIRM": "yes" if stage == "test" else NAME["live"],
            "VERIFY_SECONDS": "60",
            **({"STAGE": stage} if deploys else {}),
            **env,
        }  # fmt: skip
        # `admin` alone takes it before its own commands.
        stage_too = [] if deploys else ["--stage", stage]
        arguments = [first, *stage_too, *rest] if first == "admin" else [first, *rest, *stage_too]
        done = subprocess.run(
            [
                sys.executable,
                *(["-c", DEPLOY_FROM, str(sources)] if sources else ["-m", "infra.ops", *arguments]),
            ],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        assert (done.returncode != 0) is fails, f"{command}:\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Notes how long something takes."""
        began = time.monotonic()
        yield
        self.took[name] = time.monotonic() - began

    def stage(self, name: str) -> Stage:
        """A stage as its clients see it."""
        return Stage(
            api="",
            merchant="",
            checkout_origin="",
            status_port=0,
            dashboard="",
            endpoint=self.endpoint,
            outputs=stack_outputs(self.endpoint, NAME[name]),
            data_stack=f"{NAME[name]}-data",
            printed=[],
            process_id=0,
            name=NAME[name],
        )


def a_release_whose_workers_fail(into: Path) -> Path:
    """A copy of the sources in which no payment is ever finished; everything else works."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("infra", "functions", "layers"):
        shutil.copytree(ROOT / name, into / name, ignore=ignored)
    shutil.copy(ROOT / "template.yaml", into)
    for name in ("layer", "layer.stamp"):  # so that no package is installed for it
        source, target = ROOT / ".build" / name, into / ".build" / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    app = into / "functions" / "app.py"
    text = app.read_text(encoding="utf-8")
    begin = '    """Finishes pending payments."""\n'
    assert begin in text
    app.write_text(text.replace(begin, begin + '    raise RuntimeError("a release that does not work")\n'))
    return into


def a_live_merchant(drill: Drill, stage: Stage) -> "LiveMerchant":
    """A merchant of the live stage, made as an operator makes one."""
    made = drill.ops("live", "admin create-merchant --name Shop --email shop@example.com")
    merchant_id = made.partition("merchant id: ")[2].split()[0]
    issued = drill.ops("live", f"admin issue-key {merchant_id}")
    key, secret = (issued.partition(f"api {name}: ")[2].split()[0] for name in ("key", "secret"))
    return LiveMerchant(stage, {"X-Api-Key": key, "X-Api-Secret": secret})


@dataclass
class LiveMerchant:
    """A merchant of the live stage. It has no acquirer, and so takes orders and no payments."""

    stage: Stage
    key: dict[str, str]
    orders: list[str] = field(default_factory=list)

    def order(self) -> None:
        """One order."""
        self.orders.append(self._call("POST", "/api/v1/orders", json={"amount": 50_000})["id"])

    def check(self) -> None:
        """Every order is there."""
        for order_id in self.orders:
            assert self._call("GET", f"/api/v1/orders/{order_id}")["status"] == "created"

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        # Not `call`, which has the test merchant's key.
        answer: requests.Response = self.stage.public(method, path, headers=self.key, **options)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())


def more(shopper: Sender) -> None:
    """Waits for some payments more."""
    before = len(shopper.paid)
    until(lambda: len(shopper.paid), lambda count: count >= before + PAYMENTS_PER_STEP, 120)


def statuses(stage: Stage, shopper: Sender) -> set[str]:
    return {stage.payment(payment["id"])["status"] for payment in shopper.paid}


def settled(stage: Stage) -> None:
    """Waits until no payment is pending, sweeping as the schedule would."""

    def pending() -> int:
        stage.sweep()
        return int(stage.call("GET", "/api/v1/payments?status=pending").json()["total"])

    until(pending, lambda count: count == 0, 120)


def messages(stage: Stage, queue: str) -> int:
    found = stage.aws("sqs").get_queue_attributes(
        QueueUrl=stage.outputs[f"{queue}QueueUrl"], AttributeNames=["All"]
    )["Attributes"]
    return sum(int(found[f"ApproximateNumberOfMessages{kind}"]) for kind in ("", "Delayed", "NotVisible"))


def test_the_drill_loses_no_payment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, record_property: Any
) -> None:
    monkeypatch.setenv("ASYNCPAY_TABLE_ENGINE", "none")
    (tmp_path / "emulator").mkdir()
    (tmp_path / "broken").mkdir()
    with running_emulator(tmp_path / "emulator") as emulator:
        drill = Drill(emulator.endpoint, tmp_path / "home")
        with drill.step("deploy test of 8d968c8"):
            old = old_release.take_out(OLD, tmp_path / "old", library="asyncpay")
            old_release.deploy(old, emulator.endpoint, NAME["test"], SETTINGS)
        with drill.step("deploy live"):
            drill.ops("live", "deploy")
        merchant = a_live_merchant(drill, drill.stage("live"))
        merchant.order()
        shopper = Sender(drill.stage("test"))
        with shopper.shopping():
            more(shopper)
            with drill.step("upgrade"):
                drill.ops("test", "deploy")
            more(shopper)
            _break_a_release(drill, tmp_path / "broken")
            more(shopper)
            _stop_the_workers(drill, shopper)
            more(shopper)
        _delete_and_restore(drill)
        settled(drill.stage("test"))
        assert statuses(drill.stage("test"), shopper) == {"success"}
        merchant.order()
        merchant.check()
        said = {name: drill.ops(name, "books") for name in NAME}
        assert all("the books agree" in text for text in said.values()), said
        # The sweeper's duplicates and the deployments' own payments are no lost ones.
        assert len({payment["id"] for payment in shopper.paid}) == len(shopper.paid)
        with drill.step("tear down"):
            _tear_down(drill)
    steps = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in drill.took.items())
    record_property(
        "drill",
        f"{steps}; {len(shopper.paid)} payments, none lost; refused {len(shopper.refused)}, "
        f"repeated for want of a response {len(shopper.unanswered)}",
    )
    assert shopper.refused == []


def _break_a_release(drill: Drill, into: Path) -> None:
    """It is tried out, found wanting, and taken back; what was paid meanwhile is finished."""
    stage = drill.stage("test")
    with drill.step("a release that fails, taken back"):
        broken = a_release_whose_workers_fail(into)
        printed = drill.ops("test", "deploy", sources=broken, fails=True, VERIFY_SECONDS="6")
    assert "was taken back" in printed
    assert stack_outputs(drill.endpoint, NAME["test"])["Release"] == stage.outputs["Release"]
    assert "<- deployed" in drill.ops("test", "releases")
    settled(stage)


def _stop_the_workers(drill: Drill, shopper: Sender) -> None:
    """Payments are taken and wait; nothing is sent twice, and a deployment starts nothing."""
    stage = drill.stage("test")
    with drill.step("stop and start the workers"):
        assert drill.ops("test", "workers stop").count("disabled") == 4
        more(shopper)
        assert "pending" in statuses(stage, shopper)
        before = messages(stage, "Payments")
        paid = len(shopper.paid)
        # Everything is overdue for the sweeper by then.
        until(lambda: len(shopper.paid), lambda count: count >= paid + 12, 60)
        assert "payments: 0 sent again" in drill.ops("test", "sweep")
        assert messages(stage, "Payments") <= before + len(shopper.paid) - paid + 2
        assert messages(stage, "PaymentsDeadLetter") == 0
        drill.ops("test", "deploy", LOG_LEVEL="DEBUG")
        assert drill.ops("test", "workers status").count("disabled") == 4
        assert drill.ops("test", "workers start").count("enabled") == 4
    settled(drill.stage("test"))


def _delete_and_restore(drill: Drill) -> None:
    """All tables are deleted, and come back from a backup, with everything that was paid."""
    tables = client("dynamodb", drill.endpoint)
    with drill.step("delete and restore the tables"):
        backup = drill.ops("test", "data backup").partition("backup ")[2].split()[0]
        drill.ops("test", "teardown", DATA="delete")
        assert not [name for name in tables.list_tables()["TableNames"] if name.startswith("drill-data")]
        drill.ops("test", f"data restore --backup {backup}")
        ttl = tables.describe_time_to_live(TableName="drill-data-idempotency-keys")["TimeToLiveDescription"]
        assert ttl["TimeToLiveStatus"] in ("ENABLED", "ENABLING")
        recovery = tables.describe_continuous_backups(TableName="drill-data-payments")
        assert json.dumps(recovery, default=str).count('"ENABLED"') >= 1
        drill.ops("test", "deploy")


def _tear_down(drill: Drill) -> None:
    drill.ops("test", "teardown", DATA="delete")
    assert "Nothing was removed" in drill.ops("live", "teardown", fails=True, DATA="delete")
    drill.ops("live", "protection off")
    drill.ops("live", "teardown", DATA="delete")
    left = client("cloudformation", drill.endpoint).describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in left if stack["StackStatus"] != "DELETE_COMPLETE"] == []
    assert client("dynamodb", drill.endpoint).list_tables()["TableNames"] == []
