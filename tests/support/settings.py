"""Settings of a project that lies in a temporary directory."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from infra.ops.settings import ROOT

Made = TypeVar("Made")


def settings_maker(read: Callable[..., Made], root: Path) -> Callable[..., Made]:
    """Reads settings from the variables given and no others; the root has the project's templates."""

    def make(**environment: str) -> Made:
        for name in ("template.yaml", "infra"):
            if not (root / name).exists():
                (root / name).symlink_to(ROOT / name)
        return read(environment, root=root)

    return make
