"""What an administrator does to merchants; each change leaves an audit row, and a refused one leaves none."""

import pytest

from gateway.domain.access.merchant import Merchant
from gateway.domain.errors import AuthenticationFailed, BadRequest, NotFound, Unavailable
from gateway.use_cases.access.api_keys import issue_key
from gateway.use_cases.access.audit import list_audit
from gateway.use_cases.access.authentication import REMEMBERED_FOR, authenticate
from gateway.use_cases.access.merchants import (
    create_merchant,
    find_merchant,
    list_merchants,
    set_active,
    set_password,
)
from gateway.use_cases.access.sessions import find_visit, log_in
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.payments.create_payment import create_payment
from gateway.use_cases.payments.new_payment import NewPayment
from tests.support.aws_calls import a_cancellation, answering
from tests.support.database import orders, users
from tests.support.factories import Clock, an_order, some_deps, some_id
from tests.support.keys import answered

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
ROOT = "admin:root"
PASSWORD = "correct horse battery"


@pytest.fixture
def deps(clock: Clock, secret_arn: str) -> Dependencies:
    return some_deps(clock, STAGE="live", SESSION_KEY_ARN=secret_arn)


@pytest.fixture
def merchant(deps: Dependencies) -> Merchant:
    return create_merchant(deps, "Chai Point", some_email(), PASSWORD, ROOT)


def some_email() -> str:
    return f"{some_id('').lower()}@example.com"


def trail(merchant_id: str) -> set[tuple[str, str, str]]:
    entries = list_audit(some_deps(), merchant_id, 100, 0).items
    return {(str(entry.action), entry.object, entry.actor) for entry in entries}


def test_a_new_merchant_can_log_in_and_is_found_by_id_and_by_address(
    deps: Dependencies, merchant: Merchant
) -> None:
    visit = log_in(deps, merchant.email.upper(), PASSWORD, "address")
    assert visit.merchant == merchant
    assert find_merchant(deps, merchant.id) == find_merchant(deps, f" {merchant.email} ") == merchant
    assert merchant.webhook_secret.startswith("whsec_")
    me = f"user:{merchant.email}"
    created = ("merchant.created", merchant.id, ROOT)
    assert trail(merchant.id) == {created, ("session.begun", me, me)}


def test_what_is_stored_of_a_password_is_a_slow_hash(merchant: Merchant) -> None:
    user = users.get(merchant.email)
    assert user is not None
    assert (user.password_hash or "").startswith("$scrypt$ln=16,r=8,p=2$")
    assert PASSWORD not in (user.password_hash or "")


def test_an_address_belongs_to_one_merchant(deps: Dependencies, merchant: Merchant) -> None:
    with pytest.raises(BadRequest, match="another merchant's") as refused:
        create_merchant(deps, "Other", merchant.email.upper(), "another password", ROOT)
    assert refused.value.field == "email"
    assert log_in(deps, merchant.email, PASSWORD, "address").merchant == merchant


@pytest.mark.parametrize(
    ("name", "email", "password", "field"),
    [
        (" ", "a@example.com", PASSWORD, "name"),
        ("x" * 101, "a@example.com", PASSWORD, "name"),
        ("Chai", "nobody", PASSWORD, "email"),
        ("Chai", "a b@example.com", PASSWORD, "email"),
        ("Chai", "x" * 250 + "@example.com", PASSWORD, "email"),
        ("Chai", "a@example.com", "too short", "password"),
    ],
)
def test_what_makes_no_merchant_is_named(
    deps: Dependencies, name: str, email: str, password: str, field: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        create_merchant(deps, name, email, password, ROOT)
    assert refused.value.field == field


@pytest.mark.parametrize("wanted", ["nobody@example.com", "nobody", ""])
def test_nobody_is_not_found(deps: Dependencies, wanted: str) -> None:
    with pytest.raises(NotFound):
        find_merchant(deps, wanted)


def test_a_new_password_takes_the_old_ones_place_and_ends_all_sessions(
    deps: Dependencies, merchant: Merchant
) -> None:
    visit = log_in(deps, merchant.email, PASSWORD, "address")
    set_password(deps, merchant, "another long password", ROOT)
    with pytest.raises(AuthenticationFailed):
        find_visit(deps, visit.cookie)
    with pytest.raises(AuthenticationFailed):
        log_in(deps, merchant.email, PASSWORD, "address")
    assert log_in(deps, merchant.email, "another long password", "address")
    assert ("password.set", merchant.id, ROOT) in trail(merchant.id)


def test_a_disabled_merchant_stops_within_fifteen_seconds_and_can_come_back(
    deps: Dependencies, clock: Clock, merchant: Merchant
) -> None:
    issued = issue_key(deps, merchant.id, ROOT)
    visit = log_in(deps, merchant.email, PASSWORD, "address")
    authenticate(deps, issued.key.api_key, issued.secret)
    set_active(deps, merchant, ROOT, active=False)
    with pytest.raises(AuthenticationFailed):
        find_visit(deps, visit.cookie)
    clock.advance(seconds=REMEMBERED_FOR.total_seconds())
    with pytest.raises(AuthenticationFailed):
        authenticate(deps, issued.key.api_key, issued.secret)
    set_active(deps, merchant, ROOT, active=True)
    assert authenticate(deps, issued.key.api_key, issued.secret).merchant_id == merchant.id
    assert {action for action, *_ in trail(merchant.id)} == {
        "merchant.created",
        "api_key.issued",
        "merchant.disabled",
        "merchant.enabled",
        "session.begun",
    }


def test_a_disabled_merchants_orders_cannot_be_paid(deps: Dependencies, merchant: Merchant) -> None:
    order = an_order(merchant_id=merchant.id)
    orders.add(order)
    set_active(deps, merchant, ROOT, active=False)
    new = NewPayment(order.id, "upi", "user@paytm", None)
    for merchant_id in (None, merchant.id):
        with pytest.raises(NotFound, match="Order not found"):
            create_payment(deps, merchant_id, new, answered(None))


@pytest.mark.parametrize("active", [True, False])
def test_what_is_so_already_is_said_and_not_written_down_again(
    deps: Dependencies, merchant: Merchant, *, active: bool
) -> None:
    if not active:
        set_active(deps, merchant, ROOT, active=False)
    before = trail(merchant.id)
    with pytest.raises(BadRequest, match="already"):
        set_active(deps, merchant, ROOT, active=active)
    assert trail(merchant.id) == before


def test_a_merchant_that_others_are_changing_is_busy(deps: Dependencies, merchant: Merchant) -> None:
    conflicts = [a_cancellation("TransactionConflict")] * 4
    with answering("TransactWriteItems", conflicts), pytest.raises(Unavailable):
        set_active(deps, merchant, ROOT, active=False)
    assert find_merchant(deps, merchant.id).active


def test_administrators_see_all_merchants_up_to_a_number(deps: Dependencies, merchant: Merchant) -> None:
    assert merchant in list_merchants(deps, 100_000)
    assert len(list_merchants(deps, 1)) == 1
