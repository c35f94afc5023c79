"""The limits against card testing, and the order's own count of attempts."""

from datetime import datetime, timedelta

import pytest

from gateway.domain.card_testing.limits import (
    WINDOWS,
    FailureCount,
    Failures,
    Limits,
    Scope,
    Screening,
    Subject,
    address_of,
    digest,
    excess,
    failures_of,
    is_loopback,
    refused_card,
)
from gateway.domain.errors import BadRequest, RateLimited
from gateway.domain.payments.order import PublicAttempt
from tests.support.factories import NOW, an_order

ADDRESS, MERCHANT = Subject(Scope.ADDRESS, "a"), Subject(Scope.MERCHANT, "m")
CARD = Subject(Scope.CARD, "c")
LIMITS = Limits(order_attempts=3, card_failures=2, address_failures=4, merchant_failures=10)


@pytest.mark.parametrize(
    ("attempts", "hour", "pending", "later", "expected"),
    [
        (0, None, 0, timedelta(0), PublicAttempt(3, 0, None)),
        (2, 0, 2, timedelta(minutes=59), PublicAttempt(3, 0, 0)),
        (3, 0, 0, timedelta(hours=1), PublicAttempt(3, 1, 0)),
        (0, None, 0, timedelta(hours=30), PublicAttempt(3, 30, None)),
    ],
    ids=["the first", "the last of an hour", "the first of the next hour", "the first, late"],
)
def test_an_order_admits_an_attempt_within_its_hour(
    attempts: int, hour: int | None, pending: int, later: timedelta, expected: PublicAttempt
) -> None:
    order = an_order(attempts=attempts, attempts_hour=hour, pending=pending)
    assert order.check_attempt(3, NOW + later) == expected


@pytest.mark.parametrize(
    ("attempts", "pending", "later", "wait"),
    [
        (3, 0, timedelta(0), 3600),
        (3, 0, timedelta(minutes=59, seconds=59.5), 1),
        (0, 3, timedelta(0), 30),
    ],
    ids=["used up", "used up, nearly over", "too many undecided"],
)
def test_an_order_refuses_more_and_says_when_to_come_back(
    attempts: int, pending: int, later: timedelta, wait: int
) -> None:
    order = an_order(attempts=attempts, attempts_hour=0, pending=pending)
    with pytest.raises(RateLimited) as refusal:
        order.check_attempt(3, NOW + later)
    assert (refusal.value.retry_after_seconds, refusal.value.field) == (wait, "order_id")


def test_an_attempt_that_counts_once_names_the_count_that_must_still_stand() -> None:
    order = an_order(attempts=2, attempts_hour=0)
    assert order.check_attempt(3, NOW, once=True).seen == 2
    assert order.attempt_number(NOW) == "0-2"
    assert order.attempt_number(NOW + timedelta(hours=2)) == "2-0"


def test_a_card_is_refused_at_its_limit_until_its_window_ends() -> None:
    assert refused_card(Failures({CARD: 1, ADDRESS: 100}), LIMITS, NOW) is None
    refusal = refused_card(Failures({CARD: 2}), LIMITS, NOW)
    assert refusal is not None
    midnight = datetime(2026, 2, 1, tzinfo=NOW.tzinfo)
    assert refusal.retry_after_seconds == int((midnight - NOW).total_seconds()) + 1
    assert refusal.field == "card.number"


@pytest.mark.parametrize(
    ("counts", "weight"),
    [
        ({}, 0),
        ({ADDRESS: 3, MERCHANT: 9}, 0),
        ({ADDRESS: 4}, 1),
        ({ADDRESS: 8}, 2),
        ({ADDRESS: 31}, 3),
        ({MERCHANT: 10}, 1),
        ({MERCHANT: 10_000}, 2),
        ({ADDRESS: 4, MERCHANT: 10_000}, 2),
    ],
    ids=str,
)
def test_a_challenge_gets_heavier_with_each_doubling_but_little_for_a_whole_merchant(
    counts: dict[Subject, int], weight: int
) -> None:
    assert excess(Failures(counts), LIMITS) == weight


def test_a_window_is_read_from_all_of_its_shards_and_ends() -> None:
    shards = MERCHANT.shards(NOW)
    assert len(set(shards)) == 8
    counted = [FailureCount(shard, 2) for shard in shards]
    assert failures_of([MERCHANT, ADDRESS], counted, NOW).counts == {MERCHANT: 16, ADDRESS: 0}
    assert failures_of([MERCHANT], counted, NOW + timedelta(hours=1)).of(Scope.MERCHANT) == 0
    assert MERCHANT.shard(NOW, 9) == shards[1]


def test_failures_of_a_shoppers_payment_count_for_address_merchant_and_card() -> None:
    assert Screening("a", "c").subjects("m") == [ADDRESS, MERCHANT, CARD]
    assert Screening("a", "c").subjects() == [ADDRESS, CARD]
    assert Screening(None, "c").subjects("m") == [CARD]


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("nonsense:", "nonsense:"),
    ],
)
def test_a_household_of_ipv6_is_one_address(source: str, address: str) -> None:
    assert address_of(source) == address


@pytest.mark.parametrize(
    ("source", "expected"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("12.7.0.1", False), ("", False)],
)
def test_the_machine_itself_is_known_by_its_loopback_addresses(source: str, *, expected: bool) -> None:
    assert is_loopback(source) is expected


def test_a_digest_depends_on_key_and_purpose() -> None:
    made = {digest(key, purpose, "x") for key in (b"1", b"2") for purpose in ("card", "address")}
    assert len(made) == 4


@pytest.mark.parametrize("value", [0, -1, 1_000_001])
def test_a_limit_out_of_range_is_refused_by_name(value: int) -> None:
    with pytest.raises(BadRequest, match=r"^card_failures must be from 1 to 1000000$") as refusal:
        Limits().changed({"card_failures": value})
    assert refusal.value.field == "card_failures"
    assert Limits().changed({"card_failures": 1}) == Limits(card_failures=1)


def test_a_counter_is_the_same_one_for_the_whole_of_its_window() -> None:
    for subject in (ADDRESS, MERCHANT, CARD):
        left = timedelta(seconds=subject.left_seconds(NOW))
        began = NOW.replace(microsecond=0) + left - WINDOWS[subject.scope]
        ends = began + WINDOWS[subject.scope]
        window = int(began.timestamp()) // int(WINDOWS[subject.scope].total_seconds())
        name = f"failures#{subject.scope}#{subject.name}#{window}#0"
        for moment in (began, NOW, ends - timedelta(microseconds=1)):
            assert subject.shard(moment, 0) == name
        assert subject.shards(ends)[0] != name != subject.shards(began - timedelta(seconds=1))[0]
