"""Creating a payment: the response comes at once, a worker does the rest.

One batch read, one transaction, then the messages. The transaction holds the payment, the order's step, the
idempotency record with the finished response and the first two deliveries: all of it happens, or none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.driver import first_attempt
from gateway.domain.errors import NotFound
from gateway.domain.payments.instruments import Card
from gateway.domain.payments.order import Order, OrderEvent
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.webhooks.events import payment_event, sequence_of
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import Idempotency, StoredResponse
from gateway.use_cases.payments.routing import Instrument, return_url_of, route


@dataclass(frozen=True)
class NewPayment:
    """A validated request: exactly one of `vpa` and `card` is set, as `method` says.

    `amount` and `currency` are what the caller takes for the order's; None where it does not say.
    `card_token` stands in place of `card` where cards don't pass through the gateway. `return_url` is where
    the shopper comes back to.
    """

    order_id: str
    method: str
    vpa: str | None
    card: Card | None
    amount: int | None = None
    currency: str | None = None
    card_token: str | None = None
    return_url: str | None = None


def create_payment(
    deps: Dependencies, merchant_id: str | None, new: NewPayment, idempotency: Idempotency
) -> StoredResponse:
    """Creates a pending payment, or returns the response that the idempotency key already stands for.

    `merchant_id` None means a shopper: whoever knows the order's id may pay it. Round trips: 4 (read, commit,
    two sends), 1 for a replay; one more for a shopper.
    """
    now = deps.now()

    def explain() -> None:
        order = deps.database.orders.get(new.order_id)
        if order is not None:
            order.check_payable(deps.now())

    with deps.unit_of_work(idempotency, explain=explain) as work:
        found, merchant = work.load((Order, new.order_id), (Merchant, merchant_id))
        order, merchant = _payable(deps, found, merchant_id, merchant, now)
        order.check_money(new.amount, new.currency)
        payment = _begin(deps, order, merchant, new, by_shopper=merchant_id is None)
        work.payments.add(payment)
        work.orders.apply(order.id, OrderEvent.PAYMENT_CREATED, now)
        # Their message goes first, so that receivers hear of the payment before its outcome is known.
        work.notify(merchant, *(payment_event(name, payment) for name in sequence_of(payment)))
        work.enqueue(payment)
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


def _payable(
    deps: Dependencies,
    order: Order | None,
    merchant_id: str | None,
    merchant: Merchant | None,
    now: datetime,
) -> tuple[Order, Merchant | None]:
    """The order and its merchant, or why the order can't be paid by this caller."""
    if order is None or (merchant_id is not None and order.merchant_id != merchant_id):
        raise NotFound("Order not found")
    order.check_payable(now)
    if merchant is None:
        merchant = deps.database.merchants.get(order.merchant_id)
    if merchant is not None and not merchant.active:
        raise NotFound("Order not found")
    return order, merchant


def _begin(
    deps: Dependencies, order: Order, merchant: Merchant | None, new: NewPayment, *, by_shopper: bool
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
    )
