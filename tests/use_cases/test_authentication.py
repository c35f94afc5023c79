from dataclasses import replace

import pytest

from gateway.domain.access.api_key import ApiKey, hash_secret
from gateway.domain.errors import AuthenticationFailed
from gateway.use_cases.access.authentication import REMEMBERED_FOR, authenticate
from gateway.use_cases.dependencies import Dependencies
from tests.support.aws_calls import watched
from tests.support.database import api_keys, merchants
from tests.support.factories import NOW, Clock, a_merchant, some_deps, some_id

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]


@pytest.fixture
def deps(clock: Clock) -> Dependencies:
    return some_deps(clock)


def a_key(*, active: bool = True, merchant_active: bool = True) -> ApiKey:
    merchant = a_merchant(active=merchant_active)
    merchants.add(merchant)
    name = some_id("key_")
    key = ApiKey(name, merchant.id, hash_secret(name, "secret"), active, NOW)
    api_keys.put(key)
    return key


def test_the_right_credentials_are_their_merchants(deps: Dependencies) -> None:
    key = a_key()
    assert authenticate(deps, key.api_key, "secret").merchant_id == key.merchant_id


@pytest.mark.parametrize(
    ("api_key", "secret"),
    [(None, None), ("", ""), ("unknown", "secret"), ("x" * 129, "s"), ("k", "x" * 257), ("k\x00", "s")],
)
def test_credentials_that_nobody_has_are_refused(
    deps: Dependencies, api_key: str | None, secret: str | None
) -> None:
    with pytest.raises(AuthenticationFailed):
        authenticate(deps, api_key, secret)


@pytest.mark.parametrize("secret", ["Secret", "secret ", "", "x" * 257])
def test_a_wrong_secret_is_refused_also_once_the_key_is_known(deps: Dependencies, secret: str) -> None:
    key = a_key()
    for _ in range(2):
        with pytest.raises(AuthenticationFailed):
            authenticate(deps, key.api_key, secret)
        authenticate(deps, key.api_key, "secret")


@pytest.mark.parametrize("of", ["key", "merchant"])
def test_what_is_inactive_is_refused(deps: Dependencies, of: str) -> None:
    key = a_key(active=of != "key", merchant_active=of != "merchant")
    with pytest.raises(AuthenticationFailed):
        authenticate(deps, key.api_key, "secret")


def test_a_key_is_read_once_in_a_while(deps: Dependencies, clock: Clock) -> None:
    key = a_key()
    with watched() as calls:
        for _ in range(3):
            authenticate(deps, key.api_key, "secret")
    assert calls == ["GetItem", "GetItem", "UpdateItem"]  # the last one stores that it was used
    clock.advance(seconds=REMEMBERED_FOR.total_seconds())
    with watched() as calls:
        authenticate(deps, key.api_key, "secret")
    assert calls == ["GetItem", "GetItem"]


def test_a_disabled_key_is_refused_within_fifteen_seconds(deps: Dependencies, clock: Clock) -> None:
    key = a_key()
    authenticate(deps, key.api_key, "secret")
    api_keys.put(replace(key, active=False))
    clock.advance(seconds=15)
    with pytest.raises(AuthenticationFailed):
        authenticate(deps, key.api_key, "secret")
