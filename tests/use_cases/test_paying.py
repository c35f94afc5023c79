"""Orders and their payments, from the request to the outcome, in memory."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.adapters.acquirers.simulator import CAPABILITIES
from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.results import Result, Unknown
from gateway.domain.acquiring.settlement import noted, open_operation
from gateway.domain.errors import BadRequest, IdempotencyInFlight, NotFound, Unavailable
from gateway.domain.payments.instruments import check_card
from gateway.domain.payments.ledger import payment_reversed, payment_taken
from gateway.domain.payments.order import OrderStatus
from gateway.domain.payments.payment import Failure, OrderDetails, PaymentStatus
from gateway.use_cases.idempotency import IdempotencyKey
from gateway.use_cases.orders.create_order import NewOrder
from gateway.use_cases.orders.read_orders import find_order
from gateway.use_cases.payments.process_payments import process_payments
from gateway.use_cases.protocols.refusals import ConditionFailed, Write
from tests.support.factories import DECLINED, NOW, a_message, a_payment, approved, declined
from tests.support.memory.shop import MemoryShop, failures, lines, told

CARD = check_card(
    number="4111111111111111", cvv="987", expiry_month="12", expiry_year="30", holder_name="Asha Rao", now=NOW
)


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


@pytest.mark.parametrize("key", [None, IdempotencyKey("me#orders#k", "print")], ids=["no key", "key"])
def test_an_order_is_kept_as_it_was_asked_for(
    shop: MemoryShop, key: IdempotencyKey | None, capsys: pytest.CaptureFixture[str]
) -> None:
    new = NewOrder(500, "INR", "r1", {"a": 1}, NOW + timedelta(seconds=1))
    response = shop.create_order(new, key)
    order = shop.database.orders.get(response.body)
    assert order.id.startswith("order_")
    assert (order.merchant_id, order.amount, order.currency) == (shop.merchant.id, 500, "INR")
    assert (order.receipt, order.notes) == ("r1", {"a": 1})
    assert (order.status, order.expires_at) == (OrderStatus.CREATED, new.expires_at)
    assert (order.created_at, order.updated_at) == (NOW, NOW)
    line = {"level": "INFO", "order_id": order.id, "merchant_id": shop.merchant.id, "amount": 500}
    assert lines(capsys, "order created") == [line]
    again = shop.create_order(new, key)
    assert (again.replayed, again.body == response.body) == (key is not None, key is not None)
    assert shop.database.orders.get(shop.create_order(NewOrder(500, "INR", None, {})).body).expires_at is None


def test_an_order_that_ends_before_it_begins_is_refused(shop: MemoryShop) -> None:
    with pytest.raises(BadRequest) as refusal:
        shop.create_order(NewOrder(500, "INR", None, {}, NOW))
    assert told(refusal) == ("expires_at must be in the future", "expires_at")


def test_an_order_whose_key_is_just_being_used_asks_to_come_back(shop: MemoryShop) -> None:
    shop.database.rows.fail_next(ConditionFailed(frozenset({Write.IDEMPOTENCY_KEY})))
    with pytest.raises(IdempotencyInFlight):
        shop.create_order(NewOrder(500, "INR", None, {}), IdempotencyKey("me#orders#k", "print"))


def test_of_a_unique_receipt_there_is_one_order(shop: MemoryShop) -> None:
    new = NewOrder(500, "INR", "r-1", {}, unique_receipt=True)
    order_id = shop.create_order(new).body
    assert re.fullmatch("order_[A-Za-z0-9]{16}", order_id)
    for again in (new, replace(new, amount=600)):
        with pytest.raises(BadRequest, match=r"^There is an order with this receipt already$") as caught:
            shop.create_order(again)
        refusal = caught.value
        assert (refusal.field, refusal.reason) == ("receipt", "receipt_taken")
        assert refusal.facts == {"order_id": order_id}
    assert shop.create_order(replace(new, receipt="r-2")).body != order_id
    # Who does not ask for it may have more of them.
    assert shop.create_order(replace(new, unique_receipt=False)).body != order_id
    with pytest.raises(BadRequest, match=r"^receipt is required with unique_receipt$") as none_given:
        shop.create_order(replace(new, receipt=None))
    assert none_given.value.field == "receipt"


def test_a_unique_receipt_is_refused_beside_an_order_that_did_not_ask_for_it(shop: MemoryShop) -> None:
    first = shop.create_order(NewOrder(500, "INR", "r-1", {})).body
    with pytest.raises(BadRequest) as caught:
        shop.create_order(NewOrder(500, "INR", "r-1", {}, unique_receipt=True))
    assert caught.value.facts == {"order_id": first}


def test_of_two_orders_with_a_unique_receipt_at_once_the_later_one_is_told(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = NewOrder(500, "INR", "r-1", {}, unique_receipt=True)
    order_id = shop.create_order(new).body
    # As if the index did not know of it yet.
    monkeypatch.setattr(shop.database.orders, "ids_of_receipt", lambda *_: [])
    with pytest.raises(BadRequest) as caught:
        shop.create_order(new)
    assert caught.value.facts == {"order_id": order_id}


def test_a_repeated_request_for_a_unique_receipt_gets_its_order(shop: MemoryShop) -> None:
    new, key = NewOrder(500, "INR", "r-1", {}, unique_receipt=True), IdempotencyKey("me#orders#k", "print")
    first, again = shop.create_order(new, key), shop.create_order(new, key)
    assert (again.body, again.replayed) == (first.body, True)


def test_an_order_is_found_by_its_merchant_or_by_anybody_who_is_not_named(shop: MemoryShop) -> None:
    order = shop.order()
    assert find_order(shop.deps, order.id, order.merchant_id) == order
    assert find_order(shop.deps, order.id) == order
    for order_id, merchant_id in ((order.id, "another"), ("order_0", None)):
        with pytest.raises(NotFound) as refusal:
            find_order(shop.deps, order_id, merchant_id)
        assert told(refusal) == ("Order not found", None)


def test_a_payment_is_pending_and_its_order_attempted(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.bank.delay_ms = 5001
    shop.clock.advance(seconds=1)
    order = shop.order(currency="USD")
    response = shop.pay(order)
    payment = shop.payment(response.body)
    later = NOW + timedelta(seconds=1)
    expected = a_payment(
        id=payment.id,
        merchant_id=shop.merchant.id,
        order_id=order.id,
        currency="USD",
        created_at=later,
        updated_at=later,
        due_at=later + timedelta(milliseconds=5001),
        attempt=Attempt(asked_at=later),
        of_order=OrderDetails(order.receipt, order.notes),
    )
    assert payment == expected
    assert payment.id.startswith("pay_")
    stepped = shop.database.orders.get(order.id)
    assert (stepped.status, stepped.updated_at) == (OrderStatus.ATTEMPTED, later)
    assert shop.events(payment.id) == ["payment.created", "payment.pending"]
    assert [(queue, len(sent), delay) for queue, sent, delay in shop.queues.sends] == [
        ("webhooks", 1, 0),
        ("payments", 1, 5),
    ]
    ids = {"payment_id": payment.id, "order_id": order.id, "merchant_id": shop.merchant.id}
    assert lines(capsys, "payment created") == [{"level": "INFO", **ids, "method": "upi", "amount": 50_000}]


def test_of_a_card_the_token_and_what_may_be_shown_are_kept(shop: MemoryShop) -> None:
    payment = shop.payment(shop.pay(shop.order(), method="card", vpa=None, card=CARD).body)
    assert (payment.method, payment.vpa, payment.card_network) == ("card", None, "visa")
    assert (payment.card_last4, payment.processor_token) == ("1111", "tok_card_0123")


def test_a_shopper_pays_the_amount_that_was_shown(shop: MemoryShop) -> None:
    order = shop.order()
    with pytest.raises(BadRequest) as refusal:
        shop.pay(order, merchant_id=None, amount=1)
    assert told(refusal) == ("amount must be the order's", "amount")
    payment = shop.payment(shop.pay(order, merchant_id=None, amount=order.amount).body)
    assert shop.events(payment.id) == ["payment.created", "payment.pending"]


@pytest.mark.parametrize("caller", ["another", "disabled", "disabled, by a shopper", "no order"])
def test_an_order_that_is_not_the_callers_is_not_found(shop: MemoryShop, caller: str) -> None:
    order, request = shop.order(), dict[str, Any]()
    if caller.startswith("disabled"):
        shop.set_merchant(active=False)
        request = {"merchant_id": None} if "shopper" in caller else {}
    elif caller == "another":
        request = {"merchant_id": "another"}
    else:
        order = replace(order, id="order_0")
    with pytest.raises(NotFound) as refusal:
        shop.pay(order, **request)
    assert told(refusal) == ("Order not found", None)
    assert shop.database.payments.where(lambda _row: True) == []


def test_an_order_that_expired_or_is_paid_is_refused(shop: MemoryShop) -> None:
    for members, description in (
        ({"expires_at": NOW}, "Order has expired"),
        ({"status": OrderStatus.PAID}, "Order is already paid"),
    ):
        with pytest.raises(BadRequest) as refusal:
            shop.pay(shop.order(**members))
        assert told(refusal) == (description, "order_id")


def test_an_order_that_is_gone_by_then_asks_to_come_back(shop: MemoryShop) -> None:
    order = shop.order()
    shop.database.rows.before_next_commit(lambda: shop.database.rows.of("orders").clear())
    with pytest.raises(Unavailable):
        shop.pay(order)


def test_an_approved_payment_pays_its_order(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    payment = shop.pending()
    shop.queues.sends.clear()
    shop.clock.advance(seconds=3)
    assert shop.process(payment) == []
    after = shop.payment(payment.id)
    known = replace(payment, attempt=replace(payment.attempt, reference=f"ref_{payment.id}"))
    assert after == known.approved(shop.clock())
    assert shop.database.orders.get(payment.order_id).status is OrderStatus.PAID
    assert shop.database.rows.of("ledger") == {f"{payment.id}:payment": payment_taken(after, shop.clock())}
    assert shop.events(payment.id)[2:] == ["payment.success"]
    assert shop.bank.authorized == [payment.id]
    assert [(queue, len(sent), delay) for queue, sent, delay in shop.queues.sends] == [("webhooks", 1, 0)]
    ids = {"payment_id": payment.id, "order_id": payment.order_id, "merchant_id": payment.merchant_id}
    assert lines(capsys, "payment finished") == [{"level": "INFO", **ids, "status": "success"}]
    stats = shop.database.stats.read()["payments"]
    assert (stats.completed, stats.failed) == (1, 0)


def test_a_declined_payment_leaves_its_order_to_be_tried_again(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.bank.outcome = declined
    payment = shop.pending()
    assert shop.process(payment) == []
    assert shop.payment(payment.id) == payment.declined(DECLINED, NOW)
    assert shop.database.orders.get(payment.order_id).status is OrderStatus.ATTEMPTED
    assert shop.database.rows.of("ledger") == {}
    assert shop.events(payment.id)[2:] == ["payment.failed"]
    (line,) = lines(capsys, "payment finished")
    assert (line["status"], line["reason"]) == ("failed", "declined")
    assert shop.database.stats.read()["payments"].completed == 1


def test_a_batch_sends_its_webhooks_at_once_and_one_failure_takes_no_other_with_it(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    payments = [shop.pending() for _ in range(3)]
    shop.queues.sends.clear()

    def outcome(payment: Any) -> Result:
        if payment.id == payments[1].id:
            raise RuntimeError
        return approved(payment)

    shop.bank.outcome = outcome
    loads = shop.database.loads
    (failed,) = shop.process(*payments)
    assert failed.startswith("message-")
    assert shop.database.loads == loads + 2
    assert [(queue, len(sent)) for queue, sent, _ in shop.queues.sends] == [("webhooks", 2)]
    ids = {"payment_id": payments[1].id, "merchant_id": payments[1].merchant_id}
    assert lines(capsys, "job failed; it will be tried again") == [
        {"level": "ERROR", "error": "RuntimeError", **ids}
    ]


def test_a_payment_that_nobody_knows_is_a_failed_job(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    record = a_message(payment_id="pay_0", merchant_id="m")
    assert failures(process_payments(shop.deps, [record])) == []
    assert lines(capsys, "no such payment") == [{"level": "ERROR", "payment_id": "pay_0"}]
    assert shop.database.stats.read()["payments"].failed == 1


def test_a_payment_that_is_final_is_not_asked_for_again(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = shop.paid()
    assert shop.process(payment) == []
    assert shop.bank.authorized == [payment.id]
    assert lines(capsys, "payment is final already") == [
        {"level": "INFO", "payment_id": payment.id, "status": "success"}
    ]
    assert shop.database.stats.read()["payments"].completed == 1


def test_an_outcome_that_is_unknown_is_asked_for_again(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = shop.pending()

    def unknown(_payment: object) -> Result:
        raise Unknown("timeout", ask_again_seconds=7)

    shop.bank.outcome = unknown
    record = a_message(payment_id=payment.id, merchant_id=payment.merchant_id)
    assert failures(process_payments(shop.deps, [record])) == [record["messageId"]]
    assert shop.queues.given_back == [("payments", record["receiptHandle"], 7)]
    assert shop.payment(payment.id) == payment
    line = {"level": "WARNING", "trouble": "unknown", "reason": "timeout", "payment_id": payment.id}
    assert lines(capsys, "no result from the acquirer") == [
        line | {"step": "send"},
        line | {"step": "look_up"},
    ]
    assert (shop.bank.authorized, shop.bank.looked_up) == ([payment.id], [payment.id])


def test_the_second_payment_of_an_order_is_given_back(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    order = shop.order(amount=500)
    first, second = shop.pending(order), shop.pending(order)
    assert shop.process(first, second) == []
    after = shop.payment(second.id)
    assert (after.status, after.refundable, after.release_pending) == (PaymentStatus.FAILED, 0, 0)
    assert after.failure == Failure(
        "ORDER_ALREADY_PAID", "order_already_paid", "Another payment of this order succeeded first"
    )
    assert shop.bank.reversed == [(f"{second.id}:reversal", 500)]
    taken, back = payment_taken(after, NOW), payment_reversed(after, 500, NOW)
    entries = shop.database.ledger.entries([taken.id, back.id])
    assert entries == [taken, back]
    assert lines(capsys, "payment finished")[1]["reason"] == "order_already_paid"


def test_two_workers_finish_a_payment_once(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    payment = shop.pending()
    shop.database.rows.before_next_commit(lambda: shop.process(payment))
    assert shop.process(payment) == []
    assert len(shop.database.rows.of("ledger")) == 1
    line = {"level": "INFO", "payment_id": payment.id}
    assert lines(capsys, "another worker moved the payment on") == [line]


@pytest.mark.parametrize("times", [1, 2])
def test_a_refusal_of_another_write_brings_the_message_back(shop: MemoryShop, times: int) -> None:
    payment = shop.pending()
    others = [ConditionFailed(frozenset({"entry"}))]
    if times == 2:
        others.insert(0, ConditionFailed(frozenset({Write.ORDER})))
    shop.database.rows.fail_next(*others)
    assert len(shop.process(payment)) == 1
    assert shop.payment(payment.id).status is PaymentStatus.PENDING


def test_the_given_back_payment_is_recorded_by_one_worker(shop: MemoryShop) -> None:
    payment = shop.pending()
    shop.database.rows.fail_next(
        ConditionFailed(frozenset({Write.ORDER})), ConditionFailed(frozenset({Write.PAYMENT}))
    )
    assert shop.process(payment) == []


def test_a_capture_is_final(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    payment = shop.paid(500)
    shop.queues.sends.clear()
    shop.clock.advance(seconds=1)
    captured = shop.captured(payment.id, 500)
    assert shop.payment(payment.id) == captured == payment.captured_for(500, shop.clock())
    assert shop.queues.sends == []
    ids = {"payment_id": payment.id, "merchant_id": shop.merchant.id}
    assert lines(capsys, "payment captured") == [{"level": "INFO", **ids, "amount": 500, "released": 0}]
    with pytest.raises(BadRequest, match=r"^Payment not in capturable state$"):
        shop.capture(payment.id, 500)
    for payment_id, by in ((payment.id, "another"), ("pay_0", None)):
        with pytest.raises(NotFound) as refusal:
            shop.capture(payment_id, 500, by=by)
        assert told(refusal) == ("Payment not found", None)


def test_a_part_that_is_not_captured_goes_back_once(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = shop.paid(500)
    shop.queues.sends.clear()
    captured = shop.captured(payment.id, 300)
    assert shop.payment(payment.id) == captured
    message = {"payment_id": payment.id, "merchant_id": shop.merchant.id}
    assert shop.queues.sends == [("payments", [message], 0)]
    back = payment_reversed(payment, 200, NOW)
    assert shop.database.ledger.entries([back.id]) == [back]
    assert lines(capsys, "payment captured")[0]["released"] == 200
    shop.clock.advance(seconds=1)
    assert shop.process(captured) == []
    assert shop.bank.reversed == [(f"{payment.id}:release", 200)]
    release = Attempt(asked_at=NOW, reference=f"ref_{payment.id}:release")
    now = shop.clock()
    done = replace(captured, release_pending=0, due_at=None, updated_at=now, released_at=now, release=release)
    assert shop.payment(payment.id) == done
    assert lines(capsys, "money given back") == [{"level": "INFO", "payment_id": payment.id, "amount": 200}]
    assert shop.database.stats.read()["payments"].completed == 2


def test_a_release_that_another_worker_finished_is_no_job(shop: MemoryShop) -> None:
    captured = shop.captured(shop.paid(500).id, 300)
    shop.database.rows.before_next_commit(lambda: shop.process(captured))
    assert shop.process(captured) == []
    assert shop.database.stats.read()["payments"].completed == 2


def test_a_capture_that_lost_a_race_says_why(shop: MemoryShop) -> None:
    payment = shop.paid(500)
    shop.database.rows.before_next_commit(lambda: shop.capture(payment.id, 400))
    with pytest.raises(BadRequest, match=r"^Payment not in capturable state$"):
        shop.capture(payment.id, 300)
    other = shop.paid(500)
    shop.database.rows.fail_next(ConditionFailed(frozenset({Write.PAYMENT})))
    with pytest.raises(Unavailable) as refusal:
        shop.capture(other.id, 300)
    assert told(refusal) == ("The payment is busy; please try again", None)


def test_an_outcome_that_stays_unknown_for_longer_is_no_finished_job(shop: MemoryShop) -> None:
    payment = shop.pending()

    def unknown(_payment: object) -> Result:
        raise Unknown("timeout", ask_again_seconds=60)

    shop.bank.outcome = unknown
    now = shop.clock.advance(seconds=1)
    assert shop.process(payment) == []
    after = shop.payment(payment.id)
    assert (after.status, after.updated_at) == (PaymentStatus.PENDING, now)
    assert after.due_at == now + timedelta(seconds=60)
    assert shop.database.stats.read()["payments"].completed == 0


def test_a_late_authorisation_keeps_the_release_that_it_begins() -> None:
    release = Attempt(asked_at=NOW)
    late = a_payment(status=PaymentStatus.FAILED).authorised_late(release, NOW)
    assert (late.release, late.release_pending, late.late_at) == (release, late.amount, NOW)


@pytest.mark.parametrize("released", [0, 200])
def test_what_is_about_to_be_asked_is_noted_on_payment_and_operation(released: int) -> None:
    payment = a_payment(
        status=PaymentStatus.SUCCESS if released else PaymentStatus.PENDING, release_pending=released
    )
    operation = open_operation(payment, CAPABILITIES)
    assert operation is not None
    noted_payment, noted_operation = noted(payment, operation, NOW)
    asked = Attempt(asked_at=NOW)
    expected = replace(payment, release=asked) if released else replace(payment, attempt=asked)
    assert (noted_payment, noted_operation) == (expected, replace(operation, attempt=asked))
