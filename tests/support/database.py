"""The repositories on the tables that the tests have bound: they hold no state, so one of each serves all."""

from gateway.adapters.aws.dynamodb.lists.counting import Counting
from gateway.adapters.aws.dynamodb.repositories.api_keys import ApiKeys
from gateway.adapters.aws.dynamodb.repositories.audit import AuditTrail
from gateway.adapters.aws.dynamodb.repositories.deliveries import Deliveries
from gateway.adapters.aws.dynamodb.repositories.endpoint_health import Endpoints
from gateway.adapters.aws.dynamodb.repositories.idempotency import IdempotencyRecords
from gateway.adapters.aws.dynamodb.repositories.ledger import Ledger
from gateway.adapters.aws.dynamodb.repositories.merchants import Merchants
from gateway.adapters.aws.dynamodb.repositories.orders import Orders
from gateway.adapters.aws.dynamodb.repositories.payments import Payments
from gateway.adapters.aws.dynamodb.repositories.refunds import Refunds
from gateway.adapters.aws.dynamodb.repositories.sessions import Sessions, Users
from gateway.adapters.aws.dynamodb.repositories.stats import Stats
from gateway.adapters.aws.dynamodb.repositories.throttles import Throttles
from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.domain.access.session import Session
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund
from gateway.domain.webhooks.delivery import WebhookDelivery
from gateway.use_cases.protocols.writes import Transaction

api_keys = ApiKeys()
audit = AuditTrail()
deliveries = Deliveries()
endpoints = Endpoints()
idempotency = IdempotencyRecords()
ledger = Ledger()
merchants = Merchants()
orders = Orders()
payments = Payments()
refunds = Refunds()
counting = Counting()
sessions = Sessions()
stats = Stats()
throttles = Throttles()
users = Users()


def set_webhook_url(merchant_id: str, url: str | None) -> None:
    transaction = DynamoTransaction()
    transaction.merchants.set_webhook_url(merchant_id, url)
    transaction.commit()


def add_session(session: Session) -> None:
    transaction = DynamoTransaction()
    transaction.sessions.add(session)
    transaction.commit()


def add_payment(transaction: Transaction, payment: Payment) -> None:
    transaction.payments.add(payment)


def capture_payment(transaction: Transaction, payment: Payment) -> None:
    transaction.payments.capture(payment)


def add_refund(transaction: Transaction, refund: Refund) -> None:
    transaction.refunds.add(refund)


def add_delivery(transaction: Transaction, delivery: WebhookDelivery) -> None:
    transaction.deliveries.add(delivery)
