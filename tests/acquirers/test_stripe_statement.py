"""Stripe's balance transactions as movements, from localstripe behind the proxy that completes them."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.adapters.acquirers import stripe
from gateway.adapters.acquirers.stripe_statement import NOT_OURS, movement_of
from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.statement import Movement, MovementKind
from gateway.use_cases.acquirer import GiveBack
from tests.acquirers.benches import Bench
from tests.support.factories import NOW, a_card_payment, some_id

LINE = {
    "id": "txn_1", "type": "charge", "amount": 1000, "fee": 59, "currency": "usd", "created": 1_767_225_600,
    "source": {"id": "ch_1", "metadata": {"payment_id": "pay_1"}},
}  # fmt: skip


def statement(bench: Bench, first: datetime, before: datetime) -> list[Movement]:
    """All of its pages."""
    found, after = [], None
    while True:
        page = bench.acquirer.movements(first, before, after)
        found += page.movements
        after = page.after
        if after is None:
            return found


@pytest.mark.parametrize("page_size", [1, 100])
def test_a_charge_and_its_refund_are_on_the_statement_with_our_ids_and_the_fee(
    stripe_url: str, monkeypatch: pytest.MonkeyPatch, page_size: int
) -> None:
    from tests.acquirers.benches import stripe_bench

    bench = stripe_bench(stripe_url)
    monkeypatch.setattr(stripe, "STATEMENT_PAGE_SIZE", page_size)
    first = datetime.fromtimestamp(int(time.time()), UTC)
    token = bench.acquirer.tokenize(bench.cards["approves"])
    payment = a_card_payment(amount=70_000, currency="INR", processor_token=token)
    result = bench.acquirer.authorize(payment, payment.id, NOW)
    known = replace(payment, attempt=Attempt(asked_at=NOW, reference=result.reference))
    back = GiveBack(some_id("rfnd_"), known, 20_000, None, None, NOW)
    bench.acquirer.refund(back, back.id)
    before = datetime.now(UTC) + timedelta(seconds=2)
    found = {one.our_id: one for one in statement(bench, first, before)}
    charge, refund = found[payment.id], found[back.id]
    assert (charge.kind, charge.amount, charge.currency, charge.fee) == (
        MovementKind.PAYMENT,
        70_000,
        "INR",
        1400,
    )
    assert (refund.kind, refund.amount, refund.entry_id) == (
        MovementKind.REFUND,
        20_000,
        f"{back.id}:refund",
    )
    assert payment.id not in {one.our_id for one in statement(bench, first - timedelta(days=2), first)}


@pytest.mark.parametrize(
    ("changed", "kind", "our_id"),
    [
        ({}, MovementKind.PAYMENT, "pay_1"),
        ({"type": "payment"}, MovementKind.PAYMENT, "pay_1"),
        ({"source": {"id": "ch_1", "metadata": {}}}, MovementKind.PAYMENT, None),
        ({"source": "ch_1"}, MovementKind.PAYMENT, None),
        (
            {
                "type": "refund",
                "amount": -1000,
                "source": {"id": "re_1", "metadata": {"refund_id": "rfnd_1"}},
            },
            MovementKind.REFUND,
            "rfnd_1",
        ),
        ({"type": "adjustment", "amount": -1000}, MovementKind.OTHER, None),
        ({"type": "something_new", "source": None}, MovementKind.OTHER, None),
    ],
)
def test_a_line_is_a_movement_by_its_type(
    changed: dict[str, Any], kind: MovementKind, our_id: str | None
) -> None:
    movement = movement_of({**LINE, **changed})
    assert movement
    assert (movement.kind, movement.our_id, movement.amount, movement.fee) == (kind, our_id, 1000, 59)
    assert movement.at == datetime(2026, 1, 1, tzinfo=UTC)
    assert movement.reference


@pytest.mark.parametrize("word", NOT_OURS)
def test_what_moves_between_stripe_and_the_account_is_no_movement_of_ours(word: str) -> None:
    assert movement_of({**LINE, "type": word}) is None


def test_what_goes_back_by_itself_is_the_ledgers_reversal() -> None:
    line = {**LINE, "type": "refund", "source": {"id": "re_1", "metadata": {"refund_id": "pay_1:release"}}}
    movement = movement_of(line)
    assert movement
    assert movement.entry_id == "pay_1:reversal"
