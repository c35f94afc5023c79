"""Puts the table engine in the place of MiniStack's own tables.

MiniStack goes on being told of every table, since CloudFormation keeps its records there, but holds no rows:
what a stack describes is made in the engine as well, and every DynamoDB request is answered by the engine.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import Any

from local.emulator.definition import indexes_of, keys_of, table_definition
from local.emulator.guard import Application, Receive, Scope, Send

TARGET = b"DynamoDB_20120810."
CALL_SECONDS = 30
READY_SECONDS = 15
POLL_SECONDS = 0.02
BATCH_ROWS = 25  # BatchWriteItem's limit
# The engine wants a signature to be there, and does not check it.
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
    f"SignedHeaders=host;x-amz-date;x-amz-target, Signature={'0' * 64}",
    "X-Amz-Date": "20260101T000000Z",
}
HANDED_ON = ("x-amz-target", "x-amz-date", "content-type", "authorization", "accept-encoding", "user-agent")
HANDED_BACK = ("content-type", "x-amz-crc32", "x-amzn-requestid", "content-encoding")

logger = logging.getLogger("asyncpay.tables")


class Refused(Exception):
    """The engine refused a call; `code` is DynamoDB's."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.code = code


class TableEngine:
    """The engine, by its guarded port on this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    def exchange(self, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """One DynamoDB request as it is; raises OSError or HTTPException where the engine does not answer."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=CALL_SECONDS)
        try:
            connection.request("POST", "/", body, dict(headers))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return response.status, found, response.read()
        finally:
            connection.close()

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """One operation. Raises Refused for what DynamoDB answers with an error."""
        headers = {
            "X-Amz-Target": f"{TARGET.decode()}{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            **SIGNED,
        }
        status, _, body = self.exchange(headers, json.dumps(members).encode())
        response: dict[str, Any] = json.loads(body)
        if status != 200:
            code = str(response.get("__type", status)).rpartition("#")[2]
            raise Refused(operation, code, str(response.get("message") or response.get("Message") or ""))
        return response

    def wait(self) -> None:
        """Returns once it answers; raises OSError when it does not in time."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                self.call("ListTables", Limit=1)
                return
            except (OSError, HTTPException):
                if time.monotonic() > deadline:
                    raise
                time.sleep(POLL_SECONDS)

    def ensure(self, described: Mapping[str, Any]) -> bool:
        """Makes a table as DescribeTable shows it, or changes its indexes; True when it was made.

        Raises ValueError when the table is there with other keys, which no table can change.
        """
        name = described["TableName"]
        try:
            found = self.call("DescribeTable", TableName=name)["Table"]
        except Refused as refused:
            if refused.code != "ResourceNotFoundException":
                raise
            self.call("CreateTable", **table_definition(described))
            return True
        wanted = table_definition(described)
        if keys_of(found) != keys_of(wanted):
            raise ValueError(f"Table {name} is there with other keys, and holds rows.")
        self._change_indexes(name, indexes_of(found), indexes_of(wanted), wanted["AttributeDefinitions"])
        return False

    def _change_indexes(
        self, name: str, found: dict[str, Any], wanted: dict[str, Any], attributes: list[dict[str, str]]
    ) -> None:
        """One index in each call, as DynamoDB wants it."""
        for index, definition in found.items():
            if definition != wanted.get(index):
                update = [{"Delete": {"IndexName": index}}]
                self.call("UpdateTable", TableName=name, GlobalSecondaryIndexUpdates=update)
        for index, definition in wanted.items():
            if found.get(index) != definition:
                update = [{"Create": definition}]
                self.call(
                    "UpdateTable",
                    TableName=name,
                    AttributeDefinitions=attributes,
                    GlobalSecondaryIndexUpdates=update,
                )

    def delete(self, name: str) -> None:
        """Deletes a table that may be gone already."""
        try:
            self.call("DeleteTable", TableName=name)
        except Refused as refused:
            if refused.code != "ResourceNotFoundException":
                raise

    def fill(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Writes rows, a batch at a time."""
        for start in range(0, len(rows), BATCH_ROWS):
            puts = [{"PutRequest": {"Item": row}} for row in rows[start : start + BATCH_ROWS]]
            self.call("BatchWriteItem", RequestItems={name: puts})


def follow_stacks(engine: TableEngine) -> None:
    """Has CloudFormation make, change and delete the engine's tables along with MiniStack's."""
    from ministack.services.cloudformation import provisioners

    handlers: MutableMapping[str, Any] = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]  # noqa: SLF001 -- there is no public way, and the version is pinned
    handlers["create"] = _then_ensured(handlers["create"], engine)
    handlers["update"] = _then_ensured(handlers["update"], engine)
    delete = handlers["delete"]

    def deleted(name: str, *rest: Any) -> None:
        delete(name, *rest)
        engine.delete(name)

    handlers["delete"] = deleted


def _then_ensured(provision: Callable[..., Any], engine: TableEngine) -> Callable[..., Any]:
    def provisioned(*arguments: Any, **named: Any) -> Any:
        from ministack.services import dynamodb

        made = provision(*arguments, **named)
        engine.ensure(dynamodb._table_description(made[0]))  # noqa: SLF001 -- as above
        return made

    return provisioned


def adopt(engine: TableEngine) -> None:
    """Makes tables that a kept state tells of and the engine lacks, with the rows that MiniStack kept."""
    from ministack.services import dynamodb

    for name in list(dynamodb._tables):  # noqa: SLF001 -- as above
        if engine.ensure(dynamodb._table_description(name)):  # noqa: SLF001
            table = dynamodb._tables[name]  # noqa: SLF001
            rows = [row for rows in table["items"].values() for row in rows.values()]
            engine.fill(name, rows)
            if setting := dynamodb._ttl_settings.get(name):  # noqa: SLF001
                specification = {"AttributeName": setting["AttributeName"], "Enabled": True}
                engine.call("UpdateTimeToLive", TableName=name, TimeToLiveSpecification=specification)
            logger.info("Table %s is the engine's now, with %d rows.", name, len(rows))
            table["items"].clear()


def routed(app: Application, engine: TableEngine) -> Application:
    """Answers DynamoDB requests from the engine, and all others from `app`."""

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, _adopting(send, engine))
        elif scope["type"] == "http" and _is_dynamodb(scope):
            await _answer(engine, scope, receive, send)
        else:
            await app(scope, receive, send)

    return route


def _adopting(send: Send, engine: TableEngine) -> Send:
    """Kept state is loaded when the start is complete, and nobody has called yet."""

    async def adopting(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "lifespan.startup.complete":
            await asyncio.to_thread(adopt, engine)
        await send(message)

    return adopting


def _is_dynamodb(scope: Scope) -> bool:
    # The path as well: a deployed API's requests are anyone's, whatever header they carry.
    return scope["raw_path"] == b"/" and any(
        name == b"x-amz-target" and value.startswith(TARGET) for name, value in scope["headers"]
    )


async def _answer(engine: TableEngine, scope: Scope, receive: Receive, send: Send) -> None:
    given = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    headers = {name: given[name] for name in HANDED_ON if name in given}
    body = b"".join([part async for part in _parts(receive)])
    status, found, content = 503, {"content-type": "application/x-amz-json-1.0"}, b"{}"
    with suppress(OSError, HTTPException):  # SDKs try again after a 503
        status, found, content = await asyncio.to_thread(engine.exchange, headers, body)
    back = [(name.encode(), found[name].encode("latin-1")) for name in HANDED_BACK if name in found]
    length = [(b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": back + length})
    await send({"type": "http.response.body", "body": content})


async def _parts(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        yield message.get("body", b"")
        more = message.get("more_body", False)
