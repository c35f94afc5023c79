"""What a ruling leaves of a parked payment: its attempt as it was, to be asked about at once."""

from dataclasses import replace
from datetime import timedelta

from gateway.adapters.acquirers.simulator import CAPABILITIES
from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.ruling import Ruling, rule_payment
from gateway.domain.acquiring.settlement import Change
from tests.support.factories import NOW, a_payment, a_successful_payment

LATER = NOW + timedelta(hours=3)
# Nothing of it may get lost: its number makes the key, and its reference is what is looked up.
STUCK = Attempt("acc_1", number=3, asked_at=NOW, reference="re_1", raw_code="E7", parked="declined")


def test_a_parked_release_that_is_asked_about_again_goes_on_with_its_own_attempt() -> None:
    parked = a_successful_payment(release=STUCK, release_pending=200)
    freed = replace(parked, release=replace(STUCK, parked=None), due_at=LATER, updated_at=LATER)
    assert rule_payment(parked, Ruling.ASK, CAPABILITIES, LATER) == Change(freed)


def test_a_parked_payment_that_is_asked_about_again_goes_on_with_its_own_attempt() -> None:
    parked = a_payment(attempt=STUCK, due_at=None)
    freed = replace(parked, attempt=replace(STUCK, parked=None), due_at=LATER, updated_at=LATER)
    assert rule_payment(parked, Ruling.ASK, CAPABILITIES, LATER) == Change(freed)
