"""What a deployment ends with: it looks at the stage as its users do, and takes back what does not work."""

from collections.abc import Mapping
from typing import Any

import pytest

from infra.ops.console import Problem, Progress
from infra.ops.deploy import releases, stage, verification
from infra.ops.deploy.target import Target
from infra.ops.deploy.verification import Reply, verify
from tests.infra.conftest import SettingsMaker

HEALTHY = Reply(
    200, {"status": "healthy", "database": "connected", "redis": "connected", "worker": "running"}
)
STOPPED = Reply(200, {**HEALTHY.body, "worker": "stopped"})  # which is still "healthy"
OUTPUTS = {"ApiUrl": "https://api", "ApiId": "a", "ApiStage": "s", "Release": "new"}


class Api:
    """Stands for a deployed API: its replies by path, and what was asked."""

    def __init__(self, **replies: Reply) -> None:
        self.asked: list[str] = []
        self.replies = {
            "health": HEALTHY,
            "orders": Reply(201, {"id": "order_1"}),
            "payments": Reply(201, {"id": "pay_1"}),
            "pay_1": Reply(200, {"status": "failed"}),
        } | replies

    def __call__(
        self, method: str, url: str, _headers: Mapping[str, str] | None = None, _body: Any = None
    ) -> Reply:
        self.asked.append(f"{method} {url.partition('://')[2].partition('/')[2]}")
        return self.replies[url.rpartition("/")[2]]


@pytest.fixture
def look(settings_of: SettingsMaker, monkeypatch: pytest.MonkeyPatch) -> Any:
    def at(name: str, api: Api, workers: str = "Enabled", seconds: str = "1") -> Target:
        target = Target(
            settings=settings_of(STAGE=name, VERIFY_SECONDS=seconds),
            stage=name,
            stack=f"asyncpay-{name}",
            account="123456789012",
            region="ap-south-1",
            endpoint="https://cloudformation.ap-south-1.amazonaws.com",
            aws=lambda _service: pytest.fail("not to be called"),
        )
        monkeypatch.setattr(verification, "_request", api)
        monkeypatch.setattr(verification, "states", lambda *_: {"payments": workers})
        key = {"TEST_API_KEY": "k", "TEST_API_SECRET": "s"}
        monkeypatch.setattr(verification, "deployed_test_key", lambda *_: key)
        return target

    return at


def verified(target: Target) -> None:
    verify(target, OUTPUTS, Progress(), sleep=lambda _: None)


def test_a_test_stage_takes_a_payment_whatever_the_bank_makes_of_it(look: Any) -> None:
    api = Api()
    verified(look("test", api))
    assert api.asked == [
        "GET health",
        "POST api/v1/orders",
        "POST api/v1/payments",
        "GET api/v1/payments/pay_1",
    ]


def test_a_live_stage_is_sent_no_payment(look: Any) -> None:
    api = Api()
    verified(look("live", api))
    assert api.asked == ["GET health"]


@pytest.mark.parametrize(
    ("replies", "told"),
    [
        ({"health": STOPPED}, "/health answers 200"),
        ({"orders": Reply(500, {"error": {"code": "SERVER_ERROR"}})}, "orders answers 500"),
        ({"payments": Reply(401, {})}, "payments answers 401"),
        ({"pay_1": Reply(200, {"status": "pending"})}, "is pending"),
    ],
)
def test_a_stage_that_does_not_work_is_not_fit_for_use(
    look: Any, replies: dict[str, Reply], told: str
) -> None:
    with pytest.raises(Problem, match="not fit for use") as caught:
        verified(look("test", Api(**replies)))
    assert told in caught.value.message


def test_a_live_stage_whose_workers_stand_still_is_not_fit_for_use(look: Any) -> None:
    with pytest.raises(Problem, match="'worker': 'stopped'"):
        verified(look("live", Api(health=STOPPED)))


def test_workers_that_an_operator_stopped_are_no_fault_of_the_release(look: Any) -> None:
    api = Api(health=STOPPED)
    verified(look("test", api, workers="Disabled"))
    assert api.asked == ["GET health"]
    down = Reply(503, {**STOPPED.body, "database": "disconnected"})
    with pytest.raises(Problem, match="not fit for use"):
        verified(look("live", Api(health=down), workers="Disabled"))


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "3601"])
def test_the_time_for_it_is_a_number_of_seconds(look: Any, seconds: str) -> None:
    with pytest.raises(Problem, match="VERIFY_SECONDS must be 1 to 3600"):
        verified(look("live", Api(), seconds=seconds))


def a_release(name: str) -> releases.Release:
    return releases.Release(name, "0.1.0 abc", 2, "20260131T093000Z", "https://template", {})


@pytest.fixture
def kept(target: Target, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is kept of releases and executed, by name."""
    done: list[str] = []
    monkeypatch.setattr(stage, "seed", lambda *_: None)
    monkeypatch.setattr(stage, "execute", lambda _made, change: done.append(f"back by {change}"))
    object.__setattr__(target, "aws", lambda _service: None)
    monkeypatch.setattr(releases, "keep", lambda _target, one: done.append(one.name if one else "none"))
    monkeypatch.setattr(releases, "deployed", lambda _target: a_release("new"))
    monkeypatch.setattr(releases, "way_back", lambda _target, one: f"change to {one.name}")
    return done


def test_a_release_that_works_is_kept(
    target: Target, kept: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "verify", lambda *_: None)
    stage._try_out(target, a_release("old"), OUTPUTS, Progress())
    assert kept == ["old", "new"]


def test_a_release_that_does_not_work_is_taken_back_and_not_kept(
    target: Target, kept: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> None:
        raise Problem("The stage is not fit for use: no answer")

    monkeypatch.setattr(stage, "verify", failing)
    with pytest.raises(Problem, match=r"Release new was taken back\. The stage is not fit for use"):
        stage._try_out(target, a_release("old"), OUTPUTS, Progress())
    assert kept == ["old", "back by change to old"]


@pytest.mark.parametrize("before", [None, a_release("new")])
def test_where_there_is_nothing_to_go_back_to_the_fault_is_told(
    target: Target, kept: list[str], monkeypatch: pytest.MonkeyPatch, before: releases.Release | None
) -> None:
    def failing(*_: Any) -> None:
        raise Problem("no answer")

    monkeypatch.setattr(stage, "verify", failing)
    with pytest.raises(Problem, match=r"^no answer$"):
        stage._try_out(target, before, OUTPUTS, Progress())
    assert "back by" not in " ".join(kept)
