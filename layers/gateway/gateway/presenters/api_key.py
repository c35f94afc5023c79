"""API keys as the dashboard sees them. A secret is shown once, when its key is issued."""

from datetime import datetime
from typing import Any

from gateway.domain.access.api_key import ApiKey, Credentials, IssuedKey
from gateway.presenters.resource import At, Member, Resource, lifted
from gateway.presenters.vocabulary import BOOLEAN, TEXT, TIME, an_array, or_null

API_KEY = Resource[At[ApiKey]](
    "ApiKey",
    Member("api_key", {**TEXT, "examples": ["key_test_abc123"]}, lambda at: at.subject.api_key),
    Member("last4", TEXT, lambda at: at.subject.api_key[-4:]),
    Member("created_at", TIME, lambda at: at.subject.created_at),
    Member(
        "active",
        {**BOOLEAN, "description": "Whether it works now."},
        lambda at: at.subject.is_usable(at.now),
    ),
    Member(
        "expires_at",
        {**or_null(TIME), "description": "When a key that was replaced ends."},
        lambda at: at.subject.expires_at,
    ),
)
CREDENTIALS = Resource[At[Credentials]](
    "Credentials",
    Member("api_key", or_null(TEXT), lambda at: at.subject.api_key),
    Member(
        "api_secret",
        {**or_null(TEXT), "description": "Only of the seeded key of a test stage."},
        lambda at: at.subject.api_secret,
    ),
    Member(
        "keys",
        an_array(API_KEY.ref),
        lambda at: [API_KEY.present(At(key, at.now)) for key in at.subject.keys],
    ),
)
ISSUED_API_KEY = Resource[IssuedKey](
    "IssuedApiKey",
    Member("api_key", TEXT, lambda issued: issued.key.api_key),
    Member("api_secret", {**TEXT, "description": "Shown this once."}, lambda issued: issued.secret),
    Member("created_at", TIME, lambda issued: issued.key.created_at),
    Member("expires_at", {"type": "null"}, lambda issued: issued.key.expires_at),
)


def _replaced(issued: IssuedKey, now: datetime) -> dict[str, Any] | None:
    return API_KEY.present(At(issued.replaced, now)) if issued.replaced else None


ROTATED_API_KEY = Resource[At[IssuedKey]](
    "RotatedApiKey",
    *lifted(ISSUED_API_KEY.members, lambda at: at.subject),
    Member("replaces", API_KEY.ref, lambda at: _replaced(at.subject, at.now)),
)
