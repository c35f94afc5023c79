"""One call of each kind that the store makes."""

from collections.abc import Callable
from typing import Any

from gateway.adapters.aws import sqs
from gateway.adapters.aws.dynamodb import batch, due
from gateway.adapters.aws.dynamodb.tables import OrderRow, PaymentRow
from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.adapters.aws.secrets import read_secret
from gateway.adapters.aws.sqs import SqsQueues
from gateway.domain.jobs import Batch, Overdue
from tests.support.database import idempotency, ledger, merchants, orders, payments, stats
from tests.support.factories import NOW, a_merchant, a_payment, an_order

MAPPING = "d8cbb5e2-2f19-4a08-8f35-0c5a8f4f5a11"
QUEUE = "http://127.0.0.1:1/000000000000/queue"
QUEUES = SqsQueues({"payments": QUEUE}, dead_letter_urls={}, triggers={"payments": MAPPING})


def commit_a_payment() -> None:
    transaction = DynamoTransaction()
    transaction.payments.add(a_payment())
    transaction.commit()


DYNAMODB: dict[str, Callable[[], Any]] = {
    "get": lambda: orders.get("order_1"),
    "put": lambda: orders.add(an_order()),
    "conditional put": lambda: merchants.add(a_merchant()),
    "batch": lambda: batch.read([(OrderRow, "order_1")]),
    "transaction": commit_a_payment,
    "list": lambda: payments.page("m", order_id=None, status=None, limit=1, offset=0),
    "overdue": lambda: payments.overdue(NOW, 10),
    "postpone": lambda: due.postpone(PaymentRow, Overdue("pay_1", "m", 1), NOW),
    "record": lambda: idempotency.get("key"),
    "balance": lambda: ledger.balances("m"),
    "oldest due": payments.oldest_due,
    "count": lambda: stats.count_batch(Batch("payments", 1, 1, 1)),
    "note": lambda: stats.note_waiting("payments", 1),
    "counts": stats.read,
}
OTHERS: dict[str, Callable[[], Any]] = {
    "send": lambda: sqs.send(QUEUE, [{"id": "1"}]),
    "send many": lambda: sqs.send(QUEUE, [{"id": "1"}, {"id": "2"}]),
    "give back": lambda: QUEUES.give_back("payments", "handle", 1),
    "depth": lambda: sqs.depth(QUEUE),
    "trigger": lambda: QUEUES.has_trigger("payments"),
    "secret": lambda: read_secret("arn"),
}
