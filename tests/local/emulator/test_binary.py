"""Which program keeps the tables, and what is said where there is none."""

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.ops.console import Problem, Progress
from infra.ops.settings import ROOT
from local.emulator import binary
from local.settings import Settings
from tests.local.conftest import SettingsMaker

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the engine is run on Linux only")
PACKAGE = "node_modules/@dynoxide/linux-x64"
LOCK = json.loads((ROOT / "requirements" / "engine" / "package-lock.json").read_bytes())


@pytest.fixture
def laptop(settings_of: SettingsMaker, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A laptop of the kind that there is a package for, where nothing is installed."""
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    made = settings_of()
    shutil.copytree(ROOT / "requirements" / "engine", made.root / "requirements" / "engine")
    return made


def _install(settings: Settings, **changed: Any) -> None:
    home = settings.root / ".build" / "engine" / "node_modules"
    home.mkdir(parents=True)
    record = {"packages": {PACKAGE: LOCK["packages"][PACKAGE] | changed}}
    (home / ".package-lock.json").write_text(json.dumps(record))


def test_every_pinned_package_has_the_one_version_and_a_hash() -> None:
    pinned = {name: entry for name, entry in LOCK["packages"].items() if name}
    assert PACKAGE in pinned
    for name, entry in pinned.items():
        assert name.startswith("node_modules/@dynoxide/")
        assert entry["version"] == "1.2.1"
        assert entry["integrity"].startswith("sha512-")


def test_what_npm_says_it_installed_is_the_program(laptop: Settings) -> None:
    assert binary.find(laptop)[0] is None
    _install(laptop)
    assert binary.find(laptop) == (laptop.root / ".build" / "engine" / PACKAGE / "dynoxide", "")


@pytest.mark.parametrize("changed", [{"version": "1.2.0"}, {"integrity": "sha512-other"}])
def test_another_version_or_hash_is_not_used(laptop: Settings, changed: dict[str, str]) -> None:
    _install(laptop, **changed)
    found, why = binary.find(laptop)
    assert found is None
    assert "not installed" in why


@pytest.mark.parametrize("machine", ["aarch64", "arm64"])
def test_a_machine_gets_the_package_of_its_own_processor_where_one_is_pinned(
    laptop: Settings, monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert binary.find(laptop) == (None, f"there is no table engine for linux on {machine}")
    other = "node_modules/@dynoxide/linux-arm64"
    entry = {"version": "1.2.1", "integrity": "sha512-arm"}
    lock = laptop.root / "requirements" / "engine" / "package-lock.json"
    lock.write_text(json.dumps({"packages": LOCK["packages"] | {other: entry}}))
    _install(laptop)
    assert "not installed" in binary.find(laptop)[1]
    record = laptop.root / ".build" / "engine" / "node_modules" / ".package-lock.json"
    record.write_text(json.dumps({"packages": {other: entry}}))
    assert binary.find(laptop) == (laptop.root / ".build" / "engine" / other / "dynoxide", "")


def test_a_machine_that_has_no_package_is_told_so(laptop: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert binary.find(laptop) == (None, "there is no table engine for linux on riscv64")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert binary.find(laptop)[0] is None


def test_a_reader_may_choose_another_program_or_none(settings_of: SettingsMaker, tmp_path: Path) -> None:
    program = tmp_path / "mine"
    program.touch(0o755)
    assert binary.find(settings_of(ASYNCPAY_TABLE_ENGINE=str(program))) == (program, "")
    assert binary.find(settings_of(ASYNCPAY_TABLE_ENGINE="none"))[0] is None
    with pytest.raises(Problem, match="ASYNCPAY_TABLE_ENGINE must be"):
        binary.find(settings_of(ASYNCPAY_TABLE_ENGINE=str(tmp_path / "absent")))


def test_an_installation_that_fails_ends_nothing(laptop: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binary, "NPM", ("sh", "-c", "echo no network; exit 1"))
    with binary.installing(laptop, Progress()):
        pass
    found, why = binary.find(laptop)
    assert found is None
    assert (laptop.logs / "install-engine.log").read_text() == "no network\n"
    assert "install-engine.log" in why


def test_nothing_is_installed_for_an_endpoint_of_the_caller_or_without_npm(
    settings_of: SettingsMaker, laptop: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_arguments: object, **_options: object) -> None:
        pytest.fail("npm was started")

    monkeypatch.setattr(subprocess, "Popen", forbidden)
    with binary.installing(settings_of(AWS_ENDPOINT_URL="http://127.0.0.1:4566"), Progress()):
        pass
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with binary.installing(laptop, Progress()):
        pass
