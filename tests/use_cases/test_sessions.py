"""Sessions of the dashboard: who gets one, how long it lasts, and what ends it."""

from datetime import timedelta

import pytest

from gateway.adapters.aws.dynamodb.access_tables import SessionRow
from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.domain.access.merchant import TEST_MERCHANT_ID, Merchant
from gateway.domain.access.password import hash_password
from gateway.domain.access.user import User
from gateway.domain.errors import AuthenticationFailed, RateLimited
from gateway.use_cases.access import sessions as service
from gateway.use_cases.access.seed import seed_test_merchant
from gateway.use_cases.access.sessions import PER_EMAIL, PER_SOURCE, Visit, find_visit, log_in, log_out
from gateway.use_cases.dependencies import Dependencies
from tests.support.aws_calls import watched
from tests.support.database import merchants, sessions
from tests.support.factories import NOW, Clock, a_merchant, some_deps, some_id

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
PASSWORD = "correct horse battery"
HASH = hash_password(PASSWORD, b"0123456789abcdef")


def some_email() -> str:
    return f"{some_id('').lower()}@example.com"


def a_person(*, active: bool = True) -> tuple[str, Merchant]:
    """Somebody with a password, at a merchant."""
    merchant, email = a_merchant(active=active), some_email()
    merchants.add(merchant)
    transaction = DynamoTransaction()
    transaction.users.put(None, User(email, merchant.id, HASH), NOW)
    transaction.commit()
    return email, merchant


@pytest.fixture
def live(clock: Clock, secret_arn: str) -> Dependencies:
    return some_deps(clock, STAGE="live", SESSION_KEY_ARN=secret_arn)


@pytest.fixture
def test_stage(clock: Clock, secret_arn: str) -> Dependencies:
    deps = some_deps(clock, SESSION_KEY_ARN=secret_arn)
    seed_test_merchant(deps)
    return deps


def enter(deps: Dependencies, email: str, password: str = PASSWORD, source: str | None = None) -> Visit:
    return log_in(deps, email, password, source or some_id("address"))


def change(merchant: Merchant, *, active: bool) -> None:
    transaction = DynamoTransaction()
    transaction.merchants.set_active(merchant.id, active=active)
    transaction.commit()


def test_the_right_password_begins_a_session_of_its_merchant(live: Dependencies) -> None:
    email, merchant = a_person()
    visit = enter(live, f" {email.upper()} ")
    found = find_visit(live, visit.cookie)
    assert (found.merchant.id, found.session.email, found.actor) == (merchant.id, email, f"user:{email}")
    assert found.csrf_token == visit.csrf_token


@pytest.mark.parametrize("password", ["", PASSWORD + " ", PASSWORD.upper(), "x" * 1024])
def test_a_wrong_password_begins_none(live: Dependencies, password: str) -> None:
    email, _ = a_person()
    with pytest.raises(AuthenticationFailed, match="Wrong e-mail or password"):
        enter(live, email, password)


def test_an_address_that_nobody_has_is_refused_in_the_same_words_after_the_same_work(
    live: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    monkeypatch.setattr(service, "password_matches", lambda _, stored: checked.append(stored))
    email, _ = a_person()
    for address in (email, some_email(), " "):
        with pytest.raises(AuthenticationFailed, match="Wrong e-mail or password"):
            enter(live, address)
    assert [stored.split("$")[1:3] for stored in checked] == [["scrypt", "ln=16,r=8,p=2"]] * 3


def test_in_test_stages_the_seeded_merchant_logs_in_with_any_password(test_stage: Dependencies) -> None:
    for password in ("", "anything", "x" * 1000):
        assert enter(test_stage, "Test@Example.com", password).merchant.id == TEST_MERCHANT_ID


def test_outside_test_stages_the_seeded_merchant_needs_a_password(
    test_stage: Dependencies, live: Dependencies
) -> None:
    with pytest.raises(AuthenticationFailed):
        enter(live, "test@example.com", "anything")


def test_in_test_stages_other_merchants_need_their_passwords(test_stage: Dependencies) -> None:
    email, merchant = a_person()
    with pytest.raises(AuthenticationFailed):
        enter(test_stage, email, "anything")
    assert enter(test_stage, email).merchant.id == merchant.id


def test_a_disabled_merchant_gets_no_session(live: Dependencies) -> None:
    email, _ = a_person(active=False)
    with pytest.raises(AuthenticationFailed):
        enter(live, email)


def test_a_session_ends_after_half_an_hour_without_use(live: Dependencies, clock: Clock) -> None:
    email, _ = a_person()
    visit = enter(live, email)
    clock.advance(minutes=29, seconds=59)
    find_visit(live, visit.cookie)
    clock.advance(minutes=29, seconds=59)
    find_visit(live, visit.cookie)
    clock.advance(minutes=30)
    with pytest.raises(AuthenticationFailed):
        find_visit(live, visit.cookie)


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(live: Dependencies, clock: Clock) -> None:
    email, _ = a_person()
    visit = enter(live, email)
    for _ in range(35):
        clock.advance(minutes=20)
        find_visit(live, visit.cookie)
    clock.advance(minutes=20)
    with pytest.raises(AuthenticationFailed):
        find_visit(live, visit.cookie)


def test_a_session_in_use_costs_one_read_and_now_and_then_a_write(live: Dependencies, clock: Clock) -> None:
    email, _ = a_person()
    visit = enter(live, email)
    with watched() as calls:
        clock.advance(minutes=4)
        find_visit(live, visit.cookie)
        clock.advance(minutes=4)
        find_visit(live, visit.cookie)
        clock.advance(minutes=4)
        find_visit(live, visit.cookie)
    assert calls == ["BatchGetItem", "BatchGetItem", "UpdateItem", "BatchGetItem"]


def test_a_session_that_was_ended_is_dead_on_the_server(live: Dependencies) -> None:
    email, _ = a_person()
    first, second = enter(live, email), enter(live, email)
    log_out(live, find_visit(live, first.cookie))
    with pytest.raises(AuthenticationFailed):
        find_visit(live, first.cookie)
    assert find_visit(live, second.cookie).merchant == second.merchant


def test_a_session_that_is_ended_while_it_is_being_extended_stays_ended(
    live: Dependencies, clock: Clock
) -> None:
    email, _ = a_person()
    visit = enter(live, email)
    clock.advance(minutes=10)
    extended = visit.session.extended(clock())
    log_out(live, visit)
    assert not sessions.extend(extended)
    with pytest.raises(AuthenticationFailed):
        find_visit(live, visit.cookie)


def test_disabling_a_merchant_ends_its_sessions_for_good(live: Dependencies) -> None:
    email, merchant = a_person()
    visit = enter(live, email)
    change(merchant, active=False)
    with pytest.raises(AuthenticationFailed):
        find_visit(live, visit.cookie)
    change(merchant, active=True)
    with pytest.raises(AuthenticationFailed):
        find_visit(live, visit.cookie)
    assert find_visit(live, enter(live, email).cookie)


def test_a_cookie_that_we_did_not_sign_is_refused_before_anything_is_read(live: Dependencies) -> None:
    email, merchant = a_person()
    other_email, other = a_person()
    cookie, others = enter(live, email).cookie, enter(live, other_email).cookie
    secret_id, _, name, signature = cookie.split(".")
    forged = [
        "",
        "x",
        "a.b.c",
        cookie[:-1],
        cookie + "0",
        f"{secret_id}.{other.id}.{name}.{signature}",
        f"{secret_id}.{merchant.id}.{others.split('.')[2]}.{signature}",
        f"{secret_id}.{other.id}.{name}.{others.split('.')[3]}",
        f"{others.split('.')[0]}.{merchant.id}.{name}.{signature}",
        "é" * 50,
        "x" * 5000,
    ]
    with watched() as calls:
        for value in forged:
            with pytest.raises(AuthenticationFailed):
                find_visit(live, value)
    assert calls == []


def test_what_is_stored_of_a_session_opens_none(live: Dependencies) -> None:
    email, _ = a_person()
    visit = enter(live, email)
    secret_id = visit.cookie.split(".")[0]
    stored = str(SessionRow.get(visit.session.id).to_dynamodb_dict())
    assert secret_id not in stored
    assert visit.csrf_token not in stored
    assert visit.csrf_token not in visit.cookie
    assert secret_id not in repr(visit)


def test_guesses_at_one_address_are_limited_from_wherever_they_come(live: Dependencies, clock: Clock) -> None:
    email, _ = a_person()
    for _ in range(PER_EMAIL.uses_max):
        with pytest.raises(AuthenticationFailed):
            enter(live, email, "wrong")
    with pytest.raises(RateLimited) as refused:
        enter(live, email)
    assert refused.value.retry_after_seconds == PER_EMAIL.left_seconds(clock())
    clock.advance(seconds=refused.value.retry_after_seconds)
    assert enter(live, email)


def test_guesses_from_one_place_are_limited_at_whomever_they_aim(
    live: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "password_matches", lambda *_: False)  # a hundred of them take a while
    source = some_id("address")
    for _ in range(PER_SOURCE.uses_max):
        with pytest.raises(AuthenticationFailed):
            enter(live, some_email(), "wrong", source)
    with pytest.raises(RateLimited):
        enter(live, some_email(), "wrong", source)
    with pytest.raises(AuthenticationFailed):
        enter(live, some_email(), "wrong")


def test_logging_in_rightly_uses_up_nothing(test_stage: Dependencies) -> None:
    for _ in range(PER_EMAIL.uses_max + 1):
        enter(test_stage, "test@example.com", "any", "one address")


def test_the_log_tells_of_log_ins_without_passwords_or_cookies(
    live: Dependencies, capsys: pytest.CaptureFixture[str]
) -> None:
    email, merchant = a_person()
    visit = enter(live, email)
    with pytest.raises(AuthenticationFailed):
        enter(live, email, "wrong password")
    log_out(live, visit)
    printed = capsys.readouterr().out
    assert [word in printed for word in ("logged in", "log-in refused", "logged out", merchant.id)] == [
        True
    ] * 4
    assert not any(
        secret in printed for secret in (PASSWORD, "wrong password", visit.cookie, visit.csrf_token)
    )


def test_the_window_of_a_limit_begins_at_a_multiple_of_its_length() -> None:
    assert PER_EMAIL.left_seconds(NOW.replace(minute=0, second=0)) == 900
    assert PER_EMAIL.left_seconds(NOW.replace(minute=14, second=59)) == 1
    assert PER_EMAIL.window == timedelta(minutes=15)
