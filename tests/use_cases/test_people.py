"""Several people at one merchant: roles, invitations, passwords, the second factor, sessions."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.access import totp
from gateway.domain.access.audit import Actor
from gateway.domain.access.rights import KEY_RIGHTS_ALL, Right
from gateway.domain.access.user import INVITED_FOR, INVITED_PER_DAY, RIGHTS, Role, User
from gateway.domain.errors import (
    AsyncPayError,
    AuthenticationFailed,
    BadRequest,
    Forbidden,
    NotFound,
    RateLimited,
)
from gateway.domain.reasons import Reason
from gateway.use_cases.access import people
from gateway.use_cases.access.own_sessions import end_all_sessions, end_session, list_sessions
from gateway.use_cases.access.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    end_second_factor,
)
from gateway.use_cases.access.seed import seed_test_merchant
from gateway.use_cases.access.sessions import Visit, find_visit, log_in
from tests.support.factories import NOW, a_merchant
from tests.support.memory.shop import MemoryShop, told

PASSWORD = "correct horse battery"
ASHA = "asha@chai.example"


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """What scrypt does is tests/domain/test_passwords.py's."""
    from gateway.use_cases.access import sessions

    matches = lambda given, stored: stored == f"hash of {given}"  # noqa: E731
    monkeypatch.setattr(people, "hash_password", lambda given, _salt: f"hash of {given}")
    for module in (people, sessions):
        monkeypatch.setattr(module, "password_matches", matches)


@pytest.fixture
def live() -> MemoryShop:
    return MemoryShop(STAGE="live", TEST_MODE="false")


def invited(
    shop: MemoryShop, role: Role = Role.DEVELOPER, limit: int | None = None, email: str = ASHA
) -> str:
    return people.invite(shop.deps, shop.merchant, email, role, limit).token


def joined(
    shop: MemoryShop, role: Role = Role.DEVELOPER, limit: int | None = None, email: str = ASHA
) -> User:
    return people.set_password_by_link(shop.deps, invited(shop, role, limit, email), PASSWORD)


def enter(shop: MemoryShop, email: str = ASHA, code: str | None = None, password: str = PASSWORD) -> Visit:
    return log_in(shop.deps, email, password, "192.0.2.1", code=code)


def actions(shop: MemoryShop) -> list[str]:
    return [action for _, action, *_ in shop.audit()]


def test_somebody_who_is_invited_sets_a_password_once_and_is_what_the_invitation_says(
    live: MemoryShop,
) -> None:
    token = invited(live, email=" Asha@Chai.example ")
    with pytest.raises(AuthenticationFailed):
        enter(live)
    people.set_password_by_link(live.deps, token, PASSWORD)
    visit = enter(live)
    assert (visit.user.role, visit.merchant.id) == (Role.DEVELOPER, live.merchant.id)
    assert find_visit(live.deps, visit.cookie).user == visit.user
    with pytest.raises(BadRequest, match="used already"):
        people.set_password_by_link(live.deps, token, "another long password")
    assert actions(live) == ["user.invited", "session.refused", "password.set", "session.begun"]
    assert token not in str(live.database.rows.tables)


def test_an_invitation_ends(live: MemoryShop) -> None:
    token = invited(live)
    live.clock.advance(seconds=INVITED_FOR.total_seconds())
    with pytest.raises(BadRequest, match="too old"):
        people.set_password_by_link(live.deps, token, PASSWORD)


@pytest.mark.parametrize("token", ["", "x", "x.y", "!.y", "YQ." + "s" * 600, "YXNoYUBjaGFpLmV4YW1wbGU.wrong"])
def test_a_link_that_nobody_made_sets_no_password(live: MemoryShop, token: str) -> None:
    invited(live)
    with pytest.raises(BadRequest):
        people.set_password_by_link(live.deps, token, PASSWORD)


def test_an_invitation_is_made_anew_until_it_is_accepted(live: MemoryShop) -> None:
    first = invited(live)
    second = invited(live, Role.SUPPORT, 500)
    with pytest.raises(BadRequest):
        people.set_password_by_link(live.deps, first, PASSWORD)
    assert people.set_password_by_link(live.deps, second, PASSWORD).role is Role.SUPPORT
    with pytest.raises(BadRequest) as refusal:
        invited(live)
    assert told(refusal) == ("email is in use already", "email")


def test_nobody_is_invited_who_is_anothers(live: MemoryShop) -> None:
    live.database.rows.of("users")["taken@example.com"] = User("taken@example.com", "another", "hash")
    for email in ("taken@example.com", live.merchant.email, "test@example.com"):
        with pytest.raises(BadRequest):
            invited(live, email=email)
    assert live.database.users.get("taken@example.com").merchant_id == "another"


def test_so_many_invitations_a_day(live: MemoryShop) -> None:
    for number in range(INVITED_PER_DAY.uses_max):
        invited(live, email=f"{number}@chai.example")
    with pytest.raises(RateLimited):
        invited(live)


@pytest.mark.parametrize(("role", "limit"), [(Role.SUPPORT, None), (Role.OWNER, 5), (Role.DEVELOPER, 5)])
def test_a_refund_limit_is_for_support(live: MemoryShop, role: Role, limit: int | None) -> None:
    with pytest.raises(BadRequest) as refusal:
        invited(live, role, limit)
    assert refusal.value.field == "refund_limit"


def test_a_role_that_changes_ends_its_sessions(live: MemoryShop) -> None:
    joined(live)
    visit = enter(live)
    people.change_role(live.deps, live.merchant, ASHA, Role.READ_ONLY, None)
    with pytest.raises(AuthenticationFailed):
        find_visit(live.deps, visit.cookie)
    assert enter(live).user.rights == {Right.READ, Right.OWN_ACCOUNT}


def test_who_is_removed_is_out_at_once(live: MemoryShop) -> None:
    joined(live)
    visit = enter(live)
    people.remove_person(live.deps, live.merchant, ASHA)
    with pytest.raises(AuthenticationFailed):
        find_visit(live.deps, visit.cookie)
    with pytest.raises(AuthenticationFailed):
        enter(live)
    assert "user.removed" in actions(live)


def test_nobody_changes_themselves_nor_the_merchants_own_address_nor_anothers_people(
    live: MemoryShop,
) -> None:
    joined(live, Role.OWNER)
    as_asha = live.deps.on_behalf_of(Actor(f"user:{ASHA}"))
    for email in (ASHA, live.merchant.email):
        for change in (
            lambda email=email: people.change_role(as_asha, live.merchant, email, Role.READ_ONLY, None),
            lambda email=email: people.remove_person(as_asha, live.merchant, email),
        ):
            with pytest.raises(BadRequest, match="cannot change yourself"):
                change()
    with pytest.raises(NotFound):
        people.remove_person(live.deps, a_merchant(email="other@example.com"), ASHA)


def test_a_developer_holds_no_right_that_keys_could_pass_on() -> None:
    rights = RIGHTS[Role.DEVELOPER]
    assert Right.KEYS in rights
    assert not rights >= KEY_RIGHTS_ALL
    assert {Right.REFUNDS, Right.PEOPLE}.isdisjoint(rights)
    assert all(Right.OWN_ACCOUNT in rights for rights in RIGHTS.values())
    assert all(Right.PEOPLE not in RIGHTS[role] for role in Role if role is not Role.OWNER)


def test_support_refunds_up_to_its_limit_a_day_however_it_is_split(live: MemoryShop) -> None:
    shop = MemoryShop()
    payment = shop.paid(1000)
    shop.deps = shop.deps.on_behalf_of(Actor("user:support@chai.example", refund_limit=300))
    shop.refund(payment, 200)
    commits = shop.database.rows.commits
    with pytest.raises(Forbidden) as refusal:
        shop.refund(payment, 101)
    assert told(refusal) == ("Your role may refund 300 of INR a day; 100 are left", "amount")
    assert refusal.value.reason is Reason.REFUND_LIMIT_REACHED
    assert refusal.value.facts == {"refund_limit": 300, "amount_left": 100}
    assert shop.database.rows.commits == commits  # it was refused before anything was written
    shop.refund(payment, 100)
    with pytest.raises(Forbidden):
        shop.refund(payment, 1)
    shop.clock.advance(days=1)
    shop.refund(payment, 300)
    assert shop.payment(payment.id).refundable == 400


def test_two_refunds_at_once_do_not_pass_a_limit_together() -> None:
    shop = MemoryShop()
    payment, other = shop.paid(1000), shop.paid(1000)
    shop.deps = shop.deps.on_behalf_of(Actor("user:support@chai.example", refund_limit=300))
    shop.database.rows.before_next_commit(lambda: shop.refund(other, 200))
    with pytest.raises(AsyncPayError):
        shop.refund(payment, 200)
    assert (shop.payment(payment.id).refundable, shop.payment(other.id).refundable) == (1000, 800)


def test_a_password_is_changed_by_who_knows_the_present_one(live: MemoryShop) -> None:
    joined(live)
    visit = enter(live)
    with pytest.raises(Forbidden) as refusal:
        people.change_password(live.deps, visit, "guess", "another long password")
    assert refusal.value.field == "current_password"
    people.change_password(live.deps, visit, PASSWORD, "another long password")
    with pytest.raises(AuthenticationFailed):
        find_visit(live.deps, visit.cookie)
    enter(live, password="another long password")


def test_an_administrators_link_sets_a_forgotten_password(live: MemoryShop) -> None:
    joined(live)
    visit = enter(live)
    token = people.make_reset_link(live.deps, live.merchant, ASHA, "admin:a")
    find_visit(live.deps, visit.cookie)
    people.set_password_by_link(live.deps, token, "another long password")
    with pytest.raises(AuthenticationFailed):
        find_visit(live.deps, visit.cookie)
    enter(live, password="another long password")
    with pytest.raises(NotFound):
        people.make_reset_link(live.deps, live.merchant, "nobody@example.com", "admin:a")
    live.clock.advance(days=2)
    token = people.make_reset_link(live.deps, live.merchant, live.merchant.email, "admin:a")
    people.set_password_by_link(live.deps, token, PASSWORD)
    assert enter(live, live.merchant.email).user.role is Role.OWNER


def code_of(shop: MemoryShop, secret: str, later: int = 0) -> str:
    return totp.code_at(secret, int(shop.clock().timestamp()) // 30 + later)


@pytest.fixture
def guarded(live: MemoryShop) -> tuple[MemoryShop, str, list[str]]:
    """A shop where asha has a second factor: with its secret and its recovery codes."""
    joined(live)
    visit = enter(live)
    secret = begin_second_factor(live.deps, visit)
    assert enter(live).user.totp_secret is None  # begun is not on
    with pytest.raises(BadRequest):
        confirm_second_factor(live.deps, visit, "000000")
    codes = confirm_second_factor(live.deps, visit, code_of(live, secret))
    live.clock.advance(minutes=1)
    return live, secret, codes


def test_a_password_alone_is_not_enough_with_a_second_factor(
    guarded: tuple[MemoryShop, str, list[str]],
) -> None:
    shop, secret, codes = guarded
    with pytest.raises(AuthenticationFailed) as refusal:
        enter(shop)
    assert (refusal.value.field, refusal.value.reason) == ("code", Reason.CODE_REQUIRED)
    with pytest.raises(AuthenticationFailed, match="wrong, or was used"):
        enter(shop, code="000000")
    code = code_of(shop, secret)
    enter(shop, code=code)
    with pytest.raises(AuthenticationFailed, match="was used already"):
        enter(shop, code=code)
    assert secret not in str(codes)
    assert "session.refused" in actions(shop)


def test_each_recovery_code_is_good_once(guarded: tuple[MemoryShop, str, list[str]]) -> None:
    shop, _, codes = guarded
    assert len(set(codes)) == 10
    enter(shop, code=codes[3])
    with pytest.raises(AuthenticationFailed):
        enter(shop, code=codes[3])
    visit = enter(shop, code=codes[4])
    assert not any(code in str(shop.database.rows.of("users")) for code in codes)
    end_second_factor(shop.deps, visit)
    enter(shop)
    with pytest.raises(BadRequest, match="no second factor"):
        end_second_factor(shop.deps, visit)


def test_codes_are_those_of_the_standard() -> None:
    # RFC 6238, appendix B, in six digits
    secret = totp.secret_text(b"12345678901234567890")
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert totp.code_at(secret, seconds // 30) == code
    moment = NOW + timedelta(seconds=30)
    step = int(moment.timestamp()) // 30
    for late in (-1, 0, 1):
        assert totp.matching_step(secret, totp.code_at(secret, step + late), moment, 0) == step + late
    for late in (-2, 2):
        assert totp.matching_step(secret, totp.code_at(secret, step + late), moment, 0) is None
    assert totp.matching_step(secret, totp.code_at(secret, step), moment, step) is None
    assert totp.uri(secret, ASHA).startswith("otpauth://totp/AsyncPay%3Aasha%40chai.example?secret=GEZDG")


def test_ones_sessions_are_listed_and_ended_one_by_one_or_all(live: MemoryShop) -> None:
    joined(live)
    first = enter(live)
    live.clock.advance(seconds=1)
    second = enter(live)
    assert [each.id for each in list_sessions(live.deps, second)] == [second.session.id, first.session.id]
    assert list_sessions(live.deps, second)[0].source == "192.0.2.1"
    end_session(live.deps, second, first.session.id)
    with pytest.raises(AuthenticationFailed):
        find_visit(live.deps, first.cookie)
    for unknown in (first.session.id, "0" * 64):
        with pytest.raises(NotFound):
            end_session(live.deps, second, unknown)
    third = enter(live)
    end_all_sessions(live.deps, third)
    for visit in (second, third):
        with pytest.raises(AuthenticationFailed):
            find_visit(live.deps, visit.cookie)
    assert "sessions.ended" in actions(live)


def test_people_are_listed_with_the_owner_that_every_merchant_has(live: MemoryShop) -> None:
    assert [user.email for user in people.list_people(live.deps, live.merchant)] == [live.merchant.email]
    joined(live)
    assert [user.email for user in people.list_people(live.deps, live.merchant)] == [
        live.merchant.email,
        ASHA,
    ]


def test_a_refused_log_in_is_on_record_with_where_it_came_from(live: MemoryShop) -> None:
    joined(live)
    live.deps = live.deps.on_behalf_of(Actor("anonymous", "192.0.2.7", "request-1"))
    with pytest.raises(AuthenticationFailed):
        enter(live, password="guess")
    (*_, entry) = live.database.rows.of("audit").values()
    assert (entry.action, entry.object, entry.source) == ("session.refused", f"user:{ASHA}", "192.0.2.7")
    assert entry.details == {"wrong": "password"}


def test_on_aws_a_test_stage_has_a_password_of_its_own() -> None:
    laptop = MemoryShop()
    seed_test_merchant(laptop.deps)
    enter(laptop, "test@example.com", password="anything")
    aws = MemoryShop(TEST_PASSWORD_ARN="arn")
    seed_test_merchant(aws.deps)
    with pytest.raises(AuthenticationFailed):
        enter(aws, "test@example.com", password="anything")
    enter(aws, "test@example.com", password=aws.deps.secrets.get("arn").decode())


def test_everybody_of_an_earlier_release_is_an_owner_without_a_second_factor(live: MemoryShop) -> None:
    old = User(ASHA, live.merchant.id, f"hash of {PASSWORD}")
    live.database.rows.of("users")[ASHA] = old
    visit = enter(live)
    assert visit.user.role is Role.OWNER
    # A cookie of an earlier release does not say who it is.
    assert replace(visit.session, user_version=0) == visit.session


def test_an_address_that_became_another_merchants_changes_nothing_there(live: MemoryShop) -> None:
    visit = replace(_owner(live), user=User(live.merchant.email, live.merchant.id))
    theirs = User(live.merchant.email, "another", "hash")
    live.database.rows.of("users")[live.merchant.email] = theirs
    for act in (
        lambda: people.change_password(live.deps, visit, "", PASSWORD),
        lambda: end_all_sessions(live.deps, visit),
        lambda: begin_second_factor(live.deps, visit),
    ):
        with pytest.raises(Forbidden, match="another merchant's"):
            act()
    assert live.database.users.get(live.merchant.email) == theirs


def _owner(shop: MemoryShop) -> Visit:
    token = people.make_reset_link(shop.deps, shop.merchant, shop.merchant.email, "admin:a")
    people.set_password_by_link(shop.deps, token, PASSWORD)
    return enter(shop, shop.merchant.email)
