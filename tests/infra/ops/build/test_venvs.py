import importlib.util
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.ops.build import programs, venvs
from infra.ops.build.venvs import Venv
from infra.ops.console import Problem, Progress
from infra.ops.settings import ROOT, Settings


def _venv(root: Path) -> Venv:
    requirements = root / "requirements"
    requirements.mkdir(exist_ok=True)
    (requirements / "local.txt").write_text("one==1\n")
    (requirements / "dev.txt").write_text("-r local.txt\ntwo==2\n")
    venv = Venv(root / ".venv", requirements / "dev.txt")
    venv.python.parent.mkdir(parents=True)
    venv.python.symlink_to(sys.executable)
    (venv.directory / ".origin").write_text(str(venv.directory))
    return venv


def test_a_venv_is_current_until_its_list_or_an_included_one_changes(tmp_path: Path) -> None:
    venv = _venv(tmp_path)
    assert not venv.is_current()
    venv.stamp()
    assert venv.is_current()
    (tmp_path / "requirements" / "local.txt").write_text("one==1.1\n")
    assert not venv.is_current()


def test_what_a_list_includes_is_installed_with_it(tmp_path: Path) -> None:
    venv = _venv(tmp_path)
    venv.stamp()
    assert Venv(venv.directory, tmp_path / "requirements" / "local.txt").is_current()


def test_a_venv_that_was_copied_elsewhere_is_made_anew(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    venv = _venv(here)
    venv.stamp()
    shutil.copytree(here, there, symlinks=True)
    assert not Venv(there / ".venv", there / "requirements" / "dev.txt").is_made()


def test_a_venv_whose_interpreter_went_away_is_made_anew(tmp_path: Path) -> None:
    venv = _venv(tmp_path)
    assert venv.is_made()
    venv.python.unlink()
    venv.python.symlink_to(tmp_path / "uninstalled")
    assert not venv.is_made()


class Installed:
    """Stands for a process of pip that has ended."""

    def poll(self) -> int:
        return 0


@pytest.mark.parametrize(
    ("current", "done"),
    [
        ((), ["start local", "start emulator", "end local", "meanwhile", "end emulator"]),
        (("local",), ["start emulator", "end emulator"]),
        (("emulator",), ["start local", "end local", "meanwhile"]),
        (("local", "emulator"), []),
    ],
)
def test_what_needs_the_first_venv_is_done_while_the_others_are_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, current: tuple[str, ...], done: list[str]
) -> None:
    happened: list[str] = []
    requirements = tmp_path / "requirements"
    requirements.mkdir()
    for name in ("local", "emulator"):
        (requirements / f"{name}.txt").write_text("one==1\n")

    def start(_command: list[str], log: Path) -> Installed:
        happened.append(f"start {log.stem.removeprefix('install-')}")
        return Installed()

    def finish(_process: Installed, log: Path) -> None:
        happened.append(f"end {log.stem.removeprefix('install-')}")

    monkeypatch.setattr(venvs, "start", start)
    monkeypatch.setattr(venvs, "finish", finish)
    monkeypatch.setattr(Venv, "make", lambda venv, _log: venv.directory.mkdir())
    monkeypatch.setattr(Venv, "installing", lambda *_what: [])
    monkeypatch.setattr(Venv, "is_current", lambda venv: venv.requirements.stem in current)
    settings = Settings.read({}, tmp_path)
    venvs.ensure(settings, Progress(), meanwhile=lambda: happened.append("meanwhile"))
    assert happened == done


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_is_told_what_to_install(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    found = importlib.util.find_spec

    def find_spec(name: str, package: str | None = None) -> Any:
        return None if name == module else found(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    with pytest.raises(Problem, match="apt install python3-venv"):
        venvs.check_prerequisites(settings)


@pytest.mark.parametrize("program", ["node", "npm"])
def test_pages_that_need_node_say_so_when_it_is_missing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if name == program else f"/usr/bin/{name}")
    venvs.check_prerequisites(settings)
    (settings.root / "checkout-site").mkdir()
    (settings.root / "checkout-site" / "package.json").write_text("{}")
    with pytest.raises(Problem, match=f"{program} is missing. Get Node.js"):
        venvs.check_prerequisites(settings)


def test_a_failed_installation_shows_the_end_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        programs.run(
            [sys.executable, "-c", "print('no such version'); raise SystemExit(1)"], tmp_path / "log"
        )
    assert caught.value.details[-1] == "no such version"


def test_an_installation_without_end_is_ended(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="took over 0 s"):
        programs.run(
            [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "log", timeout_seconds=0.2
        )


LISTS = [
    "requirements/local.txt",
    "requirements/dev.txt",
    "requirements/emulator.txt",
    "requirements/audit.txt",
    "requirements/mutants.txt",
]
LISTS += ["requirements/stripe.txt", "layers/gateway/requirements.txt"]


def pins_of(name: str) -> dict[str, str]:
    """The pins of a list, each with its digests."""
    text = (ROOT / name).read_text().replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", "-r "))]
    return {line.split()[0]: line for line in lines}


@pytest.mark.parametrize("name", LISTS)
def test_every_requirement_is_pinned_to_one_version_and_to_its_files(name: str) -> None:
    # With one digest in a list, pip asks for the digests of everything in it.
    pins = pins_of(name)
    assert pins
    assert [pin for pin in pins if pin.count("==") != 1] == []
    assert [pin for pin, line in pins.items() if "--hash=sha256:" not in line] == []


def test_the_layer_s_pins_are_those_that_the_tests_run_with() -> None:
    tested = pins_of("requirements/dev.txt") | pins_of("requirements/local.txt")
    assert pins_of("layers/gateway/requirements.txt").items() <= tested.items()
