"""The challenge that browsers solve: bound to its occasion, good once, and as hard as it says."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.card_testing.challenge import Answer, Occasion, ProofOfWork, zero_bits
from tests.support.factories import NOW
from tests.support.proof_of_work import solved

KEY = b"key"
OCCASION = Occasion("order_AAAAAAAAAAAAAAAA", "0-3", "digest of an address", 1)
WORK = ProofOfWork()


def test_a_solution_passes_on_its_occasion_only() -> None:
    challenge = WORK.ask(KEY, OCCASION, NOW)
    assert (challenge["type"], challenge["bits"], challenge["iterations"]) == ("proof_of_work", 7, 5000)
    answer = solved(challenge)
    assert WORK.passes(KEY, OCCASION, answer, NOW)
    assert WORK.passes(KEY, OCCASION, answer, NOW + timedelta(minutes=4))
    assert not WORK.passes(KEY, OCCASION, answer, NOW + timedelta(minutes=5))
    assert not WORK.passes(b"other", OCCASION, answer, NOW)
    for changed in (
        {"order_id": "order_BBBBBBBBBBBBBBBB"},
        {"attempt": "0-4"},
        {"address": "digest of another"},
    ):
        assert not WORK.passes(KEY, replace(OCCASION, **changed), answer, NOW)


def test_what_was_not_solved_or_not_asked_does_not_pass() -> None:
    token = str(WORK.ask(KEY, OCCASION, NOW)["token"])
    wrong = next(str(number) for number in range(10_000) if zero_bits(token, str(number)) < 7)
    easier = token.replace(".7.", ".0.")
    for answer in (
        Answer(token, wrong),
        Answer(easier, wrong),
        Answer("", ""),
        Answer("é" * 9, "1"),
        Answer("a" * 300, "1"),
        Answer("...", "1"),
    ):
        assert not WORK.passes(KEY, OCCASION, answer, NOW)


@pytest.mark.parametrize(("weight", "bits"), [(1, 7), (2, 9), (4, 13), (5, 13), (60, 13)])
def test_it_gets_four_times_as_hard_with_each_step_up_to_a_maximum(weight: int, bits: int) -> None:
    assert WORK.ask(KEY, replace(OCCASION, weight=weight), NOW)["bits"] == bits
