import os
import subprocess
from collections.abc import Iterator

import pytest
import yaml

from infra.ops.console import Problem
from local.localstack import endpoint as localstack
from tests.local.conftest import SettingsMaker
from tests.support.http_server import QuietHandler, serving

NOBODY = "http://127.0.0.1:1"


class Refusing(QuietHandler):
    def do_GET(self) -> None:
        self.send_error(403)


@pytest.fixture
def running() -> Iterator[str]:
    with serving(Refusing) as server:
        yield server.url


@pytest.fixture(autouse=True)
def no_docker(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked to be started; nothing is."""
    started: list[str] = []
    monkeypatch.setattr(localstack, "start", lambda: started.append("container"))
    monkeypatch.delenv("LOCALSTACK_HOST", raising=False)
    return started


def test_a_given_endpoint_is_used_as_it_is(
    settings_of: SettingsMaker, running: str, monkeypatch: pytest.MonkeyPatch, no_docker: list[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", running)
    found = localstack.found(settings_of(AWS_ENDPOINT_URL=running))
    assert found == {"ASYNCPAY_E2E_ENDPOINT": running}
    assert no_docker == []


def test_a_given_endpoint_that_does_not_answer_is_named(
    settings_of: SettingsMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOBODY)
    with pytest.raises(Problem, match=NOBODY):
        localstack.found(settings_of(AWS_ENDPOINT_URL=NOBODY))


def test_without_one_the_container_is_started_and_webhooks_go_to_its_name_for_this_machine(
    settings_of: SettingsMaker, running: str, monkeypatch: pytest.MonkeyPatch, no_docker: list[str]
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("LOCALSTACK_HOST", running.removeprefix("http://"))
    found = localstack.found(settings_of())
    assert no_docker == ["container"]
    assert found["ASYNCPAY_E2E_ENDPOINT"] == running
    assert found["ASYNCPAY_E2E_WEBHOOK_HOST"] == localstack.HOST_OF_CONTAINERS


@pytest.mark.parametrize("error", [FileNotFoundError("docker"), subprocess.CalledProcessError(1, "docker")])
def test_without_docker_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.undo()

    def run(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(localstack.subprocess, "run", run)
    with pytest.raises(Problem, match="AWS_ENDPOINT_URL"):
        localstack.start()


def test_the_container_is_of_one_version_and_listens_on_this_machine_only() -> None:
    (service,) = yaml.safe_load(localstack.COMPOSE.read_text())["services"].values()
    assert service["image"].rpartition(":")[2].count(".") == 2
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert localstack.HOST_OF_CONTAINERS in service["environment"]["LAMBDA_DOCKER_FLAGS"]


def test_what_is_printed_can_be_evaluated(
    settings_of: SettingsMaker,
    running: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", running)
    localstack.main(settings_of(AWS_ENDPOINT_URL=running))
    shell = f'{capsys.readouterr().out}echo "$ASYNCPAY_E2E_ENDPOINT"'
    done = subprocess.run(
        ["sh", "-c", shell], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True
    )
    assert done.stdout.strip() == running
