from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.access.api_key import ApiKey, hash_secret
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
