"""The database in memory: each repository of `use_cases/protocols/database.py`, and reads across them."""

from collections.abc import Sequence
from typing import Any

from gateway.domain.access.merchant import Merchant
from gateway.domain.access.session import Session
from gateway.domain.access.user import User
from gateway.domain.card_testing.limits import FailureCount
from gateway.domain.idempotency import IdempotencyRecord
from gateway.domain.payments.order import Order
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund
from gateway.domain.webhooks.delivery import WebhookDelivery
from gateway.domain.webhooks.endpoint import EndpointHealth
from tests.support.memory import access, counting, feed, money
from tests.support.memory.rows import Rows
from tests.support.memory.writes import MemoryTransaction

TABLES = {
    Merchant: "merchants",
    Order: "orders",
    Payment: "payments",
    Refund: "refunds",
    WebhookDelivery: "deliveries",
    EndpointHealth: "endpoints",
    IdempotencyRecord: "idempotency",
    Session: "sessions",
    User: "users",
    FailureCount: "failures",
}


class Found:
    """What a batch read found, as it was then."""

    def __init__(self, found: dict[tuple[type[Any], str], Any]) -> None:
        self._found = found

    def get(self, kind: type[Any], key: str | None) -> Any:
        return None if key is None else self._found.get((kind, key))


class MemoryDatabase:
    """Implements `use_cases.protocols.database.Database`. `rows` is for tests: to look, to disturb."""

    def __init__(self) -> None:
        self.rows = Rows()
        self.loads = 0
        self.merchants = access.Merchants(self.rows)
        self.orders = money.Orders(self.rows)
        self.payments = money.Payments(self.rows)
        self.refunds = money.Refunds(self.rows)
        self.ledger = money.Ledger(self.rows)
        self.deliveries = money.Deliveries(self.rows)
        self.feed = feed.Feed(self.rows)
        self.endpoints = access.Endpoints(self.rows)
        self.api_keys = access.ApiKeys(self.rows)
        self.sessions = access.Sessions(self.rows)
        self.users = access.Users(self.rows)
        self.throttles = access.Throttles(self.rows)
        self.failures = access.FailureWindows(self.rows)
        self.audit = access.AuditTrail(self.rows)
        self.audit_chain = access.AuditChain(self.rows)
        self.stats = money.Stats(self.rows)
        self.reconciliations = money.Reconciliations(self.rows)
        self.counting = counting.Counting(self.rows)
        self.idempotency = money.IdempotencyRecords(self.rows)

    def load(self, keys: Sequence[tuple[type[Any], str]]) -> Found:
        self.loads += 1
        with self.rows.lock:
            return Found({(kind, key): self.rows.of(TABLES[kind]).get(key) for kind, key in keys})

    def transaction(self) -> MemoryTransaction:
        return MemoryTransaction(self.rows)
