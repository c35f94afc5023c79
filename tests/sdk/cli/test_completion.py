"""`asyncpay completion`: what it prints completes commands in the shells themselves."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT
from tests.sdk.cli.conftest import Cli

# Each is run with the file of completions as $1, and prints what completes $2, a line each.
BASH = 'source "$1"; COMP_WORDS=($2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _asyncpay_completion asyncpay; '
BASH += 'printf "%s\\n" "${COMPREPLY[@]}"'
# The builtins of zsh that only an editor of command lines has print what they are given.
ZSH = """
compdef() { : }
_describe() { print -l -- ${(P)3} }
compadd() { print -l -- ${(P)@[-1]} }
source "$1"; words=(${=2}); CURRENT=${#words}; _asyncpay_completion
"""
FISH = 'source $argv[1]; complete -C "$argv[2]"'
COMMANDS = {
    "bash": ["bash", "--norc", "-c", BASH, "bash"],
    "zsh": ["zsh", "-f", "-c", ZSH, "zsh"],
    "fish": ["fish", "--no-config", "-c", FISH],
}


@pytest.fixture
def completes(bare: Cli, home: Path, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[str, Path]:
    """The shell of the test, and the file that it reads. `asyncpay` is found on its PATH."""
    shell = request.param
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    code, out, _ = bare("completion", shell)
    assert code == 0
    file = tmp_path / "completions"
    file.write_text(out)
    return shell, file


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_are_printed_with_the_place_that_they_belong_to(bare: Cli, shell: str) -> None:
    code, out, err = bare("completion", shell)
    assert (code, f"_ASYNCPAY_COMPLETE={shell}_complete" in out) == (0, True)
    assert f"asyncpay completion {shell}" in err


def in_the_shell(shell: str, file: Path, line: str) -> list[str]:
    command = file.parent / "bin" / "asyncpay"
    command.parent.mkdir(exist_ok=True)
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m asyncpay.cli "$@"\n')
    command.chmod(0o700)
    done = subprocess.run(
        [*COMMANDS[shell], str(file), line],
        env={
            "PATH": f"{command.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "sdk/python/src"),
            "HOME": str(file.parent),
            "ASYNCPAY_CLI_HOME": str(file.parent / "none"),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    # Behind a name, zsh and fish show what it is.
    return [one.replace("\t", ":").partition(":")[0].strip() for one in done.stdout.splitlines()]


@pytest.mark.parametrize("completes", ["bash", "zsh", "fish"], indirect=True)
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("asyncpay paym", ["payments"]),
        ("asyncpay payments list --stat", ["--status"]),
        ("asyncpay trigger payment.s", ["payment.success"]),
    ],
)
def test_a_real_shell_completes(completes: tuple[str, Path], line: str, wanted: list[str]) -> None:
    assert in_the_shell(*completes, line) == wanted


@pytest.mark.parametrize("completes", ["zsh"], indirect=True)
def test_a_zsh_that_has_not_begun_its_completion_takes_it(completes: tuple[str, Path]) -> None:
    shell, file = completes
    done = subprocess.run(
        [shell, "-f", "-c", 'source "$1"; print -- $_comps[asyncpay]', "zsh", str(file)],
        env={"PATH": os.environ["PATH"], "HOME": str(file.parent), "ZDOTDIR": str(file.parent)},
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert (done.stdout, done.stderr) == ("_asyncpay_completion\n", "")
