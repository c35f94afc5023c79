import asyncio
import socket

import pytest
from aiohttp import ClientSession, web

from infra.ops.console import Problem
from local.ports import check_ports
from local.servers import Place, serving
from local.settings import Settings
from tests.local.conftest import SettingsMaker


def test_a_taken_port_is_named_with_its_use_and_the_variable_that_moves_it(
    settings_of: SettingsMaker,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Problem, match=rf"Port {port}, for the API, is taken. Move it with API_PORT="):
            check_ports(settings_of(API_PORT=str(port)), ["api"])


def test_a_port_given_twice_is_named_with_both_variables(settings_of: SettingsMaker) -> None:
    with pytest.raises(Problem, match="MERCHANT_PORT and API_PORT are both 8123"):
        check_ports(settings_of(API_PORT="8123", MERCHANT_PORT="8123"), ["api", "merchant"])


def test_a_port_is_free_again_at_once_when_its_server_ends(settings: Settings) -> None:
    async def visit() -> int:
        url = f"http://127.0.0.1:{settings.ports['api']}/"
        app = web.Application()
        async with (
            serving(app, Place.of(settings, "api")),
            ClientSession() as session,
            session.get(url) as answer,
        ):
            return answer.status

    for _ in range(2):
        check_ports(settings, ["api"])
        assert asyncio.run(visit()) == 404


def test_requests_are_logged_to_a_file(settings: Settings) -> None:
    async def visit() -> None:
        url = f"http://127.0.0.1:{settings.ports['api']}/missing"
        async with (
            serving(web.Application(), Place.of(settings, "api")),
            ClientSession() as session,
            session.get(url),
        ):
            pass

    asyncio.run(visit())
    assert '"GET /missing HTTP/1.1" 404' in (settings.logs / "api.log").read_text()


def test_a_server_listens_at_its_own_address_only(settings: Settings) -> None:
    async def visit() -> None:
        async with serving(web.Application(), Place.of(settings, "api")):
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.2", settings.ports["api"])
            _, writer = await asyncio.open_connection("127.0.0.1", settings.ports["api"])
            writer.close()

    asyncio.run(visit())
