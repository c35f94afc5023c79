"""Settings of a laptop that lies in a temporary directory."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from local.settings import PORTS, Settings
from tests.support.settings import settings_maker

SettingsMaker = Callable[..., Settings]


@pytest.fixture
def settings_of(tmp_path: Path) -> SettingsMaker:
    """Settings read from the variables given and no others."""
    return settings_maker(Settings.read, tmp_path)


@pytest.fixture
def settings(settings_of: SettingsMaker) -> Settings:
    """Settings with free ports."""
    opened = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
    ports = {
        variable: str(server.getsockname()[1])
        for (variable, _, _), server in zip(PORTS.values(), opened, strict=True)
    }
    for server in opened:
        server.close()
    return settings_of(**ports)
