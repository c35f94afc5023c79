"""An acquirer's webhook: verified, kept apart from its repetitions, and turned into a message for a worker.

It carries no news but of disputes, which are kept with the payment and told on. The worker asks the acquirer
itself, so a notice that is forged, late, repeated or lost changes nothing but how soon that happens; the
sweeper asks without one.
"""

from dataclasses import replace

from gateway.domain.acquiring.attempt import SIMULATED
from gateway.domain.acquiring.results import AcquirerError
from gateway.domain.errors import BadRequest, NotFound, Unavailable
from gateway.domain.payments.dispute import DisputeTold, disputes_after
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund
from gateway.domain.webhooks.events import dispute_event, dispute_sequence_of
from gateway.runtime import log
from gateway.use_cases.acquirer import Notice
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import Idempotency, IdempotencyKey, StoredResponse
from gateway.use_cases.unit_of_work import UnitOfWork

EVENT_ID_LENGTH_MAX = 255
OUR_ID_LENGTH_MAX = 64
# A repetition may differ from the first (Stripe counts in it who else was told), and is one all the same.
_SAME = "notice"


def receive_notice(
    deps: Dependencies, account: str, body: bytes, headers: dict[str, str], received: StoredResponse
) -> StoredResponse:
    """Takes a webhook of an account's acquirer; returns `received`, also for one that means nothing to us.

    NotFound for an account that is not there, AuthenticationFailed for a signature that is not the
    acquirer's. Unavailable where the acquirer can't say which payment is disputed, so that it tells again.
    Round trips: 3 (read, commit, send), 1 for a repetition; of a dispute up to 2 more.
    """
    if account == SIMULATED:
        raise NotFound("No such acquirer account")
    notice = deps.acquirer_of(account).parse_webhook(body, headers, deps.now())
    if notice is None:
        return received
    if len(notice.event_id) > EVENT_ID_LENGTH_MAX:
        raise BadRequest("The event's id is too long")
    key = IdempotencyKey(f"{account}#notices#{notice.event_id}", _SAME)
    payment_id, refund_id = _ours(notice)
    if notice.dispute is not None and payment_id is None:
        payment_id = _disputed(deps, account, notice)
    with deps.unit_of_work(Idempotency(key, lambda _: received), explain=lambda: None) as work:
        payment, refund = work.load((Payment, payment_id), (Refund, refund_id))
        # Who knows an account's secret may name any payment in it, so another account's is left alone.
        woken = [one for one in (payment, refund) if one is not None and one.attempt.account == account]
        for one in woken:
            work.wake(one)
        if notice.dispute is not None:
            _note_dispute(deps, work, payment if payment in woken else None, notice.dispute)
        work.succeed(
            None,
            "acquirer's notice received",
            account=account,
            event_id=notice.event_id,
            kind=notice.kind,
            payment_id=payment_id,
            refund_id=refund_id,
            woken=len(woken),
        )
    if work.response.replayed:
        log.info("acquirer's notice repeated", account=account, event_id=notice.event_id)
    return received


def _disputed(deps: Dependencies, account: str, notice: Notice) -> str | None:
    if notice.reference is None:
        return None
    try:
        found = deps.acquirer_of(account).payment_of(notice.reference)
    except AcquirerError as error:
        raise Unavailable("The acquirer can't say which payment that is") from error
    return found if found is not None and len(found) <= OUR_ID_LENGTH_MAX else None


def _note_dispute(deps: Dependencies, work: UnitOfWork, payment: Payment | None, told: DisputeTold) -> None:
    """Keeps what was told, and tells the merchant of a dispute that began or ended. No money moves."""
    if payment is None:
        log.error("a dispute is about no payment of the account", None, dispute=told.reference)
        return
    now = deps.now()
    disputes, news = disputes_after(payment.disputes, payment.id, told, now)
    if news is None:
        return
    after = replace(payment, disputes=disputes, updated_at=now)
    work.payments.set_disputes(payment, after)
    before = next((one for one in payment.disputes if one.id == news.id), None)
    heard = [] if before is None else dispute_sequence_of(before)
    events = [dispute_event(name, news, after) for name in dispute_sequence_of(news) if name not in heard]
    if events:
        work.notify(deps.database.merchants.get(payment.merchant_id), *events)


def _ours(notice: Notice) -> tuple[str | None, str | None]:
    """The payment and the refund that it is about; what of a payment goes back is named after the payment."""
    payment_id, refund_id = (
        found if found is not None and len(found) <= OUR_ID_LENGTH_MAX else None
        for found in (notice.payment_id, notice.refund_id)
    )
    if refund_id is not None and refund_id.startswith("pay_"):
        return refund_id.partition(":")[0], None
    return payment_id, refund_id
