from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.payments.payment import PaymentStatus
from gateway.domain.payments.refund import RefundStatus
from gateway.domain.webhooks.events import (
    event_id,
    id_before,
    payment_event,
    refund_event,
    refund_sequence_of,
    sample_event,
    sequence_of,
)
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
    has_failed = status is PaymentStatus.FAILED
    assert event.payment == replace(REVERSED, status=status, failure=DECLINED if has_failed else None)
    assert (event.object_id, event.merchant_id, event.refund) == (REVERSED.id, REVERSED.merchant_id, None)


def test_an_event_has_one_id_for_ever_and_no_other_event_has_it() -> None:
    created, pending = (payment_event(name, REVERSED) for name in ("payment.created", "payment.pending"))
    assert created.id == event_id(REVERSED.id, 1) != event_id(REVERSED.id, 2)
    assert event_id("pay_AAAAAAAAAAAAAAAA", 1) == "b1719f20-2273-8562-b6c5-831168187fa4"
    assert UUID(created.id).version == 8
    assert (id_before(created), id_before(pending)) == (None, created.id)
    assert sample_event("w1", "m", NOW).id == "w1"


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
