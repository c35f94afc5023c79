"""Capturing a successful payment, once: in full, or in part with the rest released to the shopper.

Releasing moves money back: it is entered into the ledger in the transaction of the capture, and the payment
becomes due once more, so that a worker tells the acquirer.
"""

from gateway.domain.ledger import payment_reversed
from gateway.domain.payment import Payment
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.payments.read_payments import find_payment


def capture_payment(deps: Dependencies, merchant_id: str, payment_id: str, amount: int) -> Payment:
    """Captures `amount` of the merchant's payment; NotFound or BadRequest where that is not possible.

    Round trips: 2 (read, commit), 3 for a partial capture. Of many at once, one succeeds; the others find the
    payment captured.
    """
    payment = find_payment(deps, payment_id, merchant_id)
    now = deps.now()
    captured = payment.captured_for(amount, now)
    released = captured.release_pending

    def explain() -> None:
        # Raises the reason if the payment is captured by now, or too much of it refunded.
        find_payment(deps, payment_id, merchant_id).captured_for(amount, now)

    with deps.unit_of_work(explain=explain, busy="The payment is busy; please try again") as work:
        work.payments.capture(captured)
        if released:
            work.ledger.add(payment_reversed(payment, released, now))
            work.enqueue(captured)
        work.log(
            "payment captured",
            payment_id=payment.id,
            merchant_id=merchant_id,
            amount=amount,
            released=released,
        )
    return captured
