"""Tells what `pip-audit` and `npm audit` found, from their JSON: `.ci/audit` has them write it.

Both say "nothing found" of packages that their service does not know, or did not answer for. Here that is
a line of its own, so that an offline report is not taken for a clean one.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NO_ANSWER = "no answer (offline, or the registry keeps no advisories)"


def main() -> None:
    """Prints the report of a folder's files."""
    folder = Path(sys.argv[1])
    for path in sorted(folder.glob("*.json")):
        print(*report(path.stem, read(path)), sep="\n")
    if not list(folder.glob("*.json")):
        print(f"nothing was audited: {NO_ANSWER}")


def read(path: Path) -> dict[str, Any]:
    """What a tool wrote; empty where it is no JSON object."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def report(name: str, found: dict[str, Any]) -> list[str]:
    """The lines about one list of packages: a summary, then each finding."""
    if "dependencies" in found:
        return _of_python(name, found["dependencies"])
    if "auditReportVersion" in found:
        findings = list(_of_npm(found.get("vulnerabilities") or {}))
        total = ((found.get("metadata") or {}).get("dependencies") or {}).get("total", "all")
        return [f"{name}: {total} packages, {len(findings)} with findings", *findings]
    return [f"{name}: {NO_ANSWER}"]


def _of_python(name: str, packages: list[dict[str, Any]]) -> list[str]:
    skipped = [package for package in packages if "skip_reason" in package]
    if packages and len(skipped) == len(packages):
        return [f"{name}: none of {len(packages)} packages: {NO_ANSWER}"]
    lines = [
        f"  {package['name']} {package['version']}: {_bug(bug)}"
        for package in packages
        for bug in package.get("vulns") or []
    ]
    unknown = [f"  not known to the service: {package['name']}" for package in skipped]
    return [f"{name}: {len(packages) - len(skipped)} packages, {len(lines)} findings", *lines, *unknown]


def _bug(bug: dict[str, Any]) -> str:
    versions = ", ".join(bug.get("fix_versions") or [])
    return f"{bug['id']}, fixed in {versions or 'no version yet'}"


def _of_npm(packages: dict[str, Any]) -> Iterator[str]:
    for name, package in sorted(packages.items()):
        titles = [cause["title"] for cause in package.get("via") or [] if isinstance(cause, dict)]
        why = "; ".join(titles) or f"through {', '.join(map(str, package.get('via') or []))}"
        yield f"  {name} {package.get('range', '')} ({package.get('severity', 'unknown')}): {why}"


if __name__ == "__main__":
    main()
