from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.access.api_key import LAST_USE_EVERY, ApiKey, NewKey, check_addresses, hash_secret
from gateway.domain.access.rights import Right
from gateway.domain.errors import BadRequest
from tests.support.factories import NOW

SECRET = "secret_test_xyz789"


def a_key(**members: Any) -> ApiKey:
    digest = hash_secret("key_test_abc123", SECRET)
    key = ApiKey("key_test_abc123", "merchant", digest, active=True, created_at=NOW)
    return replace(key, **members)


def test_a_key_knows_its_secret() -> None:
    assert a_key().matches(SECRET, NOW)


@pytest.mark.parametrize("guess", ["", "secret", SECRET + " ", SECRET.upper(), SECRET[:-1], "sécret"])
def test_a_key_knows_no_other_secret(guess: str) -> None:
    assert not a_key().matches(guess, NOW)


def test_an_inactive_key_knows_no_secret() -> None:
    assert not a_key(active=False).matches(SECRET, NOW)


def test_the_same_secret_of_two_keys_is_stored_differently() -> None:
    assert hash_secret("one", SECRET) != hash_secret("other", SECRET)


def test_the_stored_form_does_not_hold_the_secret() -> None:
    assert SECRET not in hash_secret("one", SECRET)


def test_the_text_of_a_key_shows_nothing_of_its_secret() -> None:
    assert a_key().secret_hash not in repr(a_key())


def test_a_key_that_is_replaced_works_until_the_overlap_is_over() -> None:
    key = a_key().replaced(24, NOW)
    assert key.expires_at == NOW + timedelta(hours=24)
    assert key.matches(SECRET, NOW + timedelta(hours=24, microseconds=-1))
    assert not key.matches(SECRET, NOW + timedelta(hours=24))


def test_without_an_overlap_a_replaced_key_ends_at_once() -> None:
    assert not a_key().replaced(0, NOW).matches(SECRET, NOW)


@pytest.mark.parametrize("members", [{"active": False}, {"expires_at": NOW + timedelta(hours=1)}])
def test_a_key_that_is_out_of_use_or_being_replaced_is_not_replaced_again(members: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        a_key(**members).replaced(24, NOW)


@pytest.mark.parametrize(("source", "allowed"), [
    ("203.0.113.7", True), ("203.0.113.255", True), ("2001:db8::1", True), ("203.0.112.255", False),
    ("203.0.114.0", False), ("2001:db8::2", False), ("", False), ("nowhere", False),
])  # fmt: skip
def test_a_key_with_networks_is_good_in_any_of_them_and_nowhere_else(source: str, *, allowed: bool) -> None:
    assert a_key(addresses=("203.0.113.0/24", "2001:db8::1/128")).allows_address(source) is allowed
    assert a_key().allows_address(source)


def test_a_key_with_one_network_is_good_there_only() -> None:
    key = a_key(addresses=("203.0.113.7/32",))
    assert (key.allows_address("203.0.113.7"), key.allows_address("203.0.113.8")) == (True, False)


def test_networks_are_kept_in_one_notation_each_once_and_a_wrong_one_is_named() -> None:
    assert check_addresses(["203.0.113.7", "203.0.113.7/32", "2001:DB8::/32"]) == (
        "203.0.113.7/32",
        "2001:db8::/32",
    )
    with pytest.raises(BadRequest) as refusal:
        check_addresses(["203.0.113.7", "203.0.113.7/24"])
    assert (refusal.value.description, refusal.value.field) == (
        "addresses[1] must be an address or a network such as 203.0.113.0/24",
        "addresses.1",
    )


def test_a_successor_is_like_the_key_that_it_replaces() -> None:
    rights = frozenset((Right.READ,))
    key = a_key(
        name="till", rights=rights, addresses=("203.0.113.0/24",), valid_until=NOW + timedelta(days=9)
    )
    assert NewKey.like(key) == NewKey("till", rights, timedelta(days=9), ("203.0.113.0/24",))
    assert NewKey.like(a_key()) == NewKey()


def test_the_last_use_is_noted_once_an_hour() -> None:
    used = a_key().used(NOW)
    assert used == a_key(last_used_at=NOW)
    assert used.used(NOW + LAST_USE_EVERY - timedelta(microseconds=1)) is None
    assert used.used(NOW + LAST_USE_EVERY) == a_key(last_used_at=NOW + LAST_USE_EVERY)


def test_a_key_is_of_the_stage_that_made_it_or_that_its_name_tells() -> None:
    assert [a_key(stage="pilot").is_of(stage) for stage in ("pilot", "test", "live")] == [True, False, False]
    assert [a_key().is_of(stage) for stage in ("test", "live")] == [True, False]
    old = a_key(api_key="key_live_abc123")
    assert [old.is_of(stage) for stage in ("test", "live")] == [False, True]
