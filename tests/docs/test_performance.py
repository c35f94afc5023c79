"""docs/performance.md says what the benches do, and its sums are right."""

import re

import pytest

from infra.ops.settings import ROOT
from local.bench.processes import KINDS

TEXT = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line[:1] == "|"
]
RATIOS = [row for row in ROWS if len(row) == 5 and re.fullmatch(r"[0-9.]+", row[3])]
BENCHES = sorted((ROOT / "local" / "bench").glob("*.py"))


def test_every_command_is_one_of_the_makefile() -> None:
    known = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    named = set(re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)", TEXT))
    assert {"up", "bench", "bench-beside", "bench-lists", "bench-webhooks"} <= named <= set(known)


def test_every_variable_of_the_benches_is_in_the_table_and_no_other() -> None:
    read = {name for path in BENCHES for name in re.findall(r'"(BENCH_[A-Z_]+)"', path.read_text("utf-8"))}
    shown = {name for row in ROWS if len(row) == 3 for name in re.findall(r"`(BENCH_[A-Z_]+)`", row[0])}
    assert shown == read


def test_every_kind_of_process_is_named() -> None:
    words = " ".join(TEXT.split())
    assert [kind for kind in KINDS if kind not in words] == []


def test_there_are_ratios_to_check() -> None:
    assert len(RATIOS) >= 6


@pytest.mark.parametrize("row", RATIOS, ids=lambda row: row[0])
def test_a_ratio_is_that_of_its_figures(row: list[str]) -> None:
    assert float(row[3]) == pytest.approx(float(row[1]) / float(row[2]), abs=0.006)
