"""A wrong profile, no region, no credentials or old ones: every operator's command says so in a sentence."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.domain.errors import Unavailable
from infra.ops import __main__ as ops
from infra.ops import program
from infra.ops.build import venvs
from infra.ops.settings import ROOT
from tests.support.http_server import QuietHandler, serving

COMMANDS = [
    "deploy --stage test",
    "teardown --stage test",
    "rollback --stage test",
    "releases --stage test",
    "data version --stage test",
    "data shrink --stage test",
    "data backup --stage test",
    "data backups --stage test",
    "data restore --stage test",
    "protection status --stage test",
    "protection on --stage test",
    "protection off --stage test",
    "admin --stage test list",
    "admin --stage test parked",
    "redrive --stage test",
    "logs --stage test",
    "workers status --stage test",
    "workers stop --stage test",
    "workers start --stage test",
    "queues --stage test",
    "sweep --stage test",
    "test-key --stage test",
    "books --stage test",
    "stacks --stage test",
    "rotate-secret session-key --stage test",
]
WITHOUT_AWS = {"capacity"}
EXPIRED = b"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error>
<RequestId>1</RequestId></ErrorResponse>"""
KEYS = {"AWS_ACCESS_KEY_ID": "AKIA0", "AWS_SECRET_ACCESS_KEY": "secret"}
REGION = {"AWS_REGION": "ap-south-1"}


class Sts(QuietHandler):
    """AWS, as it answers credentials that have expired."""

    def do_POST(self) -> None:
        self.read_body()
        self.send_response(403)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(EXPIRED)))
        self.end_headers()
        self.wfile.write(EXPIRED)


@pytest.fixture(scope="module")
def expired() -> Iterator[str]:
    """An endpoint where all credentials have expired."""
    with serving(Sts) as server:
        yield server.url


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of an operator who has no file of AWS's tools, and is on no machine of AWS."""
    return {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "ASYNCPAY_HOME": str(tmp_path / "home"),
    }


@pytest.fixture
def run(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Runs a command in this process; answers what it said when it failed."""

    def running(command: str, **variables: str) -> str:
        monkeypatch.setattr(os, "environ", environment | variables)
        monkeypatch.setattr(sys, "argv", ["infra.ops", *command.split()])
        monkeypatch.setattr(venvs, "ensure", lambda *_: None)
        monkeypatch.setattr(program, "continue_in_venv", lambda *_: None)
        monkeypatch.setattr(program.signal, "signal", lambda *_: None)
        assert ops.main() == 1
        return capsys.readouterr().err

    return running


def is_a_sentence(said: str) -> bool:
    return said.startswith("asyncpay: ") and "Traceback" not in said and said.count("\n") <= 2


def test_no_command_is_left_out() -> None:
    assert {command.split()[0] for command in COMMANDS} == ops.COMMANDS.keys() - WITHOUT_AWS


@pytest.mark.parametrize("command", COMMANDS)
def test_a_profile_that_does_not_exist_is_told_of(run: Callable[..., str], command: str) -> None:
    said = run(command, AWS_PROFILE="gone", **REGION)
    assert is_a_sentence(said)
    assert "(gone) could not be found" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_region_that_is_not_set_is_told_of(run: Callable[..., str], command: str) -> None:
    said = run(command, **KEYS)
    assert is_a_sentence(said)
    assert "No AWS region is set: AWS_REGION" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_credentials_that_are_not_there_are_told_of(run: Callable[..., str], command: str) -> None:
    said = run(command, **REGION)
    assert is_a_sentence(said)
    assert "AWS does not know who you are: Unable to locate credentials" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_credentials_that_have_expired_are_told_of(
    run: Callable[..., str], expired: str, command: str
) -> None:
    said = run(command, AWS_ENDPOINT_URL=expired, **KEYS)
    assert is_a_sentence(said)
    assert "AWS does not know who you are" in said
    assert "is expired" in said


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"AWS_ACCESS_KEY_ID": "AKIA0", **REGION}, "Partial credentials found"),
        ({"AWS_REGION": "no region!", **KEYS}, "doesn't match a supported format"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1", **KEYS}, "Could not connect to the endpoint URL"),
        ({"AWS_ENDPOINT_URL": "127.0.0.1:1", **KEYS}, "AWS_ENDPOINT_URL must begin with http://"),
    ],
)
@pytest.mark.parametrize("command", ["deploy --stage test", "queues --stage test", "queues --stack mine"])
def test_other_ways_to_get_it_wrong_are_told_of(
    run: Callable[..., str], variables: dict[str, str], told: str, command: str
) -> None:
    said = run(command, **variables)
    assert is_a_sentence(said)
    assert told in said


def test_a_file_of_awss_tools_that_cannot_be_read_is_told_of(
    run: Callable[..., str], environment: dict[str, str]
) -> None:
    Path(environment["AWS_CONFIG_FILE"]).write_text("no section\n")
    for command in ("deploy --stage test", "queues --stage test"):
        said = run(command, **REGION)
        assert is_a_sentence(said)
        assert "config" in said


def test_what_the_library_could_not_do_is_told_with_its_cause(
    run: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise Unavailable("The service is temporarily unavailable") from ValueError("no such table")

    monkeypatch.setitem(ops.COMMANDS, "books", failing)
    said = run("books --stage test", **REGION, **KEYS)
    assert said == "asyncpay: The service is temporarily unavailable (no such table)\n"


def test_a_fault_of_ours_is_no_sentence(run: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ops.COMMANDS, "books", lambda *_: {}["a bug"])
    with pytest.raises(KeyError):
        run("books --stage test", **REGION, **KEYS)


def test_so_it_is_where_the_command_is_typed(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.ops", "queues", "--stage", "live"],
        cwd=ROOT,
        env=environment | {"AWS_PROFILE": "gone"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, is_a_sentence(done.stderr)) == (1, True), done.stderr
