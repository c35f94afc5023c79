"""Creating a refund: as with a payment; the payment's refundable amount is a condition of the transaction."""

from datetime import datetime, timedelta
from typing import NamedTuple

from gateway.domain.access.audit import Action
from gateway.domain.access.limit import Limit
from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.errors import BadRequest, Forbidden, NotFound
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund, RefundStatus
from gateway.domain.reasons import Reason
from gateway.domain.webhooks.events import refund_event
from gateway.use_cases.access.audit import record
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import Idempotency, StoredResponse


class NewRefund(NamedTuple):
    """A validated request; `amount` in minor units of the payment's currency.

    Without an amount it is refused, by a text that says what is left. `currency`, where it is given, must be
    the payment's.
    """

    amount: int | None
    reason: str | None
    currency: str | None = None


def create_refund(
    deps: Dependencies, merchant_id: str, payment_id: str, new: NewRefund, idempotency: Idempotency
) -> StoredResponse:
    """Creates a pending refund, or returns the response that the idempotency key already stands for.

    Round trips: 4 (read, commit, two sends; 3 without a webhook URL), 1 for a replay.
    """
    now = deps.now()

    def explain() -> None:
        payment = deps.database.payments.get(payment_id)
        if payment is not None:
            _check_limit(deps, payment.currency, _checked_amount(payment, new))

    with deps.unit_of_work(idempotency, explain=explain) as work:
        payment, merchant = work.load((Payment, payment_id), (Merchant, merchant_id))
        if payment is None or payment.merchant_id != merchant_id:
            raise NotFound("Payment not found")
        amount = _checked_amount(payment, new)
        _check_limit(deps, payment.currency, new.amount or 0)
        refund = _begin(deps, payment, amount, new.reason, now, merchant=merchant)
        work.refunds.add(refund)
        work.payments.take_for_refund(payment.id, refund.amount, now)
        work.notify(merchant, refund_event("refund.created", refund, payment))
        work.enqueue(refund)
        if (limit := _limit_of(deps)) is not None:
            work.throttles.use(limit, _limited(deps, payment.currency), now, refund.amount)
        record(
            work,
            deps,
            merchant_id=merchant_id,
            action=Action.REFUND_CREATED,
            changed=refund.id,
            details={"payment_id": payment.id, "amount": refund.amount, "currency": refund.currency},
        )
        work.succeed(
            refund,
            "refund created",
            refund_id=refund.id,
            payment_id=payment.id,
            merchant_id=merchant_id,
            amount=refund.amount,
        )
    return work.response


def _limit_of(deps: Dependencies) -> Limit | None:
    """What whoever asks may refund a day, if there is a limit."""
    most = deps.actor.refund_limit
    return None if most is None else Limit("refunds", most, timedelta(days=1))


def _limited(deps: Dependencies, currency: str) -> str:
    return f"{deps.actor.name} {currency}"


def _check_limit(deps: Dependencies, currency: str, amount: int) -> None:
    """Forbidden where the actor's limit has not that much left; a race is the transaction's."""
    limit = _limit_of(deps)
    if limit is None:
        return
    left = limit.uses_max - deps.database.throttles.used(limit, _limited(deps, currency), deps.now())
    if amount > left:
        raise Forbidden(
            f"Your role may refund {limit.uses_max} of {currency} a day; {left} are left",
            field="amount",
            reason=Reason.REFUND_LIMIT_REACHED,
            facts={"refund_limit": limit.uses_max, "amount_left": left},
        )


def _checked_amount(payment: Payment, new: NewRefund) -> int:
    """The amount to refund, or BadRequest where this payment does not have it."""
    payment.check_currency(new.currency)
    payment.check_refundable(new.amount or 0)
    if new.amount is None:
        left = f"{payment.refundable} of {payment.currency} can be refunded"
        facts = {"amount_available": payment.refundable}
        raise BadRequest(f"amount is required; {left}", field="amount", facts=facts)
    return new.amount


def _begin(
    deps: Dependencies,
    payment: Payment,
    amount: int,
    reason: str | None,
    now: datetime,
    *,
    merchant: Merchant | None,
) -> Refund:
    refund_id, chaos = deps.new_id("rfnd_"), deps.chaos_of(merchant)
    acquirer = deps.acquirer_of(payment.attempt.account)
    late_seconds = chaos.outcome_delay_seconds(refund_id) if chaos else 0
    return Refund(
        id=refund_id,
        payment_id=payment.id,
        merchant_id=payment.merchant_id,
        amount=amount,
        currency=payment.currency,
        reason=reason,
        status=RefundStatus.PENDING,
        created_at=now,
        updated_at=now,
        processed_at=None,
        due_at=now + timedelta(seconds=late_seconds, milliseconds=acquirer.refund_delay_ms(refund_id)),
        attempt=Attempt(payment.attempt.account),
    )
