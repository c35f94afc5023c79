"""A transaction in memory: the writes of `use_cases/protocols/writes.py`, each with its condition."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.domain.access.api_key import ApiKey
from gateway.domain.access.audit import AuditEntry
from gateway.domain.access.audit_chain import Block, Head
from gateway.domain.access.limit import Limit
from gateway.domain.access.merchant import Merchant
from gateway.domain.access.session import Session
from gateway.domain.access.user import User
from gateway.domain.card_testing.limits import Limits
from gateway.domain.chaos import Chaos
from gateway.domain.counting.counts import Kind
from gateway.domain.idempotency import IdempotencyRecord
from gateway.domain.payments import order as orders
from gateway.domain.payments.ledger import Balance, Entry, EntryKind
from gateway.domain.payments.order import OrderEvent, OrderPlace, PublicAttempt
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.payments.refund import Refund
from gateway.domain.webhooks.delivery import WebhookDelivery
from gateway.domain.webhooks.feed import Untold, place_of
from gateway.domain.webhooks.webhook_endpoint import WebhookEndpoint
from gateway.use_cases.protocols.refusals import Write
from tests.support.memory import counting
from tests.support.memory.rows import Change, Condition, PlannedWrite, Rows, exists, is_free

# The ledger's sums, by the kind of the entry that adds to them.
SUMS = {EntryKind.PAYMENT: "payments", EntryKind.REFUND: "refunds", EntryKind.REVERSAL: "reversals"}
Plan = Callable[[str, str, Any, Change, Condition], None]


def window_of(limit: Limit, subject: str, now: datetime) -> tuple[str, str, int]:
    """The counter of a limit's uses by a subject in the present window."""
    return (limit.name, subject, int(now.timestamp()) // int(limit.window.total_seconds()))


class MemoryTransaction:
    """Implements `use_cases.protocols.writes.Transaction`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._writes: list[PlannedWrite] = []
        self.events = EventWrites(self._plan)
        self.merchants = MerchantWrites(self._plan)
        self.orders = OrderWrites(self._plan)
        self.payments = PaymentWrites(self._plan)
        self.refunds = RefundWrites(self._plan)
        self.ledger = LedgerWrites(self._plan)
        self.deliveries = DeliveryWrites(self._plan)
        self.idempotency = IdempotencyWrites(self._plan)
        self.api_keys = ApiKeyWrites(self._plan)
        self.users = UserWrites(self._plan)
        self.sessions = SessionWrites(self._plan)
        self.throttles = ThrottleWrites(self._plan)
        self.audit = AuditWrites(self._plan)
        self.audit_chain = AuditChainWrites(self._plan)

    def commit(self) -> None:
        self._rows.commit(self._writes)

    def _plan(self, label: str, table: str, key: Any, change: Change, condition: Condition) -> None:
        self._writes.append(PlannedWrite(label, table, key, change, condition))


class _Writes:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def _count(self, kind: Kind, row: Any, status: Any, now: datetime) -> None:
        """The correction of a row that gets a status late."""
        move = counting.move(kind, row, status, now)
        if move is not None:
            self._plan(move.label, move.table, move.key, move.change, move.condition)


class MerchantWrites(_Writes):
    def add(self, merchant: Merchant) -> None:
        self._plan(Write.MERCHANT, "merchants", merchant.id, lambda _: merchant, is_free)

    def set_active(self, merchant_id: str, *, active: bool) -> None:
        self._change(
            merchant_id,
            lambda row: replace(row, active=active, session_version=row.session_version + 1),
            lambda row: exists(row) and row.active is not active,
        )

    def end_sessions(self, merchant_id: str) -> None:
        self._change(merchant_id, lambda row: replace(row, session_version=row.session_version + 1), exists)

    def set_checkout_origins(self, merchant_id: str, origins: tuple[str, ...]) -> None:
        self._change(merchant_id, lambda row: replace(row, checkout_origins=tuple(origins)), exists)

    def set_webhook_url(self, merchant_id: str, url: str | None) -> None:
        self._change(merchant_id, lambda row: replace(row, webhook_url=url), exists)

    def set_webhook_events(self, merchant_id: str, url: str | None, events: tuple[str, ...]) -> None:
        self._change(merchant_id, lambda row: replace(row, webhook_url=url, webhook_events=events), exists)

    def set_endpoints(self, merchant_id: str, version: int, endpoints: tuple[WebhookEndpoint, ...]) -> None:
        self._change(
            merchant_id,
            lambda row: replace(row, added_endpoints=endpoints, endpoints_version=version + 1),
            lambda row: exists(row) and row.endpoints_version == version,
        )

    def clear_webhook_url(self, merchant_id: str, url: str) -> None:
        self._change(
            merchant_id,
            lambda row: replace(row, webhook_url=None),
            lambda row: exists(row) and row.webhook_url == url,
        )

    def replace_webhook_secret(self, merchant_id: str, old: str, new: str, old_until: datetime) -> None:
        self._change(
            merchant_id,
            lambda row: replace(
                row, webhook_secret=new, previous_secret=old, previous_secret_until=old_until
            ),
            lambda row: exists(row) and row.webhook_secret == old,
        )

    def count_key(self, merchant_id: str, change: int, below: int | None = None) -> None:
        self._plan(
            Write.ACTIVE_KEYS,
            "merchants",
            merchant_id,
            lambda row: replace(row, active_keys=row.active_keys + change),
            lambda row: (
                exists(row) and row.active_keys is not None and (below is None or row.active_keys < below)
            ),
        )

    def set_acquirer_account(self, merchant_id: str, account: str | None) -> None:
        self._change(merchant_id, lambda row: replace(row, acquirer_account=account), exists)

    def set_limits(self, merchant_id: str, limits: Limits) -> None:
        self._change(merchant_id, lambda row: replace(row, limits=limits), exists)

    def set_chaos(self, merchant_id: str, chaos: Chaos | None) -> None:
        self._change(merchant_id, lambda row: replace(row, chaos=chaos), exists)

    def _change(self, merchant_id: str, change: Change, condition: Condition) -> None:
        self._plan(Write.MERCHANT, "merchants", merchant_id, change, condition)


class OrderWrites(_Writes):
    def add(self, order: orders.Order) -> None:
        self._plan(Write.ORDER, "orders", order.id, lambda _: order, is_free)

    def apply(
        self, order: OrderPlace, event: OrderEvent, now: datetime, attempt: PublicAttempt | None = None
    ) -> None:
        begins = event is OrderEvent.PAYMENT_CREATED

        def allowed(row: Any) -> bool:
            if row is None or (row.status, event) not in orders.TRANSITIONS:
                return False
            if begins and row.expires_at is not None and row.expires_at <= now:
                return False
            return attempt is None or _within(row, attempt)

        def change(row: Any) -> Any:
            after = replace(
                row,
                status=orders.next_status(row.status, event),
                updated_at=now,
                pending=row.pending + (1 if begins else -1),
            )
            if attempt is None:
                return after
            rolls = attempt.hour_before not in (None, attempt.hour)
            counted = 1 if rolls else row.attempts + 1
            return replace(after, attempts=counted, attempts_hour=attempt.hour)

        self._plan(Write.ORDER, "orders", order.id, change, allowed)
        (status,) = {orders.next_status(before, event) for before in orders.statuses_before(event)}
        self._count(Kind.ORDERS, order, status, now)

    def payment_failed(self, order_id: str) -> None:
        self._plan(Write.ORDER, "orders", order_id, lambda row: replace(row, pending=row.pending - 1), exists)


def _within(row: Any, attempt: PublicAttempt) -> bool:
    if row.pending >= attempt.attempts_max:
        return False
    if attempt.hour_before not in (None, attempt.hour):
        return bool(row.attempts_hour == attempt.hour_before)
    if row.attempts >= attempt.attempts_max or row.attempts_hour not in (None, attempt.hour):
        return False
    return attempt.seen in (None, row.attempts)


class PaymentWrites(_Writes):
    def add(self, payment: Payment) -> None:
        self._plan(Write.PAYMENT, "payments", payment.id, lambda _: payment, is_free)

    def change_status(self, before: Payment, after: Payment) -> None:
        def change(row: Any) -> Any:
            return replace(
                row,
                status=after.status,
                refundable=row.refundable if after.status is before.status else after.refundable,
                updated_at=after.updated_at,
                due_at=after.due_at,
                finished_at=after.finished_at or row.finished_at,
                failure=after.failure or row.failure,
                attempt=after.attempt,
                release=after.release or row.release,
                release_pending=after.release_pending,
                late_at=after.late_at or row.late_at,
                released_at=after.released_at or row.released_at,
            )

        def unchanged(row: Any) -> bool:
            return exists(row) and (row.status, row.version) == (before.status, before.version)

        self._change(after.id, change, unchanged)
        self._count(Kind.PAYMENTS, before, after.status, after.updated_at)
        self._plan(Write.PAYMENT, "payments planned", after.id, lambda _: waits(after), lambda _row: True)

    def capture(self, after: Payment) -> None:
        released = after.amount - after.amount_captured

        def change(row: Any) -> Any:
            return replace(
                row,
                captured=True,
                captured_at=after.updated_at,
                amount_captured=after.amount_captured,
                refundable=row.refundable - released,
                updated_at=after.updated_at,
                release_pending=released or row.release_pending,
                release=after.release if released else row.release,
                due_at=after.due_at if released else row.due_at,
            )

        def allowed(row: Any) -> bool:
            return _succeeded(row) and not row.captured and row.refundable >= released

        self._change(after.id, change, allowed)

    def take_for_refund(self, payment_id: str, amount: int, now: datetime) -> None:
        self._claim(payment_id, amount, now, lambda row: _succeeded(row) and row.refundable >= amount)

    def give_back(self, payment_id: str, amount: int, now: datetime) -> None:
        self._claim(payment_id, -amount, now, lambda row: exists(row) and row.amount_refunded >= amount)

    def set_disputes(self, before: Payment, after: Payment) -> None:
        def change(row: Any) -> Any:
            return replace(row, disputes=after.disputes, updated_at=after.updated_at)

        self._change(after.id, change, lambda row: exists(row) and row.disputes == before.disputes)

    def _claim(self, payment_id: str, amount: int, now: datetime, condition: Condition) -> None:
        def change(row: Any) -> Any:
            left, refunded = row.refundable - amount, row.amount_refunded + amount
            return replace(row, refundable=left, amount_refunded=refunded, updated_at=now)

        self._change(payment_id, change, condition)

    def _change(self, payment_id: str, change: Change, condition: Condition) -> None:
        self._plan(Write.PAYMENT, "payments", payment_id, change, condition)


class RefundWrites(_Writes):
    def add(self, refund: Refund) -> None:
        self._plan(Write.REFUND, "refunds", refund.id, lambda _: refund, is_free)

    def change_status(self, before: Refund, after: Refund) -> None:
        def change(row: Any) -> Any:
            return replace(
                row,
                status=after.status,
                updated_at=after.updated_at,
                due_at=after.due_at,
                processed_at=after.processed_at or row.processed_at,
                attempt=after.attempt,
            )

        def unchanged(row: Any) -> bool:
            return exists(row) and (row.status, row.attempt.version) == (
                before.status,
                before.attempt.version,
            )

        self._plan(Write.REFUND, "refunds", after.id, change, unchanged)
        self._count(Kind.REFUNDS, before, after.status, after.updated_at)
        if after.due_at != before.due_at:
            planned = waits(after)
            self._plan(Write.REFUND, "refunds planned", after.id, lambda _: planned, lambda _row: True)


def waits(after: Payment | Refund) -> str | None:
    """In which shards it is due, where a worker decided to ask later and sent no message."""
    return "planned" if after.due_at is not None and after.due_at > after.updated_at else None


class LedgerWrites(_Writes):
    def add(self, *entries: Entry) -> None:
        for entry in entries:
            self._plan(entry.id, "ledger", entry.id, lambda _, entry=entry: entry, is_free)
        first = entries[0]
        # DynamoDB keeps a balance in shards, by payment; what is the same item there is the same one here.
        key = (first.merchant_id, first.currency, first.payment_id)

        def add_up(row: Any) -> Balance:
            balance = row or Balance(first.currency, 0, 0, 0)
            for entry in entries:
                name = SUMS[entry.kind]
                balance = replace(balance, **{name: getattr(balance, name) + entry.amount})
            return balance

        self._plan("balance", "balances", key, add_up, lambda _row: True)


class DeliveryWrites(_Writes):
    def add(self, delivery: WebhookDelivery) -> None:
        self._plan(delivery.event, "deliveries", delivery.id, lambda _: delivery, is_free)

    def retry(self, before: WebhookDelivery, after: WebhookDelivery) -> None:
        def as_read(row: Any) -> bool:
            return exists(row) and (row.status, len(row.attempts)) == (before.status, len(before.attempts))

        self._plan(before.event, "deliveries", after.id, lambda _: after, as_read)
        self._plan(before.event, "deliveries planned", after.id, lambda _: None, lambda _row: True)
        assert after.next_retry_at is not None
        self._count(Kind.WEBHOOKS, before, after.status, after.next_retry_at)


class EventWrites:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def add(self, events: Sequence[Untold], expires_at: datetime) -> None:
        first = events[0]
        key = f"{place_of(first.at, first.sequence)}/{first.object_id}"
        self._plan(
            f"event {first.name}", "events", key, lambda _: (tuple(events), expires_at), lambda _row: True
        )


class IdempotencyWrites(_Writes):
    def add(self, record: IdempotencyRecord, now: datetime) -> None:
        kept = replace(record, expires_at=record.expires_at.replace(microsecond=0))

        def free(row: Any) -> bool:
            return row is None or int(row.expires_at.timestamp()) <= int(now.timestamp())

        self._plan(Write.IDEMPOTENCY_KEY, "idempotency", record.key, lambda _: kept, free)


class ApiKeyWrites(_Writes):
    def add(self, key: ApiKey) -> None:
        self._plan(Write.API_KEY, "api_keys", key.api_key, lambda _: key, is_free)

    def set_end(self, api_key: str, expires_at: datetime) -> None:
        self._plan(
            Write.REPLACED_KEY,
            "api_keys",
            api_key,
            lambda row: replace(row, expires_at=expires_at),
            lambda row: exists(row) and row.active and row.expires_at is None,
        )

    def disable(self, api_key: str) -> None:
        self._plan(
            Write.API_KEY,
            "api_keys",
            api_key,
            lambda row: replace(row, active=False),
            lambda row: exists(row) and row.active,
        )


class UserWrites(_Writes):
    def put(self, before: User | None, after: User, now: datetime) -> None:  # noqa: ARG002 - the protocol's
        revision = (before.revision if before else 0) + 1
        self._plan(Write.USER, "users", after.email, lambda _: replace(after, revision=revision), _as(before))

    def remove(self, user: User) -> None:
        self._plan(Write.USER, "users", user.email, lambda _: None, _as(user))


def _as(before: User | None) -> Condition:
    if before is None:
        return is_free
    return lambda row: exists(row) and row.revision == before.revision


class SessionWrites(_Writes):
    def add(self, session: Session) -> None:
        self._plan("session", "sessions", session.id, lambda _: session, is_free)


class ThrottleWrites(_Writes):
    def use(self, limit: Limit, subject: str, now: datetime, count: int = 1) -> None:
        self._plan(
            Write.THROTTLE,
            "throttles",
            window_of(limit, subject, now),
            lambda used: (used or 0) + count,
            lambda used: used is None or used <= limit.uses_max - count,
        )


class AuditChainWrites(_Writes):
    def append(self, block: Block, before: Head | None, after: Head) -> None:
        self._plan("block", "audit_chain", str(block.number), lambda _: block, is_free)
        self._plan("head", "audit_chain", "head", lambda _: after, lambda row: row == before)


class AuditWrites(_Writes):
    def add(self, entry: AuditEntry) -> None:
        self._plan("audit", "audit", entry.id, lambda _: entry, is_free)


def _succeeded(row: Any) -> bool:
    return row is not None and row.status is PaymentStatus.SUCCESS
