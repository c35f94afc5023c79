"""Whether a payment is still to be authorised, when its turn has come.

Nothing is asked of an acquirer for an order that is paid or has expired, nor for an address whose payments
failed too often since: an attacker who queues a thousand cards before the first one is decided learns no more
than one who waits. Where a request may be under way already, it is only looked up.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.capabilities import Capabilities
from gateway.domain.acquiring.driver import IN_FLIGHT_MAX
from gateway.domain.acquiring.settlement import ALREADY_PAID
from gateway.domain.card_testing.limits import Failures, Limits, Scope
from gateway.domain.payments.order import Order, OrderStatus
from gateway.domain.payments.payment import PAYMENT_FAILED, Failure, Payment, PaymentStatus

EXPIRED = Failure(PAYMENT_FAILED, "order_expired", "The order expired before the payment was authorised")
TOO_MANY_FAILURES = Failure(
    PAYMENT_FAILED,
    "too_many_failures",
    "Too many payments from the shopper's network address failed; this one was not authorised",
)
NOT_AUTHORISED = frozenset({ALREADY_PAID, EXPIRED, TOO_MANY_FAILURES})


def obstacle(
    payment: Payment, order: Order | None, failures: Failures, limits: Limits, now: datetime
) -> Failure | None:
    """Why a pending payment is not to be authorised; None where nothing is in the way."""
    if payment.status is not PaymentStatus.PENDING:
        return None
    if order is not None and order.status is OrderStatus.PAID:
        return ALREADY_PAID
    if order is not None and order.has_expired(now):
        return EXPIRED
    answered = payment.screening is not None and payment.screening.passed
    if not answered and failures.of(Scope.ADDRESS) >= limits.address_failures:
        return TOO_MANY_FAILURES
    return None


def nothing_was_sent(payment: Payment, *, first_delivery: bool, now: datetime, grace: timedelta) -> bool:
    """Whether no request to the acquirer can be under way.

    So it is for the first delivery of the first message, as long as the sweeper can have sent no other: it
    sends nothing before `grace` is over. The payment's `due_at` does not tell, since sweeping moves it on.
    """
    untouched = Attempt(payment.attempt.account, asked_at=payment.attempt.asked_at)
    return first_delivery and now < payment.created_at + grace and payment.attempt == untouched


def not_authorised(payment: Payment, failure: Failure, capabilities: Capabilities, now: datetime) -> Payment:
    """The payment once it has failed without a request.

    A queue may deliver a message twice at the same time, and the other worker may have asked: so the acquirer
    is looked up once, when "not found" is certain. What it took goes back.
    """
    failed = replace(payment.declined(failure, now), attempt=payment.attempt.stopped(now))
    if not capabilities.remembers:
        return failed
    certain_at = now + 2 * IN_FLIGHT_MAX + capabilities.visible_within
    return replace(failed, due_at=certain_at + timedelta(seconds=1))
