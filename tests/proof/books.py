"""The invariants: what must hold of a merchant's rows, whatever happened on the way.

`always` holds at any time, `settled` once workers and sweeper have had their time. Both answer what is wrong,
in words; nothing is what they should answer.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.adapters.acquirers.simulator import Simulator
from gateway.adapters.aws.dynamodb import batch
from gateway.adapters.aws.dynamodb.lists.by_keys import every_row
from gateway.adapters.aws.dynamodb.payment_row import to_payment
from gateway.adapters.aws.dynamodb.repositories.delivery_row import to_delivery
from gateway.adapters.aws.dynamodb.repositories.ledger import to_entry
from gateway.adapters.aws.dynamodb.repositories.orders import to_order
from gateway.adapters.aws.dynamodb.repositories.refunds import to_refund
from gateway.adapters.aws.dynamodb.tables import LedgerRow, OrderRow, PaymentRow, RefundRow
from gateway.domain.acquiring.recomputed import movement_of_refund, movements_of, was_answered
from gateway.domain.payments.ledger import Entry, EntryKind
from gateway.domain.payments.order import Order, OrderStatus
from gateway.domain.payments.payment import METHODS, Payment, PaymentStatus
from gateway.domain.payments.refund import Refund, RefundStatus
from gateway.domain.webhooks import events
from gateway.domain.webhooks.delivery import ATTEMPTS_MAX, DeliveryStatus, WebhookDelivery
from gateway.presenters.summary import SUMMARY
from gateway.use_cases.payments.summary import read_summary
from tests.proof.shop import Shop
from tests.support.database import ledger
from tests.support.deliveries_of import deliveries_of

FINAL = (RefundStatus.PROCESSED, RefundStatus.CANCELLED)


@dataclass(frozen=True)
class Books:
    """All that the tables hold of one merchant."""

    orders: dict[str, Order]
    payments: dict[str, Payment]
    refunds: dict[str, Refund]
    entries: list[Entry]
    sums: Counter[str]
    hooks: list[WebhookDelivery]


def read(shop: Shop) -> Books:
    """Reads the merchant's rows."""
    merchant_id = shop.account.id
    paid = {row.id: to_payment(row) for row in every_row(PaymentRow, merchant_id)}
    back = {
        row.id: to_refund(row)
        for payment_id, payment in paid.items()
        if payment.status is PaymentStatus.SUCCESS
        for row in RefundRow.by_payment.query(payment_id)
    }
    wanted = {payment.order_id for payment in paid.values()} | {
        reply.json["id"]
        for request, reply in shop.answers
        if request.path == "/api/v1/orders" and reply.status == 201
    }
    found: dict[str, Order] = {}
    for ids in [sorted(wanted)[start : start + 100] for start in range(0, len(wanted), 100)]:
        rows = batch.read((OrderRow, order_id) for order_id in ids)
        found |= {i: to_order(row) for i in ids if (row := rows.get(OrderRow, i)) is not None}
    sums: Counter[str] = Counter()
    for balance in ledger.balances(merchant_id):
        sums.update(payment=balance.payments, refund=balance.refunds, reversal=balance.reversals)
    entries = [to_entry(row) for row in LedgerRow.by_merchant.query(merchant_id)]
    hooks = [to_delivery(row) for row in deliveries_of(merchant_id)]
    entries.sort(key=lambda entry: entry.id)
    hooks.sort(key=lambda hook: hook.id)
    return Books(found, paid, back, entries, sums, hooks)


def always(books: Books) -> Iterator[str]:
    """What is wrong, though it should hold at any time."""
    yield from _orders(books)
    yield from _limits(books)
    yield from _ledger(books)


def settled(shop: Shop, books: Books) -> Iterator[str]:
    """What is wrong, now that all work should be done."""
    yield from always(books)
    yield from _finished(books)
    yield from _bank(shop, books)
    yield from _statement(shop, books)
    yield from _webhooks(shop, books)
    yield from _dashboard(shop, books)


def _orders(books: Books) -> Iterator[str]:
    by_order = defaultdict(list)
    for payment in books.payments.values():
        by_order[payment.order_id].append(payment)
        if payment.order_id not in books.orders:
            yield f"{payment.id} has no order"
    for order in books.orders.values():
        mine = by_order[order.id]
        won = [payment.id for payment in mine if payment.status is PaymentStatus.SUCCESS]
        if len(won) > 1:
            yield f"{order.id} has the successful payments {won}"
        expected = OrderStatus.ATTEMPTED if mine else OrderStatus.CREATED
        if won:
            expected = OrderStatus.PAID
        if order.status is not expected:
            yield f"{order.id} is {order.status}, not {expected}"


def _limits(books: Books) -> Iterator[str]:
    claimed: Counter[str] = Counter()
    for refund in books.refunds.values():
        if refund.status is not RefundStatus.CANCELLED:
            claimed[refund.payment_id] += refund.amount
    for payment in books.payments.values():
        if payment.status is not PaymentStatus.SUCCESS:
            continue
        released = payment.amount - payment.amount_captured if payment.captured else 0
        if claimed[payment.id] != payment.amount_refunded:
            yield f"{payment.id} says {payment.amount_refunded} refunded, its refunds {claimed[payment.id]}"
        if payment.refundable < 0 or claimed[payment.id] + released + payment.refundable != payment.amount:
            yield (
                f"{payment.id}: {claimed[payment.id]} refunded, {released} released and "
                f"{payment.refundable} refundable of {payment.amount}"
            )


def _expected_entries(books: Books) -> Iterator[tuple[EntryKind, str, str | None, int]]:
    for payment in books.payments.values():
        # One that was never authorised has no release.
        reversed_too = payment.status is PaymentStatus.FAILED and payment.release is not None
        if payment.status is PaymentStatus.SUCCESS or reversed_too:
            yield EntryKind.PAYMENT, payment.id, None, payment.amount
        if reversed_too:
            yield EntryKind.REVERSAL, payment.id, None, payment.amount
        elif payment.captured and payment.amount_captured < payment.amount:
            yield EntryKind.REVERSAL, payment.id, None, payment.amount - payment.amount_captured
    for refund in books.refunds.values():
        if refund.status is RefundStatus.PROCESSED:
            yield EntryKind.REFUND, refund.payment_id, refund.id, refund.amount


def _ledger(books: Books) -> Iterator[str]:
    there = Counter((entry.kind, entry.payment_id, entry.refund_id, entry.amount) for entry in books.entries)
    expected = Counter(_expected_entries(books))
    for entry in (there - expected).elements():
        yield f"the ledger has {entry} without a movement of money"
    for entry in (expected - there).elements():
        yield f"the ledger lacks {entry}"
    lines = [line for entry in books.entries for line in entry.lines()]
    if sum(line["debit"] for line in lines) != sum(line["credit"] for line in lines):
        yield "debits and credits differ"
    for kind in EntryKind:
        total = sum(entry.amount for entry in books.entries if entry.kind is kind)
        if books.sums[str(kind)] != total:
            yield f"the balance says {books.sums[str(kind)]} for {kind}, the ledger {total}"


def _finished(books: Books) -> Iterator[str]:
    for payment in books.payments.values():
        if payment.status is PaymentStatus.PENDING or payment.release_pending or payment.due_at is not None:
            yield f"{payment.id} is left {payment.status}, release {payment.release_pending}"
    for refund in books.refunds.values():
        if refund.status not in FINAL or refund.due_at is not None:
            yield f"{refund.id} is left {refund.status}"


def _bank(shop: Shop, books: Books) -> Iterator[str]:
    bank = shop.world.bank
    owed = sum(entry.amount if entry.kind.comes_in else -entry.amount for entry in books.entries)
    at_bank = bank.net(set(books.payments), set(books.refunds))
    if owed != at_bank:
        yield f"the ledger says {owed}, the bank {at_bank}"
    for refund in books.refunds.values():
        if (refund.id in bank.refunded) != (refund.status is RefundStatus.PROCESSED):
            yield f"{refund.id} is {refund.status}, which the bank does not know"


def _statement(shop: Shop, books: Books) -> Iterator[str]:
    """What reconciliation works out of the bank's movements is what stands in the bank's own books."""
    bank, again = shop.world.bank, Simulator(shop.world.deps.config.processor)
    answered = [payment for payment in books.payments.values() if was_answered(payment)]
    said = [(payment, again.retrieve(payment, shop.world.clock())) for payment in answered]
    moved = [one for payment, result in said for one in movements_of(payment, result)]
    paid = [one for refund in books.refunds.values() if (one := movement_of_refund(refund)) is not None]
    told = {one.entry_id: one.amount for one in (*moved, *paid)}
    held = {f"{key}:payment": bank.taken[key] for key in books.payments if key in bank.taken}
    held |= {f"{key}:refund": bank.refunded[key] for key in books.refunds if key in bank.refunded}
    held |= {
        f"{payment_id}:reversal": amount
        for key, amount in bank.reversed.items()
        if (payment_id := key.partition(":")[0]) in books.payments
    }
    if told != held:
        yield f"the statement has {told}, the bank's books {held}"


def unasked(names: Iterable[str]) -> list[str]:
    """Those of an object's events that an endpoint gets without asking for them."""
    return [name for name in names if name in events.DEFAULT_EVENTS]


def _webhooks(shop: Shop, books: Books) -> Iterator[str]:
    if shop.account.webhook_url is None:
        return
    expected = Counter(
        (payment.id, event)
        for payment in books.payments.values()
        for event in unasked(events.sequence_of(payment))
    )
    expected.update(
        (refund.id, event)
        for refund in books.refunds.values()
        for event in unasked(events.refund_sequence_of(refund))
    )
    there = Counter((hook.object_id, hook.event) for hook in books.hooks if hook.event != events.TEST_EVENT)
    if there != expected:
        yield f"webhook rows missing: {expected - there}, too many: {there - expected}"
    for hook in books.hooks:
        if hook.id in shop.world.receivers.wrongly_signed:
            yield f"webhook {hook.id} was wrongly signed"
        told = shop.world.receivers.accepted.get(hook.id, set())
        delivered = hook.status is DeliveryStatus.SUCCESS and told == {hook.payload}
        given_up = hook.status is DeliveryStatus.FAILED and len(hook.attempts) == ATTEMPTS_MAX and not told
        if not delivered and not given_up:
            yield f"webhook {hook.id} ({hook.event}) is {hook.status} and was told {len(told)} times"


def _dashboard(shop: Shop, books: Books) -> Iterator[str]:
    statuses = Counter(payment.status for payment in books.payments.values())
    paid = [payment for payment in books.payments.values() if payment.status is PaymentStatus.SUCCESS]
    expected = {
        "total_transactions": len(books.payments),
        "total_amount": sum(payment.amount for payment in paid),
        "by_status": {str(status): statuses[status] for status in PaymentStatus},
        "by_method": {
            method: {
                "count": sum(payment.method == method for payment in books.payments.values()),
                "amount": sum(payment.amount for payment in paid if payment.method == method),
            }
            for method in METHODS
        },
    }
    shown = SUMMARY.present(read_summary(shop.world.deps, shop.account.id, None, None))
    for name, recounted in expected.items():
        if shown[name] != recounted:
            yield f"the dashboard shows {name} {shown[name]}, a recount gives {recounted}"
