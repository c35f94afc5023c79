"""One merchant with orders to be paid, in memory: what tests of use cases begin with."""

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.errors import AsyncPayError
from gateway.domain.payments.order import Order
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import Idempotency, IdempotencyKey, StoredResponse
from gateway.use_cases.orders.create_order import NewOrder, create_order
from gateway.use_cases.payments.capture_payment import capture_payment
from gateway.use_cases.payments.create_payment import create_payment
from gateway.use_cases.payments.new_payment import NewPayment, Sender
from gateway.use_cases.payments.process_payments import process_payments
from gateway.use_cases.refunds.cancel_refund import cancel_refund
from gateway.use_cases.refunds.create_refund import NewRefund, create_refund
from gateway.use_cases.refunds.process_refunds import process_refunds
from tests.support.factories import Clock, ScriptedAcquirer, a_merchant, a_message, an_order
from tests.support.memory.outside import MemoryQueues, ScriptedEndpoint, memory_deps


class MemoryShop:
    """A merchant, a clock that stands, a bank and an endpoint that do as told."""

    def __init__(self, bank: ScriptedAcquirer | None = None, **settings: str) -> None:
        self.clock, self.endpoint = Clock(), ScriptedEndpoint()
        self.bank = bank or ScriptedAcquirer(delay_ms=0)
        self.deps: Dependencies = memory_deps(self.clock, self.bank, self.endpoint, **settings)
        self.database: Any = self.deps.database
        self.queues: MemoryQueues = self.deps.queues  # type: ignore[assignment]
        self.merchant = a_merchant()
        self.database.merchants.add(self.merchant)

    def set_merchant(self, **members: Any) -> None:
        """Changes the merchant's row."""
        self.merchant = replace(self.merchant, **members)
        self.database.rows.of("merchants")[self.merchant.id] = self.merchant

    def put(self, table: str, entity: Any) -> Any:
        """Puts a row there as it is, whatever a repository would say."""
        self.database.rows.of(table)[entity.id] = entity
        return entity

    def order(self, **members: Any) -> Order:
        order = an_order(**({"merchant_id": self.merchant.id} | members))
        self.database.orders.add(order)
        return order

    def create_order(self, new: NewOrder, key: IdempotencyKey | None = None) -> StoredResponse:
        return create_order(self.deps, self.merchant.id, new, rendered(key))

    def pay(self, order: Order, key: IdempotencyKey | None = None, **request: Any) -> StoredResponse:
        asked = {"merchant_id": self.merchant.id, "method": "upi", "vpa": "user@paytm", "card": None}
        asked |= {"amount": None, "sender": Sender()} | request
        members = (asked[name] for name in ("method", "vpa", "card", "amount"))
        new = NewPayment(order.id, *members, sender=asked["sender"])
        return create_payment(self.deps, asked["merchant_id"], new, rendered(key))

    def pending(self, order: Order | None = None) -> Payment:
        return self.payment(self.pay(order or self.order()).body)

    def paid(self, amount: int = 500) -> Payment:
        payment = self.pending(self.order(amount=amount))
        assert self.process(payment) == []
        return self.payment(payment.id)

    def payment(self, payment_id: str) -> Payment:
        found: Payment | None = self.database.payments.get(payment_id)
        assert found is not None
        return found

    def refund(self, payment: Payment, amount: int, key: IdempotencyKey | None = None) -> StoredResponse:
        new = NewRefund(amount, "cold")
        return create_refund(self.deps, self.merchant.id, payment.id, new, rendered(key))

    def capture(
        self, payment_id: str, amount: int, key: IdempotencyKey | None = None, by: str | None = None
    ) -> StoredResponse:
        return capture_payment(self.deps, by or self.merchant.id, payment_id, amount, rendered(key))

    def captured(self, payment_id: str, amount: int) -> Payment:
        return self.payment(self.capture(payment_id, amount).body)

    def cancel(
        self, refund_id: str, key: IdempotencyKey | None = None, by: str | None = None
    ) -> StoredResponse:
        return cancel_refund(self.deps, refund_id, by or self.merchant.id, rendered(key))

    def refunded(self, payment: Payment, amount: int) -> Refund:
        return self.stored_refund(self.refund(payment, amount).body)

    def stored_refund(self, refund_id: str) -> Refund:
        found: Refund | None = self.database.refunds.get(refund_id)
        assert found is not None
        return found

    def process(self, *payments: Payment) -> list[str]:
        """What the worker makes of one message for each; the messages that must come back."""
        records = [a_message(payment_id=each.id, merchant_id=each.merchant_id) for each in payments]
        return failures(process_payments(self.deps, records))

    def process_refunds(self, *refunds: Refund) -> list[str]:
        records = [a_message(refund_id=each.id, merchant_id=each.merchant_id) for each in refunds]
        return failures(process_refunds(self.deps, records))

    def events(self, object_id: str) -> list[str]:
        """The events of an object's deliveries, in the order of their making."""
        found = self.database.rows.of("deliveries").values()
        return [delivery.event for delivery in found if delivery.object_id == object_id]

    def audit(self) -> list[tuple[str, str, str, Any]]:
        """What the audit trail says, oldest first."""
        found = self.database.rows.of("audit").values()
        return [(entry.actor, str(entry.action), entry.object, entry.details) for entry in found]


def rendered(key: IdempotencyKey | None) -> Idempotency:
    """A request whose response is the id of what was made."""
    return Idempotency(key, lambda made: StoredResponse(201, made.id))


# A request whose response is the secret that was made.
SECRET_ITSELF = Idempotency(None, lambda secret: StoredResponse(200, secret))


def failures(response: dict[str, Any]) -> list[str]:
    assert set(response) == {"batchItemFailures"}
    return [item["itemIdentifier"] for item in response["batchItemFailures"]]


def lines(capsys: pytest.CaptureFixture[str], message: str | None = None) -> list[dict[str, Any]]:
    """The log lines since the last time; only those with this message, without it and the level."""
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    if message is None:
        return found
    return [
        {name: value for name, value in line.items() if name not in {"message", "at"}}
        for line in found
        if line["message"] == message
    ]


def told(refusal: pytest.ExceptionInfo[AsyncPayError]) -> tuple[str, str | None]:
    """What a caller is told of a refusal: the description, and the field."""
    return refusal.value.description, refusal.value.field
