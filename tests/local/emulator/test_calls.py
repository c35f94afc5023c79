"""The numbers of calls that `make bench` reads from the emulator and from the table engine."""

import asyncio
import json
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.emulator.calls import PATH, Calls, counting
from local.emulator.guard import Receive, Scope, Send
from tests.support.emulator import Emulator

SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
    f"SignedHeaders=host;x-amz-date;x-amz-target, Signature={'0' * 64}"
}


def _told(calls: Calls) -> Any:
    return json.loads(calls.as_json())


def test_calls_to_aws_are_counted_by_service_and_operation() -> None:
    calls = Calls()
    for target in (b"AmazonSQS.SendMessage", b"DynamoDB_20120810.Query", b"DynamoDB_20120810.Query"):
        calls.count(b"/", [(b"host", b"127.0.0.1"), (b"x-amz-target", target)])
    calls.count(b"/2015-03-31/event-source-mappings/", [])
    calls.count(b"/bucket/key", [])
    assert _told(calls) == {"SQS SendMessage": 1, "DynamoDB Query": 2, "Lambda": 1, "others": 1}


def test_requests_to_deployed_apis_and_to_the_emulator_itself_are_no_calls_to_aws() -> None:
    calls = Calls()
    for path in (b"/_aws/execute-api/abc/v1/health", b"/_ministack/health", b"/_asyncpay/save"):
        calls.count(path, [(b"host", b"127.0.0.1")])
        calls.count(path, [(b"x-amz-target", b"AmazonSQS.SendMessage")])
    assert _told(calls) == {}


def test_the_numbers_are_told_and_everything_else_is_handed_on() -> None:
    handed_on: list[str] = []
    sent: list[Any] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        handed_on.append(scope["type"])

    async def receive() -> dict[str, Any]:
        return {}

    async def send(message: Any) -> None:
        sent.append(message)

    async def ask() -> None:
        counted = counting(app)
        http = {"type": "http", "method": "POST", "raw_path": b"/"}
        await counted({"type": "lifespan"}, receive, send)
        await counted({**http, "headers": [(b"x-amz-target", b"AmazonSQS.SendMessage")]}, receive, send)
        await counted({**http, "method": "GET", "raw_path": PATH, "headers": []}, receive, send)

    asyncio.run(ask())
    assert handed_on == ["lifespan", "http"]
    assert [message.get("status") for message in sent] == [200, None]
    assert json.loads(sent[1]["body"]) == {"SQS SendMessage": 1}


@pytest.mark.emulator
@pytest.mark.parametrize("where", ["emulator", "table engine"])
def test_a_call_that_was_answered_has_been_counted(emulator: Emulator, where: str) -> None:
    endpoint = emulator.endpoint if where == "emulator" else emulator.tables_endpoint
    if endpoint is None:
        pytest.skip("there is no table engine here")

    def exchange(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Any:
        with closing(HTTPConnection(urlsplit(endpoint).netloc, timeout=10)) as connection:
            connection.request(method, path, body or None, SIGNED | headers)
            response = connection.getresponse()
            assert response.status == 200
            return json.loads(response.read())

    def counted() -> int:
        return int(exchange("GET", PATH.decode(), {}).get("DynamoDB ListTables", 0))

    before = counted()
    headers = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "X-Amz-Date": "20260101T000000Z"}
    exchange("POST", "/", headers | {"Content-Type": "application/x-amz-json-1.0"}, b"{}")
    assert counted() == before + 1
