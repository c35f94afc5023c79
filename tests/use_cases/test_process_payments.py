from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from gateway.adapters.aws import sqs
from gateway.domain.acquiring.results import Result, Unknown
from gateway.domain.errors import Unavailable
from gateway.domain.payments.order import OrderStatus
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.values import to_unix_ms
from tests.support.aws_calls import a_cancellation, an_error, answering, just_before, watched
from tests.support.database import ledger, stats
from tests.support.factories import DECLINED, NOW, a_message, a_payment, approved, declined
from tests.support.shop import Shop

pytestmark = pytest.mark.emulator


def decline(shop: Shop) -> None:
    shop.bank.outcome = declined


def balance(shop: Shop) -> tuple[int, int, int]:
    (found,) = ledger.balances(shop.merchant.id)
    return found.payments, found.refunds, found.reversals


def two_payments_of_one_order(shop: Shop) -> list[Payment]:
    order = shop.order(amount=500)
    return [shop.pending_payment(order), shop.pending_payment(order)]


def test_an_approved_payment_succeeds_and_pays_its_order(shop: Shop) -> None:
    payment = shop.pending_payment()
    shop.clock.advance(seconds=7)
    assert shop.process(payment) == []
    after = shop.stored_payment(payment.id)
    paid = payment.approved(NOW + timedelta(seconds=7))
    assert after == replace(paid, attempt=replace(payment.attempt, reference=f"ref_{payment.id}"))
    assert shop.order_status(payment.order_id) is OrderStatus.PAID
    assert shop.events(payment.id) == ["payment.created", "payment.pending", "payment.success"]
    assert balance(shop) == (payment.amount, 0, 0)


def test_a_declined_payment_fails_and_its_order_may_be_tried_again(shop: Shop) -> None:
    decline(shop)
    payment = shop.pending_payment()
    assert shop.process(payment) == []
    after = shop.stored_payment(payment.id)
    assert (after.status, after.failure, after.refundable) == (PaymentStatus.FAILED, DECLINED, 0)
    assert shop.order_status(payment.order_id) is OrderStatus.ATTEMPTED
    assert shop.events(payment.id)[-1] == "payment.failed"
    assert ledger.balances(shop.merchant.id) == []


def test_the_webhook_of_an_outcome_is_sent(shop: Shop) -> None:
    payment = shop.pending_payment()
    shop.sent("webhooks")
    shop.process(payment)
    (message,) = shop.sent("webhooks")
    assert message["merchant_id"] == shop.merchant.id


def test_a_merchant_without_a_url_gets_no_webhook(shop: Shop) -> None:
    payment = shop.without_webhooks().pending_payment()
    assert shop.process(payment) == []
    assert shop.events(payment.id) == []
    assert shop.sent("webhooks") == []


@pytest.mark.parametrize("was_declined", [False, True])
def test_a_final_payment_stays_as_it_is(shop: Shop, *, was_declined: bool) -> None:
    payment = shop.pending_payment()
    if was_declined:
        decline(shop)
    shop.process(payment)
    before = shop.stored_payment(payment.id)
    shop.bank.outcome = approved if was_declined else declined
    with watched() as calls:
        assert shop.process(payment) == []
    assert calls == ["BatchGetItem", "UpdateItem"]  # the second one notes the batch
    assert shop.stored_payment(payment.id) == before
    assert len(shop.events(payment.id)) == 3


def test_duplicate_messages_in_one_batch_do_it_once(shop: Shop) -> None:
    payment = shop.pending_payment()
    assert shop.process(payment, payment, payment) == []
    assert set(shop.bank.authorized) == {payment.id}
    assert len(shop.events(payment.id)) == 3
    assert balance(shop) == (payment.amount, 0, 0)


def test_a_worker_that_comes_second_writes_nothing(shop: Shop) -> None:
    payment = shop.pending_payment()
    with just_before("TransactWriteItems", lambda: shop.process(payment)):
        assert shop.process(payment) == []
    assert len(shop.events(payment.id)) == 3
    assert balance(shop) == (payment.amount, 0, 0)


def test_an_unknown_outcome_leaves_the_payment_pending_and_its_message_for_later(shop: Shop) -> None:
    def unknown(_payment: Payment) -> Result:
        raise Unknown("timeout", ask_again_seconds=2)

    shop.bank.outcome = unknown
    payment = shop.pending_payment()
    (record,) = shop.received("payments")
    assert shop.process_records([record]) == [record["messageId"]]
    assert shop.stored_payment(payment.id) == payment
    assert sqs.depth(shop.queue_urls["payments"]).in_flight == 1
    shop.bank.outcome = approved
    assert shop.process_records([record]) == []
    assert shop.bank.authorized == [payment.id, payment.id]
    assert shop.stored_payment(payment.id).status is PaymentStatus.SUCCESS


def test_of_two_payments_of_one_order_one_succeeds_and_the_money_of_the_other_goes_back(shop: Shop) -> None:
    first, second = two_payments_of_one_order(shop)
    assert shop.process(first, second) == []
    after = shop.stored_payment(second.id)
    assert shop.stored_payment(first.id).status is PaymentStatus.SUCCESS
    assert after.status is PaymentStatus.FAILED
    assert after.failure is not None
    assert after.failure.code == "ORDER_ALREADY_PAID"
    assert shop.bank.reversed == [(f"{second.id}:reversal", 500)]
    assert balance(shop) == (1000, 0, 500)
    assert shop.events(second.id)[-1] == "payment.failed"


def test_two_payments_of_one_order_that_race_end_the_same_way(shop: Shop) -> None:
    pair = two_payments_of_one_order(shop)
    together = Barrier(2)

    def race(payment: Payment) -> list[str]:
        together.wait()
        return shop.process(payment)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(race, pair)) == [[], []]
    ends = [shop.stored_payment(payment.id) for payment in pair]
    assert sorted(end.status for end in ends) == ["failed", "success"]
    (lost,) = (end for end in ends if end.failure)
    assert lost.failure
    assert lost.failure.code == "ORDER_ALREADY_PAID"
    assert shop.bank.reversed == [(f"{lost.id}:reversal", 500)]
    assert balance(shop) == (1000, 0, 500)


def test_a_crash_before_the_commit_gives_money_back_once(shop: Shop) -> None:
    first, second = two_payments_of_one_order(shop)
    shop.process(first)
    crash = [None, an_error("AccessDeniedException")]
    with answering("TransactWriteItems", crash):
        assert len(shop.process(second)) == 1
    assert shop.stored_payment(second.id).status is PaymentStatus.PENDING
    assert shop.process(second) == []
    assert set(shop.bank.reversed) == {(f"{second.id}:reversal", 500)}
    assert balance(shop) == (1000, 0, 500)


def test_a_conflict_brings_the_message_back_and_no_other(shop: Shop) -> None:
    one, other = shop.pending_payment(), shop.pending_payment()
    conflicts = [a_cancellation("TransactionConflict")] * 4
    records = [shop.message(one), shop.message(other)]
    with answering("TransactWriteItems", conflicts):
        assert shop.process_records(records) == [records[0]["messageId"]]
    assert shop.stored_payment(one.id).status is PaymentStatus.PENDING
    assert shop.stored_payment(other.id).status is PaymentStatus.SUCCESS


def test_webhooks_that_cannot_be_sent_are_left_to_the_sweeper(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = shop.pending_payment()
    with answering("SendMessage", [an_error("AccessDenied")]):
        assert shop.process(payment) == []
    assert shop.stored_payment(payment.id).status is PaymentStatus.SUCCESS
    assert "message not sent; left to the sweeper" in capsys.readouterr().out


def test_a_batch_that_cannot_be_read_comes_back_whole(shop: Shop) -> None:
    payment = shop.pending_payment()
    with (
        answering("BatchGetItem", [an_error("AccessDeniedException")]),
        pytest.raises(Unavailable),
    ):
        shop.process(payment)


def test_a_batch_takes_two_reads_one_send_and_a_commit_for_each(shop: Shop) -> None:
    made = [shop.pending_payment() for _ in range(3)]
    with watched() as calls:
        assert shop.process(*made) == []
    reads = ["BatchGetItem"] * 2
    assert calls.of("BatchGetItem", "SendMessage", "SendMessageBatch") == [*reads, "SendMessageBatch"]
    assert calls.of("TransactWriteItems") == ["TransactWriteItems"] * 3
    assert len(calls) == 7  # and one for the counters


def test_jobs_are_counted(only_shop: Shop) -> None:
    good = only_shop.pending_payment()
    ghost = a_payment(merchant_id=only_shop.merchant.id)
    assert only_shop.process(good, ghost) == []
    counted = stats.read()["payments"]
    assert (counted.completed, counted.failed) == (1, 1)
    assert counted.taken_at_ms == to_unix_ms(only_shop.clock())


def test_a_poison_message_harms_nobody(shop: Shop) -> None:
    payment = shop.pending_payment()
    assert shop.process_records([a_message(nonsense="x"), shop.message(payment)]) == []
    assert shop.stored_payment(payment.id).status is PaymentStatus.SUCCESS


def test_what_a_partial_capture_released_goes_back_once(shop: Shop) -> None:
    payment = shop.paid(amount=500)
    captured = shop.capture(payment, 300)
    assert (captured.amount_captured, captured.release_pending) == (300, 200)
    assert shop.process(payment, payment) == []
    after = shop.stored_payment(payment.id)
    assert replace(after, release=captured.release) == replace(
        captured, release_pending=0, due_at=None, released_at=shop.clock()
    )
    assert after.release
    assert after.release.reference == f"ref_{payment.id}:release"
    assert set(shop.bank.reversed) == {(f"{payment.id}:release", 200)}
    assert balance(shop) == (500, 0, 200)
