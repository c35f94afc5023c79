from pathlib import Path

import pytest

from infra.ops.build.source_digest import digest
from infra.ops.settings import Settings

VALUES = {"Stage": "test", "TestMode": "false"}
FILES = {
    "functions/app.py": "app = 1",
    "layers/gateway/requirements.txt": "chalice==1",
    "layers/gateway/gateway/money.py": "",
}


@pytest.fixture
def project(settings: Settings) -> Path:
    for path, text in FILES.items():
        (settings.root / path).parent.mkdir(parents=True, exist_ok=True)
        (settings.root / path).write_text(text)
    return settings.root


@pytest.mark.parametrize("changed", FILES)
def test_the_digest_changes_with_any_file_that_is_deployed(
    settings: Settings, project: Path, changed: str
) -> None:
    before = digest(settings.root, VALUES)
    (project / changed).write_text("other")
    assert digest(settings.root, VALUES) != before


def test_the_digest_changes_when_a_file_comes_goes_or_takes_over_anothers_text(
    settings: Settings, project: Path
) -> None:
    seen = {digest(settings.root, VALUES)}
    new = project / "functions" / "new.py"
    new.write_text("")
    seen.add(digest(settings.root, VALUES))
    new.write_text("app = 1")
    (project / "functions" / "app.py").write_text("")
    seen.add(digest(settings.root, VALUES))
    (project / "functions" / "app.py").unlink()
    seen.add(digest(settings.root, VALUES))
    assert len(seen) == 4


def test_the_digest_does_not_change_with_what_the_build_leaves_out(settings: Settings, project: Path) -> None:
    before = digest(settings.root, VALUES)
    for name in ("__pycache__/app.cpython-313.pyc", ".hidden", "app.py.orig"):
        (project / "functions" / name).parent.mkdir(exist_ok=True)
        (project / "functions" / name).write_text("x")
    (project / "functions" / "app.py").touch()
    assert digest(settings.root, VALUES) == before


def test_the_digest_changes_with_a_parameter_and_with_the_tools_that_deploy(settings: Settings) -> None:
    before = digest(settings.root, VALUES)
    assert digest(settings.root, dict(VALUES)) == before
    assert digest(settings.root, VALUES | {"TestMode": "true"}) != before
    tools = settings.root / "tools.py"
    tools.write_text("one")
    seen = {before, digest(settings.root, VALUES, ["tools.py"])}
    tools.write_text("two")
    seen.add(digest(settings.root, VALUES, ["tools.py"]))
    assert len(seen) == 3
