"""A feed, a receiver, and the command line in this process or in one of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from asyncpay.cli.__main__ import run
from tests.docs.blocks import ROOT
from tests.sdk.cli.fake_feed import API_SECRET, KEY, Feed, Receiver, serving_feed, serving_receiver
from tests.sdk.scripted import Gateway, scripted


class Cli:
    """`asyncpay ...` with a home and a gateway of its own."""

    def __init__(self, environment: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
        self.environment = environment
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        self._capsys.readouterr()
        code = run(list(arguments))
        out, err = self._capsys.readouterr()
        return code, out, err

    def start(self, *arguments: str, out: Path) -> "subprocess.Popen[bytes]":
        """The same in a process of its own."""
        with out.open("ab") as file:
            return subprocess.Popen(
                [sys.executable, "-m", "asyncpay.cli", *arguments],
                env={**self.environment, "PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
                stdout=file,
                stderr=subprocess.STDOUT,
            )


@pytest.fixture
def feed() -> Iterator[Feed]:
    with serving_feed() as found:
        yield found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving_receiver() as found:
        yield found


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command keeps its files; nothing of this machine's user is read or written."""
    home = tmp_path / "home"
    for name in [one for one in os.environ if one.startswith("ASYNCPAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ASYNCPAY_CLI_HOME", str(home))
    return home


@pytest.fixture
def bare(home: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Nobody is logged in."""
    return Cli({"ASYNCPAY_CLI_HOME": str(home), "PYTHONPATH": str(ROOT / "sdk/python/src")}, capsys)


@pytest.fixture
def cli(feed: Feed, bare: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """Logged in at the feed, by the environment. Signals are as they were before, whatever happens."""
    own = {"ASYNCPAY_BASE_URL": feed.url, "ASYNCPAY_API_KEY": KEY, "ASYNCPAY_API_SECRET": API_SECRET}
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    bare.environment |= own
    before = signal.getsignal(signal.SIGINT)
    yield bare
    assert signal.getsignal(signal.SIGINT) is before


@pytest.fixture
def gateway(bare: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A scripted gateway at which one is logged in, by the environment."""
    with scripted() as found:
        own = {"ASYNCPAY_BASE_URL": found.url, "ASYNCPAY_API_KEY": KEY, "ASYNCPAY_API_SECRET": API_SECRET}
        for name, value in own.items():
            monkeypatch.setenv(name, value)
        yield found
