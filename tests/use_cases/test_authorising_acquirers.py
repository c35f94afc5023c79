"""Acquirers that authorise first and take the money by a request of its own."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.acquiring.results import Outcome, Result, Unknown
from gateway.domain.payments.ledger import payment_reversed, payment_taken
from gateway.domain.payments.payment import Payment, PaymentStatus
from tests.support.factories import DECLINED, ScriptedAcquirer, approved
from tests.support.memory.shop import MemoryShop, lines

ASKS = Result(Outcome.ACTION_REQUIRED, "ref_1", redirect_url="https://acs.example/1")


def authorised(payment: Payment) -> Result:
    return replace(approved(payment), captured=False)


@dataclass
class AuthorisingBank(ScriptedAcquirer):
    """Authorises only; remembers what was captured and what was voided, and under which key."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)
    lost_voids: int = 0
    lost_captures: int = 0

    def capture(self, payment: Payment, amount: int, key: str) -> Result:
        self.asked.append(("capture", payment.id, payment.attempt.reference, amount, key))
        if self.lost_captures:
            self.lost_captures -= 1
            self.outcome = approved
            raise Unknown("timeout")
        return approved(payment)

    def void(self, payment: Payment, key: str) -> Result:
        self.asked.append(("void", payment.id, payment.attempt.reference, key))
        if self.lost_voids:
            self.lost_voids -= 1
            raise Unknown("timeout")
        return Result(Outcome.DECLINED, payment.attempt.reference, failure=DECLINED)


@pytest.fixture
def bank() -> AuthorisingBank:
    return AuthorisingBank(authorised, delay_ms=0)


@pytest.fixture
def shop(bank: AuthorisingBank) -> MemoryShop:
    return MemoryShop(bank)


def test_what_is_only_authorised_is_captured_under_a_key_of_its_own(
    shop: MemoryShop, bank: AuthorisingBank
) -> None:
    payment = shop.pending(shop.order(amount=500))
    assert shop.process(payment) == []
    assert bank.asked == [("capture", payment.id, f"ref_{payment.id}", 500, f"{payment.id}:capture")]
    after = shop.payment(payment.id)
    assert (after.status, after.attempt.captured) == (PaymentStatus.SUCCESS, True)
    assert shop.database.ledger.balances(shop.merchant.id)[0].payments == 500
    assert shop.events(payment.id) == ["payment.created", "payment.pending", "payment.success"]


def test_a_capture_without_a_response_is_looked_up_and_counts_once(
    shop: MemoryShop, bank: AuthorisingBank, capsys: pytest.CaptureFixture[str]
) -> None:
    bank.lost_captures = 1
    payment = shop.pending(shop.order(amount=500))
    assert shop.process(payment) == []
    assert (len(bank.asked), bank.looked_up) == (1, [payment.id])
    assert shop.payment(payment.id).status is PaymentStatus.SUCCESS
    assert shop.database.ledger.balances(shop.merchant.id)[0].payments == 500
    (line,) = lines(capsys, "no result from the acquirer")
    assert (line["step"], line["payment_id"]) == ("capture", payment.id)


def test_a_failed_payment_that_is_found_authorised_is_voided_and_never_captured(
    shop: MemoryShop, bank: AuthorisingBank
) -> None:
    bank.capabilities = replace(bank.capabilities, late_success=timedelta(days=3))
    bank.outcome = lambda _payment: Result(Outcome.DECLINED, failure=DECLINED)
    payment = shop.pending(shop.order(amount=500))
    assert shop.process(payment) == []
    assert shop.payment(payment.id).is_watched
    bank.outcome = authorised
    now = shop.clock.advance(days=1)
    assert shop.process(payment) == []
    after = shop.payment(payment.id)
    assert bank.asked == [("void", payment.id, f"ref_{payment.id}", f"{payment.id}:reversal")]
    assert (after.status, after.late_at, after.release_pending, after.due_at) == (
        PaymentStatus.FAILED,
        now,
        0,
        None,
    )
    kept = shop.database.rows.of("ledger").values()
    assert {entry.kind for entry in kept} == {
        entry.kind for entry in (payment_taken(after, now), payment_reversed(after, 500, now))
    }
    assert shop.events(payment.id)[-1] == "payment.reversed"


def test_a_void_without_a_response_is_looked_up_and_what_still_stands_is_voided_again(
    shop: MemoryShop, bank: AuthorisingBank
) -> None:
    bank.capabilities = replace(bank.capabilities, late_success=timedelta(days=3))
    bank.outcome = lambda _payment: Result(Outcome.DECLINED, failure=DECLINED)
    payment = shop.pending(shop.order(amount=500))
    shop.process(payment)
    bank.outcome, bank.lost_voids = authorised, 1
    shop.clock.advance(days=1)
    shop.process(payment)
    void = ("void", payment.id, f"ref_{payment.id}", f"{payment.id}:reversal")
    assert bank.asked == [void, void]
    assert shop.payment(payment.id).release_pending == 0


def test_a_redirect_that_nobody_follows_is_voided_at_the_acquirer(
    shop: MemoryShop, bank: AuthorisingBank
) -> None:
    bank.outcome = lambda _payment: ASKS
    payment = shop.pending(shop.order(amount=500))
    shop.process(payment)
    assert bank.asked == []
    shop.clock.advance(hours=1, seconds=1)
    assert shop.process(payment) == []
    assert bank.asked == [("void", payment.id, "ref_1", f"{payment.id}:void")]
    after = shop.payment(payment.id)
    assert (after.status, after.failure) == (PaymentStatus.FAILED, DECLINED)
