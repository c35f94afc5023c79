from gateway.domain.access.api_key import ApiKey, hash_secret
from gateway.presenters.api_key import API_KEY
from gateway.presenters.resource import At
from tests.support.factories import NOW

NAME = "key_test_abc123"
DIGEST = hash_secret(NAME, "secret_test_xyz789")


def test_a_listed_key_shows_no_digest() -> None:
    key = ApiKey(NAME, "merchant", DIGEST, active=True, created_at=NOW)
    ended = ApiKey(NAME, "merchant", DIGEST, active=True, created_at=NOW, expires_at=NOW)
    assert key.secret_hash not in str(API_KEY.present(At(key, NOW)))
    assert API_KEY.present(At(key, NOW))["active"] is True
    assert API_KEY.present(At(ended, NOW))["active"] is False
