"""The bill of materials names everything that is shipped, with digests."""

import json
from pathlib import Path

from infra.ops.build import sbom
from infra.ops.settings import ROOT, Settings

REQUIREMENTS = """# a comment
pynamodb==6.1.0 \\
    --hash=sha256:{} \\
    --hash=sha256:{}
typing_extensions==4.16.0 ; python_version < "3.12"
""".format("a" * 64, "b" * 64)
LOCK = {
    "packages": {
        "": {"name": "pages"},
        "node_modules/preact": {"version": "11.2.0", "integrity": "sha512-AQI="},
        "node_modules/@x/y": {"version": "1.0.0"},
        "node_modules/a/node_modules/prettier": {"version": "3.0.0", "dev": True},
        "node_modules/fsevents": {"version": "2.0.0", "optional": True},
    }
}


def test_pins_and_locked_packages_are_named_with_their_digests() -> None:
    pynamodb, extensions = sbom.python_components(REQUIREMENTS)
    assert (pynamodb["purl"], [each["value"] for each in pynamodb["properties"]]) == (
        "pkg:pypi/pynamodb@6.1.0",
        ["a" * 64, "b" * 64],
    )
    assert (extensions["purl"], "properties" in extensions) == ("pkg:pypi/typing-extensions@4.16.0", False)
    preact, scoped = sbom.npm_components(LOCK)
    assert (preact["purl"], preact["hashes"]) == (
        "pkg:npm/preact@11.2.0",
        [{"alg": "SHA-512", "content": "0102"}],
    )
    assert scoped["purl"] == "pkg:npm/%40x/y@1.0.0"


def test_the_bill_of_this_tree_has_the_layer_and_the_pages(settings: Settings, tmp_path: Path) -> None:
    made = sbom.bill(ROOT)
    purls = [component["purl"].rpartition("@")[0] for component in made["components"]]
    assert (made["bomFormat"], made["specVersion"], purls) == ("CycloneDX", "1.6", sorted(purls))
    assert {"pkg:pypi/pynamodb", "pkg:pypi/botocore", "pkg:pypi/chalice", "pkg:npm/preact"} <= set(purls)
    unhashed = [
        each["purl"] for each in made["components"] if "hashes" not in each and "properties" not in each
    ]
    assert unhashed == []
    again = tmp_path / "sbom.json"
    again.write_text(json.dumps(made))
    assert sbom.bill(ROOT) == json.loads(again.read_text())
