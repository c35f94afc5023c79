"""Settings of a project that lies in a temporary directory."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.ops.deploy.target import Target
from infra.ops.settings import Settings
from tests.support.settings import settings_maker

SettingsMaker = Callable[..., Settings]


@pytest.fixture
def settings_of(tmp_path: Path) -> SettingsMaker:
    """Settings read from the variables given and no others."""
    return settings_maker(Settings.read, tmp_path)


@pytest.fixture
def settings(settings_of: SettingsMaker) -> Settings:
    """Settings of an empty environment."""
    return settings_of()


@pytest.fixture
def target(settings_of: SettingsMaker) -> Target:
    """The live stage of an account where no call is expected."""
    return Target(
        settings=settings_of(STAGE="live", CONFIRM="asyncpay-live"),
        stage="live",
        stack="asyncpay-live",
        account="123456789012",
        region="ap-south-1",
        endpoint="",
        aws=functools.cache(lambda _service: pytest.fail("not to be called")),
    )
