"""API keys as the dashboard sees them. A secret is shown once, when its key is issued."""

from datetime import datetime
from typing import Any

from gateway.domain.access.api_key import ApiKey, Credentials, IssuedKey
from gateway.domain.access.rights import KEY_RIGHTS, Right
from gateway.domain.page import Page
from gateway.presenters.resource import At, Member, Resource, lifted
from gateway.presenters.vocabulary import BOOLEAN, COUNT, LIMIT, TEXT, TIME, an_array, one_of, or_null


def _rights(key: ApiKey) -> list[str] | None:
    return None if key.rights is None else [str(right) for right in Right if right in key.rights]


_RESTRICTIONS = (
    Member[ApiKey]("name", or_null(TEXT)),
    Member[ApiKey](
        "rights",
        {
            **or_null(an_array(one_of(KEY_RIGHTS))),
            "description": "What it may do; null for everything that an API key can do.",
        },
        _rights,
    ),
    Member[ApiKey](
        "addresses",
        {**an_array(TEXT), "description": "The networks that it may be used from; empty for all."},
        lambda key: list(key.addresses),
    ),
)
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
        {**or_null(TIME), "description": "When it ends: it was replaced, or issued for a time only."},
        lambda at: at.subject.ends_at,
    ),
    Member(
        "replaced",
        {**BOOLEAN, "description": "Whether another key was issued in its place."},
        lambda at: at.subject.expires_at is not None,
    ),
    Member(
        "last_used_at",
        {**or_null(TIME), "description": "When it was last used, to the hour."},
        lambda at: at.subject.last_used_at,
    ),
    *lifted(_RESTRICTIONS, lambda at: at.subject),
)
KEY_LIST = Resource[At[Page[ApiKey]]](
    "ApiKeyList",
    Member(
        "data",
        an_array(API_KEY.ref),
        lambda at: [API_KEY.present(At(key, at.now)) for key in at.subject.items],
    ),
    Member("total", {**COUNT, "description": "How many there are in all."}, lambda at: at.subject.total),
    Member("limit", LIMIT, lambda at: at.subject.limit),
    Member("offset", COUNT, lambda at: at.subject.offset),
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
    Member("expires_at", or_null(TIME), lambda issued: issued.key.ends_at),
    *lifted(_RESTRICTIONS, lambda issued: issued.key),
)


def _replaced(issued: IssuedKey, now: datetime) -> dict[str, Any] | None:
    return API_KEY.present(At(issued.replaced, now)) if issued.replaced else None


ROTATED_API_KEY = Resource[At[IssuedKey]](
    "RotatedApiKey",
    *lifted(ISSUED_API_KEY.members, lambda at: at.subject),
    Member("replaces", API_KEY.ref, lambda at: _replaced(at.subject, at.now)),
)
