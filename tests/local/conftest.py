"""Settings of a laptop that lies in a temporary directory."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.ops.settings import ROOT
from local.settings import PORTS, Settings

SettingsMaker = Callable[..., Settings]


@pytest.fixture
def settings_of(tmp_path: Path) -> SettingsMaker:
    """Settings read from the variables given and no others; its root has the project's templates."""

    def make(**environment: str) -> Settings:
        for name in ("template.yaml", "infra"):
            if not (tmp_path / name).exists():
                (tmp_path / name).symlink_to(ROOT / name)
        return Settings.read(environment, root=tmp_path)

    return make


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
