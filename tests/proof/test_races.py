"""Many callers at once on real threads.

AWS answers transactions that meet with TransactionConflict. The emulator never does: each race also runs with
a share of such answers.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from chalicelib.frame.errors import status_of
from gateway.domain.errors import AsyncPayError
from gateway.domain.payments.order import OrderStatus
from gateway.use_cases.payments.capture_payment import capture_payment
from gateway.use_cases.payments.create_payment import create_payment
from gateway.use_cases.payments.new_payment import NewPayment
from gateway.use_cases.payments.process_payments import process_payments
from gateway.use_cases.refunds.cancel_refund import cancel_refund
from gateway.use_cases.refunds.create_refund import NewRefund, create_refund
from gateway.use_cases.refunds.process_refunds import process_refunds
from tests.proof import books
from tests.proof.harness import problems
from tests.proof.shop import APPROVED, Request, Shop
from tests.proof.size import REPORT, a_random, sized
from tests.proof.ways import conflict
from tests.proof.wire import Fault
from tests.proof.world import World
from tests.support.factories import a_message
from tests.support.keys import answered, idempotency_key

THREADS = 20  # as many as the store keeps connections
CONFLICTS = [0.0, 0.3]


def at_once(callers: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each caller got, or the error that it met; the first of them start at the same moment."""
    threads = min(THREADS, len(callers))
    together = threading.Barrier(threads)

    def run(number: int) -> Any:
        if number < threads:
            together.wait()
        try:
            return callers[number]()
        except AsyncPayError as error:
            return error

    with ThreadPoolExecutor(max_workers=threads) as pool:
        return list(pool.map(run, range(len(callers))))


@pytest.fixture(params=CONFLICTS, ids=["calm", "conflicts"])
def shop(world: World, request: pytest.FixtureRequest) -> Shop:
    """A merchant at a gateway where this share of all transactions meets another one."""
    rates, lock = a_random("conflicts"), threading.Lock()

    def meets(operation: str) -> Fault | None:
        with lock:
            meeting = operation.endswith("TransactWriteItems") and rates.random() < request.param
        return conflict if meeting else None

    world.wire.at_random = meets
    return Shop(world, world.new_merchant())


def a_paid_payment(shop: Shop, amount: int = 50_000) -> str:
    payment = shop.pay(shop.order(amount))
    shop.world.settle()
    return payment


def refund_request(payment: str) -> Request:
    return Request("POST", f"/api/v1/payments/{payment}/refunds")


def race(shop: Shop, callers: Sequence[Callable[[], Any]]) -> list[Any]:
    with shop.world.wire.watched("race"):
        results = at_once(callers)
    shop.world.pump.look_again()
    return results


def outcomes(results: Sequence[Any]) -> Counter[str]:
    return Counter(str(result) if isinstance(result, AsyncPayError) else "done" for result in results)


def finish(shop: Shop, name: str, results: Sequence[Any]) -> None:
    """Lets the rest of the work be done, and judges the books."""
    shop.world.settle()
    found = problems(shop)
    assert not found, found
    REPORT.append(f"race, {name}: {dict(outcomes(results))}")


def test_refunds_at_once_never_pass_what_was_paid(shop: Shop) -> None:
    payment, deps, amounts = a_paid_payment(shop), shop.world.deps, a_random("amounts")

    wanted = [NewRefund(amounts.randint(1, 2_000), None) for _ in range(sized(200, 1000))]
    results = race(
        shop, [partial(create_refund, deps, shop.account.id, payment, new, answered(None)) for new in wanted]
    )
    there = books.read(shop)
    taken = sum(refund.amount for refund in there.refunds.values())
    assert taken <= 50_000
    assert len(there.refunds) == outcomes(results)["done"]
    # What was refused did not fit, or met too many others.
    assert taken > 45_000 or outcomes(results)["Refund amount exceeds available amount"] == 0
    shop.asked += [refund_request(payment)] * len(results)
    finish(shop, "refunds of one payment", results)


def test_of_many_captures_at_once_one_succeeds(shop: Shop) -> None:
    for _ in range(sized(1, 20)):
        payment, deps, amounts = a_paid_payment(shop), shop.world.deps, a_random("captures")

        parts = [amounts.choice((50_000, amounts.randint(1, 50_000))) for _ in range(50)]
        capture = partial(capture_payment, deps, shop.account.id, payment)
        results = race(shop, [partial(capture, part, answered()) for part in parts])
        assert outcomes(results)["done"] == 1
        assert set(outcomes(results)) <= {
            "done",
            "Payment not in capturable state",
            "The payment is busy; please try again",
        }
        finish(shop, "captures of one payment", results)


def test_cancel_against_worker_has_one_winner(shop: Shop) -> None:
    payment, deps = a_paid_payment(shop), shop.world.deps
    new, count = NewRefund(1, None), sized(100, 1000)
    created = [create_refund(deps, shop.account.id, payment, new, answered(None)) for _ in range(count)]
    shop.asked += [refund_request(payment)] * count
    order = a_random("order of the two")
    callers: list[tuple[float, Callable[[], Any]]] = []
    for number, answer in enumerate(created):
        refund_id = json.loads(answer.body)["id"]
        message = a_message(refund_id=refund_id, merchant_id=shop.account.id)
        callers.append((number, partial(process_refunds, deps, [message])))
        # The worker has more to read first; so that each wins at times, the other comes later mostly.
        late = number + order.uniform(-THREADS / 2, THREADS)
        callers.append((late, partial(cancel_refund, deps, refund_id, shop.account.id, answered())))
    race(shop, [caller for _, caller in sorted(callers, key=lambda pair: pair[0])])
    shop.world.settle()
    found = problems(shop)
    assert not found, found
    won = Counter(str(refund.status) for refund in books.read(shop).refunds.values())
    assert min(won["cancelled"], won["processed"]) > 0, f"no race: {won}"
    REPORT.append(f"race, cancel against worker: {dict(won)}")


def test_of_many_requests_with_one_key_one_does_the_work(shop: Shop) -> None:
    for number in range(sized(1, 20)):
        order, deps = shop.order(), shop.world.deps
        request = Request(
            "POST",
            "/api/v1/payments",
            {"order_id": order, "method": "upi", "vpa": APPROVED},
            f"race-{number}",
        )
        key = idempotency_key(deps, shop.account.id, "payments", request.key or "", request.body)
        new = NewPayment(order, "upi", APPROVED, None)
        results = race(shop, [partial(create_payment, deps, shop.account.id, new, answered(key))] * 50)
        answers = [result for result in results if not isinstance(result, AsyncPayError)]
        assert len({answer.body for answer in answers}) == 1
        assert sum(1 for answer in answers if not answer.replayed) <= 1
        refused = {type(error) for error in results if isinstance(error, AsyncPayError)}
        assert {status_of(error) for error in refused} <= {409}
        shop.ask(request)
        finish(shop, "requests with one key", results)


def test_two_payments_of_one_order_end_with_one_success(shop: Shop) -> None:
    deps, messages, orders = shop.world.deps, [], []
    for _ in range(sized(25, 500)):
        order = shop.order()
        orders.append(order)
        pair = [shop.pay(order, key=False), shop.pay(order, None, key=False)]
        messages += [a_message(payment_id=payment, merchant_id=shop.account.id) for payment in pair]
    # The queue's own are gone: a first delivery that comes after all these tells that nobody has asked the
    # bank, and this bank is none that can be looked up later to make sure (Capabilities.remembers).
    while shop.world.pump.lose_one(shop.world.urls["payments"]):
        pass
    race(shop, [partial(process_payments, deps, [message]) for message in messages])
    shop.world.settle()
    found = problems(shop)
    assert not found, found
    there = books.read(shop)
    assert {there.orders[order].status for order in orders} == {OrderStatus.PAID}
    REPORT.append(f"race, two payments of one order: {len(orders)} orders")
