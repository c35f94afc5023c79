"""Creating a payment: the response comes at once, a worker does the rest.

One batch read, one transaction, then the messages. The transaction holds the payment, the order's step, the
idempotency record with the finished response and the first two deliveries: all of it happens, or none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.attempt import SIMULATED
from gateway.domain.acquiring.driver import first_attempt
from gateway.domain.chaos import Chaos
from gateway.domain.errors import NotFound
from gateway.domain.payments.instruments import Card
from gateway.domain.payments.order import Order, OrderEvent
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.webhooks.events import payment_event, sequence_of
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import Idempotency, StoredResponse


@dataclass(frozen=True)
class NewPayment:
    """A validated request: exactly one of `vpa` and `card` is set, as `method` says.

    `amount` and `currency` are what the caller takes for the order's; None where it does not say.
    """

    order_id: str
    method: str
    vpa: str | None
    card: Card | None
    amount: int | None = None
    currency: str | None = None


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
        payment = _begin(deps, order, new, now, deps.chaos_of(merchant))
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


def _begin(deps: Dependencies, order: Order, new: NewPayment, now: datetime, chaos: Chaos | None) -> Payment:
    payment_id = deps.new_id("pay_")
    # Routing is decided here, once. Whatever becomes of the payment, this account is asked about it.
    account = SIMULATED
    acquirer = deps.acquirer_of(account)
    late_seconds = chaos.outcome_delay_seconds(payment_id) if chaos else 0
    return Payment(
        id=payment_id,
        merchant_id=order.merchant_id,
        order_id=order.id,
        amount=order.amount,
        currency=order.currency,
        method=new.method,
        vpa=new.vpa,
        card_network=new.card.network if new.card else None,
        card_last4=new.card.last4 if new.card else None,
        processor_token=acquirer.tokenize(new.card) if new.card else None,
        status=PaymentStatus.PENDING,
        captured=False,
        amount_captured=0,
        amount_refunded=0,
        refundable=0,
        created_at=now,
        updated_at=now,
        due_at=now + timedelta(seconds=late_seconds, milliseconds=acquirer.outcome_delay_ms(payment_id)),
        attempt=first_attempt(account, acquirer.capabilities.authorize_key_life, now),
    )
