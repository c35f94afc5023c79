"""The real code's calls, answered by moto in this process and counted.

moto is right for counting: one thread, no money at stake. It never judges money or races (docs/decisions.md).
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import Lock
from typing import Any

import boto3
import pytest
import requests
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from gateway.adapters.aws.messages import Request, Response
from gateway.adapters.aws.transport import transport
from tests.bill.dynamodb_units import Table, index_write_units, read_units, table_write_units
from tests.support.aws_calls import forget_transport

REGION = "us-east-1"
SQS_REQUEST_BYTES = 64 * 1024


@cache
def client(service: str) -> Any:
    """A client of boto3's, whose calls are not counted."""
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


@dataclass
class Units:
    """What a step used. Write units by `table` or `table/index`, and partition key."""

    calls: Counter[str] = field(default_factory=Counter)
    written: Counter[tuple[str, str]] = field(default_factory=Counter)
    reads: float = 0.0
    sqs_requests: int = 0

    @property
    def write_units(self) -> int:
        """All write units."""
        return self.written.total()

    @property
    def writes(self) -> Counter[str]:
        """Write units by table or index."""
        found: Counter[str] = Counter()
        for (name, _key), count in self.written.items():
            found[name] += count
        return found


@dataclass
class Meter:
    """Counts into `units[step]`, whatever the step is named at the time."""

    prefix: str = ""
    step: str = "before"
    units: dict[str, Units] = field(default_factory=dict)
    _tables: dict[str, Table] = field(default_factory=dict)
    # Lists read shards side by side and a worker's deliveries are made at once: sums need one at a time, and
    # so does what an item was before a write and is after it.
    _one_at_a_time: Lock = field(default_factory=Lock)

    def send(self, request: Request) -> Response:
        """Carries one try out, in the transport's place."""
        with self._one_at_a_time:
            return self._counted(request)

    def _counted(self, request: Request) -> Response:
        counted = self.units.setdefault(self.step, Units())
        counted.calls[f"{request.service}:{request.operation}"] += 1
        body = json.loads(request.body)
        if request.service == "sqs":
            counted.sqs_requests += -(-len(request.body) // SQS_REQUEST_BYTES)
        writes = list(_writes(request.operation, body)) if request.service == "dynamodb" else []
        before = [self._item(table, key) for table, key in self._keys(writes)]
        response = asked_of_moto(request)
        if response.status >= 400:
            raise AssertionError(f"moto refused {request.operation}: {response.body[:500]!r}")
        after = [self._item(table, key) for table, key in self._keys(writes)]
        for (table, _), old, new in zip(writes, before, after, strict=True):
            transaction = request.operation == "TransactWriteItems"
            name = table.removeprefix(f"{self.prefix}-")
            definition = self._table(table)
            item = new or old or {}
            key = _text(item, definition.keys[0])
            counted.written[name, key] += table_write_units(old, new, transaction=transaction)
            for name_of_index, index in definition.indexes.items():
                # Where an entry goes, what it was filed under is in the old item alone.
                key = _text({**(old or {}), **item}, index.keys[0])
                counted.written[f"{name}/{name_of_index}", key] += index_write_units(index, old, new)
        counted.reads += _reads(request.operation, body, json.loads(response.body or b"{}"))
        return response

    def _keys(self, writes: list[tuple[str, Mapping[str, Any]]]) -> Iterator[tuple[str, dict[str, Any]]]:
        for table, members in writes:
            yield table, self._table(table).key(members.get("Item") or members["Key"])

    def _table(self, name: str) -> Table:
        if name not in self._tables:
            described = client("dynamodb").describe_table(TableName=name)["Table"]
            self._tables[name] = Table.described(described)
        return self._tables[name]

    def _item(self, table: str, key: Mapping[str, Any]) -> Mapping[str, Any] | None:
        # Out of moto itself: as a request it would take most of the time of a walk.
        found = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].get_item(table, dict(key))
        return None if found is None else found.to_json()["Attributes"]


def _text(item: Mapping[str, Any], attribute: str) -> str:
    return str(next(iter(item[attribute].values()))) if attribute in item else ""


def asked_of_moto(request: Request) -> Response:
    """What moto responds."""
    url = f"https://{request.service}.{REGION}.amazonaws.com{request.path}"
    answer = requests.request(
        request.method, url, headers=dict(request.headers), data=request.body, timeout=10
    )
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(answer.status_code, headers, answer.content)


def _writes(operation: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The writes of a call: table, and the members that hold the item or its key."""
    if operation in {"PutItem", "UpdateItem", "DeleteItem"}:
        yield body["TableName"], body
    for entry in body.get("TransactItems") or ():
        ((_, members),) = entry.items()
        yield members["TableName"], members
    if operation == "BatchWriteItem":
        for table, requested in body["RequestItems"].items():
            for entry in requested:
                ((_, members),) = entry.items()
                yield table, members


def _reads(operation: str, body: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    if operation == "GetItem":
        consistent = bool(body.get("ConsistentRead"))
        return read_units([answer.get("Item")], consistent=consistent, together=False)
    if operation == "Query":
        consistent = bool(body.get("ConsistentRead"))
        return read_units(answer["Items"], consistent=consistent, together=True)
    total = 0.0
    if operation == "BatchGetItem":
        for table, wanted in body["RequestItems"].items():
            found = answer["Responses"].get(table, [])
            items = [*found, *[None] * (len(wanted["Keys"]) - len(found))]
            total += read_units(items, consistent=bool(wanted.get("ConsistentRead")), together=False)
    return total


@contextmanager
def metered() -> Iterator[Meter]:
    """Puts moto in AWS's place for the library's transport and for boto3, and counts."""
    meter = Meter()
    with on_moto(meter.send):
        yield meter


@contextmanager
def on_moto(send: Callable[[Request], Response]) -> Iterator[None]:
    """Puts moto in AWS's place for boto3, and for the library's transport: `send` carries out each try."""
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]:
            patch.delenv(name)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        forget_transport()
        transport().send = send
        try:
            yield
        finally:
            forget_transport()
