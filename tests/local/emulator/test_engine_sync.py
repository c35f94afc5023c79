"""Whether the engine's writes are forced to the disk, asked by an engine that tries."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ports
from tests.support.emulator import ROOT, interpreter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the engine is run on Linux only")

# Of a descriptor that is none the kernel's answer is an error, and that of a filter before it is none.
ENGINE = """#!{python}
import json, os, pathlib, sys
found = {{}}
for call in (os.fsync, os.fdatasync, os.fstat):
    try:
        call(9999)
    except OSError as error:
        found[call.__name__] = error.strerror
pathlib.Path(sys.argv[7]).write_text(json.dumps(found))
"""
REFUSED = os.strerror(9)


@pytest.mark.parametrize(
    ("setting", "refused"),
    [(None, ["fstat"]), ("false", ["fstat"]), ("true", ["fsync", "fdatasync", "fstat"])],
)
def test_the_kernel_answers_for_the_disk_unless_it_is_asked_to_write(
    tmp_path: Path, setting: str | None, refused: list[str]
) -> None:
    engine, database = tmp_path / "engine", tmp_path / "tables.db"
    engine.write_text(ENGINE.format(python=sys.executable))
    engine.chmod(0o700)
    (port,) = ports.take(1)
    command = [interpreter(), "-m", "local.emulator.engine", str(port), str(engine), str(database)]
    environment = {"PATH": os.defpath} | ({"ASYNCPAY_TABLES_SYNC": setting} if setting else {})
    subprocess.run(command, cwd=ROOT, env=environment, check=False, timeout=60, capture_output=True)
    assert json.loads(database.read_text()) == dict.fromkeys(refused, REFUSED)
