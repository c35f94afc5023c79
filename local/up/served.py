"""What `make up` does once the emulator is ready: it deploys, and serves the ports of the contract."""

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import aiohttp
from aiohttp import web

from infra.ops.application import api_base_url
from infra.ops.console import Problem, Progress, last_lines
from local.acquirers.account import webhook_path
from local.acquirers.process import acquirer_stand_in, base_url, log_file, register_webhook
from local.emulator.process import ended, keep_log_small
from local.merchant import merchant_app
from local.pages.api_reference import add_reference
from local.pages.checkout import PageSettings, checkout_app, origins_from
from local.pages.dashboard import DashboardSettings, dashboard_app
from local.pages.shop import ShopSettings, shop_app
from local.parameters import parameters
from local.proxy import Proxy, api_app, forwarding
from local.redis.server import serving_status
from local.servers import Place, serving
from local.settings import Settings
from local.up import ready
from local.up.api_port import emulator_serving_api
from local.up.deployment import deploy, seed_merchant
from local.up.tasks import tasks

ANSWER_SECONDS = 30
REACH_SECONDS = 5


async def run(settings: Settings, progress: Progress, proxy_token: str, process: Process | None) -> None:
    """Runs until cancelled, or until the emulator or an acquirer's stand-in ends: then raises Problem."""
    if settings.given_endpoint:
        await _check_endpoint(settings.given_endpoint)
    async with _acquirer(settings, progress) as acquirer:
        watched = [process.wait(), keep_log_small(settings)] if process else []
        watched += [acquirer.wait()] if acquirer else []
        async with tasks(_serve(settings, progress, proxy_token), *watched) as begun:
            await asyncio.wait(begun, return_when=asyncio.FIRST_COMPLETED)
            # Asked first: whatever else failed then failed because of it.
            if process is not None and process.returncode is not None:
                raise ended(settings, process)
            if acquirer is not None and acquirer.returncode is not None:
                said = last_lines(log_file(settings))
                raise Problem(f"The stand-in for {settings.acquirer} ended by itself.", said)
            await begun[0]


@asynccontextmanager
async def _acquirer(settings: Settings, progress: Progress) -> AsyncIterator[Process | None]:
    """The process of the acquirer's stand-in, where payments go to one."""
    if settings.stand_in is None:
        yield None
        return
    progress.say(f"starting a stand-in for {settings.stand_in}")
    async with acquirer_stand_in(settings) as process:
        yield process


async def _set_acquirer(settings: Settings, progress: Progress) -> None:
    """Tells the seeded merchant's account, and takes back what an earlier run told."""
    told = settings.home / "acquirer"
    if settings.acquirer == "simulated" and not told.exists():
        return
    progress.say(f"setting the acquirer: {settings.acquirer}")
    command = [sys.executable, "-m", "local", "acquirer"]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=settings.root, env=dict(settings.environment), stdin=asyncio.subprocess.DEVNULL
    )
    try:
        if await process.wait():
            raise Problem(f"The acquirer could not be set: {' '.join(command[1:])} failed.")
    finally:
        with suppress(ProcessLookupError):
            process.kill()
    if settings.stand_in is not None:
        await register_webhook(settings, webhook_path(settings))
    if settings.acquirer == "simulated":
        told.unlink()
    else:
        told.touch()


async def _check_endpoint(endpoint: str) -> None:
    timeout = aiohttp.ClientTimeout(total=REACH_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(endpoint):
            return
    except (aiohttp.ClientError, TimeoutError) as problem:
        hint = "Start it, or unset the variable to use the emulator that comes with AsyncPay."
        raise Problem(f"Nothing answers at AWS_ENDPOINT_URL={endpoint}. {hint}") from problem


async def _serve(settings: Settings, progress: Progress, proxy_token: str) -> None:
    progress.say(f"deploying to {settings.endpoint}")
    outputs = await deploy(settings, progress)
    base_url = api_base_url(settings.endpoint, outputs)
    # Both take a cold start upon themselves. No port is served before the merchant is there.
    await asyncio.gather(
        asyncio.to_thread(seed_merchant, settings, outputs), _first_answer(f"{base_url}/health")
    )
    progress.say("starting the servers")
    checkout, shop = _pages(settings)
    async with (
        forwarding(base_url, proxy_token) as proxy,
        serving(merchant_app(settings.webhook_secret), Place.of(settings, "merchant")),
        _serving_api(settings, proxy, base_url),
        serving(_dashboard(settings, proxy), Place.of(settings, "dashboard")),
        serving(checkout, Place.of(settings, "checkout")),
        serving(shop, Place.of(settings, "shop")),
        serving_status(settings, base_url),
    ):
        await _set_acquirer(settings, progress)
        status = await _first_answer(f"http://{settings.host}:{settings.ports['api']}/health")
        ready.show(settings, status)
        await asyncio.Event().wait()


def _serving_api(settings: Settings, proxy: Proxy, base_url: str) -> AbstractAsyncContextManager[None]:
    if settings.given_endpoint:
        return serving(api_app(proxy), Place.of(settings, "api"))
    return emulator_serving_api(settings, base_url)


def _pages(settings: Settings) -> tuple[web.Application, web.Application]:
    """The checkout and the demo shop; their addresses are those that a browser on this machine uses."""
    values, ports = parameters(settings), settings.ports
    api_url = f"http://localhost:{ports['api']}"
    shop = ShopSettings(
        checkout_url=f"http://localhost:{ports['checkout']}",
        api_url=f"http://{settings.host}:{ports['api']}",
        api_key=values["TestApiKey"],
        api_secret=values["TestApiSecret"],
    )
    page = PageSettings(
        api_url=api_url,
        stage=values["Stage"],
        origins_of=origins_from(shop.api_url),
        card_entry_origin=base_url(settings) if settings.stand_in == "stripe" else "",
    )
    return checkout_app(page), shop_app(shop)


def _dashboard(settings: Settings, proxy: Proxy) -> web.Application:
    """The dashboard; the addresses in its guide are those that programs on this machine use."""
    app = dashboard_app(
        DashboardSettings(
            api_url=f"http://localhost:{settings.ports['api']}",
            checkout_url=f"http://localhost:{settings.ports['checkout']}",
            stage=parameters(settings)["Stage"],
        ),
        proxy,
    )
    add_reference(app)
    return app


async def _first_answer(url: str) -> int:
    """Status of the API's first response. It takes the cold start upon itself, so that no caller waits."""
    with suppress(aiohttp.ClientError, TimeoutError):
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            return response.status
    raise Problem(f"The API gave no answer at {url} within {ANSWER_SECONDS} s.")
