"""Capturing a successful payment, once: in full, or in part with the rest released to the shopper.

Releasing moves money back: it is entered into the ledger in the transaction of the capture, and the payment
becomes due once more, so that a worker tells the acquirer.
"""

from gateway.domain.access.audit import Action
from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.driver import first_attempt
from gateway.domain.errors import NotFound
from gateway.domain.payments.ledger import payment_reversed
from gateway.domain.payments.payment import Payment
from gateway.domain.webhooks.events import payment_event
from gateway.use_cases.access.audit import record
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import Idempotency, StoredResponse
from gateway.use_cases.payments.read_payments import find_payment


def capture_payment(
    deps: Dependencies,
    merchant_id: str,
    payment_id: str,
    amount: int,
    idempotency: Idempotency,
    *,
    currency: str | None = None,
) -> StoredResponse:
    """Captures `amount` of the merchant's payment, or returns the response that the key already stands for.

    `currency`, where it is given, must be the payment's. NotFound or BadRequest if that is not possible.
    Round trips: 2 (read, commit), 3 for a partial capture, 1 for a replay. Of many at once, one succeeds; the
    others find the payment captured.
    """
    now = deps.now()

    def explain() -> None:
        # Raises the reason if the payment is captured by now, or too much of it refunded.
        find_payment(deps, payment_id, merchant_id).captured_for(amount, now)

    busy = "The payment is busy; please try again"
    with deps.unit_of_work(idempotency, explain=explain, busy=busy) as work:
        payment, merchant = work.load((Payment, payment_id), (Merchant, merchant_id))
        if payment is None or payment.merchant_id != merchant_id:
            raise NotFound("Payment not found")
        payment.check_currency(currency)
        account = payment.attempt.account
        release = first_attempt(account, deps.acquirer_of(account).capabilities.refund_key_life, now)
        captured = payment.captured_for(amount, now, release)
        released = captured.release_pending
        work.payments.capture(captured)
        if released:
            work.ledger.add(payment_reversed(payment, released, now))
            work.enqueue(captured)
        work.notify(merchant, payment_event("payment.captured", captured))
        record(
            work,
            deps,
            merchant_id=merchant_id,
            action=Action.PAYMENT_CAPTURED,
            changed=payment.id,
            details={"amount": amount, "released": released, "currency": payment.currency},
        )
        work.succeed(
            captured,
            "payment captured",
            payment_id=payment.id,
            merchant_id=merchant_id,
            amount=amount,
            released=released,
        )
    return work.response
