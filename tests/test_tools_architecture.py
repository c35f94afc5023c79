"""What docs/architecture.md promises about the tools: infra.ops for every stage, local for the laptop."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.support.syntax import syntax_tree

ROOT = Path(__file__).resolve().parent.parent
OPS = sorted((ROOT / "infra").rglob("*.py"))
LOCAL = sorted((ROOT / "local").rglob("*.py"))
FOLDERS = sorted({path.parent for path in [*OPS, *LOCAL]})
MODULE_LINES_MAX = 250
FUNCTION_LINES_MAX = 60
MODULES_MAX = 15


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(path: Path) -> set[str]:
    """The packages that a module imports, anywhere in it."""
    names = set()
    for node in ast.walk(syntax_tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a module is"
            names.add((node.module or "").partition(".")[0])
    return names


modules = pytest.mark.parametrize("path", [*OPS, *LOCAL], ids=name_of)


@pytest.mark.parametrize("path", OPS, ids=name_of)
def test_what_deploys_does_not_know_the_laptop(path: Path) -> None:
    assert "local" not in imported(path)


def test_the_laptop_builds_on_what_deploys() -> None:
    assert any("infra" in imported(path) for path in LOCAL)


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_folder_is_seen_at_a_glance(folder: Path) -> None:
    assert len(list(folder.glob("*.py"))) <= MODULES_MAX


@modules
def test_no_tool_is_longer_than_a_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MODULE_LINES_MAX


@modules
def test_no_function_of_a_tool_is_longer_than_a_screen(path: Path) -> None:
    functions = [
        node
        for node in ast.walk(syntax_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    lengths = {node.name: (node.end_lineno or node.lineno) - node.lineno + 1 for node in functions}
    assert {name: lines for name, lines in lengths.items() if lines >= FUNCTION_LINES_MAX} == {}


@modules
def test_every_tool_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(syntax_tree(path))


def test_no_two_files_of_tests_share_a_name() -> None:
    everywhere = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, times in everywhere.items() if times > 1] == []
