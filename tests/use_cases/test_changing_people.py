"""Changes of people in full: what is stored, on record and logged, and what a refusal says."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.access.audit import Actor
from gateway.domain.access.user import INVITED_FOR, INVITED_PER_DAY, RESET_WITHIN, Role, User, read_link
from gateway.domain.errors import (
    AsyncPayError,
    AuthenticationFailed,
    BadRequest,
    Forbidden,
    NotFound,
    RateLimited,
    Unavailable,
)
from gateway.use_cases.access import people, sessions
from gateway.use_cases.access.sessions import Visit, confirm, log_in
from gateway.use_cases.protocols.refusals import ConditionFailed, Conflict, Write
from tests.support.factories import NOW, a_merchant
from tests.support.memory.shop import MemoryShop, lines, told

PASSWORD, ANOTHER = "correct horse battery", "another long password"
ASHA, ME = "asha@chai.example", "user:owner@chai.example"
MISSING = ("User not found", None)
CHANGED = ("The account was changed by another request; please try again", None)
USED = ("The link was used already, or is too old; ask for another one", "token")


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> MemoryShop:
    """A live stage, in which a password's hash can be told by looking at it."""
    monkeypatch.setattr(people, "hash_password", lambda given, salt: f"{len(salt)}: {given}")
    for module in (people, sessions):
        monkeypatch.setattr(module, "password_matches", lambda given, stored: stored.endswith(f": {given}"))
    shop = MemoryShop(STAGE="live", TEST_MODE="false")
    shop.deps = shop.deps.on_behalf_of(Actor(ME, "192.0.2.7", "request-1"))
    return shop


def joined(shop: MemoryShop) -> User:
    token = people.invite(shop.deps, shop.merchant, ASHA, Role.SUPPORT, 500).token
    return people.set_password_by_link(shop.deps, token, PASSWORD)


def stored(shop: MemoryShop, email: str = ASHA) -> User:
    found: User = shop.database.users.get(email)
    return found


def enter(shop: MemoryShop) -> Visit:
    return log_in(shop.deps, ASHA, PASSWORD, "192.0.2.1")


def logged(shop: MemoryShop, **members: Any) -> list[dict[str, Any]]:
    return [{"level": "INFO", "merchant_id": shop.merchant.id} | members]


def test_an_invitation_in_full(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    made = people.invite(shop.deps, shop.merchant, ASHA, Role.SUPPORT, 500)
    email, secret = read_link(made.token)
    assert (email, len(secret)) == (ASHA, 32)
    user = User(ASHA, shop.merchant.id, role=Role.SUPPORT, refund_limit=500, created_at=NOW)
    assert replace(made.user, link_hash=None) == replace(user, link_until=NOW + INVITED_FOR)
    assert replace(stored(shop), revision=0) == replace(made.user, revision=0)
    assert stored(shop).accepts(secret, NOW)
    assert shop.audit() == [(ME, "user.invited", f"user:{ASHA}", {"role": "support", "refund_limit": 500})]
    assert lines(capsys, "user invited") == logged(shop, role="support")
    people.invite(shop.deps, shop.merchant, "ravi@chai.example", Role.READ_ONLY, None)
    assert shop.audit()[1][3] == {"role": "read_only"}


def test_a_changed_role_in_full(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    before = joined(shop)
    after = people.change_role(shop.deps, shop.merchant, f" {ASHA.upper()} ", Role.SUPPORT, 900)
    assert after == replace(stored(shop), revision=after.revision)
    assert after == replace(before, refund_limit=900, version=before.version + 1, revision=after.revision)
    details = {"role": "support", "refund_limit": 900}
    assert shop.audit()[-1] == (ME, "user.changed", f"user:{ASHA}", details)
    assert lines(capsys, "user changed") == logged(shop, role="support")
    people.change_role(shop.deps, shop.merchant, ASHA, Role.OWNER, None)
    assert (stored(shop).role, stored(shop).refund_limit) == (Role.OWNER, None)
    with pytest.raises(BadRequest) as refusal:
        people.change_role(shop.deps, shop.merchant, ASHA, Role.SUPPORT, None)
    assert told(refusal) == ("refund_limit is for support, and support needs one", "refund_limit")


def test_a_removal_in_full(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    joined(shop)
    assert people.remove_person(shop.deps, shop.merchant, ASHA).email == ASHA
    assert stored(shop) is None
    assert shop.audit()[-1] == (ME, "user.removed", f"user:{ASHA}", {})
    assert lines(capsys, "user removed") == logged(shop)


def test_a_password_set_by_a_link_in_full(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    joined(shop)
    token = people.make_reset_link(shop.deps, shop.merchant, f" {ASHA.upper()}", "admin:a")
    assert len(read_link(token)[1]) == 32
    assert shop.audit()[-1] == ("admin:a", "password.reset_begun", f"user:{ASHA}", {})
    before = stored(shop)
    assert before.link_until == NOW + RESET_WITHIN
    capsys.readouterr()
    after = people.set_password_by_link(shop.deps, token, ANOTHER)
    assert after.password_hash == stored(shop).password_hash == f"16: {ANOTHER}"
    assert (after.version, after.link_hash, after.link_until) == (before.version + 1, None, None)
    assert shop.audit()[-1] == (f"user:{ASHA}", "password.set", f"user:{ASHA}", {})
    assert lines(capsys, "password set by link") == logged(shop)


def test_a_changed_password_in_full(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    joined(shop)
    visit = enter(shop)
    people.change_password(shop.deps, visit, PASSWORD, ANOTHER)
    assert stored(shop).password_hash == f"16: {ANOTHER}"
    assert shop.audit()[-1] == (ME, "password.set", f"user:{ASHA}", {})
    assert lines(capsys, "password changed") == logged(shop)
    with pytest.raises(Forbidden) as refusal:
        people.change_password(shop.deps, visit, PASSWORD, ANOTHER)
    assert told(refusal) == ("Wrong password", "current_password")


def test_who_asks_for_somebody_that_the_merchant_does_not_have_is_told_so(shop: MemoryShop) -> None:
    joined(shop)
    other = a_merchant(email="other@example.com")
    for act in (
        lambda: people.change_role(shop.deps, other, ASHA, Role.OWNER, None),
        lambda: people.change_role(shop.deps, shop.merchant, "nobody@x.example", Role.OWNER, None),
        lambda: people.remove_person(shop.deps, other, ASHA),
        lambda: people.remove_person(shop.deps, shop.merchant, "nobody@x.example"),
        lambda: people.make_reset_link(shop.deps, other, ASHA, "admin:a"),
        lambda: people.make_reset_link(shop.deps, shop.merchant, "nobody@x.example", "admin:a"),
    ):
        with pytest.raises(NotFound) as refusal:
            act()
        assert told(refusal) == MISSING
    assert stored(shop).role is Role.SUPPORT


def test_a_link_that_is_used_or_names_nobody_is_refused_by_its_name(shop: MemoryShop) -> None:
    token = people.invite(shop.deps, shop.merchant, ASHA, Role.OWNER, None).token
    people.set_password_by_link(shop.deps, token, PASSWORD)
    nobodys = people.link_text("nobody@x.example", "s" * 32)
    for link in (token, nobodys):
        with pytest.raises(BadRequest) as refusal:
            people.set_password_by_link(shop.deps, link, PASSWORD)
        assert told(refusal) == USED


def test_who_loses_a_race_about_an_account_hears_so(shop: MemoryShop) -> None:
    joined(shop)
    visit = enter(shop)
    token = people.make_reset_link(shop.deps, shop.merchant, ASHA, "admin:a")
    acts: list[tuple[Any, tuple[str, str | None]]] = [
        (lambda: people.change_role(shop.deps, shop.merchant, ASHA, Role.OWNER, None), CHANGED),
        (lambda: people.change_password(shop.deps, visit, PASSWORD, ANOTHER), CHANGED),
        (lambda: people.set_password_by_link(shop.deps, token, ANOTHER), CHANGED),
        (lambda: people.make_reset_link(shop.deps, shop.merchant, ASHA, "admin:a"), CHANGED),
        (lambda: people.invite(shop.deps, shop.merchant, "new@x.example", Role.OWNER, None), CHANGED),
        (lambda: people.remove_person(shop.deps, shop.merchant, ASHA), MISSING),
    ]
    for act, said in acts:
        shop.database.rows.fail_next(ConditionFailed(frozenset({Write.USER})))
        with pytest.raises(AsyncPayError) as lost:
            act()
        assert told(lost) == said
        shop.database.rows.fail_next(Conflict())
        with pytest.raises(Unavailable) as busy:
            act()
        assert told(busy) == ("The user is being changed by another request; please try again", None)


def test_invitations_are_counted_for_each_merchant_and_nothing_else_is(shop: MemoryShop) -> None:
    for number in range(INVITED_PER_DAY.uses_max):
        people.invite(shop.deps, shop.merchant, f"{number}@chai.example", Role.OWNER, None)
    with pytest.raises(RateLimited) as refusal:
        people.invite(shop.deps, shop.merchant, ASHA, Role.OWNER, None)
    assert told(refusal) == ("At most 20 people can be invited a day", None)
    assert refusal.value.retry_after_seconds == INVITED_PER_DAY.left_seconds(NOW)
    people.change_role(shop.deps, shop.merchant, "1@chai.example", Role.READ_ONLY, None)
    other = a_merchant(email="other@example.com")
    shop.database.merchants.add(other)
    assert people.invite(shop.deps, other, ASHA, Role.OWNER, None).user.merchant_id == other.id
    shop.clock.advance(days=1)
    people.invite(shop.deps, shop.merchant, "late@chai.example", Role.OWNER, None)


def test_a_session_is_confirmed_by_the_password_of_its_own_person_only(shop: MemoryShop) -> None:
    joined(shop)
    visit = enter(shop)
    shop.clock.advance(minutes=3)
    with pytest.raises(Forbidden) as refusal:
        confirm(shop.deps, visit, "guess", "192.0.2.1")
    assert told(refusal) == ("Wrong password", "password")
    assert shop.audit()[-1] == (f"user:{ASHA}", "session.refused", f"user:{ASHA}", {"wrong": "confirmation"})
    elsewhere = replace(visit, merchant=a_merchant(email="other@example.com"))
    with pytest.raises(Forbidden):
        confirm(shop.deps, elsewhere, PASSWORD, "192.0.2.1")
    confirmed = confirm(shop.deps, visit, PASSWORD, "192.0.2.1")
    assert confirmed == replace(visit, session=confirmed.session)
    assert confirmed.session.confirmed_at == NOW + timedelta(minutes=3)
    people.remove_person(shop.deps, shop.merchant, ASHA)
    with pytest.raises(Forbidden):
        confirm(shop.deps, visit, PASSWORD, "192.0.2.1")


def test_a_session_that_ended_meanwhile_is_not_confirmed(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    joined(shop)
    visit = enter(shop)
    capsys.readouterr()
    confirm(shop.deps, visit, PASSWORD, "192.0.2.1")
    assert lines(capsys, "password confirmed") == logged(shop)
    sessions.log_out(shop.deps, visit)
    assert lines(capsys, "logged out") == logged(shop)
    with pytest.raises(AuthenticationFailed):
        confirm(shop.deps, visit, PASSWORD, "192.0.2.1")
