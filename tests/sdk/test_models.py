"""Models: members, times, what is new, what is secret."""

import copy
import pickle
from datetime import UTC, datetime

import pytest

from asyncpay import FeedEvent, models
from asyncpay._model import OtherEvent
from tests.sdk.test_client import PAYMENT

READ = PAYMENT | {
    "captured": False,
    "amount_captured": 0,
    "amount_refunded": 0,
    "updated_at": "2026-01-31T09:30:01.000Z",
    "a_new_member": {"x": 1},
}


def test_members_are_attributes_and_times_are_aware() -> None:
    payment = models.Payment(READ)
    assert (payment.amount, payment.status, payment.captured) == (50000, "pending", False)
    assert payment.updated_at == datetime(2026, 1, 31, 9, 30, 1, tzinfo=UTC)


def test_an_optional_member_that_is_absent_is_none_and_an_unknown_one_is_an_error() -> None:
    payment = models.Payment(READ)
    assert payment.error_code is None
    with pytest.raises(AttributeError, match="Payment has no 'amuont'"):
        payment.amuont  # type: ignore[attr-defined]  # noqa: B018


def test_members_that_the_sdk_does_not_know_are_there_as_they_came() -> None:
    assert models.Payment(READ).a_new_member == {"x": 1}  # type: ignore[attr-defined]
    assert models.Payment(READ).to_dict() == READ


def test_nested_objects_are_models_and_events_know_their_kind() -> None:
    event = models.event(
        {"event": "payment.success", "timestamp": 1, "sequence": 3, "data": {"payment": PAYMENT}}
    )
    assert isinstance(event, models.PaymentEvent)
    assert event.data.payment.id == PAYMENT["id"]


def test_an_event_of_a_new_kind_is_no_error() -> None:
    event = models.event({"event": "payout.sent", "timestamp": 1, "sequence": 1, "data": {"payout": {}}})
    assert isinstance(event, OtherEvent)
    assert event.data == {"payout": {}}


def test_models_do_not_change_and_can_be_compared_copied_and_pickled() -> None:
    payment = models.Payment(READ)
    with pytest.raises(AttributeError, match="can't be changed"):
        payment.amount = 1
    assert payment == models.Payment(dict(READ))
    assert payment != models.PaymentCreated(READ)
    assert copy.deepcopy(payment) == pickle.loads(pickle.dumps(payment)) == payment  # noqa: S301 - our own
    assert len({payment, models.Payment(READ)}) == 1


def test_a_repr_shows_no_secret() -> None:
    issued = {"api_key": "key_1", "api_secret": "s3cr3t", "created_at": "2026-01-31T09:30:00.250Z"}
    assert "s3cr3t" not in repr(models.Credentials({**issued, "keys": []}))
    assert "s3cr3t" not in repr(models.WebhookConfig({"webhook_url": None, "webhook_secret": "s3cr3t"}))


@pytest.mark.parametrize(
    ("name", "data", "object_id"),
    [
        ("payment.captured", {"payment": {"id": "pay_1"}}, "pay_1"),
        ("refund.failed", {"refund": {"id": "rfnd_1"}, "payment": {"id": "pay_1"}}, "rfnd_1"),
        ("order.paid", {"order": {"id": "order_1"}, "payment": {"id": "pay_1"}}, "order_1"),
        ("webhook.test", {"message": "x"}, "e-1"),
        ("payout.made", {"payout": {"id": "po_1"}}, "po_1"),
    ],
)
def test_an_event_of_any_kind_tells_what_it_is_about(
    name: str, data: dict[str, object], object_id: str
) -> None:
    told = {"id": "e-1", "event": name, "timestamp": 1, "data": data, "sequence": 1}
    assert FeedEvent(told).object_id == object_id
