"""One deployment of a stack at a time, on the emulator's S3."""

import json
import uuid
from datetime import timedelta

import pytest

from infra.ops.console import Problem, Progress
from infra.ops.deploy import lock
from infra.ops.deploy.target import Target
from tests.infra.conftest import SettingsMaker
from tests.support.emulator import Emulator

pytestmark = pytest.mark.emulator


@pytest.fixture
def target(emulator: Emulator, settings_of: SettingsMaker) -> Target:
    made = Target(
        settings=settings_of(STAGE="test"),
        stage="test",
        stack=f"lock-{uuid.uuid4().hex[:8]}",
        account="000000000000",
        region="us-east-1",
        endpoint=emulator.endpoint,
        aws=emulator.client,
    )
    emulator.client("s3").create_bucket(Bucket=made.bucket)
    return made


def test_a_second_deployment_is_refused_once_it_has_waited_and_says_who_has_it(
    target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        lock.held(target, Progress()),
        pytest.raises(Problem, match=r"Another deployment of lock-\w+ is under way: .+ on .+, since 2"),
        lock.held(target, Progress(), within_seconds=0),
    ):
        pytest.fail("two have the lock")
    assert "waiting" not in capsys.readouterr().out


def test_a_second_deployment_goes_on_when_the_first_has_ended(
    target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    first = lock.held(target, Progress())
    first.__enter__()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        first.__exit__(None, None, None)

    with lock.held(target, Progress(), sleep=sleep):
        assert len(slept) == 1
    assert "waiting for another deployment" in capsys.readouterr().out


def test_the_lock_is_free_after_a_failure(target: Target) -> None:
    with pytest.raises(RuntimeError), lock.held(target, Progress()):
        raise RuntimeError("a deployment failed")
    with lock.held(target, Progress(), within_seconds=0):
        pass


def test_who_was_killed_blocks_nobody_for_long(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    key = f"locks/{target.stack}.json"
    body = json.dumps({"holder": "somebody", "since": "before"}).encode()
    target.aws("s3").put_object(Bucket=target.bucket, Key=key, Body=body)
    with (
        pytest.raises(Problem, match="somebody, since before"),
        lock.held(target, Progress(), within_seconds=0),
    ):
        pytest.fail("it was renewed a moment ago")
    monkeypatch.setattr(lock, "LEASE", timedelta(seconds=-1))
    with lock.held(target, Progress(), within_seconds=0):
        pass


def test_two_stages_do_not_wait_for_each_other(target: Target) -> None:
    other = Target(**{**vars(target), "stack": f"{target.stack}-2"})
    with lock.held(target, Progress()), lock.held(other, Progress(), within_seconds=0):
        pass
