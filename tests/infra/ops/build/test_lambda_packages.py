from collections.abc import Sequence
from pathlib import Path

import pytest

from infra.ops.build import lambda_packages
from infra.ops.console import Problem
from infra.ops.settings import Settings


@pytest.fixture
def project(settings: Settings) -> Path:
    for path, text in {
        "functions/app.py": "app = 1",
        "functions/chalicelib/http.py": "",
        "functions/__pycache__/app.cpython-311.pyc": "",
        "layers/gateway/gateway/__init__.py": "",
        "layers/gateway/requirements.txt": "chalice==1\n",
    }.items():
        (settings.root / path).parent.mkdir(parents=True, exist_ok=True)
        (settings.root / path).write_text(text)
    return settings.root


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """Stands for pip: what it was asked, with files put where it would put them."""
    asked: list[Sequence[str]] = []

    def run(command: Sequence[str], _log: Path, **_: float) -> None:
        asked.append(command)
        target = Path(command[command.index("--target") + 1])
        for name in (
            "chalice/app.py",
            "chalice/__init__.py",
            "chalice/cli/x.py",
            "chalice/deploy.py",
            "bin/chalice",
            "botocore/__init__.py",
            "botocore/cacert.pem",
            "botocore/data/endpoints.json",
            "botocore/data/s3/2006-03-01/service-2.json.gz",
            "chalice-1.dist-info/RECORD",
            "chalice-1.dist-info/METADATA",
        ):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_text("")

    monkeypatch.setattr(lambda_packages, "run", run)
    return asked


def _files(root: Path) -> set[str]:
    """All but the compiled modules, which have tests of their own."""
    found = {path.relative_to(root) for path in root.rglob("*") if path.is_file()}
    return {str(path) for path in found if path.parent.name != "__pycache__"}


def test_the_layer_holds_our_package_and_what_chalice_needs_at_run_time(
    settings: Settings, project: Path, installed: list[Sequence[str]]
) -> None:
    lambda_packages.build(settings)
    layer = _files(project / ".build" / "layer" / "python")
    metadata = "chalice-1.dist-info/METADATA"
    botocore = {f"botocore/{name}" for name in ("__init__.py", "cacert.pem", "data/endpoints.json")}
    assert layer == {"gateway/__init__.py", "chalice/__init__.py", "chalice/app.py", metadata, *botocore}
    assert len(installed) == 1


def test_the_functions_are_copied_with_their_times(
    settings: Settings, project: Path, installed: list[Sequence[str]]
) -> None:
    lambda_packages.build(settings)
    functions = project / ".build" / "functions"
    assert _files(functions) == {"app.py", "chalicelib/http.py"}
    source = project / "functions" / "app.py"
    assert (functions / "app.py").stat().st_mtime_ns == source.stat().st_mtime_ns
    assert installed


def test_packages_are_installed_again_only_when_their_pins_change(
    settings: Settings, project: Path, installed: list[Sequence[str]]
) -> None:
    lambda_packages.build(settings)
    (project / "layers" / "gateway" / "gateway" / "new.py").write_text("")
    lambda_packages.build(settings)
    assert len(installed) == 1
    assert "gateway/new.py" in _files(project / ".build" / "layer" / "python")
    (project / "layers" / "gateway" / "requirements.txt").write_text("chalice==2\n")
    lambda_packages.build(settings)
    assert len(installed) == 2


def test_a_file_that_is_gone_is_gone_from_the_build(
    settings: Settings, project: Path, installed: list[Sequence[str]]
) -> None:
    lambda_packages.build(settings)
    (project / "functions" / "chalicelib" / "http.py").unlink()
    lambda_packages.build(settings)
    assert _files(project / ".build" / "functions") == {"app.py"}
    assert installed


def test_a_compiled_package_is_refused(
    settings: Settings, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: Sequence[str], _log: Path, **_: float) -> None:
        target = Path(command[command.index("--target") + 1])
        (target / "chalice").mkdir(parents=True)
        (target / "fast.cpython-311-x86_64-linux-gnu.so").write_text("")

    monkeypatch.setattr(lambda_packages, "run", run)
    with pytest.raises(Problem, match=r"must be pure Python.*fast\.cpython"):
        lambda_packages.build(settings)
    assert not (project / ".build" / "layer.stamp").exists()
