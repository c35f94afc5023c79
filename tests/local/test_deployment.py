"""When `make up` deploys, and when what stands there will do."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.settings import Settings
from local.up import deployment
from tests.local.conftest import SettingsMaker


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
    monkeypatch.setattr(deployment, "clients", lambda _settings: lambda _service: stacks)
    return deployment.is_deployed(settings, release)


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


def test_what_would_be_deployed_changes_with_any_setting(settings_of: SettingsMaker) -> None:
    before = deployment.release_of(settings_of())
    assert deployment.release_of(settings_of()) == before
    assert deployment.release_of(settings_of(TEST_MODE="true")) != before
