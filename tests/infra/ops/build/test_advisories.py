"""The report of known vulnerabilities: what nobody answered for is not called sound."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.ops.build import advisories

SKIPPED = {"name": "chalice", "skip_reason": "Dependency not found on PyPI"}
SOUND = {"name": "six", "version": "1.17.0", "vulns": []}
BUG = {"id": "PYSEC-2026-1", "fix_versions": ["2.8.1"], "aliases": [], "description": ""}
BROKEN = {"name": "urllib3", "version": "2.8.0", "vulns": [BUG, {**BUG, "id": "GHSA-1", "fix_versions": []}]}
VIA = [{"title": "Prototype pollution"}, "left-pad"]


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({}, [f"list: {advisories.NO_ANSWER}"]),
        ({"error": {"summary": "405"}}, [f"list: {advisories.NO_ANSWER}"]),
        ({"dependencies": [SKIPPED]}, [f"list: none of 1 packages: {advisories.NO_ANSWER}"]),
        ({"dependencies": []}, ["list: 0 packages, 0 findings"]),
        (
            {"dependencies": [SOUND, SKIPPED, BROKEN]},
            [
                "list: 2 packages, 2 findings",
                "  urllib3 2.8.0: PYSEC-2026-1, fixed in 2.8.1",
                "  urllib3 2.8.0: GHSA-1, fixed in no version yet",
                "  not known to the service: chalice",
            ],
        ),
        (
            {
                "auditReportVersion": 2,
                "vulnerabilities": {"uplot": {"severity": "high", "range": "<2", "via": VIA}},
                "metadata": {"dependencies": {"total": 12}},
            },
            ["list: 12 packages, 1 with findings", "  uplot <2 (high): Prototype pollution"],
        ),
        (
            {"auditReportVersion": 2, "vulnerabilities": {"a": {"via": ["b"]}}},
            ["list: all packages, 1 with findings", "  a  (unknown): through b"],
        ),
    ],
    ids=["nothing", "error", "all skipped", "empty", "python", "npm", "npm through another"],
)
def test_a_report_tells_what_was_found_and_what_was_not_asked(found: dict[str, Any], told: list[str]) -> None:
    assert advisories.report("list", found) == told


@pytest.mark.parametrize("text", ["", "[]", "npm error", "{}"])
def test_what_a_tool_wrote_may_be_no_report_at_all(tmp_path: Path, text: str) -> None:
    (tmp_path / "npm.json").write_text(text, encoding="utf-8")
    assert advisories.read(tmp_path / "npm.json") == {}


def test_a_folder_is_reported_file_by_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["advisories", str(tmp_path)])
    advisories.main()
    assert "nothing was audited" in capsys.readouterr().out
    (tmp_path / "list.json").write_text(json.dumps({"dependencies": [SOUND]}), encoding="utf-8")
    advisories.main()
    assert capsys.readouterr().out == "list: 1 packages, 0 findings\n"
