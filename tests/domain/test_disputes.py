"""Disputes as acquirers tell of them: in any order, more than once, and never undone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.payments.dispute import (
    DISPUTES_MAX,
    DisputeStatus,
    DisputeTold,
    disputes_after,
    payment_id_of,
)
from gateway.domain.webhooks.events import dispute_event, dispute_sequence_of
from tests.support.factories import NOW, a_successful_payment

PAYMENT = "pay_Fq3ZtW8kLmXs0aBc"
OPENED = DisputeTold("dp_1", DisputeStatus.OPEN, "needs_response", "fraudulent", 500, "INR", None, NOW)
LATER = NOW + timedelta(days=1)


def told(status: DisputeStatus, hours: float = 1, **members: object) -> DisputeTold:
    at = NOW + timedelta(hours=hours)
    return replace(OPENED, status=status, word=str(status), at=at, **members)  # type: ignore[arg-type]


def test_the_first_that_is_told_of_a_dispute_opens_it_under_an_id_that_names_the_payment() -> None:
    disputes, news = disputes_after((), PAYMENT, OPENED, LATER)
    assert disputes == (news,)
    assert news is not None
    assert (news.id, news.status, news.opened_at, news.closed_at) == (
        "disp_Fq3ZtW8kLmXs0aBc", "open", LATER, None,
    )  # fmt: skip
    assert dispute_sequence_of(news) == ["dispute.created"]


@pytest.mark.parametrize("status", [DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.CLOSED])
def test_a_decision_ends_a_dispute_and_nothing_opens_it_again(status: DisputeStatus) -> None:
    disputes, _ = disputes_after((), PAYMENT, OPENED, NOW)
    disputes, news = disputes_after(
        disputes, PAYMENT, told(status, amount=1, currency="USD", reason="other"), LATER
    )
    assert news is not None
    assert (news.status, news.closed_at, news.told.word) == (status, LATER, str(status))
    assert (news.told.amount, news.told.currency, news.told.reason) == (500, "INR", "fraudulent")
    for again in (told(status, 2), told(DisputeStatus.OPEN, 3), told(DisputeStatus.LOST, 4)):
        assert disputes_after(disputes, PAYMENT, again, LATER + timedelta(days=1)) == (disputes, None)


def test_of_two_words_about_an_open_dispute_the_later_one_counts_in_whichever_order_they_come() -> None:
    disputes, _ = disputes_after((), PAYMENT, told(DisputeStatus.OPEN, 2, respond_by=LATER), NOW)
    assert disputes_after(disputes, PAYMENT, OPENED, LATER) == (disputes, None)
    changed, news = disputes_after(
        disputes, PAYMENT, replace(told(DisputeStatus.OPEN, 3), word="review"), LATER
    )
    assert news is not None
    assert (news.told.word, news.opened_at, changed) == ("review", NOW, (news,))


def test_a_decision_that_overtakes_its_beginning_counts() -> None:
    disputes, news = disputes_after((), PAYMENT, told(DisputeStatus.LOST), LATER)
    assert news is not None
    assert dispute_sequence_of(news) == ["dispute.created", "dispute.closed"]
    assert disputes_after(disputes, PAYMENT, OPENED, LATER) == (disputes, None)


def test_a_second_dispute_of_a_payment_has_a_number_and_too_many_are_not_kept() -> None:
    disputes: tuple[object, ...] = ()
    for number in range(DISPUTES_MAX + 1):
        disputes, _ = disputes_after(disputes, PAYMENT, replace(OPENED, reference=f"dp_{number}"), NOW)  # type: ignore[arg-type]
    ids = [dispute.id for dispute in disputes]  # type: ignore[attr-defined]
    assert ids[:2] == ["disp_Fq3ZtW8kLmXs0aBc", "disp_Fq3ZtW8kLmXs0aBc:2"]
    assert len(set(ids)) == DISPUTES_MAX
    assert {payment_id_of(one) for one in ids} == {PAYMENT}


def test_an_event_of_the_beginning_is_the_same_after_the_end() -> None:
    payment = a_successful_payment(id=PAYMENT)
    opened, began = disputes_after((), PAYMENT, OPENED, NOW)
    _, ended = disputes_after(opened, PAYMENT, told(DisputeStatus.WON), LATER)
    assert began is not None
    assert ended is not None
    first, same = (
        dispute_event("dispute.created", began, payment),
        dispute_event("dispute.created", ended, payment),
    )
    last = dispute_event("dispute.closed", ended, payment)
    assert (first.id, first.at, first.sequence) == (same.id, same.at, same.sequence)
    assert same.dispute is not None
    assert (same.dispute.status, same.dispute.closed_at) == (DisputeStatus.OPEN, None)
    assert (last.sequence, last.earlier, last.previous_at, last.at) == (2, ("dispute.created",), NOW, LATER)
