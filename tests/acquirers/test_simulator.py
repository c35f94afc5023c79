from datetime import timedelta
from typing import Any

import pytest

from gateway.adapters.acquirers.simulator import (
    DECLINED,
    INSUFFICIENT_FUNDS,
    LATE_BY,
    TIMEOUT_LASTS,
    Simulator,
)
from gateway.domain.acquiring.results import Outcome, Result, Unknown
from gateway.domain.payments.instruments import Card
from gateway.domain.payments.payment import Failure, Payment
from tests.support.factories import NOW, a_card_payment, a_config, a_payment

LIVE = {"STAGE": "live", "TEST_MODE": "false"}
REAL = {"TEST_MODE": "false"}
IDS = [f"pay_{number:016d}" for number in range(10_000)]
SCRIPTS: dict[str, tuple[str, str, Failure | str | None]] = {
    "approve": ("4000000000000077", "success@asyncpay", None),
    "decline": ("4000000000000002", "decline@asyncpay", DECLINED),
    "insufficient": ("4000000000009995", "insufficient@asyncpay", INSUFFICIENT_FUNDS),
    "timeout": ("4000000000000119", "timeout@asyncpay", "waits"),
    "late": ("4000000000000259", "late@asyncpay", "waits"),
}


def a_bank(**settings: str) -> Simulator:
    return Simulator(a_config(**settings).processor)


def a_card(number: str) -> Card:
    return Card(number, "123", 12, 2030, "A Holder")


def scripted(bank: Simulator, kind: str, script: str) -> Payment:
    number, vpa, _ = SCRIPTS[script]
    if kind == "upi":
        return a_payment(vpa=vpa)
    return a_card_payment(processor_token=bank.tokenize(a_card(number)))


def outcomes(bank: Simulator, payment: Payment) -> list[Result]:
    return [bank.authorize(payment, payment_id, NOW) for payment_id in IDS]


@pytest.mark.parametrize(
    ("payment", "rate"),
    [pytest.param(a_payment(), 0.90, id="upi"), pytest.param(a_card_payment(), 0.95, id="card")],
)
def test_payments_succeed_at_the_rate_of_their_method(payment: Payment, rate: float) -> None:
    succeeded = sum(outcome.outcome is Outcome.APPROVED for outcome in outcomes(a_bank(**REAL), payment))
    # Five standard deviations of a binomial distribution.
    slack = 5 * (len(IDS) * rate * (1 - rate)) ** 0.5
    assert abs(succeeded - len(IDS) * rate) < slack


@pytest.mark.parametrize(("rate", "approved"), [("0", False), ("1", True)])
def test_a_rate_of_0_or_1_has_no_exception(rate: str, *, approved: bool) -> None:
    bank = a_bank(**REAL, UPI_SUCCESS_RATE=rate)
    assert {outcome.outcome is Outcome.APPROVED for outcome in outcomes(bank, a_payment())} == {approved}


def test_asking_twice_gives_the_same_answer_also_from_another_process() -> None:
    one, other = a_bank(**REAL), a_bank(**REAL)
    payment = a_payment()
    for payment_id in IDS[:500]:
        assert one.authorize(payment, payment_id, NOW) == other.authorize(payment, payment_id, NOW)
        assert one.outcome_delay_ms(payment_id) == other.outcome_delay_ms(payment_id)


@pytest.mark.parametrize("success", [True, False])
@pytest.mark.parametrize("payment", [a_payment(), a_card_payment()], ids=["upi", "card"])
def test_in_test_mode_the_setting_is_the_outcome(payment: Payment, *, success: bool) -> None:
    bank = a_bank(TEST_MODE="true", TEST_PAYMENT_SUCCESS=str(success))
    assert (bank.authorize(payment, payment.id, NOW).outcome is Outcome.APPROVED) is success


def test_the_banks_delay_is_spread_over_the_whole_range() -> None:
    bank = a_bank(**REAL)
    delays = [bank.outcome_delay_ms(payment_id) for payment_id in IDS]
    assert (min(delays), max(delays)) == pytest.approx((5000, 10_000), abs=10)
    assert all(5000 <= delay <= 10_000 for delay in delays)
    assert sum(delays) / len(delays) == pytest.approx(7500, abs=75)


def test_a_range_of_one_value_is_that_value() -> None:
    bank = a_bank(**REAL, PROCESSING_DELAY_MIN="700", PROCESSING_DELAY_MAX="700")
    assert {bank.outcome_delay_ms(payment_id) for payment_id in IDS[:100]} == {700}


def test_a_refund_takes_3_to_5_seconds() -> None:
    bank = a_bank(**REAL)
    delays = [bank.refund_delay_ms(refund_id) for refund_id in IDS]
    assert (min(delays), max(delays)) == pytest.approx((3000, 5000), abs=5)
    assert all(3000 <= delay <= 5000 for delay in delays)


def test_in_test_mode_the_setting_is_the_delay() -> None:
    bank = a_bank(TEST_MODE="true", TEST_PROCESSING_DELAY="42")
    assert (bank.outcome_delay_ms("pay_1"), bank.refund_delay_ms("rfnd_1")) == (42, 42)


@pytest.mark.parametrize("kind", ["upi", "card"])
@pytest.mark.parametrize("script", ["approve", "decline", "insufficient"])
@pytest.mark.parametrize("success", ["true", "false"])
def test_a_scripted_instrument_does_what_its_script_says(kind: str, script: str, success: str) -> None:
    bank = a_bank(TEST_PAYMENT_SUCCESS=success)
    payment = scripted(bank, kind, script)
    assert bank.authorize(payment, payment.id, NOW).failure == SCRIPTS[script][2]


@pytest.mark.parametrize("kind", ["upi", "card"])
@pytest.mark.parametrize(("script", "lasts"), [("timeout", TIMEOUT_LASTS), ("late", LATE_BY)])
def test_a_scripted_instrument_that_keeps_us_waiting_succeeds_in_the_end(
    kind: str, script: str, lasts: timedelta
) -> None:
    bank = a_bank(TEST_PROCESSING_DELAY="1000")
    payment = scripted(bank, kind, script)
    decided = payment.created_at + timedelta(seconds=1) + lasts
    just_before = decided - timedelta(microseconds=1)
    if script == "late":
        result = bank.authorize(payment, payment.id, just_before)
        assert (result.outcome, result.ask_again_seconds) == (Outcome.PENDING, 5)
    else:
        with pytest.raises(Unknown) as caught:
            bank.authorize(payment, payment.id, just_before)
        assert caught.value.ask_again_seconds == 2
    assert bank.authorize(payment, payment.id, decided).outcome is Outcome.APPROVED


@pytest.mark.parametrize("kind", ["upi", "card"])
@pytest.mark.parametrize("script", ["decline", "timeout"])
def test_nothing_is_scripted_in_the_live_stage(kind: str, script: str) -> None:
    bank = a_bank(**LIVE, UPI_SUCCESS_RATE="1", CARD_SUCCESS_RATE="1")
    payment = scripted(bank, kind, script)
    assert bank.authorize(payment, payment.id, NOW).outcome is Outcome.APPROVED


@pytest.mark.parametrize("settings", [LIVE, {}], ids=["live", "test"])
@pytest.mark.parametrize("number", ["4111111111111111", "4000000000000002"])
def test_a_token_is_random_and_holds_nothing_of_the_card(settings: dict[str, Any], number: str) -> None:
    tokens = {a_bank(**settings).tokenize(a_card(number)) for _ in range(50)}
    assert len(tokens) == 50
    assert not any(number in token or "Holder" in token for token in tokens)
