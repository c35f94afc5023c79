"""The merchant that exists in test stages, so that a first call works without signing up."""

from gateway.domain.access.api_key import ApiKey, hash_secret
from gateway.domain.access.merchant import TEST_MERCHANT_ID, Merchant
from gateway.domain.errors import NotFound
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies

WEBHOOK_SECRET = "whsec_test_abc123"  # noqa: S105 - published in the docs, for test stages only


def seed_test_merchant(deps: Dependencies) -> bool:
    """Creates the test merchant if there is none and sets its API key; returns whether it was created."""
    config = deps.config
    if not config.is_test_stage:
        raise RuntimeError("the test merchant belongs to test stages only")
    now = deps.now()
    merchant = Merchant(
        id=TEST_MERCHANT_ID,
        name="Test Merchant",
        email=config.test_merchant_email,
        active=True,
        webhook_url=config.test_webhook_url,
        webhook_secret=WEBHOOK_SECRET,
        created_at=now,
    )
    created = deps.database.merchants.add(merchant)
    digest = hash_secret(config.test_api_key, config.test_api_secret)
    # The deployment's settings decide what the key is, even if they change later.
    deps.database.api_keys.put(
        ApiKey(config.test_api_key, merchant.id, digest, active=True, created_at=now, stage=config.stage)
    )
    log.info("test merchant seeded", created=created, merchant_id=merchant.id)
    return created


def find_test_merchant(deps: Dependencies) -> Merchant:
    """The seeded merchant, or NotFound, which it always is outside test stages."""
    merchant = deps.database.merchants.get(TEST_MERCHANT_ID) if deps.config.is_test_stage else None
    if merchant is None:
        raise NotFound("The test merchant is not seeded")
    return merchant
