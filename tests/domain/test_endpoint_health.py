from datetime import timedelta

import pytest

from gateway.domain.webhooks.delivery import Attempt
from gateway.domain.webhooks.endpoint import (
    OPEN_FOR,
    OPENS_AFTER,
    OPENS_AFTER_FAILURES,
    SLOW_FOR,
    SLOW_MS,
    EndpointHealth,
)
from tests.support.factories import NOW

SECOND = timedelta(seconds=1)


def failed(after: timedelta, duration_ms: int = 0) -> Attempt:
    return Attempt(NOW + after, duration_ms, 500, "", None)


def accepted(after: timedelta, duration_ms: int = 0) -> Attempt:
    return Attempt(NOW + after, duration_ms, 200, "", None)


def after_failures(count: int, spread: timedelta) -> EndpointHealth:
    """The health after that many failures, the first at NOW and the last when the time is up."""
    health = EndpointHealth("mer_1")
    for _ in range(count - 1):
        health = health.after(failed(timedelta(0)))
    return health.after(failed(spread))


def test_the_circuit_opens_after_enough_failures_in_a_row_over_a_good_while() -> None:
    health = after_failures(OPENS_AFTER_FAILURES, OPENS_AFTER)
    assert health.open_until == NOW + OPENS_AFTER + OPEN_FOR[0]
    assert health.openings == 1


@pytest.mark.parametrize(
    ("count", "spread"),
    [
        (OPENS_AFTER_FAILURES - 1, OPENS_AFTER),
        (OPENS_AFTER_FAILURES, OPENS_AFTER - timedelta(milliseconds=1)),
    ],
)
def test_neither_many_failures_at_once_nor_a_few_over_long_open_the_circuit(
    count: int, spread: timedelta
) -> None:
    assert not after_failures(count, spread).has_circuit_open


def test_each_failed_probe_holds_deliveries_back_for_longer_up_to_a_limit() -> None:
    health = after_failures(OPENS_AFTER_FAILURES, OPENS_AFTER)
    at, pauses = OPENS_AFTER, []
    for _ in range(len(OPEN_FOR) + 1):
        at += SECOND
        health = health.after(failed(at))
        assert health.open_until is not None
        pauses.append(health.open_until - NOW - at)
    assert pauses == [*OPEN_FOR[1:], OPEN_FOR[-1], OPEN_FOR[-1]]


def test_a_probe_is_due_only_once_the_pause_is_over() -> None:
    health = after_failures(OPENS_AFTER_FAILURES, OPENS_AFTER)
    assert health.open_until is not None
    assert not health.may_probe(health.open_until - SECOND)
    assert health.may_probe(health.open_until)
    assert not EndpointHealth("mer_1").may_probe(NOW)


def test_one_accepted_event_closes_the_circuit_and_forgets_the_failures() -> None:
    assert after_failures(OPENS_AFTER_FAILURES, OPENS_AFTER).after(accepted(2 * OPENS_AFTER)).is_healthy


def test_an_attempt_that_somebody_asked_for_may_close_the_circuit_but_never_prolongs_it() -> None:
    health = after_failures(OPENS_AFTER_FAILURES, OPENS_AFTER)
    assert health.after_request(failed(2 * OPENS_AFTER)) == health
    assert health.after_request(accepted(2 * OPENS_AFTER)).is_healthy
    closed = after_failures(2, OPENS_AFTER)
    assert closed.after_request(failed(2 * OPENS_AFTER)).failures == 3


def test_an_endpoint_is_slow_for_a_while_after_a_long_attempt_whether_it_failed_or_not() -> None:
    took = timedelta(milliseconds=SLOW_MS)
    for attempt in (failed(timedelta(0), SLOW_MS), accepted(timedelta(0), SLOW_MS)):
        health = EndpointHealth("mer_1").after(attempt)
        assert health.is_slow(NOW + took + SLOW_FOR - SECOND)
        assert not health.is_slow(NOW + took + SLOW_FOR)
    assert not EndpointHealth("mer_1").after(failed(timedelta(0), SLOW_MS - 1)).is_slow(NOW)


def test_a_quick_failure_does_not_shorten_the_time_as_slow_but_a_quick_success_ends_it() -> None:
    slow = EndpointHealth("mer_1").after(failed(timedelta(0), SLOW_MS))
    assert slow.after(failed(SECOND)).slow_until == slow.slow_until
    assert slow.after(accepted(SECOND)).is_healthy
