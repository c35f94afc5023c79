"""A merchant as clients see it: its settings, its session, its chaos, and the seeded one of test stages."""

from collections.abc import Sequence
from typing import Any

from gateway.domain.access.merchant import Merchant
from gateway.domain.chaos import SETTINGS, Chaos
from gateway.domain.webhooks.events import TOLD_EVENTS
from gateway.domain.webhooks.webhook_endpoint import WebhookEndpoint
from gateway.presenters.people import SIGNED_IN
from gateway.presenters.resource import Member, Resource, a_collection
from gateway.presenters.vocabulary import BOOLEAN, COUNT, TEXT, TIME, UUID, an_array, one_of, or_null

_SECRET = Member[Merchant]("webhook_secret", TEXT)
_EVENTS = {**an_array(one_of(TOLD_EVENTS)), "description": "What is sent there."}
WEBHOOK_CONFIG = Resource[Merchant](
    "WebhookConfig",
    Member("webhook_url", or_null(TEXT)),
    _SECRET,
    Member("events", _EVENTS, lambda merchant: list(merchant.webhook_events)),
)
WEBHOOK_SECRET = Resource[str]("WebhookSecret", Member("webhook_secret", TEXT, str))
WEBHOOK_ENDPOINT_LISTED = Resource[WebhookEndpoint](
    "WebhookEndpointListed",
    Member("id", {**TEXT, "description": "`default` is the endpoint of `webhook_url`."}),
    Member("url", TEXT),
    Member("events", _EVENTS, lambda endpoint: list(endpoint.events)),
    Member("enabled", {**BOOLEAN, "description": "Whether anything is sent there."}),
    Member("created_at", or_null(TIME)),
)
WEBHOOK_ENDPOINT = Resource[WebhookEndpoint](
    "WebhookEndpoint",
    *WEBHOOK_ENDPOINT_LISTED.members,
    Member("secret", {**TEXT, "description": "What signs the events that are sent there."}),
)
WEBHOOK_ENDPOINT_LIST = a_collection("WebhookEndpointList", WEBHOOK_ENDPOINT_LISTED)
CHECKOUT_ORIGINS = Resource[Sequence[str]]("CheckoutOrigins", Member("origins", an_array(TEXT), list))

_LOGGED_IN = Resource[Merchant](
    "SessionMerchant", Member("id", UUID), Member("name", TEXT), Member("email", TEXT)
)
# The subject is a use case's result with its stage.
SESSION = Resource[tuple[Any, str]](
    "Session",
    Member("merchant", _LOGGED_IN.schema, lambda seen: _LOGGED_IN.present(seen[0].merchant)),
    Member(
        "csrf_token",
        {**TEXT, "description": "For the header X-CSRF-Token."},
        lambda seen: seen[0].csrf_token,
    ),
    Member(
        "expires_at",
        {**TIME, "description": "When it ends unless it is used before."},
        lambda seen: seen[0].session.expires_at,
    ),
    Member("stage", one_of(["test", "live"]), lambda seen: seen[1]),
    Member("user", SIGNED_IN.schema, lambda seen: SIGNED_IN.present(seen[0].user)),
)
SESSION_ENDED = Resource[None]("SessionEnded", Member("ended", {**BOOLEAN, "const": True}, lambda _: True))
# The subject is the merchant with its API key.
TEST_MERCHANT = Resource[tuple[Merchant, str]](
    "TestMerchant",
    Member("id", UUID, lambda seen: seen[0].id),
    Member("email", TEXT, lambda seen: seen[0].email),
    Member("api_key", TEXT, lambda seen: seen[1]),
    Member("seeded", {**BOOLEAN, "const": True}, lambda _: True),
)
# None where there is no chaos.
CHAOS = Resource[Chaos | None](
    "Chaos",
    Member(
        "active", {**BOOLEAN, "description": "Whether anything is disturbed now."}, lambda c: c is not None
    ),
    Member(
        "until", {**or_null(TIME), "description": "When it ends by itself."}, lambda c: c.until if c else None
    ),
    Member(
        "seed", {**or_null(COUNT), "description": "Repeats the same faults."}, lambda c: c.seed if c else None
    ),
    *(
        Member[Chaos | None](name, COUNT, lambda chaos, name=name: getattr(chaos, name) if chaos else 0)  # type: ignore[misc]
        for name in SETTINGS
    ),
)
