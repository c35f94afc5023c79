"""In which order `make up` does things, and what it does not do again."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from infra.ops.console import Problem, Progress
from local.ports import is_free
from local.settings import Settings
from local.up import deployment, served
from tests.support.emulator import ROOT

HEAVY = ("aiohttp", "boto3", "botocore", "yaml", "jinja2")


def later(result: Any = None, problem: Exception | None = None) -> Callable[..., Any]:
    async def done(*_given: Any) -> Any:
        if problem is not None:
            raise problem
        return result

    return done


def test_what_starts_the_emulator_imports_little() -> None:
    code = f"import sys, local.up.command; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT), "PATH": os.defpath},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("is_deployed", [True, False])
def test_the_emulators_state_is_saved_after_a_deployment_only(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, *, is_deployed: bool
) -> None:
    saved: list[Settings] = []

    async def save(given: Settings) -> None:
        saved.append(given)

    monkeypatch.setattr(deployment, "release_of", lambda _settings: "digest")
    monkeypatch.setattr(deployment, "is_deployed", lambda *_given: is_deployed)
    monkeypatch.setattr(deployment, "_deploy_both", later())
    monkeypatch.setattr(deployment, "expire_rows", lambda *_given: None)
    monkeypatch.setattr(deployment, "_outputs", lambda _settings: {"ApiId": "id"})
    monkeypatch.setattr(deployment, "save", save)
    assert asyncio.run(deployment.deploy(settings, Progress())) == {"ApiId": "id"}
    assert saved == ([] if is_deployed else [settings])


def test_no_port_is_served_where_the_merchant_cannot_be_made(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    def fails(*_given: Any) -> None:
        raise Problem("The seed function failed.")

    opened: list[str] = []
    monkeypatch.setattr(served, "deploy", later({"ApiId": "id", "ApiStage": "v1"}))
    monkeypatch.setattr(served, "_first_answer", later(200))
    monkeypatch.setattr(served, "seed_merchant", fails)
    monkeypatch.setattr(served, "serving", lambda *given: opened.append(given[-1]))
    with pytest.raises(Problem, match="seed function"):
        asyncio.run(served.run(settings, Progress(), "token", None))
    assert opened == []
    assert is_free("127.0.0.1", settings.ports["api"])
