import sys
from pathlib import Path

from infra.ops.settings import Settings
from local.bench.imports import import_time

BURN = """
import time

def burn():
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
"""


def test_an_import_is_measured_and_leaves_nothing_behind(tmp_path: Path) -> None:
    settings = Settings.read({}, tmp_path)
    python = tmp_path / ".venv-emulator" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    functions = tmp_path / ".build" / "functions"
    functions.mkdir(parents=True)
    (functions / "app.py").write_text("import other\nother.burn()\n")
    (functions / "other.py").write_text(BURN)
    found = import_time(settings, runs=2)
    assert 50 <= found.cpu_ms <= found.wall_ms + 5
    assert {path.name for path in functions.iterdir()} == {"app.py", "other.py"}
