"""The gateway with everything around it, in one process: API and workers as Lambda calls them, the emulator's
tables and queues, a bank, receivers, and a clock that only tests move.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

import app
from chalicelib.frame.routing import resolve
from gateway.adapters.aws.dynamodb import due
from gateway.adapters.aws.dynamodb.sharded_rows.stats_row import StatsRow
from gateway.adapters.aws.dynamodb.tables import WebhookRow
from gateway.adapters.aws.secrets import forget_secrets
from gateway.domain.access.api_key import ApiKey, hash_secret
from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.account import simulated_account
from gateway.domain.acquiring.statement import Run
from gateway.domain.span import beginning
from gateway.domain.values import new_id
from gateway.use_cases.access import authentication
from gateway.use_cases.acquirers.reconcile import reconcile
from gateway.use_cases.dependencies import Dependencies
from tests.proof.outside import Bank, Receivers
from tests.proof.pump import Pump
from tests.proof.size import TORTURE, a_random
from tests.proof.wire import Crash, Wire, tapped
from tests.support.database import api_keys, merchants
from tests.support.emulator import Emulator
from tests.support.factories import Clock, a_config, deps_for, some_uuid
from tests.support.http_calls import CONTEXT, Reply, an_event, send

SWEEP_STEP_SECONDS = 110  # past the sweeper's grace and past the time it gives to what it has sent again
ROUNDS_MAX = 15
IDS = a_random("ids")
SCHEDULE = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}, "resources": []}
MISSING = {"account": "0", "region": "r", "time": "t", "version": "0", "id": "i"}


@dataclass
class Account:
    """A merchant's credentials and webhook receiver."""

    id: str
    key: str
    secret: str
    webhook_url: str | None


@dataclass
class World:
    """One gateway. `deps` is what the functions use; the wire lies below it."""

    deps: Dependencies
    clock: Clock
    wire: Wire
    bank: Bank
    receivers: Receivers
    pump: Pump
    urls: dict[str, str]
    settled_for: int = 0

    def new_merchant(self, *, webhooks: bool = True) -> Account:
        """A merchant that nobody has used yet."""
        number = f"{IDS.getrandbits(128):032x}"
        url = f"https://{number}.example/hook" if webhooks else None
        account = Account(some_uuid(), f"key_{number}", f"secret_{number}", url)
        secret = f"whsec_{number}"
        if url is not None:
            self.receivers.secrets[url] = [secret]
        merchants.add(
            Merchant(account.id, "Chai Point", "chai@example.com", True, url, secret, self.clock())  # noqa: FBT003
        )
        digest = hash_secret(account.key, account.secret)
        api_keys.put(ApiKey(account.key, account.id, digest, active=True, created_at=self.clock()))
        return account

    def call(
        self,
        account: Account | None,
        method: str,
        path: str,
        *,
        body: Any = None,
        key: str | None = None,
        raw_body: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
    ) -> Reply | None:
        """One HTTP request; None where the process died over it."""
        sent = dict(headers)
        if account is not None:
            sent |= {"X-Api-Key": account.key, "X-Api-Secret": account.secret}
        if key is not None:
            sent["Idempotency-Key"] = key
        plain, _, query = path.partition("?")
        parameters = {name: [value] for name, _, value in (pair.partition("=") for pair in query.split("&"))}
        try:
            with self.wire.watched(route_of(method, plain)):
                return send(
                    app.app,
                    method,
                    plain,
                    headers=sent,
                    json_body=body,
                    body=raw_body,
                    query=parameters if query else None,
                )
        except Crash:
            self.forget()
            return None

    def work(self) -> None:
        """Lets the workers do all that is visible now."""
        self.pump.run()

    def wait(self) -> None:
        """The same; after a failure, until the sweeper has repaired what there was to repair."""
        self.work()
        if self.wire.fired != self.settled_for:
            self.settle()

    def sweep(self) -> bool:
        """One run of the sweeper; whether there was nothing to do."""
        before = len(self.wire.calls)
        try:
            with self.wire.watched("sweep"):
                swept = app.sweep({**SCHEDULE, **MISSING}, CONTEXT)
        except (Exception, Crash):  # noqa: BLE001 - the schedule comes again
            return False
        # It may have found work and leave it to its next run, since it can't tell whether it postponed it.
        found = any(call.point.operation.endswith("UpdateItem") for call in self.wire.calls[before:])
        return not found and not any(swept.values())

    def seed(self) -> None:
        """What a deployment does first; it comes again where it failed."""
        for _ in range(ROUNDS_MAX):
            with suppress(Exception, Crash), self.wire.watched("seed"):
                app.seed({}, CONTEXT)
                return

    def compare(self, merchant_id: str, day: date) -> Run:
        """What the schedule's job does for one merchant, once the day is over; again where it failed."""
        later = beginning(day) + timedelta(days=2)
        deps = replace(self.deps, now=lambda: later)
        for _ in range(ROUNDS_MAX):
            with suppress(Exception, Crash), self.wire.watched("reconcile one merchant"):
                return reconcile(deps, simulated_account(merchant_id), day)
        raise AssertionError(f"{day} can't be compared")

    def settle(self) -> None:
        """Advances the clock, with workers and sweeper, until nothing is left to do."""
        for _ in range(ROUNDS_MAX):
            self.work()
            self.clock.advance(seconds=SWEEP_STEP_SECONDS)
            self.work()
            if self.sweep() and not any(self.pump.parked.values()) and not self._waits():
                self.settled_for = self.wire.fired
                return
        left = [message for messages in self.pump.parked.values() for message in messages]
        self.pump.forget()
        raise AssertionError(f"at {self.clock()}, after {ROUNDS_MAX} sweeps, there is still work: {left}")

    def _waits(self) -> bool:
        """Whether a delivery is still to be made: behind an open circuit, say, or for a later attempt."""
        with self.wire.unwatched():
            return any(
                WebhookRow.due.count(f"{shards}{number}", limit=1)
                for shards in ("", due.HELD, due.PLANNED)
                for number in range(due.SHARDS)
            )

    def forget(self) -> None:
        """Begins as a new process does, that knows nothing."""
        authentication.forget_all()
        forget_secrets()

    def begin_anew(self) -> None:
        """Forgets, and drops the workers' statistics: some calls depend on them, and runs must be alike."""
        with self.wire.unwatched():
            for row in StatsRow.scan():
                row.delete()
        self.forget()

    def use_ids(self, new_uuid: Callable[[], str], choice: Callable[[str], str]) -> None:
        """Has ids made by these from now on."""
        ids = {"new_uuid": new_uuid, "new_id": lambda prefix: new_id(prefix, choice)}
        self.deps = replace(self.deps, **ids)

    def use(self, **changes: Any) -> None:
        """Changes the settings of the gateway."""
        self.deps = replace(self.deps, config=replace(self.deps.config, **changes))


def _a_morning() -> datetime:
    """One time of day, so that midnight comes at the same step; ahead, so that no row is too old."""
    return datetime.now(UTC).replace(hour=9, minute=30, second=0, microsecond=250_000) + timedelta(days=1)


def route_of(method: str, path: str) -> str:
    """The endpoint that answers, e.g. `GET /api/v1/orders/{order_id}`."""
    event = resolve(app.app.routes, an_event(method, path))
    return f"{method} {event['requestContext']['resourcePath']}"


def _workers(urls: dict[str, str]) -> dict[str, tuple[str, Callable[[Any], dict[str, Any]]]]:
    def worker(function: Any) -> Callable[[Any], dict[str, Any]]:
        return lambda records: function({"Records": records}, CONTEXT)

    return {
        urls["payments"]: ("process_payment", worker(app.process_payment)),
        urls["refunds"]: ("process_refund", worker(app.process_refund)),
        urls["webhooks"]: ("deliver_webhook", worker(app.deliver_webhook)),
        urls["slow_webhooks"]: ("deliver_slow_webhook", worker(app.deliver_slow_webhook)),
    }


@contextmanager
def a_world(
    emulator: Emulator, table_prefix: str, began: datetime | None = None, **more: str
) -> Iterator[World]:
    """A gateway over these tables, with queues of its own. Its clock starts now, or when it `began`."""
    wire, clock, receivers = Wire(), Clock(began or _a_morning()), Receivers()
    names = ("payments", "refunds", "webhooks", "slow_webhooks")
    urls = {name: emulator.make_queue() for name in names}
    secret = emulator.client("secretsmanager").create_secret(
        Name=uuid.uuid4().hex, SecretString="fingerprint"
    )
    settings = more | {f"{name.upper()}_QUEUE_URL": url for name, url in urls.items()}
    config = a_config(
        ALLOWS_CHAOS="true",
        TABLE_PREFIX=table_prefix,
        TEST_PROCESSING_DELAY="0",
        WEBHOOK_RETRY_INTERVALS_TEST="true",
        FINGERPRINT_KEY_ARN=secret["ARN"],
        SESSION_KEY_ARN=secret["ARN"],
        **settings,
    )
    bank = Bank(config.processor)
    deps = replace(
        deps_for(config, clock, bank, receivers.post), new_id=lambda prefix: new_id(prefix, IDS.choice)
    )
    pump = Pump(emulator.client("sqs"), clock, wire, _workers(urls))
    world = World(deps, clock, wire, bank, receivers, pump, urls)
    with pytest.MonkeyPatch.context() as patch, tapped(wire):
        patch.setattr(app.app, "dependencies", lambda: world.deps)
        if not TORTURE:
            # Each sweep reads every shard of three indexes; one shows as much as eight, and is faster.
            patch.setattr(due, "SHARDS", 1)
        world.forget()
        yield world
