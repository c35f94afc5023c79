"""Each request to Razorpay fails in each way; then everything settles, and our books equal the stand-in's."""

from contextlib import suppress
from typing import Any

import pytest

from gateway.adapters.acquirers.http_client import HttpClient, Response
from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.results import NotSent, Unknown
from gateway.domain.payments.ledger import payment_reversed
from gateway.domain.payments.order import OrderStatus
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.use_cases.payments.process_payments import process_payments
from gateway.use_cases.refunds.process_refunds import process_refunds
from tests.acquirers.benches import Bench, at_razorpay
from tests.support.factories import Clock, a_merchant, a_message, a_payment, a_refund, an_order
from tests.support.memory.outside import memory_deps

WAYS = ("not_sent", "request_lost", "response_lost", "error_500", "crash_before", "crash_after")
# A payment that failed is looked at for three days.
ROUNDS_MAX, SHORT_ROUNDS, LONG_PAUSE_SECONDS = 40, 6, 7 * 3600.0
AMOUNT, KEPT, REFUNDED = 50_000, 30_000, 10_000


class Crash(BaseException):
    """The worker's process ends."""


class Network:
    """What connectors' requests go through: one of them fails in one way."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.count = 0
        self.fails: tuple[int, str] | None = None

    def request(self, http: HttpClient, *given: Any, **limits: Any) -> Response:
        self.count += 1
        way = self.fails[1] if self.fails is not None and self.fails[0] == self.count else ""
        if way == "not_sent":
            raise NotSent("no_connection")
        if way == "request_lost":
            raise Unknown("timeout")
        if way == "crash_before":
            raise Crash
        response: Response = self.real(http, *given, **limits)
        if way == "response_lost":
            raise Unknown("timeout")
        if way == "crash_after":
            raise Crash
        return Response(500, {}, b"") if way == "error_500" else response


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    found = Network(HttpClient.request)

    def request(http: HttpClient, *given: Any, **limits: Any) -> Response:
        return found.request(http, *given, **limits)

    monkeypatch.setattr(HttpClient, "request", request)
    return found


class Run:
    """A payment that is captured in part and refunded in part, and another that is authorised too late."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.clock = Clock()
        self.deps = memory_deps(self.clock, bench.acquirer)
        self.merchant = a_merchant()
        self.deps.database.merchants.add(self.merchant)
        self.paid, self.late = self._pending("success@razorpay"), self._pending("late@razorpay")
        self.refund_id = ""

    def _pending(self, vpa: str) -> Payment:
        order = an_order(merchant_id=self.merchant.id, amount=AMOUNT, status=OrderStatus.ATTEMPTED)
        members = {"merchant_id": self.merchant.id, "order_id": order.id, "amount": AMOUNT, "vpa": vpa}
        payment = a_payment(**members, currency="INR", attempt=Attempt(), created_at=self.clock())
        with self.deps.unit_of_work() as work:
            work.orders.add(order)
            work.payments.add(payment)
        return payment

    def stored(self, payment: Payment) -> Payment:
        found: Payment | None = self.deps.database.payments.get(payment.id)
        assert found is not None
        return found

    def go_on(self) -> bool:
        """A turn of the workers; whether there is nothing left to do."""
        for payment in (self.paid, self.late):
            with suppress(Crash):
                process_payments(self.deps, [a_message(payment_id=payment.id, merchant_id=self.merchant.id)])
        self._merchant_acts()
        if self.refund_id:
            with suppress(Crash):
                message = a_message(refund_id=self.refund_id, merchant_id=self.merchant.id)
                process_refunds(self.deps, [message])
        refund = self.deps.database.refunds.get(self.refund_id) if self.refund_id else None
        done = all(self.stored(payment).due_at is None for payment in (self.paid, self.late))
        never_paid = self.stored(self.paid).status is PaymentStatus.FAILED
        return done and (never_paid or (refund is not None and refund.is_final))

    def _merchant_acts(self) -> None:
        payment = self.stored(self.paid)
        if payment.status is not PaymentStatus.SUCCESS or payment.captured:
            return
        captured = payment.captured_for(KEPT, self.clock(), Attempt())
        refund = a_refund(
            merchant_id=self.merchant.id, payment_id=payment.id, amount=REFUNDED, created_at=self.clock()
        )
        with self.deps.unit_of_work() as work:
            work.payments.capture(captured)
            work.ledger.add(payment_reversed(payment, AMOUNT - KEPT, self.clock()))
            work.refunds.add(refund)
        self.refund_id = refund.id

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)
        self.bench.advance(seconds)

    def books(self) -> dict[str, tuple[int, int]]:
        """What the stand-in holds: taken and given back, for each payment of ours."""
        found = {}
        for name, payment in (("paid", self.paid), ("late", self.late)):
            held = at_razorpay(str(self.bench.control), payment.id)
            taken = sum(one["amount"] for one in held if one["captured"])
            back = sum(one["amount_refunded"] for one in held if one["captured"])
            found[name] = (taken, back)
        return found

    def booked(self) -> tuple[int, int]:
        """What our ledger says: taken, and given back."""
        (balance,) = self.deps.database.ledger.balances(self.merchant.id)
        return balance.payments, balance.refunds + balance.reversals


def run(
    bench: Bench, network: Network, fails: tuple[int, str] | None, pause_seconds: float
) -> tuple[Run, int]:
    network.count, network.fails = 0, fails
    done = Run(bench)
    for number in range(ROUNDS_MAX):
        if done.go_on():
            return done, network.count
        done.wait(pause_seconds if number < SHORT_ROUNDS else LONG_PAUSE_SECONDS)
    raise AssertionError(f"it never settles: {fails}")


# As soon as the sweeper would come, and after every deadline but the acquirer's own three days.
@pytest.mark.parametrize("pause", [300.0, LONG_PAUSE_SECONDS], ids=["soon", "hours later"])
@pytest.mark.parametrize("way", WAYS)
def test_no_failure_of_a_request_to_razorpay_bends_the_books(
    razorpay: Bench, network: Network, way: str, pause: float
) -> None:
    _, requests = run(razorpay, network, None, pause)
    assert requests >= 12
    wrong = []
    for number in range(1, requests + 2):
        done, _ = run(razorpay, network, (number, way), pause)
        books = done.books()
        taken, back = (sum(pair) for pair in zip(*books.values(), strict=True))
        if done.booked() != (taken, back):
            wrong.append((number, way, books, done.booked()))
        kept = done.stored(done.paid).status is PaymentStatus.SUCCESS
        if books["paid"] != ((AMOUNT, AMOUNT - KEPT + REFUNDED) if kept else (0, 0)):
            wrong.append((number, way, books, done.booked()))
        if books["late"] not in ((0, 0), (AMOUNT, AMOUNT)):
            wrong.append((number, way, books, done.booked()))
    assert wrong == []


def test_without_a_failure_the_late_payment_is_taken_told_and_given_back(
    razorpay: Bench, network: Network
) -> None:
    done, _ = run(razorpay, network, None, 300.0)
    late = done.stored(done.late)
    assert (late.status, late.late_at is not None, late.release_pending) == ("failed", True, 0)
    assert done.books() == {"paid": (AMOUNT, AMOUNT - KEPT + REFUNDED), "late": (AMOUNT, AMOUNT)}
    assert done.booked() == (2 * AMOUNT, AMOUNT - KEPT + REFUNDED + AMOUNT)
