"""Every local port answers for its own names only."""

import asyncio

import pytest
from aiohttp import ClientSession, web

from local.hosts import allowed
from local.servers import Place, serving
from local.settings import Settings
from tests.local.conftest import SettingsMaker

OURS = ["localhost", "localhost:8000", "LOCALHOST:9", "127.0.0.1:8000", "[::1]:8000"]
FOREIGN = [
    "evil.test",
    "evil.test:8000",
    "localhost.",
    "localhost.evil.test",
    "127.0.0.1.nip.io",
    "127.0.0.2",
    "[::2]",
]
FOREIGN += ["localhost:8000@evil.test", "evil.test,localhost", "localhost:", "", "2130706433", "0.0.0.0"]  # noqa: S104


def _statuses(settings: Settings, hosts: list[str]) -> dict[str, int]:
    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="secret")

    async def run() -> dict[str, int]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", page)
        found = {}
        async with serving(app, Place.of(settings, "shop")), ClientSession() as session:
            for host in hosts:
                url = f"http://127.0.0.1:{settings.ports['shop']}/"
                async with session.get(url, headers={"Host": host}) as answer:
                    found[host] = answer.status
                    assert ("secret" in await answer.text()) is (answer.status == 200)
        return found

    return asyncio.run(run())


def test_loopback_names_are_answered_on_any_port(settings: Settings) -> None:
    assert _statuses(settings, OURS) == dict.fromkeys(OURS, 200)


def test_a_page_s_own_name_that_resolves_to_this_machine_is_not(settings: Settings) -> None:
    assert _statuses(settings, FOREIGN) == dict.fromkeys(FOREIGN, 421)


@pytest.mark.parametrize(
    ("host", "more"),
    [
        ("127.0.0.1", set()),
        ("0.0.0.0", set()),  # noqa: S104 -- stands for all addresses, of which none is a name of ours
        ("::", set()),
        ("192.0.2.7", {"192.0.2.7"}),
        ("2001:db8::7", {"[2001:db8::7]"}),
        ("box.lan", {"box.lan"}),
    ],
)
def test_the_address_to_listen_at_is_a_name_to_be_called_by(
    settings_of: SettingsMaker, host: str, more: set[str]
) -> None:
    assert allowed(settings_of(ASYNCPAY_HOST=host)) == {"localhost", "127.0.0.1", "[::1]"} | more


def test_configured_names_are_answered(settings_of: SettingsMaker) -> None:
    named = allowed(settings_of(ASYNCPAY_ALLOWED_HOSTS=" Host.Docker.Internal, box.lan ,"))
    assert {"host.docker.internal", "box.lan"} <= named
