"""The API's port in the emulator's process, as `make up` has it opened and closed."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp
import pytest

from infra.ops.console import Problem
from local.emulator.api_port import PATH
from local.settings import Settings
from local.up.api_port import emulator_serving_api
from tests.local.conftest import SettingsMaker
from tests.support import ports
from tests.support.emulator import Emulator

pytestmark = pytest.mark.emulator
CODE = """
def handler(event, context):
    told = {name: event[name] for name in ("httpMethod", "path", "headers", "body")}
    return {"statusCode": 201, "body": __import__("json").dumps(told)}
"""
Visit = Callable[[aiohttp.ClientSession, str], Awaitable[None]]


@pytest.fixture(scope="module")
def stage(emulator: Emulator) -> str:
    """The address of an API's stage with one function behind it."""
    api, function = emulator.client("apigateway"), emulator.make_function(CODE)
    made = api.create_rest_api(name=function)["id"]
    root = api.get_resources(restApiId=made)["items"][0]["id"]
    resource = api.create_resource(restApiId=made, parentId=root, pathPart="{proxy+}")["id"]
    of_it = {"restApiId": made, "resourceId": resource, "httpMethod": "ANY"}
    api.put_method(**of_it, authorizationType="NONE")
    lambda_arn = f"arn:aws:lambda:us-east-1:000000000000:function:{function}"
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{lambda_arn}/invocations"
    api.put_integration(**of_it, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    api.create_deployment(restApiId=made, stageName="v1")
    return f"{emulator.endpoint}/_aws/execute-api/{made}/v1"


@pytest.fixture
def laptop(emulator: Emulator, settings_of: SettingsMaker) -> Settings:
    """The settings of a `make up` whose emulator this is."""
    (port,) = ports.take(1)
    return settings_of(API_PORT=str(port), ASYNCPAY_EMULATOR_PORT=str(urlsplit(emulator.endpoint).port))


def _visited(settings: Settings, stage: str, visit: Visit) -> None:
    async def run() -> None:
        async with emulator_serving_api(settings, stage), aiohttp.ClientSession() as session:
            await visit(session, f"http://127.0.0.1:{settings.ports['api']}")

    asyncio.run(run())


def test_a_request_reaches_the_function_behind_the_stage(laptop: Settings, stage: str) -> None:
    async def visit(session: aiohttp.ClientSession, url: str) -> None:
        async with session.post(f"{url}/a%20b", data=b"{}", headers={"X-Forwarded-For": "1.2.3.4"}) as found:
            assert found.status == HTTPStatus.CREATED
            told = await found.json(content_type=None)
        assert (told["httpMethod"], told["path"], told["body"]) == ("POST", "/a b", "{}")
        assert told["headers"]["x-forwarded-for"] == "127.0.0.1"

    _visited(laptop, stage, visit)
    assert '"POST /a%20b HTTP/1.1" 201' in (laptop.logs / "api.log").read_text()


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example"])
def test_it_answers_for_names_of_this_machine_only(laptop: Settings, stage: str, host: str) -> None:
    async def visit(session: aiohttp.ClientSession, url: str) -> None:
        async with session.get(f"{url}/x", headers={"Host": host}) as found:
            assert found.status == HTTPStatus.MISDIRECTED_REQUEST

    _visited(laptop, stage, visit)


def test_no_table_or_queue_is_behind_it_whatever_a_request_carries(laptop: Settings, stage: str) -> None:
    async def visit(session: aiohttp.ClientSession, url: str) -> None:
        for target in ("DynamoDB_20120810.ListTables", "AmazonSQS.ListQueues"):
            headers = {"X-Amz-Target": target, "X-Amz-Date": "20260101T000000Z"}
            headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/x/aws4_request"
            for path in ("/", "/x"):
                async with session.post(f"{url}{path}", data=b"{}", headers=headers) as found:
                    text = await found.text()
                assert "TableNames" not in text
                assert "QueueUrls" not in text

    _visited(laptop, stage, visit)


def test_a_port_that_is_taken_is_said_to_be(laptop: Settings, stage: str) -> None:
    async def visit(_session: aiohttp.ClientSession, _url: str) -> None:
        raise AssertionError

    with (
        socket.create_server(("127.0.0.1", laptop.ports["api"])),
        pytest.raises(Problem, match=rf"Cannot serve the API on port {laptop.ports['api']} \(API_PORT\)"),
    ):
        _visited(laptop, stage, visit)


def test_it_is_closed_afterwards_and_may_be_opened_again(laptop: Settings, stage: str) -> None:
    async def visit(session: aiohttp.ClientSession, url: str) -> None:
        async with session.get(f"{url}/x") as found:
            assert found.status == HTTPStatus.CREATED

    for _ in range(2):
        _visited(laptop, stage, visit)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", laptop.ports["api"]))


def test_no_web_page_opens_it(emulator: Emulator) -> None:
    async def run() -> int:
        headers = {"Origin": "https://evil.example"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{emulator.endpoint}{PATH}", headers=headers) as found,
        ):
            return found.status

    assert asyncio.run(run()) == HTTPStatus.FORBIDDEN


def test_an_emulator_that_does_not_answer_is_a_problem_at_first_and_none_at_the_end(
    settings_of: SettingsMaker,
) -> None:
    api_port, emulator_port = ports.take(2)
    laptop = settings_of(API_PORT=str(api_port), ASYNCPAY_EMULATOR_PORT=str(emulator_port))
    ready = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ready)
        writer.close()

    async def run() -> None:
        with pytest.raises(Problem, match="The emulator could not be asked to serve the API"):
            await emulator_serving_api(laptop, "http://127.0.0.1/stage").__aenter__()
        emulator = await asyncio.start_server(answer, "127.0.0.1", emulator_port)
        async with emulator_serving_api(laptop, "http://127.0.0.1/stage"):
            emulator.close()

    asyncio.run(run())
