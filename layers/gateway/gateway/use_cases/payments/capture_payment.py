"""Capturing a successful payment, once: in full, or in part with the rest released to the shopper.

Releasing moves money back: it is entered into the ledger in the transaction of the capture, and the payment
becomes due once more, so that a worker tells the processor.
"""

from gateway.adapters.aws import queues
from gateway.adapters.aws.dynamodb.errors import ConditionFailed, Conflict
from gateway.adapters.aws.dynamodb.repositories import ledger, payments
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain.errors import Unavailable
from gateway.domain.ledger import payment_reversed
from gateway.domain.payment import Payment
from gateway.runtime import log
from gateway.runtime.deps import Deps
from gateway.use_cases.payments.read_payments import find_payment


def capture_payment(deps: Deps, merchant_id: str, payment_id: str, amount: int) -> Payment:
    """Captures `amount` of the merchant's payment; NotFound or BadRequest where that can't be.

    Round trips: 2 (read, commit), 3 for a partial capture. Of many at once, one succeeds; the others find the
    payment captured.
    """
    payment = find_payment(payment_id, merchant_id)
    now = deps.now()
    captured = payment.captured_for(amount, now)
    released = captured.release_pending
    transaction = Transaction()
    payments.capture(transaction, captured)
    if released:
        ledger.put_entries(transaction, payment_reversed(payment, released, now))
    try:
        transaction.commit()
    except (ConditionFailed, Conflict) as refusal:
        # Raises the reason if the payment is captured by now, or too much of it refunded.
        find_payment(payment_id, merchant_id).captured_for(amount, now)
        raise Unavailable("The payment is busy; please try again") from refusal
    if released:
        _nudge(deps, captured)
    log.info(
        "payment captured", payment_id=payment.id, merchant_id=merchant_id, amount=amount, released=released
    )
    return captured


def _nudge(deps: Deps, payment: Payment) -> None:
    work = {"payment_id": payment.id, "merchant_id": payment.merchant_id}
    try:
        queues.send(deps.config.payments_queue_url, [work])
    except Unavailable as error:
        log.error("message not sent; left to the sweeper", error, payment_id=payment.id)
