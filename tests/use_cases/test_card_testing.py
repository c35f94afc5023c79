"""Card testing: what a shopper without credentials can find out about cards, and what it costs others."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.domain.acquiring.driver import REFUSED
from gateway.domain.acquiring.results import NOT_FOUND, Outcome, Result
from gateway.domain.card_testing.challenge import Answer, Occasion, ProofOfWork
from gateway.domain.card_testing.limits import SHARDS, Limits, Scope
from gateway.domain.errors import AsyncPayError, ChallengeRequired, RateLimited
from gateway.domain.payments.instruments import Card
from gateway.domain.payments.order import Order, OrderStatus
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.values import to_unix_ms
from gateway.presenters.payment import PAYMENT, PUBLIC_PAYMENT
from gateway.use_cases.access.merchants import set_limits
from gateway.use_cases.operations.sweep import sweep
from gateway.use_cases.payments.new_payment import Sender
from gateway.use_cases.payments.process_payments import process_payments
from tests.support.factories import NOW, a_message, declined
from tests.support.keys import idempotency_key
from tests.support.memory.shop import MemoryShop, failures, lines
from tests.support.proof_of_work import solved

ELSEWHERE = "203.0.113.7"
FIRST = {"origin": "request"}


def a_card(number: int = 0) -> Card:
    return Card(f"4{number:015d}", "123", 12, 2030, "Asha Rao")


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def attempt(shop: MemoryShop, order: Order, source: str = ELSEWHERE, **request: Any) -> Payment:
    """A shopper's attempt, by card unless said otherwise."""
    asked = {"merchant_id": None, "method": "card", "vpa": None, "card": a_card()} | request
    sender = Sender(source, asked.pop("answer", None))
    return shop.payment(shop.pay(order, sender=sender, **asked).body)


def process(shop: MemoryShop, *payments: Payment, deliveries: int = 1) -> None:
    """What the worker makes of the message that was sent with each payment."""
    records = [a_message(payment_id=each.id, merchant_id=each.merchant_id, **FIRST) for each in payments]
    for record in records:
        record["attributes"] = {"ApproximateReceiveCount": str(deliveries)}
    assert failures(process_payments(shop.deps, records)) == []


def fail(shop: MemoryShop, times: int, source: str = ELSEWHERE, **request: Any) -> None:
    """So many failed payments, each of an order and with a card of its own."""
    outcome, shop.bank.outcome = shop.bank.outcome, declined
    for number in range(times):
        card = request.get("card", a_card(1000 + number))
        process(shop, attempt(shop, shop.order(), source, **{**request, "card": card}))
    shop.bank.outcome = outcome


def test_four_hundred_cards_on_one_order_are_ten(shop: MemoryShop) -> None:
    order = shop.order()
    made = [attempt(shop, order, f"198.51.100.{number}", card=a_card(number)) for number in range(10)]
    for number in range(10, 400):
        with pytest.raises(RateLimited) as refusal:
            attempt(shop, order, f"198.51.100.{number % 250}", card=a_card(number))
        assert (refusal.value.field, refusal.value.retry_after_seconds) == ("order_id", 3600)
    deliveries = shop.database.rows.of("deliveries").values()
    assert {delivery.object_id for delivery in deliveries} == {payment.id for payment in made}
    shop.bank.outcome = declined
    process(shop, *made)
    shop.clock.advance(minutes=60)
    assert attempt(shop, order).status is PaymentStatus.PENDING


def test_one_paid_order_judges_no_other_card(shop: MemoryShop) -> None:
    # Live cards showed order_already_paid, dead ones the bank's own reason, to whoever asked.
    order = shop.order()
    cards = [attempt(shop, order, card=a_card(number)) for number in range(10)]
    for payment in cards:
        process(shop, payment)
    assert shop.bank.authorized == [cards[0].id]
    ended = [shop.payment(payment.id) for payment in cards[1:]]
    assert {payment.failure.code for payment in ended if payment.failure} == {"ORDER_ALREADY_PAID"}
    shown = [PUBLIC_PAYMENT.present((payment, None)) | {"id": ""} for payment in ended]
    assert shown == [shown[0]] * 9
    assert shown[0]["error_code"] == "PAYMENT_FAILED"
    assert shop.bank.reversed == []


def test_the_merchant_sees_the_exact_reason_and_the_public_a_coarse_one(shop: MemoryShop) -> None:
    shop.bank.outcome = declined
    payment = attempt(shop, shop.order())
    process(shop, payment)
    after = shop.payment(payment.id)
    assert PAYMENT.present(after)["error_reason"] == "declined"
    public = PUBLIC_PAYMENT.present((after, None))
    assert (public["error_code"], public["error_reason"]) == ("PAYMENT_FAILED", "payment_failed")
    assert "declined" not in str(public)


def test_two_payments_in_one_batch_authorise_once(shop: MemoryShop) -> None:
    order = shop.order()
    first, second = attempt(shop, order), attempt(shop, order)
    process(shop, first, second)
    assert shop.bank.authorized == [first.id]
    assert shop.database.orders.get(order.id).pending == 0
    assert len(shop.database.rows.of("ledger")) == 1


def test_nothing_is_authorised_once_the_order_has_expired(shop: MemoryShop) -> None:
    order = shop.order(expires_at=shop.clock() + timedelta(seconds=1))
    payment = attempt(shop, order)
    shop.clock.advance(seconds=1)
    process(shop, payment)
    after = shop.payment(payment.id)
    assert (after.status, after.failure and after.failure.reason) == ("failed", "order_expired")
    assert shop.bank.authorized == []
    assert shop.events(payment.id)[-1] == "payment.failed"
    assert shop.database.orders.get(order.id).pending == 0


@pytest.mark.parametrize("how", ["a second delivery", "the sweeper's message", "late", "postponed"])
def test_what_may_have_been_sent_before_the_order_was_paid_is_looked_up_and_not_authorised(
    shop: MemoryShop, how: str
) -> None:
    shop.bank.capabilities = replace(shop.bank.capabilities, remembers=True)
    payment = attempt(shop, shop.order())
    paid = shop.database.orders.get(payment.order_id)
    shop.put("orders", replace(paid, status=OrderStatus.PAID))
    shop.bank.outcome = lambda _payment: NOT_FOUND
    if how in ("late", "postponed"):
        shop.clock.advance(seconds=60)
    if how == "postponed":
        # The sweeper sent another message, whose worker may be asking the acquirer now.
        assert sweep(shop.deps).payments == 1
    again: dict[str, Callable[[], Any]] = {
        "a second delivery": lambda: process(shop, payment, deliveries=2),
        "the sweeper's message": lambda: shop.process(payment),
        "late": lambda: process(shop, payment),
        "postponed": lambda: process(shop, payment),
    }
    again[how]()
    pending = shop.payment(payment.id)
    assert (pending.status, pending.attempt.stopped_at) == (PaymentStatus.PENDING, shop.clock())
    shop.clock.advance(minutes=5)
    again[how]()
    after = shop.payment(payment.id)
    assert after.failure is not None
    assert (after.failure.code, shop.bank.authorized) == ("ORDER_ALREADY_PAID", [])


def test_what_the_acquirer_took_all_the_same_goes_back(shop: MemoryShop) -> None:
    payment = attempt(shop, shop.order())
    paid = shop.database.orders.get(payment.order_id)
    shop.put("orders", replace(paid, status=OrderStatus.PAID))
    assert shop.process(payment) == []
    assert (shop.bank.authorized, shop.bank.looked_up) == ([], [payment.id])
    assert shop.bank.reversed == [(f"{payment.id}:reversal", payment.amount)]


def test_a_payment_that_failed_unasked_is_looked_up_once_where_the_acquirer_remembers(
    shop: MemoryShop,
) -> None:
    shop.bank.capabilities = replace(shop.bank.capabilities, remembers=True)
    order = shop.order(expires_at=shop.clock() + timedelta(seconds=1))
    payment = attempt(shop, order)
    shop.clock.advance(seconds=1)
    process(shop, payment)
    assert shop.payment(payment.id).due_at == shop.clock() + timedelta(minutes=4, seconds=1)
    shop.bank.outcome = lambda _payment: NOT_FOUND
    shop.clock.advance(minutes=4, seconds=1)
    assert shop.process(payment) == []
    after = shop.payment(payment.id)
    assert (after.status, after.due_at, shop.bank.authorized) == (PaymentStatus.FAILED, None, [])


def test_an_address_that_fails_often_is_asked_for_a_challenge_and_nobody_else_is(shop: MemoryShop) -> None:
    fail(shop, 10)
    with pytest.raises(ChallengeRequired) as refusal:
        attempt(shop, shop.order())
    assert refusal.value.challenge["type"] == "proof_of_work"
    assert refusal.value.retry_after_seconds == 1
    assert attempt(shop, shop.order(), "203.0.113.8").status is PaymentStatus.PENDING
    shop.clock.advance(hours=1)
    assert attempt(shop, shop.order()).status is PaymentStatus.PENDING


def test_an_answer_lets_one_attempt_pass(shop: MemoryShop) -> None:
    fail(shop, 10)
    order = shop.order()
    with pytest.raises(ChallengeRequired) as refusal:
        attempt(shop, order)
    answer = solved(refusal.value.challenge)
    payment = attempt(shop, order, answer=answer)
    with pytest.raises(ChallengeRequired):
        attempt(shop, order, answer=answer)
    process(shop, payment)
    assert shop.payment(payment.id).status is PaymentStatus.SUCCESS


def test_of_two_requests_with_one_answer_one_passes(shop: MemoryShop) -> None:
    fail(shop, 10)
    order = shop.order()
    with pytest.raises(ChallengeRequired) as refusal:
        attempt(shop, order)
    answer = solved(refusal.value.challenge)
    shop.database.rows.before_next_commit(lambda: attempt(shop, order, answer=answer))
    with pytest.raises(AsyncPayError):
        attempt(shop, order, answer=answer)
    assert shop.database.orders.get(order.id).attempts == 1


def test_nobody_closes_a_shop_by_failing_in_it(shop: MemoryShop) -> None:
    shop.set_merchant(limits=Limits(merchant_failures=20))
    for number in range(20):
        fail(shop, 1, f"198.51.100.{number}", card=a_card(5000 + number))
    order = shop.order()
    with pytest.raises(ChallengeRequired) as refusal:
        attempt(shop, order, "192.0.2.1", method="upi", vpa="asha@okbank", card=None)
    answer = solved(refusal.value.challenge)
    payment = attempt(shop, order, "192.0.2.1", method="upi", vpa="asha@okbank", card=None, answer=answer)
    process(shop, payment)
    assert shop.payment(payment.id).status is PaymentStatus.SUCCESS
    # The merchant's own server is not asked.
    assert shop.pending(shop.order()).status is PaymentStatus.PENDING


def test_a_card_that_fails_often_is_refused_for_shoppers_and_for_servers(shop: MemoryShop) -> None:
    for number in range(10):
        fail(shop, 1, f"198.51.100.{number}", card=a_card(7))
    for merchant_id in (None, shop.merchant.id):
        with pytest.raises(RateLimited, match=r"^Too many failed payments with this card") as refusal:
            attempt(shop, shop.order(), "192.0.2.9", card=a_card(7), merchant_id=merchant_id)
        assert refusal.value.field == "card.number"
    assert attempt(shop, shop.order(), "192.0.2.9", card=a_card(8)).status is PaymentStatus.PENDING


def test_payments_that_wait_are_not_authorised_once_their_address_has_failed_too_often(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = [attempt(shop, shop.order(), card=a_card(number)) for number in range(30)]
    shop.bank.outcome = declined
    process(shop, *waiting)
    assert len(shop.bank.authorized) == 10
    reasons = [payment.failure.reason for each in waiting if (payment := shop.payment(each.id)).failure]
    assert reasons == ["declined"] * 10 + ["too_many_failures"] * 20
    assert len(lines(capsys, "payment not authorised")) == 20


def test_a_merchants_own_limits_count(shop: MemoryShop) -> None:
    shop.set_merchant(limits=Limits(order_attempts=1, card_failures=1, address_failures=1))
    order = shop.order()
    attempt(shop, order)
    with pytest.raises(RateLimited):
        attempt(shop, order)
    fail(shop, 1, "192.0.2.3", card=a_card(9))
    with pytest.raises(ChallengeRequired):
        attempt(shop, shop.order(), "192.0.2.3")


def test_on_a_test_stage_loopback_callers_meet_the_orders_limit_only(shop: MemoryShop) -> None:
    fail(shop, 40, "127.0.0.1", card=a_card(3))
    order = shop.order()
    for _ in range(10):
        attempt(shop, order, "127.0.0.1", card=a_card(3))
    with pytest.raises(RateLimited) as refusal:
        attempt(shop, order, "127.0.0.1")
    assert refusal.value.field == "order_id"
    for _ in range(30):
        attempt(shop, order, "127.0.0.1", card=a_card(3), merchant_id=shop.merchant.id)
    assert shop.database.rows.of("failures") == {}


def test_on_a_live_stage_loopback_is_an_address_like_others() -> None:
    shop = MemoryShop(STAGE="live")
    shop.set_merchant(acquirer_account="an account")
    fail(shop, 10, "127.0.0.1")
    with pytest.raises(ChallengeRequired):
        attempt(shop, shop.order(), "127.0.0.1")


def test_a_merchants_server_may_try_an_order_as_often_as_it_likes(shop: MemoryShop) -> None:
    order = shop.order()
    for _ in range(30):
        shop.pending(order)
    assert (shop.database.orders.get(order.id).attempts, shop.database.orders.get(order.id).pending) == (
        0,
        30,
    )


def test_a_repeated_request_is_replayed_past_every_limit(shop: MemoryShop) -> None:
    shop.set_merchant(limits=Limits(order_attempts=1))
    order = shop.order()
    key = idempotency_key(shop.deps, order.id, "payments/public", "k", None)
    first = shop.pay(order, key, merchant_id=None, sender=Sender(ELSEWHERE))
    again = shop.pay(order, key, merchant_id=None, sender=Sender(ELSEWHERE))
    assert (again.body, again.replayed) == (first.body, True)


def test_two_shoppers_who_race_for_the_last_attempt_get_one(shop: MemoryShop) -> None:
    shop.set_merchant(limits=Limits(order_attempts=1))
    order = shop.order()
    shop.database.rows.before_next_commit(lambda: attempt(shop, order))
    with pytest.raises(RateLimited):
        attempt(shop, order)
    assert len(shop.database.rows.of("payments")) == 1


def test_refusals_and_challenges_are_counted_for_the_alarm(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.set_merchant(limits=Limits(order_attempts=1, address_failures=1))
    order = shop.order()
    attempt(shop, order)
    with pytest.raises(RateLimited):
        attempt(shop, order)
    fail(shop, 1, "192.0.2.3", card=a_card(9))
    with pytest.raises(ChallengeRequired):
        attempt(shop, shop.order(), "192.0.2.3")
    counted = {line["message"]: line["by"] for line in lines(capsys) if line.get("PaymentsHeldBack") == 1}
    assert counted == {
        "payment refused: too many attempts": "order_id",
        "challenge asked for": "failures",
    }


def test_upi_by_a_merchants_server_costs_no_more_than_before(shop: MemoryShop) -> None:
    order, read = shop.order(), []
    load = shop.database.load
    shop.database.load = lambda keys: read.extend(keys) or load(keys)
    shop.pay(order, idempotency_key(shop.deps, shop.merchant.id, "payments", "k", None))
    assert [kind.__name__ for kind, _ in read] == ["Order", "Merchant", "IdempotencyRecord"]


@pytest.mark.parametrize(("method", "counters"), [("upi", 2 + 8), ("card", 2 + 8 + 1)])
def test_a_shoppers_payment_reads_so_many_counters_more_in_the_same_two_reads(
    shop: MemoryShop, method: str, counters: int
) -> None:
    order, reads = shop.order(), []
    load = shop.database.load
    shop.database.load = lambda keys: reads.append([kind.__name__ for kind, _ in keys]) or load(keys)
    by = {"method": "upi", "vpa": "asha@okbank", "card": None} if method == "upi" else {}
    attempt(shop, order, **by)
    assert len(reads) == 2
    assert sum(each.count("FailureCount") for each in reads) == counters


def test_failures_of_a_merchants_own_server_ask_nobody_for_a_challenge(shop: MemoryShop) -> None:
    shop.bank.outcome = declined
    process(shop, *[shop.pending() for _ in range(120)])
    assert shop.database.rows.of("failures") == {}


def test_an_administrator_sets_a_merchants_limits_and_the_audit_trail_says_so(shop: MemoryShop) -> None:
    limits = set_limits(shop.deps, shop.merchant, {"order_attempts": 1}, "admin:me")
    assert limits == Limits(order_attempts=1) == shop.database.merchants.get(shop.merchant.id).limits
    assert shop.audit() == [("admin:me", "limits.set", shop.merchant.id, {"order_attempts": 1})]


def test_an_attempt_without_a_key_that_was_never_begun_fails_unasked_even_at_a_second_delivery(
    shop: MemoryShop,
) -> None:
    """Its first request is noted before it is sent, so without the note nothing was."""
    shop.bank.capabilities = replace(shop.bank.capabilities, authorize_key_life=None)
    payment = attempt(shop, shop.order())
    assert payment.attempt.asked_at is None
    paid = shop.database.orders.get(payment.order_id)
    shop.put("orders", replace(paid, status=OrderStatus.PAID))
    process(shop, payment, deliveries=2)
    failure = shop.payment(payment.id).failure
    assert failure is not None
    assert failure.code == "ORDER_ALREADY_PAID"
    assert (shop.bank.authorized, shop.bank.looked_up) == ([], [])


@pytest.mark.parametrize(("known", "looked_up"), [
    ({"reference": "ref_1"}, True), ({"action_since": NOW}, False),
], ids=["a reference", "a redirect"])  # fmt: skip
def test_what_the_acquirer_is_known_to_have_goes_on_though_the_order_is_paid(
    shop: MemoryShop, known: dict[str, Any], *, looked_up: bool
) -> None:
    """The attempt is not stopped, and its own end counts: neither would be true of one that is held back."""
    refusals = [Result(Outcome.DECLINED)]
    shop.bank.outcome = lambda _payment: refusals.pop()
    payment = attempt(shop, shop.order())
    shop.put("payments", replace(payment, attempt=replace(payment.attempt, **known)))
    paid = shop.database.orders.get(payment.order_id)
    shop.put("orders", replace(paid, status=OrderStatus.PAID))
    process(shop, payment)
    after = shop.payment(payment.id)
    assert (after.status, after.failure, after.attempt.stopped_at) == (PaymentStatus.FAILED, REFUSED, None)
    asked = (shop.bank.looked_up, shop.bank.authorized)
    assert asked == (([payment.id], []) if looked_up else ([], [payment.id]))


def test_a_payment_that_is_held_back_is_one_job_that_is_done(shop: MemoryShop) -> None:
    payment = attempt(shop, shop.order())
    paid = shop.database.orders.get(payment.order_id)
    shop.put("orders", replace(paid, status=OrderStatus.PAID))
    process(shop, payment)
    counted = shop.database.stats.read()["payments"]
    assert (counted.completed, counted.failed) == (1, 0)


def test_the_order_and_the_failures_are_read_only_for_a_batch_with_a_pending_payment(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    final, pending = shop.paid(), attempt(shop, shop.order())
    reads: list[list[str]] = []
    load = shop.database.load
    monkeypatch.setattr(
        shop.database, "load", lambda keys: reads.append([kind.__name__ for kind, _ in keys]) or load(keys)
    )
    batch = ["Payment", "Merchant"]
    process(shop, final)
    assert reads == [batch]
    reads.clear()
    process(shop, final, pending)
    assert reads == [["Payment"] * 2 + ["Merchant"] * 2, ["Order"] + ["FailureCount"] * SHARDS[Scope.ADDRESS]]


def fail_twice_as_often_as_may_be(shop: MemoryShop) -> None:
    """Twenty failures of one address, at a merchant whose limits are ten by now."""
    shop.set_merchant(limits=Limits(merchant_failures=100, address_failures=100))
    fail(shop, 20)
    shop.set_merchant(limits=Limits(merchant_failures=10, address_failures=10))


def test_a_refusal_says_by_what_and_how_urgently_and_an_answer_that_is_not_good_counts_as_such(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_twice_as_often_as_may_be(shop)
    order = shop.order()
    capsys.readouterr()
    with pytest.raises(ChallengeRequired) as refusal:
        attempt(shop, order)
    with pytest.raises(ChallengeRequired):
        attempt(shop, order, answer=replace(solved(refusal.value.challenge), token="1.2.3"))
    shop.set_merchant(limits=replace(shop.merchant.limits, order_attempts=1))
    shop.put("orders", replace(order, pending=1))
    with pytest.raises(RateLimited):
        attempt(shop, order)
    about = {"order_id": order.id, "merchant_id": shop.merchant.id, "PaymentsHeldBack": 1, "weight": 2}
    told = [line for line in lines(capsys) if line.get("PaymentsHeldBack")]
    assert [(line["message"], line["by"]) for line in told] == [
        ("challenge asked for", "failures"),
        ("challenge asked for", "answer"),
        ("payment refused: too many attempts", "order_id"),
    ]
    for line in told:
        assert line | about | {"level": "WARNING", "Stack": shop.deps.config.stack_name} == line
        assert line["_aws"]["Timestamp"] == to_unix_ms(shop.clock())


class Recording(ProofOfWork):
    """Remembers what it was asked, and takes any answer."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def ask(self, key: bytes, occasion: Occasion, now: datetime) -> dict[str, Any]:
        self.calls.append(("ask", (key, occasion, now)))
        return super().ask(key, occasion, now)

    def passes(self, key: bytes, occasion: Occasion, answer: Answer, now: datetime) -> bool:
        self.calls.append(("passes", (key, occasion, answer, now)))
        return True


def test_a_challenge_is_for_the_order_its_next_attempt_the_address_and_how_urgent_it_is(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop.deps.secrets, "get", lambda arn: f"secret of {arn}".encode())
    fail_twice_as_often_as_may_be(shop)
    shop.deps = replace(shop.deps, challenger=(recording := Recording()))
    order = shop.order()
    with pytest.raises(ChallengeRequired):
        attempt(shop, order)
    shop.clock.advance(seconds=1)
    answer = Answer("token", "1")
    payment = attempt(shop, order, answer=answer)
    assert payment.screening is not None
    assert payment.screening.address is not None
    assert payment.screening.passed
    assert shop.events(payment.id) == ["payment.created", "payment.pending"]
    key = f"secret of {shop.deps.config.fingerprint_key_arn}".encode()
    occasion = Occasion(order.id, order.attempt_number(shop.clock()), payment.screening.address, 2)
    assert recording.calls == [
        ("ask", (key, occasion, shop.clock() - timedelta(seconds=1))),
        ("passes", (key, occasion, answer, shop.clock())),
    ]


def test_attempts_at_the_same_time_pass_where_nothing_failed_before(shop: MemoryShop) -> None:
    order = shop.order()
    shop.database.rows.before_next_commit(lambda: attempt(shop, order))
    assert attempt(shop, order).status is PaymentStatus.PENDING
    assert shop.database.orders.get(order.id).attempts == 2


def test_a_merchants_own_limit_for_a_card_counts_for_its_server_too(shop: MemoryShop) -> None:
    shop.set_merchant(limits=Limits(card_failures=1))
    fail(shop, 1, card=a_card(9))
    with pytest.raises(RateLimited) as refusal:
        attempt(shop, shop.order(), card=a_card(9), merchant_id=shop.merchant.id)
    assert refusal.value.field == "card.number"
