"""Setting and rotating a merchant's acquirer account."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from gateway.adapters.acquirers.accounts import Accounts, connect
from gateway.domain.acquiring.account import Account, read_account, secret_name
from gateway.domain.acquiring.results import AcquirerError, NotSent
from gateway.domain.errors import AsyncPayError, BadRequest, NotFound, Unavailable
from gateway.use_cases.acquirer import Acquirer
from gateway.use_cases.acquirers import accounts
from gateway.use_cases.protocols.refusals import Conflict
from tests.support.factories import ScriptedAcquirer, a_config, a_merchant
from tests.support.memory.outside import MemorySecrets
from tests.support.memory.shop import MemoryShop, lines, told

NAME, ME = "stripe_Fq3ZtW8kLmXs0aBc", "admin:me"


@dataclass
class Checked:
    """Connects, and notes which keys were tried; fails as told."""

    fails: AcquirerError | None = None
    tried: list[str] = field(default_factory=list)

    def __call__(self, account: Account) -> Acquirer:
        checked = self

        class Connector(ScriptedAcquirer):
            def check(self) -> None:
                checked.tried.append(account.secret_key)
                if checked.fails is not None:
                    raise checked.fails

        return Connector()


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def an_account(shop: MemoryShop, **members: Any) -> Account:
    given = {"secret_key": "sk_test_1234", "raw_cards": True} | members
    return Account(NAME, shop.merchant.id, **given)


def stored(shop: MemoryShop) -> Account | None:
    text = shop.deps.secrets.find(secret_name("asyncpay", NAME))
    return None if text is None else read_account(text.decode())


def routed(shop: MemoryShop) -> str | None:
    found: str | None = shop.database.merchants.get(shop.merchant.id).acquirer_account
    return found


def test_an_account_is_checked_stored_and_routed_to(shop: MemoryShop) -> None:
    checked, account = Checked(), an_account(shop)
    accounts.set_account(shop.deps, checked, account, ME)
    assert (checked.tried, stored(shop), routed(shop)) == (["sk_test_1234"], account, NAME)
    assert shop.audit() == [(ME, "acquirer.set", shop.merchant.id, {"account": NAME})]


def test_credentials_that_the_acquirer_does_not_take_are_refused_and_nothing_is_kept(
    shop: MemoryShop,
) -> None:
    with pytest.raises(BadRequest) as refusal:
        accounts.set_account(shop.deps, Checked(NotSent("credentials", raw_code="401")), an_account(shop), ME)
    assert told(refusal) == ("The acquirer does not take these credentials (401)", "secret_key")
    assert (stored(shop), routed(shop)) == (None, None)


@pytest.mark.parametrize(
    ("stage", "key", "field"),
    [("test", "sk_live_1234", "secret_key"), ("live", "sk_test_1234", "secret_key"),
     ("test", "short", "secret_key"), ("test", "sk_test_ 1234", "secret_key")],
)  # fmt: skip
def test_a_key_of_the_other_stage_is_refused_before_it_is_used(stage: str, key: str, field: str) -> None:
    shop, checked = MemoryShop(STAGE=stage, TEST_MODE="false"), Checked()
    with pytest.raises(BadRequest) as refusal:
        accounts.set_account(shop.deps, checked, an_account(shop, secret_key=key), ME)
    assert (refusal.value.field, checked.tried) == (field, [])


@pytest.mark.parametrize(
    ("members", "field"),
    [({"raw_cards": False}, "public_key"), ({"public_key": "pk_live_1234"}, "public_key"),
     ({"webhook_secrets": ("x",)}, "webhook_secret")],
)  # fmt: skip
def test_what_cannot_be_an_account_is_named(shop: MemoryShop, members: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        accounts.set_account(shop.deps, Checked(), an_account(shop, **members), ME)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("stage", "members", "field"),
    [("test", {"public_key": "rzp_live_12345678"}, "public_key"),
     ("live", {"public_key": "rzp_test_12345678"}, "public_key"),
     ("test", {"public_key": None}, "public_key"), ("test", {"raw_cards": True}, "raw_cards"),
     ("test", {"secret_key": "short"}, "secret_key")],
)  # fmt: skip
def test_what_cannot_be_an_account_at_razorpay_is_named(
    stage: str, members: dict[str, Any], field: str
) -> None:
    given = {"secret_key": "plainLetters1234", "public_key": "rzp_test_12345678"} | members
    account = Account("razorpay_Fq3ZtW8kLmXs0aBc", "merchant-1", **given)
    with pytest.raises(BadRequest) as refusal:
        account.check(is_test_stage=stage == "test")
    assert refusal.value.field == field


def test_a_razorpay_key_is_of_the_stage_that_its_id_names() -> None:
    for mode in ("test", "live"):
        account = Account(
            "razorpay_Fq3ZtW8kLmXs0aBc", "merchant-1", "plainLetters1234", f"rzp_{mode}_12345678"
        )
        account.check(is_test_stage=mode == "test")
        assert connect(account).capabilities.methods == ("upi",)


def test_a_live_stage_talks_to_the_acquirer_itself_only() -> None:
    shop = MemoryShop(STAGE="live", TEST_MODE="false")
    account = an_account(shop, secret_key="sk_live_1234", api_base="http://127.0.0.1:1")
    with pytest.raises(BadRequest) as refusal:
        accounts.set_account(shop.deps, Checked(), account, ME)
    assert refusal.value.field == "api_base"


def test_a_rotation_keeps_name_and_old_webhook_secret(shop: MemoryShop) -> None:
    accounts.set_account(shop.deps, Checked(), an_account(shop, webhook_secrets=("whsec_1111",)), ME)
    shop.set_merchant(acquirer_account=NAME)
    for secret in ("whsec_2222", "whsec_3333", "whsec_3333"):
        rotated = accounts.rotate_account(
            shop.deps, Checked(), shop.merchant, secret_key=None, webhook_secret=secret, actor=ME
        )
    assert rotated.webhook_secrets == ("whsec_3333", "whsec_2222")
    checked = Checked()
    accounts.rotate_account(
        shop.deps, checked, shop.merchant, secret_key="sk_test_5678", webhook_secret=None, actor=ME
    )
    assert checked.tried == ["sk_test_5678"]
    assert stored(shop) == replace(rotated, secret_key="sk_test_5678")
    assert shop.audit()[-1] == (ME, "acquirer.rotated", NAME, {"changed": ["secret_key"]})


def test_secrets_are_in_no_text_of_an_account_and_in_no_audit_row(shop: MemoryShop) -> None:
    account = an_account(shop, webhook_secrets=("whsec_1111",))
    accounts.set_account(shop.deps, Checked(), account, ME)
    assert not any(secret in f"{account} {shop.audit()}" for secret in ("sk_test", "whsec"))


def test_a_merchant_without_an_account_has_nothing_to_rotate(shop: MemoryShop) -> None:
    with pytest.raises(NotFound):
        accounts.rotate_account(
            shop.deps, Checked(), shop.merchant, secret_key=None, webhook_secret="whsec_1111", actor=ME
        )


def test_simulating_again_is_for_test_stages(shop: MemoryShop) -> None:
    shop.set_merchant(acquirer_account=NAME)
    accounts.simulate(shop.deps, shop.merchant, ME)
    assert routed(shop) is None
    live = MemoryShop(STAGE="live", TEST_MODE="false")
    with pytest.raises(BadRequest):
        accounts.simulate(live.deps, live.merchant, ME)


def test_an_acquirer_that_is_not_known_is_named(shop: MemoryShop) -> None:
    assert accounts.new_account_name(shop.deps, "stripe").startswith("stripe_")
    with pytest.raises(BadRequest) as refusal:
        accounts.new_account_name(shop.deps, "acme")
    assert refusal.value.field == "acquirer"


class Reading:
    """The connectors of a process, whose clock is moved by hand; counts reads of secrets."""

    def __init__(self) -> None:
        self.secrets, self.time, self.reads = MemorySecrets(), 0.0, 0
        self.accounts = Accounts(a_config(), self.find, lambda: self.time)

    def find(self, name: str) -> bytes | None:
        self.reads += 1
        return self.secrets.find(name)

    def put(self, **members: Any) -> None:
        account = Account(NAME, "merchant-1", **({"secret_key": "sk_test_1234", "raw_cards": True} | members))
        self.secrets.put(secret_name("asyncpay", NAME), account.to_text(), "")


def test_credentials_are_read_once_in_five_minutes_and_then_anew() -> None:
    reading = Reading()
    reading.put()
    first = reading.accounts.of(NAME)
    assert (reading.accounts.of(NAME) is first, reading.reads) == (True, 1)
    reading.time = 301
    assert (reading.accounts.of(NAME) is first, reading.reads) == (True, 2)
    reading.put(secret_key="sk_test_5678")
    assert reading.accounts.of(NAME) is first
    reading.time = 602
    assert reading.accounts.of(NAME) is not first


def test_an_account_that_is_not_there_is_not_asked_for_again_at_once() -> None:
    reading = Reading()
    for _ in range(3):
        with pytest.raises(NotFound):
            reading.accounts.of(NAME)
    assert reading.reads == 1
    reading.put()
    reading.time = 31
    assert reading.accounts.of(NAME).capabilities.raw_cards


@pytest.mark.parametrize(
    "name", ["stripe_1", "acme_Fq3ZtW8kLmXs0aBc", "../stripe_Fq3ZtW8kLmXs0aBc", "x" * 2000]
)
def test_what_cannot_be_an_accounts_name_is_never_looked_up(name: str) -> None:
    reading = Reading()
    with pytest.raises(NotFound):
        reading.accounts.of(name)
    assert reading.reads == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": 1}', "null"])
def test_a_secret_that_holds_no_account_is_our_fault(text: str) -> None:
    reading = Reading()
    reading.secrets.put(secret_name("asyncpay", NAME), text, "")
    with pytest.raises(Unavailable):
        reading.accounts.of(NAME)


def test_the_simulated_bank_needs_no_secret() -> None:
    reading = Reading()
    assert reading.accounts.of("simulated").card_entry is None
    assert reading.reads == 0


def test_an_account_that_takes_no_numbers_says_how_cards_are_entered() -> None:
    entry = connect(Account(NAME, "merchant-1", "sk_test_1234", "pk_test_1234")).card_entry
    assert entry is not None
    assert (entry.acquirer, entry.public_key) == ("stripe", "pk_test_1234")
    assert entry.script_url == "https://js.stripe.com/v3/"


def test_each_change_of_an_account_is_logged_and_on_record(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    base = {"level": "INFO", "merchant_id": shop.merchant.id}
    accounts.set_account(shop.deps, Checked(), an_account(shop), ME)
    assert lines(capsys, "acquirer account set") == [base | {"account": NAME, "actor": ME}]
    shop.set_merchant(acquirer_account=NAME)
    accounts.rotate_account(
        shop.deps, Checked(), shop.merchant, secret_key="sk_test_5678", webhook_secret="whsec_1111", actor=ME
    )
    changed = ["secret_key", "webhook_secret"]
    assert lines(capsys, "acquirer account rotated") == [base | {"account": NAME, "changed": changed}]
    assert shop.audit()[-1] == (ME, "acquirer.rotated", NAME, {"changed": changed})
    accounts.simulate(shop.deps, shop.merchant, ME)
    assert lines(capsys, "acquirer account set") == [base | {"account": "simulated", "actor": ME}]
    assert shop.audit()[-1] == (ME, "acquirer.set", shop.merchant.id, {"account": "simulated"})


def test_refused_changes_of_an_account_say_why(shop: MemoryShop) -> None:
    nobody = a_merchant(acquirer_account=NAME)
    acts: list[tuple[Any, tuple[str, str | None]]] = [
        (lambda: accounts.simulate(shop.deps, nobody, ME), ("Merchant not found", None)),
        (lambda: accounts.find_account(shop.deps, nobody), ("The merchant has no acquirer account", None)),
        (
            lambda: accounts.new_account_name(shop.deps, "acme"),
            ("acquirer must be one of simulated, stripe, razorpay", "acquirer"),
        ),
        (
            lambda: accounts.set_account(shop.deps, Checked(NotSent("credentials")), an_account(shop), ME),
            ("The acquirer does not take these credentials (credentials)", "secret_key"),
        ),
    ]
    for act, said in acts:
        with pytest.raises(AsyncPayError) as refusal:
            act()
        assert told(refusal) == said
    busy = "The merchant is being changed by another request; please try again"
    for change in (
        lambda: accounts.set_account(shop.deps, Checked(), an_account(shop), ME),
        lambda: accounts.rotate_account(
            shop.deps, Checked(), nobody, secret_key="sk_test_5678", webhook_secret=None, actor=ME
        ),
    ):
        shop.database.rows.fail_next(Conflict())
        with pytest.raises(Unavailable) as conflict:
            change()
        assert told(conflict) == (busy, None)


def test_an_account_is_compared_from_then_on_where_its_acquirer_gives_a_statement(shop: MemoryShop) -> None:
    accounts.set_account(shop.deps, Checked(), an_account(shop), ME)
    assert list(shop.database.reconciliations.accounts()) == []
    bank = ScriptedAcquirer(capabilities=replace(ScriptedAcquirer().capabilities, statement=True))
    accounts.set_account(shop.deps, lambda _account: bank, an_account(shop), ME)
    assert list(shop.database.reconciliations.accounts()) == [NAME]


@pytest.mark.parametrize(("members", "field", "said"), [
    ({"webhook_secrets": ("x",)}, "webhook_secret",
     "A webhook secret must have 8 to 255 printable characters"),
    ({"webhook_secrets": ("whsec_1111", "x" * 256)}, "webhook_secret",
     "A webhook secret must have 8 to 255 printable characters"),
    ({"secret_key": "x" * 256}, "secret_key", "secret_key must have 8 to 255 printable characters"),
    ({"public_key": "short"}, "public_key", "public_key must have 8 to 255 printable characters"),
    ({"secret_key": "sk_live_1234"}, "secret_key", "secret_key must be a test key in a test stage"),
])  # fmt: skip
def test_what_is_wrong_about_an_account_is_said(
    shop: MemoryShop, members: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(BadRequest) as refusal:
        an_account(shop, **members).check(is_test_stage=True)
    assert told(refusal) == (said, field)


def test_what_a_live_stage_refuses_of_an_account_is_said(shop: MemoryShop) -> None:
    live = {"secret_key": "sk_live_1234"}
    for members, name, said in (
        ({}, "secret_key", "secret_key must be a live key in a live stage"),
        (live | {"api_base": "http://127.0.0.1:1"}, "api_base", "api_base is for test stages"),
        (live | {"script_url": "http://127.0.0.1:1"}, "api_base", "api_base is for test stages"),
    ):
        with pytest.raises(BadRequest) as refusal:
            an_account(shop, **members).check(is_test_stage=False)
        assert told(refusal) == (said, name)
    an_account(shop, **live).check(is_test_stage=False)
