from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.payments.payment import PaymentStatus
from gateway.domain.payments.refund import RefundStatus
from gateway.domain.webhooks.events import payment_event, refund_event, refund_sequence_of, sequence_of
from tests.support.factories import DECLINED, NOW, a_payment, a_refund

LATER = NOW + timedelta(hours=1)
LATEST = NOW + timedelta(days=1)
PENDING = a_payment()
PAID = PENDING.approved(LATER)
REVERSED = PENDING.declined(DECLINED, LATER).authorised_late(Attempt(), LATEST)


def test_a_payments_events_follow_from_its_status() -> None:
    begun = ["payment.created", "payment.pending"]
    assert sequence_of(PENDING) == begun
    assert sequence_of(PAID) == [*begun, "payment.success"]
    assert sequence_of(PENDING.declined(DECLINED, LATER)) == [*begun, "payment.failed"]
    assert sequence_of(REVERSED) == [*begun, "payment.failed", "payment.reversed"]


@pytest.mark.parametrize(
    ("name", "at", "status"),
    [
        ("payment.created", NOW, PaymentStatus.PENDING),
        ("payment.pending", NOW, PaymentStatus.PENDING),
        ("payment.failed", LATER, PaymentStatus.FAILED),
        ("payment.reversed", LATEST, PaymentStatus.FAILED),
    ],
)
def test_an_event_shows_the_payment_as_it_was_then(name: str, at: datetime, status: PaymentStatus) -> None:
    event = payment_event(name, REVERSED)
    assert (event.at, event.sequence) == (at, sequence_of(REVERSED).index(name) + 1)
    assert event.payment == replace(REVERSED, status=status)
    assert (event.object_id, event.merchant_id, event.refund) == (REVERSED.id, REVERSED.merchant_id, None)


def test_what_has_not_happened_is_no_event() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its text is Python's own
        payment_event("payment.success", PENDING)
    with pytest.raises(ValueError):  # noqa: PT011 - its text is Python's own
        refund_event("refund.processed", a_refund(), PAID)


def test_a_refunds_events_show_it_as_it_was_then() -> None:
    refund = a_refund(status=RefundStatus.PROCESSED, processed_at=LATER)
    assert refund_sequence_of(refund) == ["refund.created", "refund.processed"]
    created = refund_event("refund.created", refund, PAID)
    assert (created.at, created.sequence, created.payment) == (NOW, 1, PAID)
    assert created.refund == replace(refund, status=RefundStatus.PENDING, processed_at=None)
    processed = refund_event("refund.processed", refund, PAID)
    assert (processed.at, processed.sequence, processed.refund) == (LATER, 2, refund)
