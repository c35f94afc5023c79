"""One merchant with orders to be paid, on the emulator: what the tests of services begin with."""

import json
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.access.merchant import Merchant
from gateway.domain.payments.order import Order, OrderStatus
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import IdempotencyKey, StoredResponse
from gateway.use_cases.payments.capture_payment import capture_payment
from gateway.use_cases.payments.create_payment import create_payment
from gateway.use_cases.payments.new_payment import NewPayment, Sender
from gateway.use_cases.payments.process_payments import process_payments
from gateway.use_cases.refunds.cancel_refund import cancel_refund
from gateway.use_cases.refunds.create_refund import NewRefund, create_refund
from gateway.use_cases.refunds.process_refunds import process_refunds
from tests.support.database import merchants, orders, payments, refunds
from tests.support.deliveries_of import deliveries_of
from tests.support.emulator import Emulator
from tests.support.factories import Clock, ScriptedAcquirer, a_merchant, a_message, an_order, some_deps
from tests.support.keys import answered, idempotency_key

QUEUES = ("payments", "refunds", "webhooks", "slow_webhooks")


@dataclass
class Shop:
    """A merchant with queues of its own, a clock that stands, and a bank that does as told."""

    emulator: Emulator
    secret_arn: str
    session_key_arn: str = ""
    bank: ScriptedAcquirer = field(default_factory=lambda: ScriptedAcquirer(delay_ms=0))
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.queue_urls = {name: self.emulator.make_queue() for name in QUEUES}
        settings = {f"{name.upper()}_QUEUE_URL": url for name, url in self.queue_urls.items()}
        self.deps: Dependencies = some_deps(
            self.clock,
            self.bank,
            FINGERPRINT_KEY_ARN=self.secret_arn,
            SESSION_KEY_ARN=self.session_key_arn or self.secret_arn,
            **settings,
        )
        self.merchant: Merchant = a_merchant()
        merchants.add(self.merchant)

    def without_webhooks(self) -> "Shop":
        """The same shop under a merchant who has no webhook URL."""
        self.merchant = a_merchant(webhook_url=None)
        merchants.add(self.merchant)
        return self

    def order(self, **members: Any) -> Order:
        """A new order of this shop."""
        order = an_order(**({"merchant_id": self.merchant.id} | members))
        orders.add(order)
        return order

    def key(self, text: str, body: Any = None, *, owner: str | None = None) -> IdempotencyKey:
        """An Idempotency-Key as an endpoint makes it of a header and a body."""
        return idempotency_key(self.deps, owner or self.merchant.id, "payments", text, body)

    def pay(self, order: Order, key: IdempotencyKey | None = None, **request: Any) -> StoredResponse:
        """What POST /payments does."""
        asked = {
            "merchant_id": self.merchant.id,
            "method": "upi",
            "vpa": "user@paytm",
            "card": None,
            "amount": None,
        } | request
        new = NewPayment(
            order.id,
            asked["method"],
            asked["vpa"],
            asked["card"],
            asked["amount"],
            sender=asked.get("sender") or Sender(),
        )
        return create_payment(self.deps, asked["merchant_id"], new, answered(key))

    def pending_payment(self, order: Order | None = None) -> Payment:
        """A payment that was made and not processed."""
        return self.stored_payment(self.pay(order or self.order()))

    def paid(self, amount: int = 50_000) -> Payment:
        """A payment that succeeded."""
        payment = self.pending_payment(self.order(amount=amount))
        self.process(payment)
        return self.stored_payment(payment.id)

    def process(self, *found: Payment) -> list[str]:
        """Works through messages about payments; answers the ids of those that come back."""
        return self.process_records([self.message(payment) for payment in found])

    def process_records(self, records: list[dict[str, Any]]) -> list[str]:
        answer = process_payments(self.deps, records)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def refund(self, payment: Payment, amount: int, key: IdempotencyKey | None = None) -> StoredResponse:
        """What POST /payments/{id}/refunds does."""
        return create_refund(
            self.deps, self.merchant.id, payment.id, NewRefund(amount, "cold"), answered(key)
        )

    def capture(self, payment: Payment, amount: int, key: IdempotencyKey | None = None) -> Payment:
        """What POST /payments/{id}/capture does; the payment as it is stored then."""
        capture_payment(self.deps, self.merchant.id, payment.id, amount, answered(key, 200))
        return self.stored_payment(payment.id)

    def cancel(self, refund: Refund, key: IdempotencyKey | None = None) -> Refund:
        """What POST /refunds/{id}/cancel does; the refund as it is stored then."""
        cancel_refund(self.deps, refund.id, self.merchant.id, answered(key, 200))
        return self.stored_refund(refund.id)

    def process_refunds(self, *found: Refund) -> list[str]:
        """Works through messages about refunds; answers the ids of those that come back."""
        records = [a_message(refund_id=refund.id, merchant_id=refund.merchant_id) for refund in found]
        response = process_refunds(self.deps, records)
        return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]

    def message(self, payment: Payment) -> dict[str, Any]:
        return a_message(payment_id=payment.id, merchant_id=payment.merchant_id)

    def received(self, name: str) -> list[dict[str, Any]]:
        """Records of messages that are really in flight."""
        answer = self.emulator.client("sqs").receive_message(
            QueueUrl=self.queue_urls[name], MaxNumberOfMessages=10
        )
        names = {"messageId": "MessageId", "receiptHandle": "ReceiptHandle", "body": "Body"}
        return [{ours: message[theirs] for ours, theirs in names.items()} for message in answer["Messages"]]

    def sent(self, name: str) -> list[dict[str, Any]]:
        """The messages that are ready in a queue."""
        return [json.loads(body) for body in self.emulator.messages(self.queue_urls[name])]

    def events(self, object_id: str) -> list[str]:
        """The webhooks of a payment or refund that there are rows for, in order."""
        found = deliveries_of(self.merchant.id)
        rows = [json.loads(row.payload) for row in found if row.object_id == object_id]
        return [body["event"] for body in sorted(rows, key=lambda body: int(body["sequence"]))]

    def stored_payment(self, answer: StoredResponse | str) -> Payment:
        found = payments.get(answer if isinstance(answer, str) else json.loads(answer.body)["id"])
        assert found is not None
        return found

    def stored_refund(self, answer: StoredResponse | str) -> Refund:
        found = refunds.get(answer if isinstance(answer, str) else json.loads(answer.body)["id"])
        assert found is not None
        return found

    def stored_order(self, answer: StoredResponse) -> Order:
        found = orders.get(json.loads(answer.body)["id"])
        assert found is not None
        return found

    def order_status(self, order_id: str) -> OrderStatus:
        found = orders.get(order_id)
        assert found is not None
        return found.status

    def number_of_payments(self) -> int:
        page = payments.page(self.merchant.id, order_id=None, status=None, limit=100, offset=0)
        return page.total
