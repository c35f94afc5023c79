from datetime import datetime, timedelta

import pytest

from gateway.domain.errors import IllegalTransition
from gateway.domain.webhooks.delivery import (
    GAPS_SECONDS,
    RETRY_AFTER_MAX_SECONDS,
    TEST_GAPS_SECONDS,
    Attempt,
    DeliveryEvent,
    DeliveryStatus,
    WebhookDelivery,
    next_status,
)
from tests.support.factories import NOW, a_webhook

SCHEDULES = [
    pytest.param(GAPS_SECONDS, (0, 60, 300, 1800, 7200), id="production"),
    pytest.param(TEST_GAPS_SECONDS, (0, 5, 10, 15, 20), id="test"),
]


def an_attempt(code: int | None = 500, at: datetime = NOW, retry_after_seconds: int | None = None) -> Attempt:
    error = "timeout" if code is None else None
    return Attempt(at, 0, code, "", error, retry_after_seconds)


def refused(times: int, gaps_seconds: tuple[int, ...] = GAPS_SECONDS) -> WebhookDelivery:
    hook = a_webhook()
    for _ in range(times):
        assert hook.next_retry_at is not None
        hook = hook.attempted(an_attempt(at=hook.next_retry_at), gaps_seconds)
    return hook


@pytest.mark.parametrize(("gaps_seconds", "contract"), SCHEDULES)
def test_the_gaps_before_each_attempt_are_the_contracts(
    gaps_seconds: tuple[int, ...], contract: tuple[int, ...]
) -> None:
    due = [refused(times, gaps_seconds).next_retry_at for times in range(5)]
    starts = [NOW, *due[:-1]]
    gaps = [
        (later - earlier).total_seconds()
        for earlier, later in zip(starts, due, strict=True)
        if later and earlier
    ]
    assert tuple(gaps) == contract


@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_a_refused_delivery_stays_pending_with_a_next_time(times: int) -> None:
    hook = refused(times)
    assert (hook.status, len(hook.attempts)) == (DeliveryStatus.PENDING, times)
    assert hook.next_retry_at is not None


def test_a_delivery_fails_after_the_fifth_attempt() -> None:
    hook = refused(5)
    assert (hook.status, len(hook.attempts), hook.next_retry_at) == (DeliveryStatus.FAILED, 5, None)
    with pytest.raises(IllegalTransition):
        hook.attempted(an_attempt(), GAPS_SECONDS)


@pytest.mark.parametrize("earlier", [0, 1, 4])
@pytest.mark.parametrize("code", [200, 201, 204, 299])
def test_any_2xx_ends_a_delivery_at_any_attempt(code: int, earlier: int) -> None:
    hook = refused(earlier).attempted(an_attempt(code), GAPS_SECONDS)
    assert (hook.status, len(hook.attempts), hook.next_retry_at) == (
        DeliveryStatus.SUCCESS,
        earlier + 1,
        None,
    )


@pytest.mark.parametrize("code", [None, 100, 199, 300, 301, 307, 400, 404, 429, 500, 503])
def test_anything_else_is_no_success(code: int | None) -> None:
    assert a_webhook().attempted(an_attempt(code), GAPS_SECONDS).status is DeliveryStatus.PENDING


def test_a_receiver_that_is_gone_is_not_asked_again() -> None:
    hook = a_webhook().attempted(an_attempt(410), GAPS_SECONDS)
    assert (hook.status, hook.next_retry_at) == (DeliveryStatus.FAILED, None)


@pytest.mark.parametrize(
    ("code", "asked", "waited"),
    [
        pytest.param(503, 600, 600, id="longer than the gap"),
        pytest.param(429, 600, 600, id="too many requests"),
        pytest.param(503, 5, 60, id="shorter than the gap"),
        pytest.param(503, 10**9, RETRY_AFTER_MAX_SECONDS, id="beyond all bounds"),
        pytest.param(500, 600, 60, id="a status that does not ask for patience"),
    ],
)
def test_a_receiver_may_ask_for_patience_within_bounds(code: int, asked: int, waited: int) -> None:
    hook = a_webhook().attempted(an_attempt(code, retry_after_seconds=asked), GAPS_SECONDS)
    assert hook.next_retry_at == NOW + timedelta(seconds=waited)


def test_jitter_stretches_a_gap_and_never_shortens_it() -> None:
    hook = a_webhook().attempted(an_attempt(), GAPS_SECONDS, jitter=0.10)
    assert hook.next_retry_at == NOW + timedelta(seconds=66)


@pytest.mark.parametrize("times", [0, 2, 5])
def test_a_manual_retry_begins_anew_and_remembers(times: int) -> None:
    later = NOW + timedelta(days=1)
    before = refused(times)
    hook = before.retried(later)
    assert (hook.status, hook.attempts, hook.next_retry_at) == (DeliveryStatus.PENDING, (), later)
    assert hook.history == before.attempts


@pytest.mark.parametrize("status", [DeliveryStatus.SUCCESS, DeliveryStatus.FAILED])
@pytest.mark.parametrize("event", [DeliveryEvent.ACCEPTED, DeliveryEvent.REFUSED, DeliveryEvent.EXHAUSTED])
def test_a_final_delivery_is_not_attempted(status: DeliveryStatus, event: DeliveryEvent) -> None:
    with pytest.raises(IllegalTransition):
        next_status(status, event)
