"""The bill of materials of what is shipped, in CycloneDX 1.6 (ECMA-424): .build/sbom.json.

The layer's packages come from its pinned list, the pages' from their lock file; both have each file's digest.
Standard library only, as `make build` runs on whatever interpreter there is.
"""

import base64
import json
import re
from pathlib import Path
from typing import Any

from infra.ops.settings import Settings

_PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?P<rest>(?:.*\\\n)*.*)$", re.MULTILINE)
_DIGEST = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def write(settings: Settings, path: Path) -> None:
    """Writes the bill; the same sources make the same bytes."""
    path.write_text(json.dumps(bill(settings.root), indent=1) + "\n", encoding="utf-8")


def bill(root: Path) -> dict[str, Any]:
    """The bill of the source tree at `root`."""
    lists = root / "layers" / "gateway" / "requirements.txt"
    lock = root / "checkout-site" / "package-lock.json"
    components = python_components(lists.read_text(encoding="utf-8"))
    if lock.is_file():
        components += npm_components(json.loads(lock.read_text(encoding="utf-8")))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "asyncpay", "bom-ref": "asyncpay"}},
        "components": sorted(components, key=lambda component: str(component["purl"])),
    }


def python_components(text: str) -> list[dict[str, Any]]:
    """The pins of a list. A pin has digests of several files, of which pip took one."""
    found = []
    for pin in _PIN.finditer(text):
        purl = f"pkg:pypi/{pin['name'].lower().replace('_', '-')}@{pin['version']}"
        component = _component(pin["name"], pin["version"], purl)
        digests = _DIGEST.findall(pin["rest"])
        if digests:
            component["properties"] = [
                {"name": "asyncpay:sha256-of-a-file", "value": digest} for digest in digests
            ]
        found.append(component)
    return found


def npm_components(lock: dict[str, Any]) -> list[dict[str, Any]]:
    """What the pages are built from and with; packages for development only are left out."""
    found = []
    for place, entry in lock["packages"].items():
        if not place or entry.get("dev") or entry.get("optional") or "version" not in entry:
            continue
        name = place.rpartition("node_modules/")[2]
        component = _component(
            name, entry["version"], f"pkg:npm/{name.replace('@', '%40')}@{entry['version']}"
        )
        algorithm, _, digest = entry.get("integrity", "").partition("-")
        if algorithm == "sha512":
            component["hashes"] = [{"alg": "SHA-512", "content": base64.b64decode(digest).hex()}]
        found.append(component)
    return found


def _component(name: str, version: str, purl: str) -> dict[str, Any]:
    return {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}
