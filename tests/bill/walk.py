"""An order, a payment by UPI and its three webhooks, through the API and the workers as Lambda calls them."""

import io
import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, cast

import pytest

from gateway.adapters.aws.dynamodb import due, tables
from tests.bill.meter import Meter, client, metered
from tests.bill.storage import Stored, stored
from tests.proof.world import Account, World, a_world
from tests.support.emulator import Emulator

WORKERS = {"payments": "process payment", "webhooks": "deliver webhooks"}
SEED = 1
# Workers' statistics are spread by time: each walk begins at the same one.
BEGAN = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
STEPS = ("POST /orders", "POST /payments", "process payment", "deliver webhooks", "sweep")


class Step(Protocol):
    """Told what is done next, and how often a function is invoked for it."""

    def __call__(self, name: str, invoked: int = 1, /) -> None:
        """Names the step."""


@dataclass
class Walk:
    """What the steps used for `payments` payments that went through together."""

    payments: int
    meter: Meter
    log_bytes: int
    invocations: dict[str, int]
    merchant_id: str
    kept: Stored


@dataclass(frozen=True)
class Moto(Emulator):
    """moto, where the tests' world expects the emulator."""

    def client(self, service: str) -> Any:
        return client(service)


def walk(payments: int, **settings: str) -> Walk:
    """Takes `payments` payments, each step for all before the next, so that workers get full batches."""
    with _world(settings) as (meter, world):
        account, lines = world.new_merchant(), io.StringIO()
        # A payment before those that count: what a process reads once and keeps is not a payment's cost.
        _pay(world, account, 1, lambda _name, _invoked=1: None)
        invocations = dict.fromkeys(STEPS, 0)

        def step(name: str, invoked: int = 1) -> None:
            meter.step = name
            invocations[name] += invoked

        before = stored(meter.prefix)
        with redirect_stdout(lines):
            _pay(world, account, payments, step)
        kept = stored(meter.prefix).less(before)
        return Walk(payments, meter, len(lines.getvalue()), invocations, account.id, kept)


@contextmanager
def _world(settings: dict[str, str]) -> Iterator[tuple[Meter, World]]:
    with metered() as meter:
        moto = Moto("moto")
        meter.prefix = moto.make_tables()
        tables.bind(meter.prefix)
        shards = due.SHARDS
        with a_world(moto, meter.prefix, BEGAN, **settings) as world, pytest.MonkeyPatch.context() as patch:
            # The proofs do with one shard; and which shard a row falls into is its id's matter.
            patch.setattr(due, "SHARDS", shards)
            draw = random.Random(SEED)
            world.use_ids(lambda: str(uuid.UUID(int=draw.getrandbits(128))), draw.choice)
            yield meter, world


def _pay(world: World, account: Account, payments: int, step: Step) -> None:
    orders = []
    for number in range(payments):
        step("POST /orders")
        body = {
            "amount": 50_000,
            "receipt": f"receipt-{payments}-{number}",
            "notes": {"cart": "c-0123456789"},
        }
        orders.append(_sent(world, account, "/api/v1/orders", body)["id"])
    for order in orders:
        step("POST /payments")
        body = {"order_id": order, "method": "upi", "vpa": "success@asyncpay"}
        _sent(world, account, "/api/v1/payments", body, key=str(uuid.uuid5(uuid.NAMESPACE_OID, order)))
    # The first two webhooks go out before the bank has answered; the last one in a batch of its own.
    while sum(_served(world, queue, step) for queue in ("webhooks", "payments")):
        pass
    step("sweep")
    assert world.sweep(), "something was left to the sweeper"


def _served(world: World, queue: str, step: Step) -> bool:
    url, name = world.urls[queue], WORKERS[queue]
    if url not in world.pump.waiting:
        return False
    step(name, 0)
    # A worker's statistics are spread by the time of its batches.
    world.clock.advance(milliseconds=137)
    served = world.pump.step(url)
    step(name, int(served))
    return served


def _sent(world: World, account: Account, path: str, body: Any, key: str | None = None) -> dict[str, Any]:
    reply = world.call(account, "POST", path, body=body, key=key)
    assert reply is not None
    assert reply.status == 201, reply.text
    return cast("dict[str, Any]", reply.json)
