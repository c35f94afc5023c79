"""The database on DynamoDB: repositories over one set of tables, and batch reads across them."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pynamodb.models import Model

from gateway.adapters.aws.dynamodb import batch
from gateway.adapters.aws.dynamodb.access_tables import LoginRow, MerchantRow, SessionRow, ThrottleRow
from gateway.adapters.aws.dynamodb.lists.counting import Counting
from gateway.adapters.aws.dynamodb.payment_row import to_payment
from gateway.adapters.aws.dynamodb.repositories.api_keys import ApiKeys
from gateway.adapters.aws.dynamodb.repositories.audit import AuditChain, AuditTrail
from gateway.adapters.aws.dynamodb.repositories.deliveries import Deliveries
from gateway.adapters.aws.dynamodb.repositories.delivery_row import to_delivery
from gateway.adapters.aws.dynamodb.repositories.endpoint_health import EndpointRow, Endpoints, to_health
from gateway.adapters.aws.dynamodb.repositories.idempotency import IdempotencyRecords, to_record
from gateway.adapters.aws.dynamodb.repositories.ledger import Ledger
from gateway.adapters.aws.dynamodb.repositories.merchants import Merchants, to_merchant
from gateway.adapters.aws.dynamodb.repositories.orders import Orders, to_order
from gateway.adapters.aws.dynamodb.repositories.payments import Payments
from gateway.adapters.aws.dynamodb.repositories.reconciliations import Reconciliations
from gateway.adapters.aws.dynamodb.repositories.refunds import Refunds, to_refund
from gateway.adapters.aws.dynamodb.repositories.sessions import Sessions, Users, to_session, to_user
from gateway.adapters.aws.dynamodb.repositories.stats import Stats
from gateway.adapters.aws.dynamodb.repositories.throttles import FailureWindows, Throttles, to_count
from gateway.adapters.aws.dynamodb.sharded_rows.feed import Feed
from gateway.adapters.aws.dynamodb.tables import (
    IdempotencyRow,
    OrderRow,
    PaymentRow,
    RefundRow,
    WebhookRow,
)
from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
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
from gateway.use_cases.protocols import access, counting, deliveries
from gateway.use_cases.protocols import database as protocols
from gateway.use_cases.protocols.writes import Transaction

Entity = TypeVar("Entity")

# What `load` can read: each entity's rows, and how one becomes the entity.
_KINDS: dict[type[Any], tuple[type[Model], Callable[[Any], Any]]] = {
    Merchant: (MerchantRow, to_merchant),
    Order: (OrderRow, to_order),
    Payment: (PaymentRow, to_payment),
    Refund: (RefundRow, to_refund),
    WebhookDelivery: (WebhookRow, to_delivery),
    EndpointHealth: (EndpointRow, to_health),
    IdempotencyRecord: (IdempotencyRow, to_record),
    Session: (SessionRow, to_session),
    User: (LoginRow, to_user),
    FailureCount: (ThrottleRow, to_count),
}


class LoadedRows:
    """The rows that a batch read found, as entities: each becomes one once, however often it is asked for."""

    def __init__(self, rows: batch.Rows) -> None:
        self._rows = rows
        self._entities: dict[tuple[type[Any], str], Any] = {}

    def get(self, kind: type[Entity], key: str | None) -> Entity | None:
        """The entity, or None where there is none, or where `key` is None."""
        if key is None:
            return None
        entity: Entity | None = self._entities.get((kind, key))
        if entity is None:
            row_type, to_entity = _KINDS[kind]
            row = self._rows.get(row_type, key)
            if row is not None:
                entity = self._entities[kind, key] = to_entity(row)
        return entity


class DynamoDatabase:
    """Implements `use_cases.protocols.database.Database`.

    PynamoDB binds its models to tables process-wide (`tables.bind`), so a process has one such database.
    """

    def __init__(self) -> None:
        self.merchants: protocols.Merchants = Merchants()
        self.orders: protocols.Orders = Orders()
        self.payments: protocols.Payments = Payments()
        self.refunds: protocols.Refunds = Refunds()
        self.ledger: protocols.Ledger = Ledger()
        self.deliveries: deliveries.Deliveries = Deliveries()
        self.feed: deliveries.Feed = Feed()
        self.endpoints: deliveries.Endpoints = Endpoints()
        self.api_keys: access.ApiKeys = ApiKeys()
        self.sessions: access.Sessions = Sessions()
        self.users: access.Users = Users()
        self.throttles: access.Throttles = Throttles()
        self.failures: access.FailureWindows = FailureWindows()
        self.audit: access.AuditTrail = AuditTrail()
        self.audit_chain: access.AuditChain = AuditChain()
        self.stats: protocols.Stats = Stats()
        self.counting: counting.Counting = Counting()
        self.reconciliations: protocols.Reconciliations = Reconciliations()
        self.idempotency: protocols.IdempotencyRecords = IdempotencyRecords()

    def load(self, keys: Sequence[tuple[type[Any], str]]) -> protocols.Loaded:
        """Entities of any kind by their ids, strongly consistent, in one BatchGetItem."""
        return LoadedRows(batch.read((_KINDS[kind][0], key) for kind, key in keys))

    def transaction(self) -> Transaction:
        """A new transaction, with nothing in it."""
        return DynamoTransaction()
