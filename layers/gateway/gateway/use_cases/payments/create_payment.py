"""Creating a payment: the response comes at once, a worker does the rest.

One batch read, one transaction, then the messages. The transaction holds the payment, the order's step, the
idempotency record with the finished response and the first two deliveries: all of it happens, or none.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.driver import first_attempt
from gateway.domain.card_testing.limits import Failures, Limits, Scope, Screening
from gateway.domain.errors import NotFound
from gateway.domain.payments.instruments import Card
from gateway.domain.payments.order import Order, OrderEvent
from gateway.domain.payments.payment import OrderDetails, Payment, PaymentStatus
from gateway.domain.webhooks.events import payment_event, sequence_of
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import Idempotency, StoredResponse
from gateway.use_cases.payments.routing import Instrument, return_url_of, route
from gateway.use_cases.payments.screening import Sender, admit, counters, failures_in, screening_of
from gateway.use_cases.protocols.database import Loaded


@dataclass(frozen=True)
class NewPayment:
    """A validated request: one of `vpa` and `card` is set, as `method` says.

    With UPI and no `vpa` the shopper approves it by an app that a link opens.
    `amount` and `currency` are what the caller takes for the order's; None where it does not say.
    `card_token` stands in place of `card` where cards don't pass through the gateway. `return_url` is where
    the shopper comes back to. `sender` is whoever sent it.
    """

    order_id: str
    method: str
    vpa: str | None
    card: Card | None
    amount: int | None = None
    currency: str | None = None
    card_token: str | None = None
    return_url: str | None = None
    sender: Sender = field(default_factory=Sender)


def create_payment(
    deps: Dependencies, merchant_id: str | None, new: NewPayment, idempotency: Idempotency
) -> StoredResponse:
    """Creates a pending payment, or returns the response that the idempotency key already stands for.

    `merchant_id` None means a shopper: whoever knows the order's id may pay it. Round trips: 4 (read, commit,
    two sends), 1 for a replay; one more for a shopper. RateLimited or ChallengeRequired past the limits
    against card testing.
    """
    now = deps.now()
    by_shopper = merchant_id is None
    screening = screening_of(deps, new.sender, new.card, by_shopper=by_shopper)
    subjects = screening.subjects() if screening is not None else []
    limits = Limits()

    def explain() -> None:
        order = deps.database.orders.get(new.order_id)
        if order is not None:
            order.check_payable(deps.now())
            if by_shopper:
                order.check_attempt(limits.order_attempts, deps.now())

    with deps.unit_of_work(idempotency, explain=explain) as work:
        wanted = ((Order, new.order_id), (Merchant, merchant_id))
        found, merchant = work.load(*wanted, also=counters(subjects, now))
        order = _payable(found, merchant_id, now)
        order.check_money(new.amount, new.currency)
        if merchant is None:
            merchant, failures = _merchant_of(deps, order, screening, work.found)
        else:
            failures = failures_in((work.found,), subjects, now)
        if merchant is not None and not merchant.active:
            raise NotFound("Order not found")
        limits = merchant.limits if merchant is not None else limits
        attempt, screening = admit(
            deps,
            order,
            limits,
            shopper=new.sender if by_shopper else None,
            screening=screening,
            failures=failures,
        )
        payment = _begin(deps, order, merchant, new, screening, by_shopper=by_shopper)
        work.payments.add(payment)
        work.orders.apply(order, OrderEvent.PAYMENT_CREATED, now, attempt)
        # Their message goes first, so that receivers hear of the payment before its outcome is known.
        work.notify(merchant, *(payment_event(name, payment) for name in sequence_of(payment)))
        work.enqueue(payment, first=True)
        work.succeed(
            payment,
            "payment created",
            payment_id=payment.id,
            order_id=order.id,
            merchant_id=order.merchant_id,
            method=payment.method,
            amount=payment.amount,
        )
    return work.response


def _payable(order: Order | None, merchant_id: str | None, now: datetime) -> Order:
    """The order, or why it can't be paid by this caller."""
    if order is None or (merchant_id is not None and order.merchant_id != merchant_id):
        raise NotFound("Order not found")
    order.check_payable(now)
    return order


def _merchant_of(
    deps: Dependencies, order: Order, screening: Screening | None, found: Loaded
) -> tuple[Merchant | None, Failures]:
    """The order's merchant, which a shopper does not name, and all failures that count for this payment."""
    now = deps.now()
    subjects = screening.subjects(order.merchant_id) if screening is not None else []
    of_merchant = [subject for subject in subjects if subject.scope is Scope.MERCHANT]
    more = deps.database.load([(Merchant, order.merchant_id), *counters(of_merchant, now)])
    return more.get(Merchant, order.merchant_id), failures_in((found, more), subjects, now)


def _begin(
    deps: Dependencies,
    order: Order,
    merchant: Merchant | None,
    new: NewPayment,
    screening: Screening | None,
    *,
    by_shopper: bool,
) -> Payment:
    payment_id, chaos = deps.new_id("pay_"), deps.chaos_of(merchant)
    # Routing is decided here, once. Whatever becomes of the payment, this account is asked about it.
    instrument = Instrument(new.method, new.vpa, new.card, new.card_token)
    way = route(deps, merchant, order, instrument)
    return_url = return_url_of(deps, way.account, order, new.return_url, payment_id, by_shopper=by_shopper)
    now = deps.now()  # the acquirer may have taken seconds, and a key's time must not begin too late
    late_seconds = chaos.outcome_delay_seconds(payment_id) if chaos else 0
    return Payment(
        id=payment_id,
        merchant_id=order.merchant_id,
        order_id=order.id,
        amount=order.amount,
        currency=order.currency,
        method=new.method,
        vpa=new.vpa,
        card_network=way.network,
        card_last4=way.last4,
        processor_token=way.token,
        status=PaymentStatus.PENDING,
        captured=False,
        amount_captured=0,
        amount_refunded=0,
        refundable=0,
        created_at=now,
        updated_at=now,
        due_at=now + timedelta(seconds=late_seconds, milliseconds=way.acquirer.outcome_delay_ms(payment_id)),
        attempt=first_attempt(way.account, way.acquirer.capabilities.authorize_key_life, now),
        return_url=return_url,
        screening=screening,
        of_order=OrderDetails(order.receipt, order.notes),
    )
