"""Limits of logging in: a refused source spends nobody's tries, and strangers lock no known device out."""

import pytest

from gateway.domain.access.user import User
from gateway.domain.errors import AuthenticationFailed, RateLimited
from gateway.use_cases.access import sessions as sessions_service
from gateway.use_cases.access.sessions import PER_DEVICE, PER_EMAIL, PER_SOURCE, confirm, log_in
from tests.support.memory.shop import MemoryShop

STRANGERS, OWNERS = "198.51.100.1", "203.0.113.7"


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def an_owner(shop: MemoryShop) -> None:
    shop.database.rows.of("users")["owner@example.com"] = User("owner@example.com", shop.merchant.id, "hash")


def guess(shop: MemoryShop, source: str, device: str | None = None, *, right: bool = False) -> None:
    log_in(shop.deps, "owner@example.com", "right" if right else "wrong", source, device)


def test_a_refused_source_uses_up_nobodys_tries(shop: MemoryShop, monkeypatch: pytest.MonkeyPatch) -> None:
    # The address's tries were spent before the source's limit was looked at.
    monkeypatch.setattr(sessions_service, "password_matches", lambda *_: False)
    for number in range(PER_SOURCE.uses_max):
        with pytest.raises(AuthenticationFailed):
            log_in(shop.deps, f"{number}@example.com", "wrong", STRANGERS)
    for _ in range(PER_EMAIL.uses_max + 1):
        with pytest.raises(RateLimited):
            guess(shop, STRANGERS)
    with pytest.raises(AuthenticationFailed):
        guess(shop, OWNERS)


def test_strangers_do_not_lock_a_known_device_out(shop: MemoryShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions_service, "password_matches", lambda given, _: given == "right")
    an_owner(shop)
    first = log_in(shop.deps, "owner@example.com", "right", OWNERS)
    for _ in range(PER_EMAIL.uses_max):
        with pytest.raises(AuthenticationFailed):
            guess(shop, STRANGERS)
    with pytest.raises(RateLimited):
        guess(shop, OWNERS, right=True)
    again = log_in(shop.deps, "Owner@example.com", "right", OWNERS, first.device)
    assert again.device == first.device
    for _ in range(PER_DEVICE.uses_max):
        with pytest.raises(AuthenticationFailed):
            guess(shop, OWNERS, first.device)
    with pytest.raises(RateLimited):
        guess(shop, OWNERS, first.device, right=True)


def test_whoever_has_a_session_confirms_it_whatever_strangers_guess(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions_service, "password_matches", lambda given, _: given == "right")
    an_owner(shop)
    visit = log_in(shop.deps, "owner@example.com", "right", OWNERS)
    for _ in range(PER_EMAIL.uses_max):
        with pytest.raises(AuthenticationFailed):
            guess(shop, STRANGERS)
    assert confirm(shop.deps, visit, "right", OWNERS).session.confirmed_at == shop.clock()
