"""What a person settles: rulings about what is parked, and what they leave in the books."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.results import Outcome, Result
from gateway.domain.acquiring.ruling import Ruling
from gateway.domain.errors import AsyncPayError, BadRequest, NotFound, Unavailable
from gateway.domain.payments.order import OrderStatus
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.payments.refund import RefundStatus
from gateway.use_cases.acquirers.look import operations_at_acquirer
from gateway.use_cases.acquirers.settle import ask_again, list_parked, settle_payment, settle_refund
from gateway.use_cases.operations.sweep import sweep
from gateway.use_cases.protocols.refusals import ConditionFailed, Conflict
from tests.support.factories import approved
from tests.support.memory.shop import MemoryShop, lines, told

ME, WHY = "admin:me", "the acquirer's page says so"


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def another_amount(payment: Payment) -> Result:
    return Result(Outcome.APPROVED, f"ref_{payment.id}", payment.amount + 1, payment.currency)


def parked(shop: MemoryShop) -> Payment:
    shop.bank.outcome = another_amount
    payment = shop.pending(shop.order(amount=500))
    shop.process(payment)
    shop.bank.outcome = approved
    found = shop.payment(payment.id)
    assert (found.is_parked, found.due_at) == (True, None)
    return found


def settle(shop: MemoryShop, payment: Payment, ruling: Ruling) -> Payment:
    settle_payment(shop.deps, payment.id, ruling, WHY, ME)
    return shop.payment(payment.id)


def entries(shop: MemoryShop, payment: Payment) -> list[tuple[str, int]]:
    found = shop.database.rows.of("ledger").values()
    return [(str(entry.kind), entry.amount) for entry in found if entry.payment_id == payment.id]


def test_what_is_parked_is_listed_counted_by_the_sweeper_and_not_sent_again(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = parked(shop)
    assert [item.id for item in list_parked(shop.deps)[0]] == [payment.id]
    shop.clock.advance(days=1)
    shop.queues.sends.clear()
    sweep(shop.deps)
    assert shop.queues.sent("payments") == []
    (line,) = lines(capsys, "swept")
    assert line["Parked"] == 1


def test_taken_is_a_success_in_the_books_with_its_event_and_who_said_so(shop: MemoryShop) -> None:
    payment = parked(shop)
    settled = settle(shop, payment, Ruling.TAKEN)
    assert (settled.status, settled.refundable, settled.is_parked) == (PaymentStatus.SUCCESS, 500, False)
    assert entries(shop, payment) == [("payment", 500)]
    assert shop.events(payment.id)[-1] == "payment.success"
    assert shop.database.orders.get(payment.order_id).status is OrderStatus.PAID
    details = {"ruling": "taken", "reason": WHY, "parked": "amount or currency differs"}
    assert shop.audit()[-1] == (ME, "payment.settled", payment.id, details)
    assert list_parked(shop.deps) == ([], [])


def test_not_taken_fails_and_moves_no_money(shop: MemoryShop) -> None:
    payment = parked(shop)
    settled = settle(shop, payment, Ruling.NOT_TAKEN)
    assert settled.status is PaymentStatus.FAILED
    assert settled.failure
    assert settled.failure.reason == "not_taken"
    assert entries(shop, payment) == []
    assert shop.events(payment.id)[-1] == "payment.failed"


def test_ask_has_a_worker_ask_and_what_it_hears_counts(shop: MemoryShop) -> None:
    payment = parked(shop)
    shop.queues.sends.clear()
    asked = settle(shop, payment, Ruling.ASK)
    assert (asked.status, asked.is_parked, asked.due_at) == (PaymentStatus.PENDING, False, shop.clock())
    assert [message["payment_id"] for message in shop.queues.sent("payments")] == [payment.id]
    shop.process(asked)
    assert shop.payment(payment.id).status is PaymentStatus.SUCCESS


def test_what_was_taken_for_an_order_that_is_paid_by_now_goes_back(shop: MemoryShop) -> None:
    payment = parked(shop)
    order = shop.database.orders.get(payment.order_id)
    shop.database.rows.of("orders")[order.id] = replace(order, status=OrderStatus.PAID)
    settled = settle(shop, payment, Ruling.TAKEN)
    assert (settled.status, settled.release_pending) == (PaymentStatus.FAILED, 500)
    assert entries(shop, payment) == [("payment", 500), ("reversal", 500)]
    shop.process(settled)
    assert shop.bank.reversed == [(f"{payment.id}:reversal", 500)]
    assert [found.kind for found in operations_at_acquirer(shop.deps, shop.payment(payment.id))] == [
        "payment",
        "reversal",
    ]


def test_a_release_that_is_parked_is_settled_as_given_back(shop: MemoryShop) -> None:
    paid = shop.captured(shop.paid(500).id, 300)
    stuck = replace(paid, release=Attempt(parked="refused by the acquirer"), due_at=None)
    shop.put("payments", stuck)
    with pytest.raises(BadRequest) as refusal:
        settle(shop, stuck, Ruling.TAKEN)
    assert told(refusal)[0] == "What is open can be ruled: ask, given-back"
    settled = settle(shop, stuck, Ruling.GIVEN_BACK)
    assert (settled.release_pending, settled.is_parked, settled.due_at) == (0, False, None)


@pytest.mark.parametrize("ruling", [Ruling.ASK, Ruling.TAKEN])
def test_a_failed_payment_that_is_parked_is_watched_again_or_given_back(
    shop: MemoryShop, ruling: Ruling
) -> None:
    failed = shop.pending(shop.order(amount=500))
    attempt = replace(failed.attempt, reference="ref", parked="amount or currency differs")
    failed = replace(
        failed, status=PaymentStatus.FAILED, attempt=attempt, due_at=None, finished_at=shop.clock()
    )
    shop.put("payments", failed)
    settled = settle(shop, failed, ruling)
    assert settled.status is PaymentStatus.FAILED
    assert (settled.is_watched, settled.release_pending) == (
        (True, 0) if ruling is Ruling.ASK else (False, 500)
    )


@pytest.mark.parametrize(("ruling", "status"), [
    (Ruling.GIVEN_BACK, RefundStatus.PROCESSED), (Ruling.ASK, RefundStatus.SENT),
    (Ruling.GIVEN_UP, RefundStatus.FAILED),
])  # fmt: skip
def test_a_refund_that_is_parked_is_settled_or_asked_for_again(
    shop: MemoryShop, ruling: Ruling, status: RefundStatus
) -> None:
    payment = shop.paid(500)
    refund = shop.refunded(payment, 200)
    attempt = Attempt(asked_at=shop.clock(), parked="declined by the acquirer")
    stuck = shop.put("refunds", replace(refund, status=RefundStatus.SENT, attempt=attempt, due_at=None))
    assert [item.id for item in list_parked(shop.deps)[1]] == [refund.id]
    with pytest.raises(BadRequest):
        settle_refund(shop.deps, refund.id, Ruling.TAKEN, WHY, ME)
    settled = settle_refund(shop.deps, stuck.id, ruling, WHY, ME)
    assert (settled.status, settled.attempt.parked) == (status, None)
    booked = ("refund", 200) in entries(shop, payment)
    assert booked is (ruling is Ruling.GIVEN_BACK)
    # What was given up can be refunded again.
    refundable = 500 if ruling is Ruling.GIVEN_UP else 300
    assert shop.payment(payment.id).refundable == refundable
    assert shop.audit()[-1][1:3] == ("refund.settled", refund.id)


def test_a_refund_that_did_not_go_fails_and_its_amount_can_be_refunded_again(shop: MemoryShop) -> None:
    shop.set_merchant(webhook_events=("refund.failed",))
    payment = shop.paid(500)
    refund = shop.refunded(payment, 200)
    attempt = Attempt(asked_at=shop.clock(), parked="declined by the acquirer")
    shop.put("refunds", replace(refund, status=RefundStatus.SENT, attempt=attempt, due_at=None))
    settled = settle_refund(shop.deps, refund.id, Ruling.GIVEN_UP, WHY, ME)
    assert (settled.status, settled.processed_at) == (RefundStatus.FAILED, None)
    assert ("refund", 200) not in entries(shop, payment)
    after = shop.payment(payment.id)
    assert (after.refundable, after.amount_refunded) == (500, 0)
    assert shop.events(refund.id) == ["refund.failed"]
    shop.refunded(after, 500)


@pytest.mark.parametrize("ruling", list(Ruling))
def test_what_is_not_parked_is_not_settled(shop: MemoryShop, ruling: Ruling) -> None:
    payment = shop.paid()
    with pytest.raises(BadRequest):
        settle(shop, payment, ruling)
    with pytest.raises(BadRequest):
        settle_refund(shop.deps, shop.refunded(payment, 100).id, ruling, WHY, ME)


@pytest.mark.parametrize("settling", [settle_payment, settle_refund])
def test_nothing_is_not_settled(shop: MemoryShop, settling: Any) -> None:
    with pytest.raises(NotFound):
        settling(shop.deps, "pay_0", Ruling.ASK, WHY, ME)


def test_a_person_has_a_worker_ask_about_an_open_payment_and_not_about_a_parked_one(shop: MemoryShop) -> None:
    payment = shop.pending()
    shop.queues.sends.clear()
    ask_again(shop.deps, payment)
    assert len(shop.queues.sent("payments")) == 1
    with pytest.raises(BadRequest):
        ask_again(shop.deps, parked(shop))


def test_what_was_parked_is_on_record_with_the_operation_that_is_open(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    paid = shop.captured(shop.paid(500).id, 300)
    attempt = replace(paid.attempt, parked="not this one")
    stuck = replace(paid, attempt=attempt, release=Attempt(parked="refused by the acquirer"), due_at=None)
    shop.put("payments", stuck)
    settle(shop, stuck, Ruling.GIVEN_BACK)
    details = {"ruling": "given-back", "reason": WHY, "parked": "refused by the acquirer"}
    assert shop.audit()[-1] == (ME, "payment.settled", paid.id, details)
    line = {"level": "INFO", "payment_id": paid.id, "ruling": "given-back", "actor": ME}
    assert lines(capsys, "payment settled by a person") == [line]


def test_a_settled_refund_is_on_record_and_logged(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = shop.paid(500)
    refund = shop.refunded(payment, 200)
    attempt = Attempt(asked_at=shop.clock(), parked="declined by the acquirer")
    shop.put("refunds", replace(refund, status=RefundStatus.SENT, attempt=attempt, due_at=None))
    settle_refund(shop.deps, refund.id, Ruling.GIVEN_BACK, WHY, ME)
    details = {"ruling": "given-back", "reason": WHY, "parked": "declined by the acquirer"}
    assert shop.audit()[-1] == (ME, "refund.settled", refund.id, details | {"payment_id": payment.id})
    line = {"level": "INFO", "refund_id": refund.id, "ruling": "given-back", "actor": ME}
    assert lines(capsys, "refund settled by a person") == [line]
    assert shop.events(refund.id) == ["refund.created", "refund.processed"]


def test_refused_rulings_say_why(shop: MemoryShop) -> None:
    payment = parked(shop)
    refund = shop.refunded(shop.paid(500), 200)
    stuck = shop.put("refunds", replace(refund, status=RefundStatus.SENT, attempt=Attempt(parked="no")))
    moved = "It changed meanwhile; look at it again"
    for act, said in (
        (lambda: settle_payment(shop.deps, "pay_0", Ruling.ASK, WHY, ME), "Payment not found"),
        (lambda: settle_refund(shop.deps, "rfnd_0", Ruling.ASK, WHY, ME), "Refund not found"),
        (
            lambda: settle_payment(shop.deps, payment.id, Ruling.GIVEN_BACK, WHY, ME),
            "What is open can be ruled: ask, taken, not-taken",
        ),
        (
            lambda: settle_refund(shop.deps, stuck.id, Ruling.TAKEN, WHY, ME),
            "A refund can be ruled: ask, given-back, given-up",
        ),
        (
            lambda: ask_again(shop.deps, payment),
            "The payment is parked: settle it, by `ask` to have the acquirer asked again",
        ),
    ):
        with pytest.raises(AsyncPayError) as refusal:
            act()
        assert told(refusal) == (said, None)
    for what, settling, one in (
        ("payment", settle_payment, payment),
        ("refund", settle_refund, stuck),
    ):
        shop.database.rows.fail_next(ConditionFailed(frozenset()))
        with pytest.raises(BadRequest) as lost:
            settling(shop.deps, one.id, Ruling.ASK, WHY, ME)
        assert told(lost) == (moved, None)
        shop.database.rows.fail_next(Conflict())
        with pytest.raises(Unavailable) as busy:
            settling(shop.deps, one.id, Ruling.ASK, WHY, ME)
        assert told(busy)[0] == f"The {what} is being changed by another request; please try again"


def test_what_was_asked_of_the_acquirer_is_told_with_its_amounts_and_keys(shop: MemoryShop) -> None:
    payment = shop.pending(shop.order(amount=500))

    def seen(payment_id: str) -> list[tuple[Any, ...]]:
        found = operations_at_acquirer(shop.deps, shop.payment(payment_id))
        return [(one.kind, one.id, one.amount, one.is_open, one.next_at) for one in found]

    assert seen(payment.id) == [("payment", payment.id, 500, True, payment.due_at)]
    shop.process(payment)
    captured = shop.captured(payment.id, 300)
    taken = ("payment", payment.id, 500, False, None)
    assert captured.release_pending == 200
    release = Attempt(captured.attempt.account)
    open_release = shop.put("payments", replace(captured, release=captured.release or release))
    assert seen(payment.id) == [taken, ("release", f"{payment.id}:release", 200, True, open_release.due_at)]
    shop.process(open_release)
    done = ("release", f"{payment.id}:release", 200, False, None)
    assert seen(payment.id) == [taken, done]
    refund = shop.refunded(shop.payment(payment.id), 100)
    assert seen(payment.id) == [taken, done, ("refund", refund.id, 100, True, refund.due_at)]
    shop.process_refunds(refund)
    assert seen(payment.id) == [taken, done, ("refund", refund.id, 100, False, None)]
    first, *_ = operations_at_acquirer(shop.deps, shop.payment(payment.id))
    assert (first.acquirer, first.key) == ("simulated", first.attempt.key(payment.id))


def test_what_is_parked_is_said_aloud_and_left_alone_after_that(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = parked(shop)
    about = {"reason": "amount or currency differs", "payment_id": payment.id}
    assert lines(capsys, "parked: a person has to look at it") == [{"level": "ERROR"} | about]
    assert shop.process(payment) == []
    left = {"level": "INFO", "payment_id": payment.id}
    assert lines(capsys, "a person has to look at the payment first") == [left]
    assert shop.payment(payment.id) == payment
