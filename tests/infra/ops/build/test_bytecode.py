import importlib.util
import marshal
import subprocess
import sys
from pathlib import Path
from types import CodeType

import pytest

from infra.ops.build import bytecode

HEADER_BYTES = 16  # PEP 552


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, source in {
        "package/__init__.py": "",
        "package/module.py": "def fail():\n    raise RuntimeError('here')\n",
        "package/other.py": "VALUE = 1\n",
    }.items():
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_text(source)
    return tmp_path / "tree"


def compiled(tree: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in tree.rglob("*.pyc")}


def run(code: str, tree: Path) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env={"PYTHONPATH": str(tree)}, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


@pytest.mark.parametrize("prefix", [None, "elsewhere"], ids=["as it is", "with a cache elsewhere"])
def test_every_module_is_compiled_and_python_uses_it(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str | None
) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", prefix and str(tmp_path / prefix))
    bytecode.compile_tree(tree, "/opt/python", tmp_path / "cache")
    assert len(compiled(tree)) == 3
    # As nobody looks at the source any more, a change of it goes unnoticed: archives do not change.
    (tree / "package" / "other.py").write_text("VALUE = 2\n")
    assert run("import package.other; print(package.other.VALUE)", tree).strip() == "1"


def test_compiled_code_names_the_place_that_lambda_has_and_nothing_of_this_machine(
    tree: Path, tmp_path: Path
) -> None:
    bytecode.compile_tree(tree, "/opt/python", tmp_path / "cache")
    (kept,) = tree.rglob("module.*.pyc")
    code = marshal.loads(kept.read_bytes()[HEADER_BYTES:])  # noqa: S302 -- it was made here
    inner = [part for part in code.co_consts if isinstance(part, CodeType)]
    assert {part.co_filename for part in (code, *inner)} == {"/opt/python/package/module.py"}
    assert str(tmp_path).encode() not in kept.read_bytes()


def test_the_same_sources_give_the_same_bytes(tree: Path, tmp_path: Path) -> None:
    bytecode.compile_tree(tree, "/opt/python", tmp_path / "cache")
    first = compiled(tree)
    for path in tree.rglob("*.pyc"):
        path.unlink()
    (tree / "package" / "other.py").touch()
    bytecode.compile_tree(tree, "/opt/python", tmp_path / "cache")
    assert compiled(tree) == first


def test_a_source_that_changed_is_compiled_again(tree: Path, tmp_path: Path) -> None:
    bytecode.compile_tree(tree, "/opt/python", tmp_path / "cache")
    (tree / "package" / "other.py").write_text("VALUE = 2\n")
    bytecode.compile_tree(tree, "/opt/python", tmp_path / "cache")
    assert run("import package.other; print(package.other.VALUE)", tree).strip() == "2"


def test_what_no_source_has_any_more_leaves_the_cache(tree: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    bytecode.compile_tree(tree, "/opt/python", cache)
    (tree / "package" / "other.py").unlink()
    used = bytecode.compile_tree(tree, "/opt/python", cache)
    bytecode.forget_unused(cache, used)
    assert {path.name for path in cache.iterdir()} == used
    assert len(used) == 2


def test_another_python_is_not_misled(tree: Path, tmp_path: Path) -> None:
    bytecode.compile_tree(tree, "/opt/python", tmp_path / "cache")
    tag = sys.implementation.cache_tag
    assert {name.split(".")[1] for name in compiled(tree)} == {tag}
    assert all(content.startswith(importlib.util.MAGIC_NUMBER) for content in compiled(tree).values())


def test_a_source_that_is_no_python_is_left_to_who_imports_it(tree: Path, tmp_path: Path) -> None:
    (tree / "package" / "other.py").write_text("no python\n")
    bytecode.compile_tree(tree, "/opt/python", tmp_path / "cache")
    assert len(compiled(tree)) == 2
    assert "SyntaxError" in run("import package.other", tree)
