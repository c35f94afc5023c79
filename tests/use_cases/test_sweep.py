"""What was committed and never sent, or sent and lost, is sent again within a minute."""

from datetime import timedelta

import pytest

from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.domain.errors import Unavailable
from gateway.use_cases.operations.sweep import POSTPONED_BY, SWEEP_MAX, Swept, sweep
from tests.support.aws_calls import an_error, answering
from tests.support.database import payments
from tests.support.factories import a_payment
from tests.support.shop import QUEUES, Shop

pytestmark = pytest.mark.emulator
NOTHING = Swept(payments=0, refunds=0, webhooks=0)


def purge(shop: Shop) -> None:
    for name in QUEUES:
        shop.emulator.client("sqs").purge_queue(QueueUrl=shop.queue_urls[name])


def after_grace(shop: Shop) -> None:
    shop.clock.advance(seconds=shop.deps.config.sweep_grace_seconds, milliseconds=1)


def test_overdue_rows_of_each_kind_are_sent_again(only_shop: Shop) -> None:
    payment = only_shop.paid()
    refund = only_shop.stored_refund(only_shop.refund(payment, 100))
    pending = only_shop.pending_payment()
    purge(only_shop)
    after_grace(only_shop)
    # Three events of the first payment, one of the refund, two of the pending payment.
    assert sweep(only_shop.deps) == Swept(payments=1, refunds=1, webhooks=6)
    merchant = {"merchant_id": only_shop.merchant.id}
    assert only_shop.sent("payments") == [{"payment_id": pending.id} | merchant]
    assert only_shop.sent("refunds") == [{"refund_id": refund.id} | merchant]
    assert len(only_shop.sent("webhooks")) == 6


def test_what_is_on_its_way_is_left_alone_for_the_grace(only_shop: Shop) -> None:
    only_shop.pending_payment()
    only_shop.clock.advance(seconds=only_shop.deps.config.sweep_grace_seconds)
    assert sweep(only_shop.deps) == NOTHING
    only_shop.clock.advance(milliseconds=1)
    assert sweep(only_shop.deps).payments == 1


def test_what_was_sent_again_is_not_sent_twice_at_once(only_shop: Shop) -> None:
    only_shop.pending_payment()
    after_grace(only_shop)
    assert sweep(only_shop.deps) != NOTHING
    assert sweep(only_shop.deps) == NOTHING
    after_grace(only_shop)
    assert sweep(only_shop.deps) == NOTHING
    only_shop.clock.advance(seconds=POSTPONED_BY.total_seconds())
    assert sweep(only_shop.deps).payments == 1


def test_two_sweeps_at_once_send_a_row_once(only_shop: Shop) -> None:
    only_shop.pending_payment()
    purge(only_shop)
    after_grace(only_shop)
    found = payments.overdue(only_shop.clock(), SWEEP_MAX)
    sweep(only_shop.deps)
    # The second one read the index before the first one wrote.
    later = only_shop.clock() + timedelta(seconds=60)
    assert [payments.postpone(item, later) for item in found] == [False]
    assert len(only_shop.sent("payments")) == 1


def test_a_payment_that_was_lost_is_finished_after_all(only_shop: Shop) -> None:
    payment = only_shop.pending_payment()
    purge(only_shop)
    after_grace(only_shop)
    sweep(only_shop.deps)
    assert only_shop.process_records(only_shop.received("payments")) == []
    assert only_shop.stored_payment(payment.id).status == "success"
    only_shop.clock.advance(days=1)
    assert sweep(only_shop.deps).payments == 0


def test_many_rows_are_sent_ten_at_a_time(only_shop: Shop) -> None:
    for start in range(0, 25, 5):
        transaction = DynamoTransaction()
        for _ in range(start, start + 5):
            transaction.payments.add(a_payment())
        transaction.commit()
    only_shop.clock.advance(minutes=5)
    assert sweep(only_shop.deps).payments == 25
    assert len(only_shop.sent("payments")) == 25


def test_a_sweep_that_cannot_send_fails_aloud_and_its_rows_are_due_again(only_shop: Shop) -> None:
    only_shop.pending_payment()
    purge(only_shop)
    after_grace(only_shop)
    with (
        answering("SendMessage", [an_error("AccessDenied")]),
        pytest.raises(Unavailable),
    ):
        sweep(only_shop.deps)
    # A queue that fails holds up no other: the payment's two webhooks went out.
    assert len(only_shop.received("webhooks")) == 2
    only_shop.clock.advance(seconds=POSTPONED_BY.total_seconds() + 60)
    assert sweep(only_shop.deps).payments == 1
    assert len(only_shop.sent("payments")) == 1


def test_an_empty_sweep_is_no_warning(only_shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep(only_shop.deps) == NOTHING
    written = capsys.readouterr().out
    assert '"level":"INFO"' in written
    # And still counted, so that CloudWatch can tell nothing found from nothing done.
    assert '"Swept":0' in written
