"""A DynamoDB transaction: each repository's writes, collected and committed together."""

from gateway.adapters.aws.dynamodb.items import Items
from gateway.adapters.aws.dynamodb.repositories.api_keys import ApiKeyWrites
from gateway.adapters.aws.dynamodb.repositories.audit import AuditChainWrites, AuditWrites
from gateway.adapters.aws.dynamodb.repositories.deliveries import DeliveryWrites
from gateway.adapters.aws.dynamodb.repositories.idempotency import IdempotencyWrites
from gateway.adapters.aws.dynamodb.repositories.ledger import LedgerWrites
from gateway.adapters.aws.dynamodb.repositories.merchants import MerchantWrites
from gateway.adapters.aws.dynamodb.repositories.orders import OrderWrites
from gateway.adapters.aws.dynamodb.repositories.payments import PaymentWrites
from gateway.adapters.aws.dynamodb.repositories.refunds import RefundWrites
from gateway.adapters.aws.dynamodb.repositories.sessions import SessionWrites, UserWrites
from gateway.adapters.aws.dynamodb.repositories.throttles import ThrottleWrites
from gateway.adapters.aws.dynamodb.sharded_rows.feed import EventWrites
from gateway.use_cases.protocols import writes


class DynamoTransaction:
    """Implements `use_cases.protocols.writes.Transaction`."""

    def __init__(self) -> None:
        self._items = Items()
        self.merchants: writes.MerchantWrites = MerchantWrites(self._items)
        self.orders: writes.OrderWrites = OrderWrites(self._items)
        self.payments: writes.PaymentWrites = PaymentWrites(self._items)
        self.refunds: writes.RefundWrites = RefundWrites(self._items)
        self.ledger: writes.LedgerWrites = LedgerWrites(self._items)
        self.deliveries: writes.DeliveryWrites = DeliveryWrites(self._items)
        self.events: writes.EventWrites = EventWrites(self._items)
        self.idempotency: writes.IdempotencyWrites = IdempotencyWrites(self._items)
        self.api_keys: writes.ApiKeyWrites = ApiKeyWrites(self._items)
        self.users: writes.UserWrites = UserWrites(self._items)
        self.sessions: writes.SessionWrites = SessionWrites(self._items)
        self.throttles: writes.ThrottleWrites = ThrottleWrites(self._items)
        self.audit: writes.AuditWrites = AuditWrites(self._items)
        self.audit_chain: writes.AuditChainWrites = AuditChainWrites(self._items)

    def commit(self) -> None:
        """Carries all writes out in one TransactWriteItems; nothing is sent where there are none."""
        self._items.commit()
