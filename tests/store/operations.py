"""One call of each kind that the store makes."""

from collections.abc import Callable
from typing import Any

from gateway.adapters.aws import queues
from gateway.adapters.aws.dynamodb import batch, due
from gateway.adapters.aws.dynamodb.repositories import idempotency, ledger, merchants, orders, payments, stats
from gateway.adapters.aws.dynamodb.tables import OrderRow, PaymentRow
from gateway.adapters.aws.dynamodb.transaction import Transaction
from tests.factories import NOW, a_merchant, a_payment, an_order

MAPPING = "d8cbb5e2-2f19-4a08-8f35-0c5a8f4f5a11"
QUEUE = "http://127.0.0.1:1/000000000000/queue"


def commit_a_payment() -> None:
    transaction = Transaction()
    payments.put_new(transaction, a_payment())
    transaction.commit()


DYNAMODB: dict[str, Callable[[], Any]] = {
    "get": lambda: orders.get_order("order_1"),
    "put": lambda: orders.add_order(an_order()),
    "conditional put": lambda: merchants.add_merchant(a_merchant()),
    "batch": lambda: batch.read([(OrderRow, "order_1")]),
    "transaction": commit_a_payment,
    "list": lambda: payments.list_payments("m", order_id=None, status=None, limit=1, offset=0),
    "overdue": lambda: payments.overdue_payments(NOW, 10),
    "postpone": lambda: due.postpone(PaymentRow, due.Overdue("pay_1", "m", 1), NOW),
    "record": lambda: idempotency.get_record("key"),
    "balance": lambda: ledger.balances("m"),
    "oldest due": payments.oldest_due,
    "count": lambda: stats.count_batch(stats.Batch("payments", 1, 1, 1)),
    "note": lambda: stats.note_waiting("payments", 1),
    "counts": stats.read_stats,
}
OTHERS: dict[str, Callable[[], Any]] = {
    "send": lambda: queues.send(QUEUE, [{"id": "1"}]),
    "send many": lambda: queues.send(QUEUE, [{"id": "1"}, {"id": "2"}]),
    "give back": lambda: queues.give_back(QUEUE, "handle", 1),
    "depth": lambda: queues.depth(QUEUE),
    "trigger": lambda: queues.trigger_enabled(MAPPING),
    "secret": lambda: queues.secret("arn"),
}
