"""What every connector must do, whichever acquirer is behind it. A third one adds itself in benches.py."""

from dataclasses import replace

import pytest

from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.results import Outcome, Refused, Result, Unknown
from gateway.domain.payments.payment import PAYMENT_FAILED, Payment
from gateway.use_cases.acquirer import GiveBack
from tests.acquirers.benches import Bench
from tests.support.factories import NOW, a_card_payment, a_payment, some_id


def needs_books(bench: Bench) -> None:
    if not bench.keeps_books:
        pytest.skip(f"the {bench.name} keeps nothing: every payment has its outcome at any time")


def needs_cards(bench: Bench) -> None:
    if not bench.cards:
        pytest.skip(f"{bench.name} takes no cards")


def a_payment_with(bench: Bench, kind: str) -> Payment:
    if bench.vpas:
        return a_payment(amount=70_000, currency="INR", vpa=bench.vpas[kind])
    token = bench.acquirer.tokenize(bench.cards[kind])
    return a_card_payment(amount=70_000, currency="INR", processor_token=token)


def known(payment: Payment, result: Result) -> Payment:
    return replace(payment, attempt=Attempt(asked_at=NOW, reference=result.reference))


def give_back(payment: Payment, amount: int) -> GiveBack:
    return GiveBack(some_id("rfnd_"), payment, amount, "Cup was cold", None, NOW)


def ended(bench: Bench, payment: Payment) -> Result:
    """What a payment comes to: asked for, looked up, and captured where it is only authorised."""
    result = bench.acquirer.authorize(payment, payment.id, NOW)
    if result.outcome is Outcome.PENDING:
        result = bench.acquirer.retrieve(known(payment, result), NOW)
    able = bench.acquirer.capabilities
    if result.outcome is Outcome.APPROVED and able.captures_at_once and not result.captured:
        return bench.acquirer.capture(known(payment, result), payment.amount, f"{payment.id}:capture")
    return result


def paid(bench: Bench) -> Payment:
    payment = a_payment_with(bench, "approves")
    return known(payment, ended(bench, payment))


def test_an_approval_says_amount_currency_and_reference(bench: Bench) -> None:
    payment = a_payment_with(bench, "approves")
    result = ended(bench, payment)
    assert (result.outcome, result.amount, result.currency) == (Outcome.APPROVED, 70_000, "INR")
    assert result.reference
    assert result.captured is bench.acquirer.capabilities.captures_at_once


def test_a_decline_is_a_result_with_a_failure_of_ours_and_no_error(bench: Bench) -> None:
    payment = a_payment_with(bench, "declines")
    result = ended(bench, payment)
    assert result.outcome is Outcome.DECLINED
    assert result.failure
    assert (result.failure.code, result.failure.reason) == (PAYMENT_FAILED, "declined")


def test_a_token_holds_nothing_of_the_card(bench: Bench) -> None:
    needs_cards(bench)
    card = bench.cards["approves"]
    token = bench.acquirer.tokenize(card)
    assert card.number not in token
    assert token != bench.acquirer.tokenize(card)


def test_the_same_key_gives_the_same_result_and_charges_once(bench: Bench) -> None:
    payment = a_payment_with(bench, "approves")
    first = bench.acquirer.authorize(payment, payment.id, NOW)
    again = bench.acquirer.authorize(payment, payment.id, NOW)
    assert again.reference == first.reference
    if bench.acquirer.capabilities.authorize_key_life is not None:
        assert again == first
    if bench.keeps_books:
        assert len(bench.charges(payment.id)) == 1


def test_a_payment_is_found_by_reference_and_by_our_own_id(bench: Bench) -> None:
    payment = a_payment_with(bench, "approves")
    result = ended(bench, payment)
    for found in (
        bench.acquirer.retrieve(known(payment, result), NOW),
        bench.acquirer.retrieve(replace(payment, attempt=Attempt(asked_at=NOW)), NOW),
    ):
        assert (found.outcome, found.reference) == (Outcome.APPROVED, result.reference)
        assert (found.amount, found.currency) == (70_000, "INR")


def test_a_reference_leads_back_to_our_payment(bench: Bench) -> None:
    payment = a_payment_with(bench, "approves")
    reference = ended(bench, payment).reference
    assert reference
    # The simulated bank has no disputes, for which this is.
    assert bench.acquirer.payment_of(reference) == (payment.id if bench.keeps_books else None)


def test_a_declined_payment_is_found_as_declined(bench: Bench) -> None:
    payment = a_payment_with(bench, "declines")
    bench.acquirer.authorize(payment, payment.id, NOW)
    found = bench.acquirer.retrieve(replace(payment, attempt=Attempt(asked_at=NOW)), NOW)
    assert found.outcome is Outcome.DECLINED


def test_a_payment_that_was_never_asked_for_is_not_found(bench: Bench) -> None:
    needs_books(bench)
    assert bench.acquirer.retrieve(a_payment_with(bench, "approves"), NOW).outcome is Outcome.NOT_FOUND


def test_a_refund_is_paid_once_for_each_key_and_found_again(bench: Bench) -> None:
    payment = paid(bench)
    back = give_back(payment, 20_000)
    first = bench.acquirer.refund(back, back.id)
    assert (first.outcome, first.amount, first.currency) == (Outcome.APPROVED, 20_000, "INR")
    assert bench.acquirer.refund(back, back.id) == first
    assert bench.acquirer.retrieve_refund(back).reference == first.reference
    assert bench.acquirer.retrieve_refund(back._replace(reference=first.reference)).amount == 20_000


def test_a_refund_that_was_never_asked_for_is_not_found(bench: Bench) -> None:
    needs_books(bench)
    assert bench.acquirer.retrieve_refund(give_back(paid(bench), 20_000)).outcome is Outcome.NOT_FOUND


def test_more_than_was_paid_is_never_given_back(bench: Bench) -> None:
    needs_books(bench)
    payment = paid(bench)
    first, second = give_back(payment, 50_000), give_back(payment, 30_000)
    bench.acquirer.refund(first, first.id)
    with pytest.raises(Refused):
        bench.acquirer.refund(second, second.id)


def test_a_lost_response_is_unknown_and_the_same_key_finds_what_was_done(bench: Bench) -> None:
    needs_books(bench)
    for fault in ("drop_response", "error_500"):
        payment = a_payment_with(bench, "approves")
        bench.fault(bench.authorizes, fault)
        with pytest.raises(Unknown):
            bench.acquirer.authorize(payment, payment.id, NOW)
        found = bench.acquirer.retrieve(replace(payment, attempt=Attempt(asked_at=NOW)), NOW)
        assert found.outcome is Outcome.APPROVED
        assert len(bench.charges(payment.id)) == 1


def test_a_request_that_was_dropped_is_not_taken_for_one_that_was_never_sent(bench: Bench) -> None:
    needs_books(bench)
    payment = a_payment_with(bench, "approves")
    bench.fault(bench.authorizes, "drop_request")
    with pytest.raises(Unknown):
        bench.acquirer.authorize(payment, payment.id, NOW)
    assert ended(bench, payment).outcome is Outcome.APPROVED


def test_a_request_that_arrives_twice_charges_once(bench: Bench) -> None:
    needs_books(bench)
    payment = a_payment_with(bench, "approves")
    bench.fault(bench.authorizes, "twice")
    try:
        assert ended(bench, payment).outcome is Outcome.APPROVED
    except Refused:
        # Without keys the second is refused, and only a look-up tells of the first.
        assert bench.acquirer.capabilities.authorize_key_life is None
    found = bench.acquirer.retrieve(replace(payment, attempt=Attempt(asked_at=NOW)), NOW)
    assert found.outcome is Outcome.APPROVED
    assert len(bench.charges(payment.id)) == 1
