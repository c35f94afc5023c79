"""What somebody changes of the own account in full: signing out everywhere, and the second factor."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.access import totp
from gateway.domain.access.audit import Actor
from gateway.domain.access.user import Role, User, hash_link
from gateway.domain.errors import AuthenticationFailed, BadRequest, Forbidden, Unavailable
from gateway.domain.reasons import Reason
from gateway.use_cases.access import people, sessions
from gateway.use_cases.access.own_sessions import end_all_sessions
from gateway.use_cases.access.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    end_second_factor,
)
from gateway.use_cases.access.sessions import Visit, log_in
from gateway.use_cases.protocols.refusals import ConditionFailed, Conflict, Write
from tests.support.memory.shop import MemoryShop, lines, told
from tests.support.memory.writes import UserWrites

PASSWORD, ASHA, ME = "correct horse battery", "asha@chai.example", "user:asha@chai.example"
LOST = ConditionFailed(frozenset({Write.USER}))


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> MemoryShop:
    """A live stage where Asha has a password, whose hash costs nothing."""
    monkeypatch.setattr(people, "hash_password", lambda given, _salt: given)
    monkeypatch.setattr(sessions, "password_matches", lambda given, stored: given == stored)
    shop = MemoryShop(STAGE="live", TEST_MODE="false")
    shop.deps = shop.deps.on_behalf_of(Actor(ME, "192.0.2.7", "request-1"))
    token = people.invite(shop.deps, shop.merchant, ASHA, Role.SUPPORT, 500).token
    people.set_password_by_link(shop.deps, token, PASSWORD)
    return shop


@pytest.fixture
def moments(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """When rows of people were written, by what the repository is told: memory keeps no such moment."""
    told_of: list[Any] = []
    put = UserWrites.put

    def noting(self: UserWrites, before: User | None, after: User, now: Any) -> None:
        told_of.append(now)
        put(self, before, after, now)

    monkeypatch.setattr(UserWrites, "put", noting)
    return told_of


def enter(shop: MemoryShop, code: str | None = None) -> Visit:
    return log_in(shop.deps, ASHA, PASSWORD, "192.0.2.1", code=code)


def stored(shop: MemoryShop, email: str = ASHA) -> User:
    """The row, but for how often it was written."""
    return replace(shop.database.users.get(email), revision=0)


def guarded(shop: MemoryShop) -> tuple[str, list[str]]:
    """Switches Asha's second factor on: its secret and the recovery codes."""
    visit = enter(shop)
    secret = begin_second_factor(shop.deps, visit)
    codes = confirm_second_factor(shop.deps, visit, totp.code_at(secret, step_of(shop)))
    shop.clock.advance(minutes=1)
    return secret, codes


def step_of(shop: MemoryShop) -> int:
    return int(shop.clock().timestamp()) // 30


def logged(shop: MemoryShop, level: str = "INFO") -> list[dict[str, Any]]:
    return [{"level": level, "merchant_id": shop.merchant.id}]


def merchants_on_record(shop: MemoryShop) -> set[str]:
    return {entry.merchant_id for entry in shop.database.rows.of("audit").values()}


def test_signing_out_everywhere_in_full(
    shop: MemoryShop, moments: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    visit = enter(shop)
    owner = shop.deps.on_behalf_of(Actor("user:owner@chai.example"))
    people.change_role(owner, shop.merchant, ASHA, Role.SUPPORT, 900)
    before = stored(shop)
    shop.clock.advance(minutes=1)
    end_all_sessions(shop.deps, visit)
    assert stored(shop) == replace(before, version=before.version + 1)
    assert moments[-1] == shop.clock()
    assert shop.audit()[-1] == (ME, "sessions.ended", f"user:{ASHA}", {})
    assert merchants_on_record(shop) == {shop.merchant.id}
    assert lines(capsys, "signed out everywhere") == logged(shop)


def test_an_owner_without_a_row_gets_one_by_signing_out_everywhere(shop: MemoryShop) -> None:
    owner = User(shop.merchant.email, shop.merchant.id)
    end_all_sessions(shop.deps, replace(enter(shop), user=owner))
    assert stored(shop, owner.email) == replace(owner, version=1)
    assert shop.audit()[-1][1:3] == ("sessions.ended", f"user:{owner.email}")


def test_who_loses_a_race_about_signing_out_everywhere_hears_so(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    visit, before = enter(shop), stored(shop)
    shop.database.rows.fail_next(LOST)
    with pytest.raises(Forbidden) as lost:
        end_all_sessions(shop.deps, visit)
    assert told(lost) == ("The account was changed by another request; please try again", None)
    shop.database.rows.fail_next(Conflict())
    with pytest.raises(Unavailable) as busy:
        end_all_sessions(shop.deps, visit)
    assert told(busy) == ("The session is being changed by another request; please try again", None)
    assert stored(shop) == before
    assert lines(capsys, "signed out everywhere") == []


def test_switching_the_second_factor_off_leaves_nothing_of_it(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    _, codes = guarded(shop)
    visit = enter(shop, codes[0])
    begin_second_factor(shop.deps, visit)
    before = stored(shop)
    assert before.totp_secret
    assert before.totp_pending
    assert len(before.recovery) == 9
    end_second_factor(shop.deps, visit)
    assert stored(shop) == replace(before, totp_secret=None, totp_pending=None, recovery=())
    assert shop.audit()[-1] == (ME, "second_factor.off", f"user:{ASHA}", {})
    assert merchants_on_record(shop) == {shop.merchant.id}
    assert lines(capsys, "second factor switched off") == logged(shop)


def test_a_second_factor_that_is_not_on_cannot_be_switched_off(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    visit = enter(shop)
    begin_second_factor(shop.deps, visit)
    before = stored(shop)
    nobody = replace(visit, user=User("nobody@chai.example", shop.merchant.id))
    for each in (visit, nobody):
        with pytest.raises(BadRequest) as refusal:
            end_second_factor(shop.deps, each)
        assert told(refusal) == ("There is no second factor", None)
    assert stored(shop) == before
    assert lines(capsys, "second factor switched off") == []


@pytest.mark.parametrize("code", [None, ""])
def test_who_gives_no_code_is_asked_for_one_and_not_on_record(shop: MemoryShop, code: str | None) -> None:
    guarded(shop)
    on_record, before = shop.audit(), stored(shop)
    with pytest.raises(AuthenticationFailed) as refusal:
        enter(shop, code)
    assert told(refusal) == ("Give the code of your authenticator app", "code")
    assert refusal.value.reason is Reason.CODE_REQUIRED
    assert (shop.audit(), stored(shop)) == (on_record, before)


def test_a_wrong_code_is_refused_in_full(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    guarded(shop)
    before = stored(shop)
    capsys.readouterr()
    with pytest.raises(AuthenticationFailed) as refusal:
        enter(shop, "no code")
    assert told(refusal) == ("The code is wrong, or was used already", "code")
    assert refusal.value.reason is Reason.CODE_REQUIRED
    assert stored(shop) == before
    assert shop.audit()[-1] == (ME, "session.refused", f"user:{ASHA}", {"wrong": "code"})
    assert merchants_on_record(shop) == {shop.merchant.id}
    assert lines(capsys, "log-in refused") == logged(shop, "WARNING")


def test_a_code_of_the_app_uses_up_its_step_and_no_recovery_code(
    shop: MemoryShop, moments: list[Any]
) -> None:
    secret, _ = guarded(shop)
    before = stored(shop)
    enter(shop, f" {totp.code_at(secret, step_of(shop))} ")
    assert stored(shop) == replace(before, totp_step=step_of(shop))
    assert before.totp_step == step_of(shop) - 2
    assert moments[-1] == shop.clock()


def test_a_recovery_code_uses_up_itself_and_no_step(shop: MemoryShop) -> None:
    _, codes = guarded(shop)
    before = stored(shop)
    enter(shop, f" {codes[3]} ")
    left = tuple(hash_link(code) for code in codes if code != codes[3])
    assert stored(shop) == replace(before, recovery=left)


def test_a_code_that_another_log_in_took_meanwhile_begins_no_session(shop: MemoryShop) -> None:
    _, codes = guarded(shop)
    begun = len(shop.database.rows.of("sessions"))
    shop.database.rows.fail_next(LOST)
    with pytest.raises(AuthenticationFailed) as refusal:
        enter(shop, codes[0])
    assert (*told(refusal), refusal.value.reason) == ("The code was used already", "code", None)
    assert len(shop.database.rows.of("sessions")) == begun
