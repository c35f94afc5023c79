"""Every interleaving of one payment, one acquirer, workers that die and a network that can't be trusted.

The walk finds each of the broken variants below, so its silence about the rules themselves means something.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gateway.domain.acquiring import driver, settlement
from gateway.domain.acquiring.capabilities import Capabilities
from gateway.domain.acquiring.driver import Decision, Operation, Step, Verdict
from gateway.domain.acquiring.results import Result, Trouble
from gateway.domain.payments.payment import Payment
from tests.model.walk import walk
from tests.model.world import DECLINED, Rules, World


def an_acquirer(
    authorize_key: int | None, refund_key: int | None, late: int = 0, *, voids: bool = True
) -> Capabilities:
    """One whose keys live for so many minutes, None for no keys."""

    def minutes(number: int | None) -> timedelta | None:
        return None if number is None else timedelta(minutes=number)

    return Capabilities(
        ("card",),
        ("INR",),
        raw_cards=True,
        authorize_key_life=minutes(authorize_key),
        refund_key_life=minutes(refund_key),
        visible_within=timedelta(minutes=2),
        late_success=timedelta(minutes=late),
        voids=voids,
    )


KEYS, NO_KEYS, LATE = an_acquirer(8, 8), an_acquirer(None, None), an_acquirer(None, 8, late=6)
# What one worker can meet in full; what two do to each other without the rest, or there would be millions.
WORLDS = {
    "keys that end": World(Rules(), KEYS, workers=1, ends=6),
    "no keys": World(Rules(), NO_KEYS, workers=1, ends=6),
    "no keys, late success, two steps": World(Rules(), LATE, workers=1, ends=5, two_steps=True),
    "no keys, late success, two steps, nothing is voided": World(
        Rules(), an_acquirer(None, None, late=6, voids=False), workers=1, ends=5, two_steps=True
    ),
    "two workers, keys that end": World(
        Rules(), an_acquirer(6, 6), workers=2, ends=3, pending=False, refuses=False, repeats=False
    ),
    "two workers, no keys": World(
        Rules(), NO_KEYS, workers=2, ends=3, pending=False, refuses=False, repeats=False
    ),
}
STATES_MIN = 5_000


@pytest.mark.parametrize("name", WORLDS)
def test_nobody_is_charged_twice_no_charge_is_lost_and_the_books_are_the_acquirers(name: str) -> None:
    found = walk(WORLDS[name])
    assert found.problem is None, found.where
    assert found.states > STATES_MIN
    # Each way in which a payment can end was reached: kept, failed, taken and given back.
    assert found.ends == {("success", 1, 0), ("failed", 0, 0), ("failed", 1, 1)}


def asks_for_ever(payment: Payment, operation: Operation, now: datetime) -> Step:
    step = settlement.step_of(payment, operation, now)
    again = step is Step.LOOK_UP and operation.attempt.reference is None and not payment.is_watched
    return Step.SEND if again else step


def asks_up_to_the_last_minute(payment: Payment, operation: Operation, now: datetime) -> Step:
    with changed(KEY_MARGIN=timedelta(0)):
        return settlement.step_of(payment, operation, now)


def believes_the_first_not_found(
    operation: Operation, step: Step, response: Result | Trouble, now: datetime
) -> Decision:
    with changed(not_found_is_certain=lambda operation, _now: operation.attempt.reference is None):
        return driver.judge(operation, step, response, now)


def forgets_what_is_under_way(
    operation: Operation, step: Step, response: Result | Trouble, now: datetime
) -> Decision:
    with changed(IN_FLIGHT_MAX=timedelta(0)):
        return driver.judge(operation, step, response, now)


def forgets_that_look_ups_lag(
    operation: Operation, step: Step, response: Result | Trouble, now: datetime
) -> Decision:
    able = replace(operation.capabilities, visible_within=timedelta(minutes=-2))
    return driver.judge(replace(operation, capabilities=able), step, response, now)


def takes_unknown_for_declined(
    operation: Operation, step: Step, response: Result | Trouble, now: datetime
) -> Decision:
    if response is Trouble.UNKNOWN and step is not Step.LOOK_UP and not operation.terms.goes_back:
        return Decision(Verdict.DECLINE, operation.attempt, failure=DECLINED)
    return driver.judge(operation, step, response, now)


def takes_unknown_for_not_sent(
    operation: Operation, step: Step, response: Result | Trouble, now: datetime
) -> Decision:
    heard = Trouble.NOT_SENT if response is Trouble.UNKNOWN else response
    return driver.judge(operation, step, heard, now)


def takes_a_refusal_for_a_failure(
    operation: Operation, step: Step, response: Result | Trouble, now: datetime
) -> Decision:
    if response is Trouble.REFUSED and not operation.terms.goes_back:
        return Decision(Verdict.DECLINE, operation.attempt, failure=DECLINED)
    return driver.judge(operation, step, response, now)


def gives_up_after_a_while(
    operation: Operation, step: Step, response: Result | Trouble, now: datetime
) -> Decision:
    decision = driver.judge(operation, step, response, now)
    waited = now - operation.terms.began_at >= timedelta(minutes=4)
    if decision.verdict is Verdict.KEEP and waited and not operation.terms.goes_back:
        return Decision(Verdict.DECLINE, operation.attempt, failure=DECLINED)
    return decision


def keeps_no_watch(payment: Payment, *given: object, order_is_paid: bool) -> settlement.Change:
    change = settlement.settle(payment, *given, order_is_paid=order_is_paid)  # type: ignore[arg-type]
    after = change.payment
    return replace(change, payment=replace(after, due_at=None)) if after.is_watched else change


def watches_too_briefly(payment: Payment, *given: object, order_is_paid: bool) -> settlement.Change:
    with changed(IN_FLIGHT_MAX=timedelta(minutes=-4)):
        return settlement.settle(payment, *given, order_is_paid=order_is_paid)  # type: ignore[arg-type]


def forgets_to_give_back(payment: Payment, *given: object, order_is_paid: bool) -> settlement.Change:
    change = settlement.settle(payment, *given, order_is_paid=order_is_paid)  # type: ignore[arg-type]
    return replace(change, payment=replace(change.payment, release_pending=0, due_at=None))


BROKEN = {
    "asks past the key's life": ("keys that end", Rules(step_of=asks_for_ever)),
    "asks up to the key's last minute": ("keys that end", Rules(step_of=asks_up_to_the_last_minute)),
    "asks again without keys": ("no keys", Rules(step_of=asks_for_ever)),
    "believes the first not found": ("no keys", Rules(judge=believes_the_first_not_found)),
    "forgets what is under way": ("no keys", Rules(judge=forgets_what_is_under_way)),
    "forgets that look-ups lag": ("no keys", Rules(judge=forgets_that_look_ups_lag)),
    "calls before it commits": ("no keys", Rules(commits_first=False)),
    "commits without comparing": ("two workers, no keys", Rules(compares=False)),
    "takes unknown for declined": ("keys that end", Rules(judge=takes_unknown_for_declined)),
    "takes unknown for not sent": ("no keys", Rules(judge=takes_unknown_for_not_sent)),
    "takes a refusal for a failure": ("keys that end", Rules(judge=takes_a_refusal_for_a_failure)),
    "lets time alone fail a payment": ("keys that end", Rules(judge=gives_up_after_a_while)),
    "keeps no watch over failures": ("no keys, late success, two steps", Rules(settle=keeps_no_watch)),
    "watches too briefly": ("no keys, late success, two steps", Rules(settle=watches_too_briefly)),
    "forgets to give back": ("keys that end", Rules(settle=forgets_to_give_back)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_walk_finds_what_a_broken_rule_does(name: str) -> None:
    world, rules = BROKEN[name]
    found = walk(replace(WORLDS[world], rules=rules, _outcomes={}))
    assert found.problem is not None


@contextmanager
def changed(**names: object) -> Iterator[None]:
    """The driver with other values for a moment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in names.items():
            patch.setattr(driver, name, value)
        yield
