"""Random sequences of what merchants, shoppers, workers and time can do; the books after each step."""

from collections import Counter
from typing import ClassVar

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from gateway.domain.payments.payment import PaymentStatus
from gateway.domain.payments.refund import RefundStatus
from tests.proof import books
from tests.proof.harness import problems
from tests.proof.shop import APPROVED, DECLINED, SLOW, Shop
from tests.proof.size import REPORT, SEED, sized
from tests.proof.world import World
from tests.support.database import payments, refunds

percents = st.integers(1, 110)
queues = st.sampled_from(["payments", "refunds", "webhooks"])
# One of as many as there are: Hypothesis wants the same choices after the same steps, and how many there are
# may differ, as ids do.
draws = st.integers(0, 999)


class Gateway(RuleBasedStateMachine):
    """One merchant's life; what the gateway should answer follows from its rows just before."""

    world: ClassVar[World]
    steps: ClassVar[int] = 0
    sequences: ClassVar[int] = 0
    answered: ClassVar[Counter[str]] = Counter()

    orders: ClassVar[Bundle[str]] = Bundle("orders")
    payments: ClassVar[Bundle[str]] = Bundle("payments")
    refunds: ClassVar[Bundle[str]] = Bundle("refunds")

    def __init__(self) -> None:
        super().__init__()
        self.world.forget()
        self.world.wire.begin()
        self.shop = Shop(self.world, self.world.new_merchant())
        type(self).sequences += 1

    @initialize(target=payments)
    def a_paid_order(self) -> str:
        payment = self.shop.pay(self.shop.order())
        self.world.work()
        return payment

    @rule(target=orders, amount=st.integers(100, 50_000))
    def order(self, amount: int) -> str:
        return self.shop.order(amount)

    @rule(
        target=payments,
        order=orders,
        vpa=st.sampled_from([APPROVED, APPROVED, DECLINED, SLOW, None]),
        key=st.booleans(),
        public=st.booleans(),
    )
    def pay(self, order: str, vpa: str | None, key: bool, public: bool) -> object:
        paid = self.shop.get(f"/api/v1/orders/{order}").json["status"] == "paid"
        payment = self.shop.pay(order, vpa, key=key, public=public)
        assert bool(payment) is not paid, "a payment is refused exactly when its order is paid"
        return payment or multiple()

    @rule(target=refunds, payment=payments, percent=percents, key=st.booleans())
    def refund(self, payment: str, percent: int, key: bool) -> object:
        before = payments.get(payment)
        assert before is not None
        amount = max(1, before.amount * percent // 100)
        allowed = before.status is PaymentStatus.SUCCESS and amount <= before.refundable
        refund = self.shop.refund(payment, amount, key=key)
        assert bool(refund) is allowed, f"a refund of {amount} of {before}"
        return refund or multiple()

    @rule(payment=payments, percent=percents)
    def capture(self, payment: str, percent: int) -> None:
        before = payments.get(payment)
        assert before is not None
        amount = max(1, before.amount * percent // 100)
        fits = 0 <= before.amount - amount <= before.refundable
        allowed = before.status is PaymentStatus.SUCCESS and not before.captured and fits
        assert (self.shop.capture(payment, amount).status == 200) is allowed, f"{amount} of {before}"

    @rule(target=refunds, payment=payments, percent=st.integers(1, 10))
    def refund_a_little(self, payment: str, percent: int) -> object:
        return self.refund(payment, percent, key=True)

    @rule(refund=refunds)
    def cancel(self, refund: str) -> None:
        before = refunds.get(refund)
        assert before is not None
        allowed = before.status is RefundStatus.PENDING
        assert (self.shop.cancel(refund).status == 200) is allowed, f"{before}"

    @rule(draw=draws)
    def repeat_a_request(self, draw: int) -> None:
        keyed = [(request, reply) for request, reply in self.shop.answers if request.key]
        if keyed:
            request, reply = keyed[draw % len(keyed)]
            again = self.shop.ask(request)
            if reply.status == 201:
                assert (again.status, again.text) == (201, reply.text)

    @rule(queue=queues)
    def a_worker_runs(self, queue: str) -> None:
        self.world.pump.step(self.world.urls[queue])

    @rule(queue=queues)
    def a_message_is_lost(self, queue: str) -> None:
        self.world.pump.lose_one(self.world.urls[queue])

    @rule(draw=draws)
    def a_message_comes_again(self, draw: int) -> None:
        seen = self.world.pump.seen[-20:]
        if seen:
            self.world.pump.duplicate(*seen[draw % len(seen)])

    @rule(refusals=st.integers(1, 3))
    def the_receiver_fails(self, refusals: int) -> None:
        assert self.shop.account.webhook_url is not None
        self.world.receivers.failures[self.shop.account.webhook_url] = refusals

    # Less than the day for which keys are kept, in all.
    @rule(seconds=st.sampled_from([1, 6, 61, 110, 600]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.advance(seconds=seconds)

    @rule()
    def the_sweeper_runs(self) -> None:
        self.world.sweep()

    @invariant()
    def the_books_are_right(self) -> None:
        type(self).steps += 1
        found = list(books.always(books.read(self.shop)))
        assert not found, found

    def teardown(self) -> None:
        for request, reply in self.shop.answers:
            name = request.path.rpartition("/")[2].partition("?")[0]
            type(self).answered[f"{name} {reply.status}" if request.method == "POST" else "reads"] += 1
        self.world.settle()
        self.world.pump.seen.clear()
        found = problems(self.shop)
        assert not found, found


def test_no_sequence_of_requests_workers_and_time_bends_the_money(world: World) -> None:
    Gateway.world, Gateway.steps, Gateway.sequences = world, 0, 0
    Gateway.answered.clear()
    settings = hypothesis.settings(
        max_examples=sized(quick=20, torture=400),
        stateful_step_count=sized(quick=20, torture=50),
        deadline=None,
        # Shrinking takes long against an emulator; the seed repeats the run.
        phases=[hypothesis.Phase.generate],
        database=None,
        print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    try:
        run_state_machine_as_test(hypothesis.seed(SEED)(Gateway), settings=settings)
    finally:
        REPORT.append(f"stateful: {Gateway.sequences} sequences, {Gateway.steps} steps")
        REPORT.append(f"stateful: {dict(sorted(Gateway.answered.items()))}")
