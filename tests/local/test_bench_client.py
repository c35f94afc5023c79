"""What the bench waits for before it measures."""

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from infra.ops.console import Problem
from local.bench import client
from local.bench.client import Bench, Stack
from tests.support import ports


async def wait_for(answers: list[dict[str, Any]]) -> int:
    """How often it asks a stack that gives these answers, and the last of them for ever."""
    asked = 0

    async def status(_request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.json_response(answers[min(asked, len(answers)) - 1])

    app = web.Application()
    app.router.add_get("/api/v1/test/jobs/status", status)
    runner = web.AppRunner(app)
    await runner.setup()
    (port,) = ports.take(1)
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        async with aiohttp.ClientSession() as session:
            await Bench(session, Stack(port, 1, "key", "secret")).idle()
    finally:
        await runner.cleanup()
    return asked


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "POLL_SECONDS", 0)


def test_a_stack_is_idle_when_no_job_waits_or_is_worked_on() -> None:
    busy = [{"pending": 2, "processing": 0}, {"pending": 0, "processing": 1}]
    assert asyncio.run(wait_for([*busy, {"pending": 0, "processing": 0}])) == 3


def test_a_stack_that_is_never_idle_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "DELIVERED_WITHIN_SECONDS", 0)
    with pytest.raises(Problem, match="Not all jobs were done within 0 s"):
        asyncio.run(wait_for([{"pending": 1, "processing": 0}]))
