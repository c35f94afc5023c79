from datetime import timedelta

from gateway.domain.payments.refund import RefundEvent
from gateway.presenters.refund import REFUND, REFUND_CREATED
from tests.support.factories import NOW, a_refund

LATER = NOW + timedelta(seconds=4)


def test_a_sent_refund_is_shown_as_pending() -> None:
    assert REFUND_CREATED.present(a_refund().after(RefundEvent.SEND, NOW))["status"] == "pending"


def test_a_processed_refund_says_when() -> None:
    refund = a_refund().after(RefundEvent.SEND, NOW).after(RefundEvent.ACCEPTED, LATER)
    assert REFUND.present(refund)["processed_at"] == "2026-01-31T09:30:04.250Z"


def test_a_cancelled_refund_is_shown_as_such() -> None:
    assert REFUND_CREATED.present(a_refund().after(RefundEvent.CANCEL, LATER))["status"] == "cancelled"


def test_a_read_refund_has_the_members_of_the_contract() -> None:
    refund = a_refund()
    assert REFUND.present(refund) == {
        "id": refund.id,
        "payment_id": refund.payment_id,
        "amount": 20_000,
        "currency": "INR",
        "reason": "Cup was cold",
        "status": "pending",
        "created_at": "2026-01-31T09:30:00.250Z",
        "processed_at": None,
    }
