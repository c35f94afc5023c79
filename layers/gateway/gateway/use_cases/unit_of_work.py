"""One unit of work: read together, decide, commit together, then send.

    with deps.unit_of_work(idempotency, explain=explain) as work:
        order, merchant = work.load((Order, order_id), (Merchant, merchant_id))
        work.payments.add(payment)
        work.orders.apply(order, OrderEvent.PAYMENT_CREATED, now)
        work.notify(merchant, event)
        work.succeed(payment)
    return work.response

Leaving the block commits one transaction and then sends the messages; an exception leaves everything undone.
Where the caller's Idempotency-Key stands for a response already, `load` ends the block with that response.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from gateway.domain.access.merchant import Merchant
from gateway.domain.chaos import Chaos
from gateway.domain.errors import IdempotencyInFlight, Unavailable
from gateway.domain.idempotency import KEPT_FOR, IdempotencyRecord
from gateway.domain.jobs import WEBHOOKS
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund
from gateway.domain.webhooks.delivery import WebhookDelivery
from gateway.domain.webhooks.events import Event
from gateway.domain.webhooks.keeping import KEPT_BY_DEFAULT, Retention
from gateway.domain.webhooks.webhook_endpoint import WebhookEndpoint
from gateway.runtime import log
from gateway.use_cases.idempotency import Idempotency, StoredResponse
from gateway.use_cases.outbox import FIRST, Outbox, asking_for, hidden_seconds
from gateway.use_cases.protocols.database import Database, Loaded
from gateway.use_cases.protocols.refusals import ConditionFailed, Conflict
from gateway.use_cases.webhooks.messages import delivery_message
from gateway.use_cases.webhooks.notifying import tell

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
Explain = Callable[[], object]

BUSY = "Too many requests for the same object at once; please try again"


class _Replayed(Exception):
    """The Idempotency-Key stands for a response already: nothing is left to do."""


class UnitOfWork:
    """The writes of one use case, by repository, and the messages that follow them.

    `explain` reads again what the transaction's conditions were about and raises the reason if it still
    holds; otherwise the caller is told `busy`. Without `explain` a refusal (ConditionFailed or Conflict) is
    raised as it is: workers decide themselves.
    A worker passes the `outbox` of its batch and flushes that once; otherwise leaving the block flushes.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        now: Callable[[], datetime],
        *,
        idempotency: Idempotency | None = None,
        explain: Explain | None = None,
        busy: str = BUSY,
        flushes: bool = True,
        chaos_of: Callable[[Merchant], Chaos | None] = lambda _merchant: None,
        retention: Retention = KEPT_BY_DEFAULT,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._now = now
        self._idempotency = idempotency
        self._explain = explain
        self._busy = busy
        self._flushes = flushes
        self._chaos_of = chaos_of
        self._retention = retention
        self._messages: list[tuple[str, dict[str, str], int]] = []
        self._outcome: tuple[str, dict[str, Any]] | None = None
        self._response: StoredResponse | None = None
        self.found: Loaded
        self._transaction = database.transaction()
        self.merchants = self._transaction.merchants
        self.orders = self._transaction.orders
        self.payments = self._transaction.payments
        self.refunds = self._transaction.refunds
        self.ledger = self._transaction.ledger
        self.deliveries = self._transaction.deliveries
        self.api_keys = self._transaction.api_keys
        self.users = self._transaction.users
        self.sessions = self._transaction.sessions
        self.throttles = self._transaction.throttles
        self.audit = self._transaction.audit
        self.audit_chain = self._transaction.audit_chain

    @overload
    def load(self, *, also: Sequence[tuple[type[Any], str]] = ()) -> tuple[()]: ...

    @overload
    def load(
        self, first: tuple[type[A], str | None], /, *, also: Sequence[tuple[type[Any], str]] = ()
    ) -> tuple[A | None]: ...

    @overload
    def load(
        self,
        first: tuple[type[A], str | None],
        second: tuple[type[B], str | None],
        /,
        *,
        also: Sequence[tuple[type[Any], str]] = (),
    ) -> tuple[A | None, B | None]: ...

    @overload
    def load(
        self,
        first: tuple[type[A], str | None],
        second: tuple[type[B], str | None],
        third: tuple[type[C], str | None],
        /,
        *,
        also: Sequence[tuple[type[Any], str]] = (),
    ) -> tuple[A | None, B | None, C | None]: ...

    def load(
        self, *keys: tuple[type[Any], str | None], also: Sequence[tuple[type[Any], str]] = ()
    ) -> tuple[Any, ...]:
        """The entities with these ids (None for an id that is None), in one round trip.

        What else is to be read in it is `also`; `found` has it afterwards. The idempotency record is read
        along with them; where it holds a response, the block ends here.
        IdempotencyKeyReused where it belongs to another request.
        """
        wanted = [*((kind, key) for kind, key in keys if key is not None), *also]
        given = self._idempotency.key if self._idempotency else None
        if given is not None:
            wanted.append((IdempotencyRecord, given.scoped))
        loaded = self.found = self._database.load(wanted)
        if given is not None:
            self._replay(loaded.get(IdempotencyRecord, given.scoped))
        return tuple(loaded.get(kind, key) for kind, key in keys)

    def notify(
        self, merchant: Merchant | None, *events: Event, requested_at: WebhookEndpoint | None = None
    ) -> None:
        """Adds deliveries of events of one object, in their order, to the endpoints that want them.

        `requested_at`: the merchant asked for these at this endpoint: they don't wait for an open circuit.
        """
        requested = requested_at is not None
        endpoints = [requested_at] if requested_at else (merchant.endpoints if merchant else [])
        chaos = None if requested or merchant is None else self._chaos_of(merchant)
        now, kept = self._now(), self._retention
        to = (self._transaction, events, endpoints)
        messages = tell(*to, chaos=chaos, now=now, kept=kept, requested=requested)
        self._messages += [(WEBHOOKS, message, delay_seconds) for message, delay_seconds in messages]

    def enqueue(self, entity: Payment | Refund, *, first: bool = False) -> None:
        """Adds the message that has a worker finish a payment or a refund when that is due.

        `first`: no worker can have heard of it before.
        """
        queue, message = asking_for(entity)
        self._messages.append((queue, message | (FIRST if first else {}), hidden_seconds(entity)))

    def wake(self, entity: Payment | Refund) -> None:
        """Adds the message that has a worker look at a payment or a refund now, due or not."""
        self._messages.append((*asking_for(entity), 0))

    def ask_for_delivery(self, delivery: WebhookDelivery, *, requested: bool) -> None:
        """Adds the message that has a worker deliver it; `requested`: even while the circuit is open."""
        self._messages.append((WEBHOOKS, delivery_message(delivery, requested=requested), 0))

    def succeed(self, result: Any, message: str, **members: Any) -> None:
        """Sets what the caller gets, and the log line of the outcome, which is written after the commit."""
        self.log(message, **members)
        if self._idempotency is None:
            return
        self._response = self._idempotency.render(result)
        key = self._idempotency.key
        if key is not None:
            now = self._now()
            status, body = self._response.status, self._response.body
            record = IdempotencyRecord(key.scoped, key.fingerprint, status, body, now + KEPT_FOR)
            self._transaction.idempotency.add(record, now)

    def log(self, message: str, **members: Any) -> None:
        """Sets the log line of the outcome."""
        self._outcome = (message, members)

    @property
    def response(self) -> StoredResponse:
        """What the caller gets: the response to the result, or the one that its key stood for."""
        assert self._response is not None, "the block ended without a result"
        return self._response

    def __enter__(self) -> Self:
        """Begins the unit."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Commits and sends, unless the block failed."""
        if kind is not None:
            return issubclass(kind, _Replayed)
        try:
            self._transaction.commit()
        except (ConditionFailed, Conflict) as refusal:
            if self._explain is None:
                raise
            self._settle(refusal, self._explain)
            return False
        for queue, message, delay_seconds in self._messages:
            self._outbox.add(queue, message, delay_seconds)
        if self._flushes:
            self._outbox.flush()
        if self._outcome is not None:
            log.info(self._outcome[0], **self._outcome[1])
        return False

    def _replay(self, record: IdempotencyRecord | None) -> None:
        """Ends the block with the response of a current record."""
        if self._idempotency is None or self._idempotency.key is None:
            return
        if record is None or not record.is_current(self._now()):
            return
        record.check_same_request(self._idempotency.key.fingerprint)
        self._response = StoredResponse(record.http_status, record.body, replayed=True)
        raise _Replayed

    def _settle(self, refusal: ConditionFailed | Conflict, explain: Explain) -> None:
        """What a refused transaction means: the winner's response, or why there can't be one."""
        key = self._idempotency.key if self._idempotency else None
        if key is not None:
            try:
                self._replay(self._database.idempotency.get(key.scoped))
            except _Replayed:
                return
        if isinstance(refusal, ConditionFailed):
            explain()
        if key is not None:
            raise IdempotencyInFlight from refusal
        raise Unavailable(self._busy) from refusal
