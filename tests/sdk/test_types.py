"""The SDK's types as its users' checkers see them: all examples of its use, strictly."""

import subprocess
import sys
from pathlib import Path

from tests.docs.blocks import ROOT, sdk_examples

WRONG = {
    'import asyncpay\nasyncpay.Client("k", "s", "u").orders.create(amount="1")\n': "arg-type",
    'import asyncpay\nasyncpay.Client("k", "s", "u").orders.create()\n': "call-arg",
    'import asyncpay\nasyncpay.Client("k", "s", "u").orders.retrieve("x").amuont\n': "attr-defined",
    'import asyncpay\nasyncpay.Client("k", "s", "u").payments.list(status="paid")\n': "arg-type",
}


def judged(tmp_path: Path, texts: list[str]) -> str:
    """What mypy says, strictly."""
    files = []
    for number, text in enumerate(texts):
        files.append(tmp_path / f"example_{number}.py")
        files[-1].write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", *map(str, files)],
        env={"MYPYPATH": str(ROOT / "sdk/python/src"), "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache/examples")},
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_the_examples_are_right_for_mypy(tmp_path: Path) -> None:
    examples = sdk_examples()
    assert len(examples) > 10
    said = judged(tmp_path, examples)
    assert said.startswith("Success"), said


def test_mistakes_are_seen(tmp_path: Path) -> None:
    said = judged(tmp_path, list(WRONG)).splitlines()
    for number, kind in enumerate(WRONG.values()):
        assert any(f"example_{number}.py" in line and f"[{kind}]" in line for line in said), kind
