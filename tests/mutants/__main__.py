"""`make mutants`: how much of the rules the fast tests would notice if it were wrong.

mutmut (https://mutmut.readthedocs.io) changes the code of gateway/domain and gateway/use_cases in small ways
and runs, for each change, the tests that reach the changed function. A change that no test notices survived.
Of all changes, ASYNCPAY_MUTANTS are tried (default 300), drawn by ASYNCPAY_SEED (default 0): the same number
draws the same ones from the same code.

Everything happens in .build/mutants, a copy: the tree is not touched. The command fails where more than
SURVIVORS_MAX_PERCENT survive, or one survives that survivors.md does not explain.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = ROOT / ".build" / "mutants"
VENV = ROOT / ".venv-mutants"
EXPLAINED = Path(__file__).parent / "survivors.md"
SURVIVORS_MAX_PERCENT = 5
KILLED = {1, 3, 36, 37, 24, 152, 255, -24}  # a failure, pytest's internal error, a timeout (mutmut/stats.py)
NO_TEST = 33
FAST_TESTS = ("tests/domain", "tests/presenters", "tests/use_cases", "tests/model", "tests/acquirers")
# mutmut names a function by its path, Python by its import: so the library lies at the top of the copy.
COPIED = ("docs", "functions", "infra", "local", "tests", "template.yaml")
SMALLEST = "gateway.domain.access.limit.*"


def main() -> int:
    """Draws, tries and reports; 1 where more survive than may."""
    seed = int(os.environ.get("ASYNCPAY_SEED", "0"))
    wanted = int(os.environ.get("ASYNCPAY_MUTANTS", "300"))
    python = _venv()
    _copy()
    _mutmut(
        python, "run", "--max-children", "2", SMALLEST
    )  # makes all mutants, and notes which test reaches which function
    every = sorted(_results())
    drawn = random.Random(seed).sample(every, min(wanted, len(every)))
    reached = _reached()
    tried = [name for name in drawn if name.rpartition("__mutmut_")[0] in reached]
    _mutmut(python, "run", "--max-children", "2", *tried)
    results = _results()
    survivors = [name for name in drawn if name not in tried or results[name] not in KILLED]
    unexplained = _report(python, survivors, set(tried))
    percent = 100 * len(survivors) / len(drawn)
    print(
        f"seed {seed}: {len(survivors)} of {len(drawn)} survived ({percent:.1f} %), drawn from {len(every)}"
    )
    if unexplained:
        print(f"{unexplained} of them are not explained in {EXPLAINED.relative_to(ROOT)}")
    return int(bool(unexplained) or percent > SURVIVORS_MAX_PERCENT)


def _venv() -> Path:
    python = VENV / "bin" / "python"
    pins = ROOT / "requirements" / "mutants.txt"
    stamp = VENV / "installed.txt"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != pins.read_text(encoding="utf-8"):
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "-r", pins], check=True)
        (site,) = VENV.glob("lib/python*/site-packages")
        (other,) = (ROOT / ".venv").glob("lib/python*/site-packages")
        (site / "asyncpay.pth").write_text(f"{other}\n", encoding="utf-8")
        stamp.write_text(pins.read_text(encoding="utf-8"), encoding="utf-8")
    return python


def _copy() -> None:
    shutil.rmtree(WORK, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", "node_modules")
    shutil.copytree(ROOT / "layers" / "gateway" / "gateway", WORK / "gateway", ignore=ignored)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, WORK / name, ignore=ignored)
        else:
            shutil.copy2(ROOT / name, WORK / name)
    pytest = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"][
        "ini_options"
    ]
    settings = {
        "tool.pytest.ini_options": pytest | {"pythonpath": [".", "functions"]},
        "tool.mutmut": {
            "source_paths": ["gateway"],
            "only_mutate": ["gateway/domain/*", "gateway/use_cases/*"],
            "do_not_mutate": ["gateway/use_cases/protocols/*"],
            "also_copy": [name for name in COPIED if name != "tests"],
            "pytest_add_cli_args": [
                "-m",
                "not emulator and not e2e",
                "-p",
                "no:cacheprovider",
                "--hypothesis-seed=0",
                "--timeout=900",  # mutmut's detours make the longest simulations several times as long
            ],
            # Added to what the tests take before a mutant counts as hanging: starting them takes seconds.
            "timeout_constant": 10.0,
            "pytest_add_cli_args_test_selection": [name for name in FAST_TESTS if (ROOT / name).is_dir()],
            "track_dependencies": False,
            "use_git_change_detection": False,
        },
    }
    lines = []
    for table, members in settings.items():
        # What JSON writes of texts, numbers, lists and booleans is TOML too.
        lines += [f"[{table}]", *(f"{name} = {json.dumps(value)}" for name, value in members.items())]
    (WORK / "pyproject.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _mutmut(python: Path, *arguments: str) -> None:
    """Runs mutmut; what it prints (mostly a spinner) is shown only where it fails."""
    environment = os.environ | {"ASYNCPAY_SEED": "0"}
    log = WORK / "mutmut.log"
    with log.open("ab") as output:
        ended = subprocess.run(
            ["nice", python, "tests/mutants/run_mutmut.py", *arguments],
            cwd=WORK,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if ended.returncode:
        sys.exit(f"mutmut failed ({log}):\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}")


def _results() -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for path in (WORK / "mutants" / "gateway").rglob("*.meta"):
        found |= json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def _reached() -> set[str]:
    stats = json.loads((WORK / "mutants" / "mutmut-stats.json").read_text(encoding="utf-8"))
    return {name for name, tests in stats["tests_by_mangled_function_name"].items() if tests}


def _report(python: Path, survivors: list[str], tried: set[str]) -> int:
    """Prints each survivor's change; how many of them are explained nowhere."""
    known = EXPLAINED.read_text(encoding="utf-8") if EXPLAINED.exists() else ""
    unexplained = 0
    for name in sorted(survivors):
        shown = subprocess.run(
            [python, "-m", "mutmut", "show", name], cwd=WORK, check=True, capture_output=True, text=True
        ).stdout
        changed = [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in {"+++", "---"}]
        explained = _is_explained(name, changed, known)
        unexplained += not explained
        why = "" if name in tried else " (no fast test reaches it)"
        print("\n".join([f"{'explained' if explained else 'NEW'}: {name}{why}", *changed]))
    return unexplained


def _is_explained(name: str, changed: list[str], known: str) -> bool:
    """Whether one row of survivors.md has the function and each line that was added, or else taken out."""
    module, _, function = name.rpartition("__mutmut_")[0].rpartition(".")
    _, *method = function.split("ǁ")
    shown = ".".join(method) or f"{module.rpartition('.')[2]}.{function.removeprefix('x_')}"
    lines = [line[1:].strip() for line in changed if line.startswith("+")]
    lines = lines or [line[1:].strip() for line in changed]
    wanted = [f"`{text}`" for text in (shown, *lines)]
    return any(all(text in row for text in wanted) for row in known.splitlines())


if __name__ == "__main__":
    sys.exit(main())
