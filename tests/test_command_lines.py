"""The command lines of `python -m local` and `python -m infra.ops`, and the commands that documents name."""

import argparse
import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import infra.ops.command_line
import local.command_line
from infra.ops.settings import ROOT
from tests.support.syntax import syntax_tree

PARSERS = {"local": local.command_line.parser(), "infra.ops": infra.ops.command_line.parser()}
DOCUMENTS = [
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "Makefile",
]
COMMAND = re.compile(r"-m (local|infra\.ops) ([^`#\n&|]*)")


def commands_of(parser: argparse.ArgumentParser) -> Iterator[list[str]]:
    """Every command that a parser knows, those of its commands included."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield [name]
                yield from ([name, *more] for more in commands_of(below))


def named_in(path: Path) -> Iterator[tuple[str, list[str]]]:
    """The commands that a document names: module and arguments."""
    for module, rest in COMMAND.findall(path.read_text(encoding="utf-8")):
        argv = shlex.split(rest.split(" ...")[0].partition(")")[0])
        if argv and not argv[0].isupper() and not argv[0].startswith(("-", "$")):
            yield module, argv


@pytest.mark.parametrize(
    ("module", "command"),
    [(module, command) for module, parser in PARSERS.items() for command in commands_of(parser)],
)
def test_every_command_says_what_it_does(
    module: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        PARSERS[module].parse_args([*command, "--help"])
    assert ended.value.code == 0
    usage, _, told = capsys.readouterr().out.partition("\n\n")
    assert usage.startswith(f"usage: python -m {module} {command[0]}")
    assert len(told.split("\n\n")[0].split()) >= 4


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_command_that_a_document_names_is_one(path: Path) -> None:
    for module, argv in named_in(path):
        # An example may name a command only, without what it needs.
        known = [command for command in commands_of(PARSERS[module]) if command == argv[: len(command)]]
        assert known, f"python -m {module} {shlex.join(argv)}"


def test_the_documents_name_commands_of_both() -> None:
    found = {(module, argv[0]) for path in DOCUMENTS for module, argv in named_in(path)}
    assert {
        ("local", "up"),
        ("infra.ops", "deploy"),
        ("infra.ops", "admin"),
        ("infra.ops", "redrive"),
    } <= found


@pytest.mark.parametrize(
    ("module", "argv"),
    [
        ("local", ["up", "--dev"]),
        ("local", ["up", "--queue", "payments"]),
        ("local", ["deploy"]),
        ("infra.ops", ["redrive", "--queue", "orders"]),
        ("infra.ops", ["redrive", "--stage", "prod"]),
        ("infra.ops", ["redrive", "--stage", "test", "--stack", "asyncpay-live"]),
        ("infra.ops", ["deploy", "--stage", "TEST"]),
        ("infra.ops", ["deploy", "--delete-data"]),
    ],
)
def test_an_option_of_another_command_or_with_a_wrong_value_is_refused(
    module: str, argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        PARSERS[module].parse_args(argv)
    assert ended.value.code == 2
    assert f"usage: python -m {module}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "variables"),
    [
        (["deploy"], {}),
        (["deploy", "--stage", "test"], {"STAGE": "test"}),
        (["deploy", "--stage=live", "--yes", "--edge"], {"STAGE": "live", "CONFIRM": "yes", "EDGE": "yes"}),
        (["teardown", "--yes", "--delete-data"], {"CONFIRM": "yes", "DATA": "delete"}),
    ],
)
def test_options_stand_for_the_variables_that_make_passes_on(
    argv: list[str], variables: dict[str, str]
) -> None:
    assert infra.ops.command_line.variables(PARSERS["infra.ops"].parse_args(argv)) == variables


@pytest.mark.parametrize("command", ["redrive", "logs"])
def test_an_operators_command_works_on_the_stack_of_a_stage(command: str) -> None:
    parse = PARSERS["infra.ops"].parse_args
    assert (parse([command]).stage, parse([command]).stack) == (None, None)
    assert parse([command, "--stage", "live"]).stage == "live"
    assert parse([command, "--stack", "mine"]).stack == "mine"


def imported_before_the_venv(module: Path, seen: set[Path]) -> Iterator[str]:
    """What is imported when a module of ours is, at its top level and in those of ours that it imports."""
    seen.add(module)
    for node in syntax_tree(module).body:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            path = ROOT / name.replace(".", "/")
            for found in (path / "__init__.py", path.with_suffix(".py")):
                if found.is_file() and found not in seen:
                    yield from imported_before_the_venv(found, seen)
        yield names[0].partition(".")[0]


@pytest.mark.parametrize("entry", ["local", "infra/ops"])
def test_the_first_steps_need_nothing_installed(entry: str) -> None:
    found = set(imported_before_the_venv(ROOT / entry / "__main__.py", set()))
    assert found - sys.stdlib_module_names == {"infra", "local"} & found
    assert "argparse" in found


@pytest.mark.parametrize("module", PARSERS)
def test_help_is_given_by_a_bare_interpreter(module: str) -> None:
    bare = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, '.'); import {module}.__main__",
    ]
    done = subprocess.run(
        [sys.executable, "-S", "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"usage: python -m {module}" in done.stdout
    assert subprocess.run(bare, cwd=ROOT, timeout=30).returncode == 0
