"""Creating a payment: the response comes at once, a worker does the rest.

One batch read, one transaction, then the messages. The transaction holds the payment, the order's step, the
idempotency record with the finished response and the first two deliveries: all of it happens, or none.
"""

from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.account import account_for
from gateway.domain.errors import NotFound
from gateway.domain.payments.order import Order, OrderEvent
from gateway.domain.webhooks.events import payment_event, sequence_of
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import Idempotency, StoredResponse
from gateway.use_cases.payments.admission import Admission
from gateway.use_cases.payments.new_payment import NewPayment
from gateway.use_cases.payments.routing import begin_payment


def create_payment(
    deps: Dependencies, merchant_id: str | None, new: NewPayment, idempotency: Idempotency
) -> StoredResponse:
    """Creates a pending payment, or returns the response that the idempotency key already stands for.

    `merchant_id` None means a shopper: whoever knows the order's id may pay it. Round trips: 4 (read, commit,
    two sends), 1 for a replay; one more for a shopper. RateLimited or ChallengeRequired past the limits
    against card testing.
    """
    by_shopper = merchant_id is None
    admission = Admission(deps, new, by_shopper=by_shopper)
    with deps.unit_of_work(idempotency, explain=admission.explain) as work:
        wanted = ((Order, new.order_id), (Merchant, merchant_id))
        order, merchant = work.load(*wanted, also=admission.keys)
        if order is None or (not by_shopper and order.merchant_id != merchant_id):
            raise NotFound("Order not found")
        order.check_payable(deps.now())
        order.check_money(new.amount, new.currency)
        admitted = admission.admit(order, merchant, work.found)
        chosen = admitted.merchant.acquirer_account if admitted.merchant is not None else None
        account = account_for(chosen, is_test_stage=deps.config.is_test_stage)
        payment = begin_payment(deps, account, order, new, admitted, by_shopper=by_shopper)
        work.payments.add(payment)
        work.orders.apply(order, OrderEvent.PAYMENT_CREATED, payment.created_at, admitted.attempt)
        # Their message goes first, so that receivers hear of the payment before its outcome is known.
        work.notify(admitted.merchant, *(payment_event(name, payment) for name in sequence_of(payment)))
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
