"""Merchants, and the sites that may show their checkout."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.card_testing.limits import Limits
from gateway.domain.chaos import Chaos
from gateway.domain.errors import BadRequest
from gateway.domain.webhooks.events import DEFAULT_EVENTS
from gateway.domain.webhooks.webhook_endpoint import FIRST_ENDPOINT, WebhookEndpoint

TEST_MERCHANT_ID = "550e8400-e29b-41d4-a716-446655440000"
CHECKOUT_ORIGINS_MAX = 20
ORIGIN_LENGTH_MAX = 255
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The host-source of CSP 3, 2.3.1, cut down to one exact origin: no wildcard, no path. It has no IPv6.
_ORIGIN = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>[0-9]{{1,5}}))?", re.ASCII
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Merchant:
    """Who gets paid. `webhook_url` is None where no webhooks go to the merchant's own URL.

    `webhook_events` are those that do. `added_endpoints` are the others, and `endpoints_version` changes with
    each change of them.

    `checkout_origins` are the sites that may show the checkout page in a frame outside test stages.
    A dashboard session is valid only if it began with the present `session_version`. `active_keys` counts the
    API keys in use, those that have run out since among them; None until the first one is counted.
    `chaos` is what was asked for, and may be over: `Dependencies.chaos_now` says whether it is obeyed.
    `acquirer_account` is where new payments are routed to; None where none was set. `limits` are those
    against card testing.
    """

    id: str
    name: str
    email: str
    active: bool
    webhook_url: str | None
    webhook_secret: str = field(repr=False)
    created_at: datetime
    previous_secret: str | None = field(default=None, repr=False)
    previous_secret_until: datetime | None = None
    checkout_origins: tuple[str, ...] = ()
    session_version: int = 0
    active_keys: int | None = None
    chaos: Chaos | None = None
    acquirer_account: str | None = None
    limits: Limits = field(default_factory=Limits)
    webhook_events: tuple[str, ...] = DEFAULT_EVENTS
    added_endpoints: tuple[WebhookEndpoint, ...] = ()
    endpoints_version: int = 0

    @property
    def first_endpoint(self) -> WebhookEndpoint | None:
        """The merchant's own URL as an endpoint; None where there is none."""
        if self.webhook_url is None:
            return None
        return WebhookEndpoint(
            FIRST_ENDPOINT,
            self.webhook_url,
            self.webhook_secret,
            self.webhook_events,
            previous_secret=self.previous_secret,
            previous_secret_until=self.previous_secret_until,
        )

    @property
    def endpoints(self) -> list[WebhookEndpoint]:
        """Where the merchant's events go, the own URL first."""
        first = self.first_endpoint
        return [*([first] if first else []), *self.added_endpoints]

    def endpoint(self, endpoint_id: str) -> WebhookEndpoint | None:
        """The endpoint with this id, or None."""
        return next((one for one in self.endpoints if one.id == endpoint_id), None)

    def with_endpoint(self, changed: WebhookEndpoint) -> tuple[WebhookEndpoint, ...]:
        """The added endpoints once this one is as it says, or has been added."""
        if self.endpoint(changed.id) is None:
            return (*self.added_endpoints, changed)
        return tuple(changed if one.id == changed.id else one for one in self.added_endpoints)

    def without_endpoint(self, endpoint_id: str) -> tuple[WebhookEndpoint, ...]:
        """The added endpoints without this one."""
        return tuple(one for one in self.added_endpoints if one.id != endpoint_id)

    def signing_secrets(self, now: datetime) -> list[str]:
        """What the merchant's own secret signs with now: for a while after a rotation, the old one too."""
        own = WebhookEndpoint(
            FIRST_ENDPOINT,
            "",
            self.webhook_secret,
            previous_secret=self.previous_secret,
            previous_secret_until=self.previous_secret_until,
        )
        return own.signing_secrets(now)


def check_checkout_origins(origins: Sequence[str], *, https_only: bool) -> tuple[str, ...]:
    """The origins as browsers write them (RFC 6454, 6.2), each once; or BadRequest naming the wrong one.

    `https_only` is for every stage but tests. What passes can stand in a frame-ancestors directive: it holds
    no space, semicolon, comma, quote or wildcard.
    """
    if len(origins) > CHECKOUT_ORIGINS_MAX:
        raise BadRequest(
            f"checkout_origins must have at most {CHECKOUT_ORIGINS_MAX} origins", field="checkout_origins"
        )
    checked = (_checked_origin(text, index, https_only=https_only) for index, text in enumerate(origins))
    return tuple(dict.fromkeys(checked))


def _checked_origin(text: str, index: int, *, https_only: bool) -> str:
    def refused(reason: str) -> BadRequest:
        return BadRequest(f"checkout_origins[{index}] {reason}", field=f"checkout_origins.{index}")

    if len(text) > ORIGIN_LENGTH_MAX:
        raise refused(f"must have at most {ORIGIN_LENGTH_MAX} characters")
    # Lower-casing can turn text into ASCII and ASCII into other text, so this is checked first.
    parts = _ORIGIN.fullmatch(text.lower()) if text.isascii() else None
    if parts is None:
        raise refused("must look like https://shop.example or https://shop.example:8443, without a path")
    scheme, host, port = parts["scheme"], parts["host"], int(parts["port"] or _DEFAULT_PORTS[parts["scheme"]])
    if https_only and scheme != "https":
        raise refused("must begin with https://")
    if not 1 <= port <= 65535:
        raise refused("must have a port from 1 to 65535")
    return f"{scheme}://{host}" + ("" if port == _DEFAULT_PORTS[scheme] else f":{port}")
