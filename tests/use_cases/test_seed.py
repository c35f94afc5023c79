import pytest

from gateway.adapters.aws.dynamodb.access_tables import ApiKeyRow
from gateway.domain.errors import AuthenticationFailed, NotFound
from gateway.use_cases.access.authentication import authenticate
from gateway.use_cases.access.seed import find_test_merchant, seed_test_merchant
from tests.support.factories import Clock, some_deps, some_id

pytestmark = pytest.mark.emulator


@pytest.mark.usefixtures("empty_store")
def test_the_test_merchant_is_seeded_once() -> None:
    deps = some_deps()
    with pytest.raises(NotFound):
        find_test_merchant(deps)
    assert seed_test_merchant(deps)
    assert not seed_test_merchant(deps)
    merchant = find_test_merchant(deps)
    assert (merchant.id, merchant.name) == ("550e8400-e29b-41d4-a716-446655440000", "Test Merchant")
    assert (merchant.email, merchant.webhook_secret) == ("test@example.com", "whsec_test_abc123")
    assert authenticate(deps, "key_test_abc123", "secret_test_xyz789").merchant_id == merchant.id
    stored = str([row.to_dynamodb_dict() for row in ApiKeyRow.scan()])
    assert "secret_test_xyz789" not in stored


@pytest.mark.usefixtures("store")
def test_a_key_that_changes_in_the_settings_changes_at_the_next_seed(clock: Clock) -> None:
    key = some_id("key_")
    for secret in ("first", "second"):
        deps = some_deps(clock, TEST_API_KEY=key, TEST_API_SECRET=secret)
        seed_test_merchant(deps)
        clock.advance(seconds=15)
        assert authenticate(deps, key, secret)
    with pytest.raises(AuthenticationFailed):
        authenticate(deps, key, "first")


def test_nothing_is_seeded_outside_test_stages() -> None:
    live = some_deps(STAGE="live")
    with pytest.raises(RuntimeError, match="test stages only"):
        seed_test_merchant(live)
    with pytest.raises(NotFound):
        find_test_merchant(live)
