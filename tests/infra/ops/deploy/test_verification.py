"""What a deployment ends with: it looks at the stage as its users do, and takes back what does not work."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from infra.ops.console import Problem, Progress
from infra.ops.deploy import releases, rollback, stage, verification
from infra.ops.deploy.target import Target
from infra.ops.deploy.verification import Failed, Reply, verify, workers_ran
from infra.ops.operate.batches import Batches
from tests.infra.conftest import SettingsMaker

HEALTHY = Reply(
    200, {"status": "healthy", "database": "connected", "redis": "connected", "worker": "running"}
)
STOPPED = Reply(200, {**HEALTHY.body, "worker": "stopped"})  # which is still "healthy"
OUTPUTS = {"ApiUrl": "https://api", "ApiId": "a", "ApiStage": "s", "Release": "new"}


# What /health drew on when the release was there, and after some seconds more.
THEN, LATER = Batches({"payments": 900}, {"payments": 950}, 1_000), 2_000


class Api:
    """Stands for a deployed API: its replies by path, and what was asked."""

    def __init__(self, **replies: Reply) -> None:
        self.asked: list[str] = []
        self.batches = Batches(THEN.succeeded, THEN.failed, LATER)
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
        read = iter([THEN])
        monkeypatch.setattr(verification.batches, "read", lambda *_: next(read, api.batches))
        monkeypatch.setattr(verification, "states", lambda *_: {"payments": workers})
        key = {"TEST_API_KEY": "k", "TEST_API_SECRET": "s"}
        monkeypatch.setattr(verification, "deployed_test_key", lambda *_: key)
        return target

    return at


def verified(target: Target, *, ran_before: bool = True, clock: Callable[[], float] = lambda: 0) -> None:
    verify(target, OUTPUTS, Progress(), ran_before=ran_before, sleep=lambda _: None, clock=clock)


def test_a_test_stage_takes_a_payment_whatever_the_bank_makes_of_it(look: Any) -> None:
    api = Api()
    verified(look("test", api))
    assert api.asked == [
        "GET health",
        "POST api/v1/orders",
        "POST api/v1/payments",
        "GET api/v1/payments/pay_1",
        "GET health",
    ]


def test_a_live_stage_is_sent_no_payment(look: Any) -> None:
    api = Api()
    verified(look("live", api))
    assert api.asked == ["GET health"] * 2


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


@pytest.mark.parametrize("stage_name", ["test", "live"])
def test_a_release_that_mends_a_worker_is_not_blamed_for_what_health_said_before(
    look: Any, stage_name: str
) -> None:
    api = Api(health=STOPPED)
    verified(look(stage_name, api), ran_before=False)
    assert ("POST api/v1/payments" in api.asked) == (stage_name == "test")


def test_a_remedy_whose_own_batches_fail_is_none(look: Any) -> None:
    api = Api(health=STOPPED)
    target = look("live", api)
    api.batches = Batches(THEN.succeeded, {"payments": 960}, LATER)
    with pytest.raises(Problem, match="batches fail as before, of payments"):
        verified(target, ran_before=False)


def test_a_remedy_whose_batches_succeed_again_is_one(look: Any) -> None:
    api = Api(health=STOPPED)
    target = look("live", api)
    api.batches = Batches({"payments": 970}, {"payments": 960}, LATER)
    verified(target, ran_before=False)


def test_what_health_found_out_before_the_release_counts_for_nothing(look: Any) -> None:
    api = Api()
    target = look("live", api)
    api.batches = THEN
    with pytest.raises(Problem, match="found out before this release"):
        verified(target)


def test_a_release_that_keeps_no_reading_of_its_health_is_believed_once_an_old_one_would_be_gone(
    look: Any,
) -> None:
    api = Api()
    target = look("live", api)
    api.batches = THEN
    seconds = iter([0, 3, 11])
    verified(target, clock=lambda: next(seconds))


@pytest.mark.parametrize(
    ("reply", "said"), [(HEALTHY, True), (STOPPED, False), (Reply(502, {"message": "gone"}), False)]
)
def test_whether_the_workers_ran_is_asked_before_a_deployment(look: Any, reply: Reply, said: bool) -> None:
    assert workers_ran(look("live", Api(health=reply)), OUTPUTS) is said


def test_a_stage_that_does_not_answer_has_no_workers_that_ran_and_a_new_one_has_no_past(
    look: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = look("live", Api())
    assert workers_ran(target, {}) is True

    def unreachable(*_: Any) -> Reply:
        raise Failed("no answer")

    monkeypatch.setattr(verification, "_request", unreachable)
    assert workers_ran(target, OUTPUTS) is False


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "3601"])
def test_the_time_for_it_is_a_number_of_seconds(look: Any, seconds: str) -> None:
    with pytest.raises(Problem, match="VERIFY_SECONDS must be 1 to 3600"):
        verified(look("live", Api(), seconds=seconds))


@pytest.mark.parametrize("main", [stage.main, lambda settings, told: rollback.main(settings, None, told)])
def test_a_time_that_is_none_is_refused_before_anything_is_changed(
    target: Target, settings_of: SettingsMaker, monkeypatch: pytest.MonkeyPatch, main: Any
) -> None:
    for module in (stage, rollback):
        monkeypatch.setattr(module, "find", lambda _settings: target)  # no call of its account is expected
    with pytest.raises(Problem, match="VERIFY_SECONDS must be 1 to 3600, not 'soon'"):
        main(settings_of(STAGE="live", VERIFY_SECONDS="soon"), Progress())


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
    monkeypatch.setattr(stage, "verify", lambda *_, **__: None)
    stage._try_out(target, a_release("old"), OUTPUTS, Progress(), ran_before=True)
    assert kept == ["old", "new"]


def test_a_release_that_does_not_work_is_taken_back_and_not_kept(
    target: Target, kept: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise Problem("The stage is not fit for use: no answer")

    monkeypatch.setattr(stage, "verify", failing)
    with pytest.raises(Problem, match=r"Release new was taken back\. The stage is not fit for use"):
        stage._try_out(target, a_release("old"), OUTPUTS, Progress(), ran_before=True)
    assert kept == ["old", "back by change to old"]


@pytest.mark.parametrize("before", [None, a_release("new")])
def test_where_there_is_nothing_to_go_back_to_the_fault_is_told(
    target: Target, kept: list[str], monkeypatch: pytest.MonkeyPatch, before: releases.Release | None
) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise Problem("no answer")

    monkeypatch.setattr(stage, "verify", failing)
    with pytest.raises(Problem, match=r"^no answer$"):
        stage._try_out(target, before, OUTPUTS, Progress(), ran_before=True)
    assert "back by" not in " ".join(kept)
