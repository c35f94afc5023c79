"""Keys, merchants, sessions and the checkout's origins: what is changed, audited, logged and refused."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.access import session as session_domain
from gateway.domain.access.api_key import ApiKey, NewKey, hash_secret
from gateway.domain.access.limit import Limit
from gateway.domain.access.merchant import TEST_MERCHANT_ID
from gateway.domain.access.password import password_matches
from gateway.domain.access.rights import Right
from gateway.domain.access.user import User
from gateway.domain.errors import AuthenticationFailed, BadRequest, NotFound, RateLimited, Unavailable
from gateway.domain.reasons import Reason
from gateway.use_cases.access import api_keys
from gateway.use_cases.access import merchants as administration
from gateway.use_cases.access.api_keys import (
    ISSUED_PER_DAY,
    disable_key,
    find_key,
    issue_key,
    list_keys,
    owner_of,
    read_credentials,
    rotate_key,
)
from gateway.use_cases.access.audit import list_audit
from gateway.use_cases.access.authentication import REMEMBERED_FOR, authenticate, forget_all, merchant_of
from gateway.use_cases.access.checkout import (
    find_checkout_order,
    find_checkout_origins,
    set_checkout_origins,
)
from gateway.use_cases.access.seed import find_test_merchant, seed_test_merchant
from gateway.use_cases.access.sessions import PER_EMAIL, PER_SOURCE, Visit, find_visit, log_in, log_out
from gateway.use_cases.protocols.refusals import ConditionFailed, Conflict, Write
from tests.support.factories import NOW, a_merchant, some_id
from tests.support.memory.shop import MemoryShop, lines, told

ME = "user:me@example.com"
PASSWORD = "correct horse battery"


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


@pytest.fixture
def live() -> MemoryShop:
    return MemoryShop(STAGE="live", TEST_MODE="false")


def test_a_key_is_issued_beside_the_others(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    issued = issue_key(shop.deps, shop.merchant.id, ME)
    name = issued.key.api_key
    assert name.startswith("key_test_")
    assert issued.secret.startswith("secret_test_")
    assert len(issued.secret) == len("secret_test_") + 32
    digest = hash_secret(name, issued.secret)
    expected = ApiKey(name, shop.merchant.id, digest, active=True, created_at=NOW, stage="test")
    assert issued.key == shop.database.api_keys.get(name) == expected
    assert shop.audit() == [(ME, "api_key.issued", name, {})]
    (entry,) = list_audit(shop.deps, shop.merchant.id, 1, 0).items
    assert (entry.merchant_id, entry.at) == (shop.merchant.id, NOW)
    assert list_audit(shop.deps, shop.merchant.id, 1, 1).items == []
    line = {"level": "INFO", "merchant_id": shop.merchant.id, "api_key": name, "actor": ME}
    assert lines(capsys, "API key issued") == [line]
    assert [key.api_key for key in list_keys(shop.deps, shop.merchant.id).items] == [name]
    assert shop.database.merchants.get(shop.merchant.id).active_keys == 1


def test_so_many_keys_a_day_and_no_more(shop: MemoryShop) -> None:
    for _ in range(ISSUED_PER_DAY.uses_max):
        key = issue_key(shop.deps, shop.merchant.id, ME).key.api_key
        disable_key(shop.deps, shop.merchant.id, key, ME)
    with pytest.raises(RateLimited) as refusal:
        issue_key(shop.deps, shop.merchant.id, ME)
    assert told(refusal) == ("At most 100 API keys can be issued a day", None)
    assert refusal.value.retry_after_seconds == ISSUED_PER_DAY.left_seconds(NOW)
    assert refusal.value.retry_after_seconds == 14.5 * 3600
    other = a_merchant()
    shop.database.merchants.add(other)
    assert issue_key(shop.deps, other.id, ME).key.merchant_id == other.id
    with pytest.raises(NotFound, match="Merchant not found"):
        issue_key(shop.deps, "nobody", ME)
    # A leaked key, or its thief, cannot use up what an administrator needs to lock it out.
    issue_key(shop.deps, shop.merchant.id, "admin:a", limited=False)
    shop.clock.advance(days=1)
    issue_key(shop.deps, shop.merchant.id, ME)


def test_a_rotated_key_works_on_for_its_overlap(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    old = issue_key(shop.deps, shop.merchant.id, ME).key
    new = rotate_key(shop.deps, shop.merchant.id, old.api_key, 24, ME)
    until = NOW + timedelta(hours=24)
    assert new.replaced == shop.database.api_keys.get(old.api_key) == replace(old, expires_at=until)
    assert new.key == shop.database.api_keys.get(new.key.api_key)
    assert new.key.secret_hash == hash_secret(new.key.api_key, new.secret)
    details = {"replaced_by": new.key.api_key, "overlap_hours": 24}
    assert shop.audit()[1] == (ME, "api_key.rotated", old.api_key, details)
    assert list_audit(shop.deps, shop.merchant.id, 5, 0).total == 2
    line = {"level": "INFO", "merchant_id": shop.merchant.id, "api_key": old.api_key, "actor": ME}
    assert lines(capsys, "API key rotated") == [line | details]
    with pytest.raises(BadRequest, match="Only an API key that is in use"):
        rotate_key(shop.deps, shop.merchant.id, old.api_key, 24, ME)


def test_replacing_a_key_counts_as_issuing_one_but_for_an_administrator(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "ISSUED_PER_DAY", Limit("api-keys", 2, timedelta(days=1)))
    first = issue_key(shop.deps, shop.merchant.id, ME).key.api_key
    second = rotate_key(shop.deps, shop.merchant.id, first, 1, ME).key.api_key
    with pytest.raises(RateLimited, match="At most 2 API keys"):
        rotate_key(shop.deps, shop.merchant.id, second, 1, ME)
    assert shop.database.api_keys.get(second).expires_at is None
    rotate_key(shop.deps, shop.merchant.id, second, 1, "admin:a", limited=False)


def test_a_disabled_key_is_out_of_use(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    key = issue_key(shop.deps, shop.merchant.id, ME).key
    after = disable_key(shop.deps, shop.merchant.id, key.api_key, ME)
    assert after == shop.database.api_keys.get(key.api_key) == replace(key, active=False)
    assert shop.audit()[1] == (ME, "api_key.disabled", key.api_key, {})
    line = {"level": "INFO", "merchant_id": shop.merchant.id, "api_key": key.api_key, "actor": ME}
    assert lines(capsys, "API key disabled") == [line]
    with pytest.raises(BadRequest) as refusal:
        disable_key(shop.deps, shop.merchant.id, key.api_key, ME)
    assert told(refusal) == ("The API key is disabled already", None)


def test_who_loses_a_race_about_a_key_hears_why(shop: MemoryShop) -> None:
    keys = [issue_key(shop.deps, shop.merchant.id, ME).key.api_key for _ in range(2)]
    acts: list[Any] = [
        lambda: disable_key(shop.deps, shop.merchant.id, keys[0], ME),
        lambda: rotate_key(shop.deps, shop.merchant.id, keys[1], 1, ME),
    ]
    for act, reason in zip(acts, ("disabled already", "Only an API key that is in use"), strict=True):
        shop.database.rows.before_next_commit(act)
        with pytest.raises(BadRequest, match=reason):
            act()
    key = issue_key(shop.deps, shop.merchant.id, ME).key.api_key
    refused = ConditionFailed(frozenset({Write.API_KEY}))
    for act in (
        lambda: issue_key(shop.deps, shop.merchant.id, ME),
        lambda: disable_key(shop.deps, shop.merchant.id, key, ME),
        lambda: rotate_key(shop.deps, shop.merchant.id, key, 1, ME),
    ):
        shop.database.rows.fail_next(refused)
        with pytest.raises(ConditionFailed):
            act()
        shop.database.rows.fail_next(Conflict())
        with pytest.raises(Unavailable) as busy:
            act()
        assert told(busy) == ("The key is being changed by another request; please try again", None)


def test_a_key_is_found_by_its_merchant_only(shop: MemoryShop) -> None:
    key = issue_key(shop.deps, shop.merchant.id, ME).key
    assert find_key(shop.deps, key.api_key, shop.merchant.id) == key
    assert owner_of(shop.deps, key.api_key) == shop.merchant.id
    for find in (
        lambda: find_key(shop.deps, key.api_key, "another"),
        lambda: find_key(shop.deps, "key_0", shop.merchant.id),
        lambda: owner_of(shop.deps, "key_0"),
    ):
        with pytest.raises(NotFound) as refusal:
            find()
        assert told(refusal) == ("API key not found", None)


def test_the_key_to_show_is_the_newest_without_an_end(shop: MemoryShop) -> None:
    merchant_id = shop.merchant.id
    nothing = read_credentials(shop.deps, merchant_id)
    assert (nothing.keys, nothing.api_key, nothing.api_secret) == ([], None, None)
    old = issue_key(shop.deps, merchant_id, ME).key.api_key
    shop.clock.advance(seconds=1)
    ending = issue_key(shop.deps, merchant_id, ME).key
    shop.database.api_keys.put(replace(ending, expires_at=NOW + timedelta(days=1)))
    shown = read_credentials(shop.deps, merchant_id)
    assert (shown.api_key, shown.api_secret) == (old, None)
    disable_key(shop.deps, merchant_id, old, ME)
    assert read_credentials(shop.deps, merchant_id).api_key == ending.api_key
    config = shop.deps.config
    seeded = ApiKey(config.test_api_key, merchant_id, "digest", active=True, created_at=NOW)
    shop.database.api_keys.put(seeded)
    published = read_credentials(shop.deps, merchant_id)
    assert (published.api_key, published.api_secret) == ("key_test_abc123", "secret_test_xyz789")
    assert len(published.keys) == 3


def test_a_live_stage_publishes_no_secret(live: MemoryShop) -> None:
    name = live.deps.config.test_api_key
    live.database.api_keys.put(ApiKey(name, live.merchant.id, "digest", active=True, created_at=NOW))
    assert read_credentials(live.deps, live.merchant.id).api_secret is None


def test_a_merchant_is_who_its_key_and_secret_say(shop: MemoryShop) -> None:
    issued = issue_key(shop.deps, shop.merchant.id, ME)
    name, secret = issued.key.api_key, issued.secret
    assert authenticate(shop.deps, name, secret).merchant_id == shop.merchant.id
    assert merchant_of(shop.deps, name) == shop.merchant.id
    for wrong in ((None, secret), (name, None), ("", secret), (name, ""), (name, "wrong"), ("key_0", secret)):
        with pytest.raises(AuthenticationFailed) as refusal:
            authenticate(shop.deps, *wrong)
        assert told(refusal) == ("Invalid API credentials", None)
        assert refusal.value.reason is (Reason.INVALID_CREDENTIALS if all(wrong) else None)
    assert merchant_of(shop.deps, "") is None
    assert merchant_of(shop.deps, "key_0") is None


@pytest.mark.parametrize(("lengths", "works"), [((128, 256), True), ((129, 256), False), ((128, 257), False)])
def test_credentials_have_lengths_to_keep(shop: MemoryShop, lengths: tuple[int, int], *, works: bool) -> None:
    name, secret = "k" * lengths[0], "s" * lengths[1]
    key = ApiKey(name, shop.merchant.id, hash_secret(name, secret), active=True, created_at=NOW)
    shop.database.api_keys.put(key)
    assert (merchant_of(shop.deps, name) is not None) is (lengths[0] == 128)
    if works:
        assert authenticate(shop.deps, name, secret).merchant_id == shop.merchant.id
    else:
        with pytest.raises(AuthenticationFailed) as refusal:
            authenticate(shop.deps, name, secret)
        assert refusal.value.reason is Reason.INVALID_CREDENTIALS


def test_a_key_works_from_its_addresses_only_and_the_log_says_from_where_else_it_was_used(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    new = NewKey("till", lifetime=timedelta(days=1), addresses=("203.0.113.0/24",))
    issued = issue_key(shop.deps, shop.merchant.id, ME, new)
    name, secret = issued.key.api_key, issued.secret
    assert authenticate(shop.deps, name, secret, "203.0.113.9").api_key == name
    for elsewhere in (["198.51.100.1"], []):
        with pytest.raises(AuthenticationFailed) as refusal:
            authenticate(shop.deps, name, secret, *elsewhere)
        assert told(refusal) == ("Invalid API credentials", None)
        assert refusal.value.reason is Reason.INVALID_CREDENTIALS
    line = {"level": "WARNING", "api_key": name}
    assert lines(capsys, "API key used from an address that is not on its list") == [
        line | {"source": "198.51.100.1"},
        line | {"source": ""},
    ]
    shop.clock.advance(days=1)
    with pytest.raises(AuthenticationFailed):
        authenticate(shop.deps, name, secret, "203.0.113.9")


def test_a_key_is_remembered_for_fifteen_seconds(shop: MemoryShop) -> None:
    issued = issue_key(shop.deps, shop.merchant.id, ME)
    name, secret = issued.key.api_key, issued.secret
    authenticate(shop.deps, name, secret)
    shop.set_merchant(active=False)
    shop.clock.advance(seconds=REMEMBERED_FOR.total_seconds() - 1)
    assert authenticate(shop.deps, name, secret).merchant_id == shop.merchant.id
    shop.clock.advance(seconds=1)
    with pytest.raises(AuthenticationFailed):
        authenticate(shop.deps, name, secret)
    assert timedelta(seconds=15) == REMEMBERED_FOR
    shop.set_merchant(active=True)
    disable_key(shop.deps, shop.merchant.id, name, ME)
    forget_all()
    assert merchant_of(shop.deps, name) is None
    orphan = ApiKey("key_test_orphan", "nobody", "digest", active=True, created_at=NOW)
    shop.database.api_keys.put(orphan)
    assert merchant_of(shop.deps, orphan.api_key) is None


def test_a_process_remembers_so_many_keys_and_forgets_all_of_them_then(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.use_cases.access import authentication

    monkeypatch.setattr(authentication, "REMEMBERED_MAX", 2)
    names = [issue_key(shop.deps, shop.merchant.id, ME).key.api_key for _ in range(3)]
    for name, remembered in zip(names, (1, 2, 1), strict=True):
        assert merchant_of(shop.deps, name) == shop.merchant.id
        assert len(authentication._remembered) == remembered


def test_setting_the_checkouts_origins_is_audited_and_logged(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = set_checkout_origins(shop.deps, shop.merchant.id, ["http://SHOP.example", "http://b.example"], ME)
    assert kept == ("http://shop.example", "http://b.example")
    assert shop.database.merchants.get(shop.merchant.id).checkout_origins == kept
    (entry,) = list_audit(shop.deps, shop.merchant.id, 5, 0).items
    assert entry.at == NOW
    details = {"origins": list(kept)}
    assert shop.audit() == [(ME, "checkout_origins.set", shop.merchant.id, details)]
    line = {"level": "INFO", "merchant_id": shop.merchant.id, "actor": ME}
    assert lines(capsys, "checkout origins set") == [line | details]
    key = issue_key(shop.deps, shop.merchant.id, ME).key.api_key
    assert find_checkout_origins(shop.deps, key) == kept
    assert find_checkout_origins(shop.deps, "key_0") == ()
    shop.database.rows.of("merchants").clear()
    assert find_checkout_origins(shop.deps, key) == ()
    with pytest.raises(NotFound) as refusal:
        set_checkout_origins(shop.deps, shop.merchant.id, [], ME)
    assert told(refusal) == ("Merchant not found", None)
    shop.database.rows.fail_next(Conflict())
    with pytest.raises(Unavailable) as busy:
        set_checkout_origins(shop.deps, shop.merchant.id, [], ME)
    assert told(busy) == ("The merchant is being changed by another request; please try again", None)


def test_a_live_checkout_is_framed_over_https_only(live: MemoryShop) -> None:
    with pytest.raises(BadRequest, match="https"):
        set_checkout_origins(live.deps, live.merchant.id, ["http://shop.example"], ME)


def test_a_shop_shows_its_own_orders_only(shop: MemoryShop) -> None:
    key = issue_key(shop.deps, shop.merchant.id, ME).key.api_key
    mine, other = shop.order(), shop.order(merchant_id="another")
    assert find_checkout_order(shop.deps, mine.id, key) == mine
    assert find_checkout_order(shop.deps, other.id, None) == other
    for order, used in ((other, key), (mine, "key_0")):
        with pytest.raises(NotFound) as refusal:
            find_checkout_order(shop.deps, order.id, used)
        assert told(refusal) == ("Order not found for this key", "key")
    with pytest.raises(NotFound, match=r"^Order not found$"):
        find_checkout_order(shop.deps, "order_0", key)


def test_a_merchant_is_created_with_who_may_log_in(
    live: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    made = administration.create_merchant(live.deps, " Chai ", " Me@Example.com ", PASSWORD, "admin:a")
    assert live.database.merchants.get(made.id) == made
    assert (made.name, made.email, made.active, made.webhook_url) == ("Chai", "me@example.com", True, None)
    assert (made.created_at, made.webhook_secret[:6], len(made.webhook_secret)) == (NOW, "whsec_", 38)
    user = live.database.users.get("me@example.com")
    owner, hashed = user.merchant_id, user.password_hash
    assert owner == made.id
    assert password_matches(PASSWORD, hashed)
    details = {"name": "Chai", "email": "me@example.com"}
    assert live.audit() == [("admin:a", "merchant.created", made.id, details)]
    (entry,) = list_audit(live.deps, made.id, 1, 0).items
    assert (entry.merchant_id, entry.object) == (made.id, made.id)
    assert lines(capsys, "merchant created") == [
        {"level": "INFO", "merchant_id": made.id, "actor": "admin:a"}
    ]
    assert administration.find_merchant(live.deps, made.id) == made
    assert administration.find_merchant(live.deps, "ME@example.com ") == made
    assert made in administration.list_merchants(live.deps, 10)
    assert len(administration.list_merchants(live.deps, 1)) == 1
    with pytest.raises(BadRequest) as refusal:
        administration.create_merchant(live.deps, "Other", "me@example.com", PASSWORD, "admin:a")
    assert told(refusal) == ("email is another merchant's", "email")


def test_the_seeded_merchant_is_found_by_its_address_though_nobody_signs_in_with_it(shop: MemoryShop) -> None:
    seed_test_merchant(shop.deps)
    found = administration.find_merchant(shop.deps, "Test@example.com")
    assert (found.id, shop.database.users.get("test@example.com")) == (TEST_MERCHANT_ID, None)


def test_merchants_that_do_not_exist_are_not_found(shop: MemoryShop) -> None:
    for wanted in ("nobody", "nobody@example.com", ""):
        with pytest.raises(NotFound) as refusal:
            administration.find_merchant(shop.deps, wanted)
        assert told(refusal) == ("Merchant not found", None)


@pytest.mark.parametrize(
    ("name", "email", "description", "field"),
    [
        (" ", "a@b.c", "name must have 1 to 100 characters", "name"),
        ("n" * 101, "a@b.c", "name must have 1 to 100 characters", "name"),
        ("n", "nobody", "email must look like name@example.com", "email"),
        ("n", "a@b.c d", "email must look like name@example.com", "email"),
        ("n", "a" * 250 + "@b.cd", "email must look like name@example.com", "email"),
    ],
)
def test_a_merchant_needs_a_name_and_an_address(
    shop: MemoryShop, name: str, email: str, description: str, field: str
) -> None:
    with pytest.raises(BadRequest) as refusal:
        administration.create_merchant(shop.deps, name, email, PASSWORD, "admin:a")
    assert told(refusal) == (description, field)


def test_the_longest_name_and_address_pass(shop: MemoryShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(administration, "hash_password", lambda _password, _salt: "hash")
    email = "a" * 249 + "@b.cd"
    assert administration.create_merchant(shop.deps, "n" * 100, email, PASSWORD, "admin:a").email == email
    assert administration.create_merchant(shop.deps, "n", "a@b.c", PASSWORD, "admin:a").name == "n"


def test_a_new_password_ends_all_sessions(live: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    live.set_merchant(email="Me@example.com")
    administration.set_password(live.deps, live.merchant, PASSWORD, "admin:a")
    user = live.database.users.get("me@example.com")
    owner, hashed = user.merchant_id, user.password_hash
    assert (owner, password_matches(PASSWORD, hashed)) == (live.merchant.id, True)
    assert live.database.merchants.get(live.merchant.id).session_version == 1
    assert live.audit() == [("admin:a", "password.set", live.merchant.id, {})]
    line = {"level": "INFO", "merchant_id": live.merchant.id, "actor": "admin:a"}
    assert lines(capsys, "password set") == [line]
    live.database.rows.of("users")["me@example.com"] = User("me@example.com", "another", "hash")
    with pytest.raises(BadRequest) as refusal:
        administration.set_password(live.deps, live.merchant, PASSWORD, "admin:a")
    assert told(refusal) == ("email is another merchant's", "email")
    with pytest.raises(BadRequest):
        administration.set_password(live.deps, live.merchant, "short", "admin:a")


@pytest.mark.parametrize(("active", "action"), [(False, "merchant.disabled"), (True, "merchant.enabled")])
def test_a_merchant_is_switched_once(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str], *, active: bool, action: str
) -> None:
    shop.set_merchant(active=not active)
    administration.set_active(shop.deps, shop.merchant, "admin:a", active=active)
    after = shop.database.merchants.get(shop.merchant.id)
    assert (after.active, after.session_version) == (active, 1)
    assert shop.audit() == [("admin:a", action, shop.merchant.id, {})]
    line = {"level": "INFO", "merchant_id": shop.merchant.id, "active": active, "actor": "admin:a"}
    assert lines(capsys, "merchant switched") == [line]
    with pytest.raises(BadRequest) as refusal:
        administration.set_active(shop.deps, shop.merchant, "admin:a", active=active)
    assert told(refusal) == (f"The merchant is {'enabled' if active else 'disabled'} already", None)


def test_changes_of_a_merchant_that_meet_another_ask_to_come_back(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(administration, "hash_password", lambda _password, _salt: "hash")
    for act in (
        lambda: administration.create_merchant(shop.deps, "n", "a@b.c", PASSWORD, "admin:a"),
        lambda: administration.set_password(shop.deps, shop.merchant, PASSWORD, "admin:a"),
        lambda: administration.set_active(shop.deps, shop.merchant, "admin:a", active=False),
    ):
        shop.database.rows.fail_next(Conflict())
        with pytest.raises(Unavailable) as busy:
            act()
        assert told(busy) == ("The merchant is being changed by another request; please try again", None)


def test_the_test_merchant_is_seeded_once(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotFound) as refusal:
        find_test_merchant(shop.deps)
    assert told(refusal) == ("The test merchant is not seeded", None)
    assert seed_test_merchant(shop.deps) is True
    assert seed_test_merchant(shop.deps) is False
    merchant = find_test_merchant(shop.deps)
    assert (merchant.id, merchant.name, merchant.email) == (
        TEST_MERCHANT_ID,
        "Test Merchant",
        "test@example.com",
    )
    assert (merchant.active, merchant.webhook_url, merchant.created_at) == (True, None, NOW)
    assert merchant.webhook_secret == "whsec_test_abc123"
    assert authenticate(shop.deps, "key_test_abc123", "secret_test_xyz789").merchant_id == TEST_MERCHANT_ID
    key = shop.database.api_keys.get("key_test_abc123")
    assert (key.active, key.created_at) == (True, NOW)
    line = {"level": "INFO", "merchant_id": TEST_MERCHANT_ID}
    assert lines(capsys, "test merchant seeded") == [line | {"created": True}, line | {"created": False}]


def test_a_live_stage_has_no_test_merchant(live: MemoryShop) -> None:
    with pytest.raises(RuntimeError, match=r"^the test merchant belongs to test stages only$"):
        seed_test_merchant(live.deps)
    live.put("merchants", replace(live.merchant, id=TEST_MERCHANT_ID))
    with pytest.raises(NotFound):
        find_test_merchant(live.deps)


def logged_in(shop: MemoryShop, source: str = "192.0.2.1") -> Visit:
    return log_in(shop.deps, " Test@example.com", "any", source)


@pytest.fixture
def seeded(shop: MemoryShop) -> MemoryShop:
    seed_test_merchant(shop.deps)
    return shop


def test_sessions_are_signed_with_the_stages_session_key(
    seeded: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    get = seeded.deps.secrets.get
    monkeypatch.setattr(seeded.deps.secrets, "get", lambda arn: asked.append(arn) or get(arn))
    visit = logged_in(seeded)
    find_visit(seeded.deps, visit.cookie)
    assert set(asked) == {seeded.deps.config.session_key_arn}


def test_a_session_is_found_by_its_cookie_until_it_ends(
    seeded: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    visit = logged_in(seeded)
    assert (visit.merchant.id, visit.actor) == (TEST_MERCHANT_ID, "user:test@example.com")
    assert visit.session.expires_at == (NOW + timedelta(minutes=30)).replace(microsecond=0)
    assert (visit.session.created_at, visit.session.version) == (NOW, 0)
    line = {"level": "INFO", "merchant_id": TEST_MERCHANT_ID, "known_device": False}
    assert lines(capsys, "logged in") == [line]
    assert find_visit(seeded.deps, visit.cookie) == visit
    token = session_domain.read(b"pepper", visit.cookie)
    assert token is not None
    assert visit.csrf_token == session_domain.csrf_token(b"pepper", token)
    seeded.clock.advance(minutes=6)
    later = find_visit(seeded.deps, visit.cookie)
    assert later.session.expires_at == (NOW + timedelta(minutes=36)).replace(microsecond=0)
    assert (later.cookie, later.csrf_token) == (visit.cookie, visit.csrf_token)
    assert seeded.database.rows.of("sessions")[visit.session.id] == later.session
    log_out(seeded.deps, later)
    assert lines(capsys, "logged out") == [{"level": "INFO", "merchant_id": TEST_MERCHANT_ID}]
    with pytest.raises(AuthenticationFailed):
        find_visit(seeded.deps, visit.cookie)


@pytest.mark.parametrize("why", ["forged", "expired", "merchant gone", "disabled", "version", "another's"])
def test_a_cookie_that_stands_for_nothing_is_refused(seeded: MemoryShop, why: str) -> None:
    visit = logged_in(seeded)
    cookie, merchants = visit.cookie, seeded.database.rows.of("merchants")
    match why:
        case "forged":
            cookie += "0"
        case "expired":
            seeded.clock.advance(minutes=30)
        case "merchant gone":
            merchants.clear()
        case "disabled":
            merchants[TEST_MERCHANT_ID] = replace(visit.merchant, active=False)
        case "version":
            merchants[TEST_MERCHANT_ID] = replace(visit.merchant, session_version=1)
        case _:
            seeded.put("sessions", replace(visit.session, merchant_id=seeded.merchant.id))
    with pytest.raises(AuthenticationFailed):
        find_visit(seeded.deps, cookie)


def test_a_session_that_is_ended_while_it_is_extended_is_over(
    seeded: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = logged_in(seeded)
    seeded.clock.advance(minutes=6)
    monkeypatch.setattr(seeded.database.sessions, "extend", lambda _session: False)
    with pytest.raises(AuthenticationFailed):
        find_visit(seeded.deps, visit.cookie)


@pytest.mark.parametrize("limit", [PER_EMAIL, PER_SOURCE], ids=["by address", "by network"])
def test_guesses_are_limited(
    live: MemoryShop, limit: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from gateway.use_cases.access import sessions

    monkeypatch.setattr(sessions, "password_matches", lambda _password, _stored: False)
    for number in range(limit.uses_max):
        email = "me@example.com" if limit is PER_EMAIL else f"{number}@example.com"
        with pytest.raises(AuthenticationFailed) as refusal:
            log_in(live.deps, email, "guess", str(number) if limit is PER_EMAIL else "192.0.2.1")
        assert told(refusal) == ("Wrong e-mail or password", None)
    assert lines(capsys, "log-in refused") == [{"level": "WARNING"}] * limit.uses_max
    with pytest.raises(RateLimited) as limited:
        log_in(live.deps, "me@example.com", "guess", "192.0.2.1")
    assert told(limited) == ("Too many attempts to log in; please wait", None)
    assert limited.value.retry_after_seconds == limit.left_seconds(NOW)
    assert lines(capsys, "log-in throttled") == [{"level": "WARNING", "by": limit.name}]
    assert (PER_EMAIL.uses_max, PER_SOURCE.uses_max) == (10, 100)


def test_logging_in_gives_its_uses_back(seeded: MemoryShop) -> None:
    for _ in range(PER_EMAIL.uses_max + 1):
        logged_in(seeded)
    assert set(seeded.database.rows.of("throttles").values()) == {0}


def test_a_person_logs_in_with_the_password_that_was_set(
    live: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    email = f"{some_id('')}@example.com".lower()
    live.set_merchant(email=email)
    administration.set_password(live.deps, live.merchant, PASSWORD, "admin:a")
    visit = log_in(live.deps, email.upper(), PASSWORD, "192.0.2.1")
    assert (visit.merchant.id, visit.session.email, visit.session.version) == (live.merchant.id, email, 1)
    for wrong in ("guess", ""):
        with pytest.raises(AuthenticationFailed):
            log_in(live.deps, email, wrong, "192.0.2.1")
    with pytest.raises(AuthenticationFailed):
        log_in(live.deps, "", PASSWORD, "192.0.2.1")
    capsys.readouterr()
    administration.set_active(live.deps, live.merchant, "admin:a", active=False)
    with pytest.raises(AuthenticationFailed):
        log_in(live.deps, email, PASSWORD, "192.0.2.1")
    assert lines(capsys, "log-in refused") == [{"level": "WARNING", "merchant_id": live.merchant.id}]


def test_a_restricted_key_is_what_was_asked_for_and_on_record(shop: MemoryShop) -> None:
    new = NewKey("till", frozenset((Right.READ, Right.PAYMENTS)), timedelta(days=9), ("203.0.113.0/24",))
    issued = issue_key(shop.deps, shop.merchant.id, ME, new)
    key = issued.key
    digest = hash_secret(key.api_key, issued.secret)
    assert (
        shop.database.api_keys.get(key.api_key)
        == key
        == ApiKey(
            key.api_key,
            shop.merchant.id,
            digest,
            active=True,
            created_at=NOW,
            name="till",
            rights=frozenset((Right.READ, Right.PAYMENTS)),
            valid_until=NOW + timedelta(days=9),
            addresses=("203.0.113.0/24",),
            stage="test",
        )
    )
    assert shop.audit() == [
        (
            ME,
            "api_key.issued",
            key.api_key,
            {
                "name": "till",
                "rights": ["payments", "read"],
                "valid_until": "2026-02-09T09:30:00.250Z",
                "addresses": ["203.0.113.0/24"],
            },
        )
    ]
    shop.clock.advance(days=2)
    successor = rotate_key(shop.deps, shop.merchant.id, key.api_key, 24, ME).key
    assert replace(successor, api_key=key.api_key, secret_hash=digest) == replace(
        key, created_at=NOW + timedelta(days=2), valid_until=NOW + timedelta(days=11)
    )
