"""Health, asked of the whole function, with parts of AWS gone."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app import app
from gateway.adapters.aws import sqs
from gateway.adapters.aws.dynamodb import tables
from gateway.adapters.aws.timeouts import PROBE
from tests.support.aws_calls import unreachable
from tests.support.emulator import Emulator
from tests.support.factories import configured
from tests.support.http_calls import send
from tests.support.shop import Shop

pytestmark = pytest.mark.emulator
# The status function's own limit is 10 s; a busy machine's share is in it.
ANSWERED_SECONDS = 8


@pytest.fixture
def shop(
    emulator: Emulator, empty_store: str, secret_arn: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    """A shop on the emulator, whose tables do as the status function's.

    They are empty: what another test found out of the health some seconds ago is shared with whoever asks.
    """
    tables.bind(empty_store, timeouts=PROBE)
    shop = Shop(emulator, secret_arn)
    monkeypatch.setattr(app, "dependencies", lambda: shop.deps)
    yield shop
    tables.bind(empty_store)


def test_health_tells_a_queue_that_is_gone(shop: Shop) -> None:
    began = time.monotonic()
    with unreachable("sqs", "lambda"):
        reply = send(app, "GET", "/health")
    assert time.monotonic() - began < ANSWERED_SECONDS
    assert reply.status == 200
    found = {name: reply.json[name] for name in ("status", "database", "redis", "worker")}
    assert found == {
        "status": "healthy",
        "database": "connected",
        "redis": "disconnected",
        "worker": "stopped",
    }


def test_health_tells_tables_that_are_gone(shop: Shop) -> None:
    began = time.monotonic()
    with unreachable("dynamodb"):
        reply = send(app, "GET", "/health")
    assert time.monotonic() - began < ANSWERED_SECONDS
    assert (reply.status, reply.json["database"], reply.json["redis"]) == (200, "disconnected", "connected")
    assert reply.json["worker"] == "stopped"


@pytest.mark.parametrize("path", ["/api/v1/test/jobs/status", "/api/v1/test/jobs/queues"])
def test_job_counts_that_cannot_be_had_are_not_made_up(shop: Shop, path: str) -> None:
    with unreachable("dynamodb"):
        reply = send(app, "GET", path)
    assert (reply.status, reply.error["code"]) == (503, "SERVER_ERROR")


def test_the_queues_are_answered_one_by_one(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = shop.emulator.make_queue()
    config = replace(shop.deps.config, dead_letter_queue_urls={"payments": dead})
    monkeypatch.setattr(shop, "deps", configured(shop.deps, config))
    sqs.send(shop.queue_urls["payments"], [{"id": "1"}])
    payments, _, _, slow = send(app, "GET", "/api/v1/test/jobs/queues").json["data"]
    assert (payments.pop("completed") >= 0, payments.pop("failed") >= 0) == (True, True)
    assert type(payments.pop("oldest_age_seconds")) in (int, type(None))  # other tests' rows
    assert payments == {
        "name": "payments",
        "waiting": 1,
        "delayed": 0,
        "processing": 0,
        "dead_letters": 0,
        "worker_status": "stopped",
    }
    assert (slow["name"], slow["dead_letters"]) == ("slow_webhooks", None)


def test_a_method_that_the_status_has_not_is_refused_as_the_api_does(shop: Shop) -> None:
    reply = send(app, "PUT", "/health")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("path", ["/health/", "/api/v1/test/jobs/status", "/api/v1/test/jobs/queues/"])
def test_the_api_function_leaves_the_status_to_the_other_one(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    config = replace(shop.deps.config, is_status_function=False)
    monkeypatch.setattr(shop, "deps", configured(shop.deps, config))
    reply = send(app, "GET", path)
    assert (reply.status, reply.error["code"]) == (404, "NOT_FOUND_ERROR")
