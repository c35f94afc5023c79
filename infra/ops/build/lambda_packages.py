"""What the template ships: .build/functions (the Chalice app) and .build/layer (the library, its packages).

Pure Python, so the same build runs on every interpreter and architecture; one of them finds it compiled.
Third-party packages are installed again only when their pins change; our own files are copied each time.
"""

import shutil
from fnmatch import fnmatch
from pathlib import Path, PurePath
from typing import IO

from infra.ops import locks
from infra.ops.build import bytecode, sbom
from infra.ops.build.programs import run
from infra.ops.build.venvs import digest, main_venv
from infra.ops.console import Problem
from infra.ops.settings import Settings

LEFT_OUT = ("__pycache__", "*.pyc", ".*", "*.orig")
IGNORED = shutil.ignore_patterns(*LEFT_OUT)
# Chalice's router needs these; the rest of it (deploy, cli, templates, local server) is for `chalice deploy`.
CHALICE_AT_RUN_TIME = {"__init__.py", "app.py", "py.typed"}
# botocore's descriptions of services, 100 MB of them, are for its clients, which the gateway does not use.
BOTOCORE_DATA_KEPT = {"endpoints.json", "partitions.json", "sdk-default-configuration.json", "_retry.json"}


def build_directory(settings: Settings) -> Path:
    """Fixed, and not the home: the template names it."""
    return settings.root / ".build"


def is_shipped(path: PurePath) -> bool:
    """Whether the build takes a file of the source tree."""
    return not any(fnmatch(part, pattern) for part in path.parts for pattern in LEFT_OUT)


def take_lock(settings: Settings) -> IO[str]:
    """Held while building and packaging, as all homes share one build."""
    return locks.wait_for(build_directory(settings) / "build.lock")


def build(settings: Settings) -> None:
    """Brings both trees up to date."""
    output = build_directory(settings)
    layer = output / "layer" / "python"
    _install_packages(settings, layer, output / "layer.stamp")
    _replace(settings.root / "layers" / "gateway" / "gateway", layer / "gateway")
    _replace(settings.root / "functions", output / "functions")
    cache = output / "bytecode"
    # Where Lambda puts a layer and a function (Lambda Developer Guide, "Packaging your layer content").
    used = bytecode.compile_tree(layer, "/opt/python", cache)
    used |= bytecode.compile_tree(output / "functions", "/var/task", cache)
    bytecode.forget_unused(cache, used)
    sbom.write(settings, output / "sbom.json")


def _install_packages(settings: Settings, layer: Path, stamp: Path) -> None:
    """The layer's third-party packages, pruned."""
    requirements = settings.root / "layers" / "gateway" / "requirements.txt"
    wanted = digest(requirements)
    if layer.is_dir() and stamp.is_file() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    shutil.rmtree(layer, ignore_errors=True)
    settings.logs.mkdir(parents=True, exist_ok=True)
    installing = main_venv(settings).installing("--target", str(layer), "-r", str(requirements))
    run(installing, settings.logs / "install-layer.log")
    _prune(layer)
    stamp.write_text(wanted)


def _prune(layer: Path) -> None:
    shutil.rmtree(layer / "bin", ignore_errors=True)
    for record in layer.glob("*.dist-info/RECORD"):
        record.unlink()  # it has the digests of programs that name this machine's interpreter
    for path in (layer / "chalice").iterdir():
        if path.name not in CHALICE_AT_RUN_TIME:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    data = layer / "botocore" / "data"
    for path in data.iterdir() if data.is_dir() else ():
        if path.name not in BOTOCORE_DATA_KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    compiled = [path.name for path in layer.rglob("*.so")]
    if compiled:
        raise Problem(f"The layer must be pure Python, and these are not: {', '.join(compiled)}")


def _replace(source: Path, target: Path) -> None:
    """Copies a tree over whatever was there, times included."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=IGNORED)
