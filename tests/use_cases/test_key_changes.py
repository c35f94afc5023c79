"""Issuing, replacing and disabling API keys, each with its row in the audit trail."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from gateway.adapters.aws.dynamodb.access_tables import ApiKeyRow
from gateway.domain.access.limit import Limit
from gateway.domain.errors import AuthenticationFailed, BadRequest, NotFound, RateLimited, Unavailable
from gateway.use_cases.access import api_keys as service
from gateway.use_cases.access.api_keys import disable_key, issue_key, list_keys, rotate_key
from gateway.use_cases.access.audit import list_audit
from gateway.use_cases.access.authentication import authenticate, forget_all
from gateway.use_cases.dependencies import Dependencies
from tests.support.aws_calls import a_cancellation, answering, just_before
from tests.support.database import merchants
from tests.support.factories import NOW, Clock, a_merchant, some_deps

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
ME = "user:me@example.com"


@pytest.fixture
def deps(clock: Clock) -> Dependencies:
    return some_deps(clock)


@pytest.fixture
def merchant_id() -> str:
    merchant = a_merchant()
    merchants.add(merchant)
    return merchant.id


def works(deps: Dependencies, api_key: str, secret: str) -> bool:
    forget_all()
    try:
        authenticate(deps, api_key, secret)
    except AuthenticationFailed:
        return False
    return True


def trail(merchant_id: str) -> list[tuple[str, str, str]]:
    entries = list_audit(some_deps(), merchant_id, 100, 0).items
    return sorted((entry.action, entry.object, entry.actor) for entry in entries)


def test_an_issued_key_works_with_the_secret_that_is_nowhere_stored(
    deps: Dependencies, merchant_id: str
) -> None:
    issued = issue_key(deps, merchant_id, ME)
    assert works(deps, issued.key.api_key, issued.secret)
    assert issued.key.api_key.startswith("key_test_")
    assert issued.secret not in str(ApiKeyRow.get(issued.key.api_key).to_dynamodb_dict())
    assert issued.secret not in repr(issued)
    assert trail(merchant_id) == [("api_key.issued", issued.key.api_key, ME)]


def test_keys_are_listed_newest_first_without_digests(
    deps: Dependencies, clock: Clock, merchant_id: str
) -> None:
    first = issue_key(deps, merchant_id, ME)
    clock.advance(seconds=1)
    second = issue_key(deps, merchant_id, ME)
    listed = list_keys(some_deps(), merchant_id).items
    assert [key.api_key for key in listed] == [second.key.api_key, first.key.api_key]
    assert {key.secret_hash for key in listed} == {""}


def test_a_rotated_key_works_beside_the_new_one_until_the_overlap_is_over(
    deps: Dependencies, clock: Clock, merchant_id: str
) -> None:
    old = issue_key(deps, merchant_id, ME)
    new = rotate_key(deps, merchant_id, old.key.api_key, 24, ME)
    assert new.replaced is not None
    assert new.replaced.expires_at == NOW + timedelta(hours=24)
    clock.advance(hours=23, minutes=59)
    assert works(deps, old.key.api_key, old.secret)
    assert works(deps, new.key.api_key, new.secret)
    authenticate(deps, old.key.api_key, old.secret)  # remembered, and still it ends in time
    clock.advance(minutes=1)
    with pytest.raises(AuthenticationFailed):
        authenticate(deps, old.key.api_key, old.secret)
    assert works(deps, new.key.api_key, new.secret)
    assert trail(merchant_id) == [
        ("api_key.issued", old.key.api_key, ME),
        ("api_key.rotated", old.key.api_key, ME),
    ]


def test_a_key_is_replaced_once_however_many_ask(deps: Dependencies, merchant_id: str) -> None:
    old = issue_key(deps, merchant_id, ME).key.api_key
    faster: Callable[[], object] = lambda: rotate_key(deps, merchant_id, old, 1, ME)  # noqa: E731
    with (
        just_before("TransactWriteItems", faster),
        pytest.raises(BadRequest, match="can be rotated"),
    ):
        rotate_key(deps, merchant_id, old, 1, ME)
    assert list_keys(some_deps(), merchant_id).total == 2
    assert [action for action, *_ in trail(merchant_id)] == ["api_key.issued", "api_key.rotated"]


def test_a_disabled_key_stops_and_stays_disabled(deps: Dependencies, merchant_id: str) -> None:
    issued = issue_key(deps, merchant_id, ME)
    assert not disable_key(deps, merchant_id, issued.key.api_key, ME).active
    assert not works(deps, issued.key.api_key, issued.secret)
    with pytest.raises(BadRequest, match="disabled already"):
        disable_key(deps, merchant_id, issued.key.api_key, ME)
    with pytest.raises(BadRequest):
        rotate_key(deps, merchant_id, issued.key.api_key, 1, ME)
    assert [action for action, *_ in trail(merchant_id)] == ["api_key.disabled", "api_key.issued"]


def test_a_key_that_is_being_replaced_can_be_disabled(deps: Dependencies, merchant_id: str) -> None:
    old = issue_key(deps, merchant_id, ME)
    rotate_key(deps, merchant_id, old.key.api_key, 24, ME)
    disable_key(deps, merchant_id, old.key.api_key, ME)
    assert not works(deps, old.key.api_key, old.secret)


def test_another_merchants_key_is_not_found(deps: Dependencies, merchant_id: str) -> None:
    issued = issue_key(deps, merchant_id, ME)
    other = a_merchant()
    merchants.add(other)
    with pytest.raises(NotFound):
        rotate_key(deps, other.id, issued.key.api_key, 1, ME)
    with pytest.raises(NotFound):
        disable_key(deps, other.id, issued.key.api_key, ME)
    assert works(deps, issued.key.api_key, issued.secret)


def test_only_so_many_keys_are_issued_a_day(
    deps: Dependencies, clock: Clock, merchant_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "ISSUED_PER_DAY", Limit("api-keys", 2, timedelta(days=1)))
    first = issue_key(deps, merchant_id, ME)
    rotate_key(deps, merchant_id, first.key.api_key, 1, ME)
    with pytest.raises(RateLimited) as refused:
        issue_key(deps, merchant_id, ME)
    assert list_keys(some_deps(), merchant_id).total == 2
    clock.advance(seconds=refused.value.retry_after_seconds)
    issue_key(deps, merchant_id, ME)


def test_a_key_that_others_are_changing_is_busy(deps: Dependencies, merchant_id: str) -> None:
    conflicts = [a_cancellation("TransactionConflict")] * 4
    with (
        answering("TransactWriteItems", conflicts),
        pytest.raises(Unavailable),
    ):
        issue_key(deps, merchant_id, ME)
    assert list_keys(some_deps(), merchant_id).items == []
