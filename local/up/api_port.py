"""Has our emulator serve the API's port, which saves a process on the way of each request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

import aiohttp

from infra.ops.console import Problem
from local.emulator.api_port import PATH
from local.emulator.guard import SIGNED
from local.servers import Place
from local.settings import Settings

ANSWER_SECONDS = 30


@asynccontextmanager
async def emulator_serving_api(settings: Settings, base_url: str) -> AsyncIterator[None]:
    """The API's port, until the end of the block. Raises Problem where the emulator cannot have it."""
    place = Place.of(settings, "api")
    query = [
        ("stage", urlsplit(base_url).path),
        ("host", place.host),
        ("port", str(place.port)),
        ("log", str(place.log)),
        *(("for", host) for host in place.hosts),
    ]
    await _ask(settings, "POST", f"?{urlencode(query)}")
    try:
        yield
    finally:
        with suppress(Problem):  # an emulator that is gone serves nothing
            await asyncio.shield(_ask(settings, "DELETE"))


async def _ask(settings: Settings, method: str, query: str = "") -> None:
    url = f"{settings.endpoint}{PATH}{query}"
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(method, url, headers=SIGNED) as response,
        ):
            status, said = response.status, await response.text()
    except (aiohttp.ClientError, TimeoutError) as problem:
        raise Problem(f"The emulator could not be asked to serve the API: {problem!r}") from problem
    if status >= HTTPStatus.BAD_REQUEST:
        raise Problem(said or f"The emulator cannot serve the API: it answered {status}.")
