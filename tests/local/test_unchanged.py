from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import unchanged
from local.settings import Settings
from tests.local.conftest import SettingsMaker

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
    before = unchanged.digest(settings)
    (project / changed).write_text("other")
    assert unchanged.digest(settings) != before


def test_the_digest_changes_when_a_file_comes_goes_or_takes_over_anothers_text(
    settings: Settings, project: Path
) -> None:
    seen = {unchanged.digest(settings)}
    new = project / "functions" / "new.py"
    new.write_text("")
    seen.add(unchanged.digest(settings))
    new.write_text("app = 1")
    (project / "functions" / "app.py").write_text("")
    seen.add(unchanged.digest(settings))
    (project / "functions" / "app.py").unlink()
    seen.add(unchanged.digest(settings))
    assert len(seen) == 4


def test_the_digest_does_not_change_with_what_the_build_leaves_out(settings: Settings, project: Path) -> None:
    before = unchanged.digest(settings)
    for name in ("__pycache__/app.cpython-313.pyc", ".hidden", "app.py.orig"):
        (project / "functions" / name).parent.mkdir(exist_ok=True)
        (project / "functions" / name).write_text("x")
    (project / "functions" / "app.py").touch()
    assert unchanged.digest(settings) == before


def test_the_digest_changes_with_a_setting(settings_of: SettingsMaker, settings: Settings) -> None:
    before = unchanged.digest(settings_of())
    assert unchanged.digest(settings_of()) == before
    assert unchanged.digest(settings_of(TEST_MODE="true")) != before


class Stacks:
    """Stands for CloudFormation: stacks by name, with their status and outputs."""

    def __init__(self, **statuses: str) -> None:
        self.statuses = statuses

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 -- boto3's name
        if StackName not in self.statuses:
            error = {"Code": "ValidationError", "Message": f"Stack with id {StackName} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        outputs = [{"OutputKey": "Release", "OutputValue": "digest"}]
        return {"Stacks": [{"StackStatus": self.statuses[StackName], "Outputs": outputs}]}


def _is_deployed(monkeypatch: pytest.MonkeyPatch, settings: Settings, release: str, **statuses: str) -> bool:
    names = {"data": settings.data_stack, "application": settings.stack}
    stacks = Stacks(**{names[which]: status for which, status in statuses.items()})
    monkeypatch.setattr(unchanged, "clients", lambda _settings: lambda _service: stacks)
    return unchanged.is_deployed(settings, release)


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE"])
def test_a_complete_stack_made_from_the_same_digest_is_not_deployed_again(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, status: str
) -> None:
    assert _is_deployed(monkeypatch, settings, "digest", data=status, application=status)
    assert not _is_deployed(monkeypatch, settings, "other", data=status, application=status)


@pytest.mark.parametrize(
    "statuses",
    [
        {},
        {"data": "CREATE_COMPLETE"},
        {"application": "CREATE_COMPLETE"},
        {"data": "CREATE_COMPLETE", "application": "UPDATE_ROLLBACK_COMPLETE"},
        {"data": "CREATE_COMPLETE", "application": "CREATE_IN_PROGRESS"},
        {"data": "DELETE_COMPLETE", "application": "CREATE_COMPLETE"},
    ],
)
def test_a_stack_that_is_missing_or_not_complete_is_deployed(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, statuses: dict[str, str]
) -> None:
    assert not _is_deployed(monkeypatch, settings, "digest", **statuses)
