"""A command of ours compiles what it imports once, also where the environment wants no bytecode."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.ops.program import keeping_bytecode

NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
PREFIX = "PYTHONPYCACHEPREFIX"


@pytest.mark.parametrize("given", [{}, {NO_BYTECODE: ""}, {PREFIX: "/elsewhere"}])
def test_where_python_keeps_bytecode_it_stays_where_it_is(given: dict[str, str]) -> None:
    kept = keeping_bytecode(Path("/project"), given)
    assert kept.get(PREFIX) == given.get(PREFIX)
    assert not kept.get(NO_BYTECODE)


def test_where_the_sources_are_to_hold_none_it_goes_to_the_build(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("VALUE = 1\n")
    environ = keeping_bytecode(tmp_path, {NO_BYTECODE: "1", "PYTHONPATH": str(tmp_path), "PATH": os.defpath})
    subprocess.run([sys.executable, "-c", "import module"], env=environ, check=True, timeout=60)
    (compiled,) = tmp_path.rglob("module.*.pyc")
    assert compiled.is_relative_to(tmp_path / ".build" / "pycache")


def test_a_place_that_the_caller_named_is_used() -> None:
    given = {NO_BYTECODE: "1", PREFIX: "/elsewhere"}
    assert keeping_bytecode(Path("/project"), given) == {PREFIX: "/elsewhere"}
