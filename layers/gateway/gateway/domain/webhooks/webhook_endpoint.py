"""Where a merchant's events go: the merchant's own URL, which is the first endpoint, and those added to it.

Each endpoint has a secret of its own and gets the events that it asks for. The first one's settings are the
merchant's (`webhook_url`, `webhook_secret`), as they were when there was only one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.domain.errors import BadRequest
from gateway.domain.webhooks.events import (
    DEFAULT_EVENTS,
    TEST_EVENT,
    TOLD_EVENTS,
    Event,
    delivery_id,
    event_id,
)

# Of one merchant, the first one included: what is sent about one event still fits into one batch of messages.
ENDPOINTS_MAX = 10
FIRST_ENDPOINT = "default"
# How long the old secret signs alongside a new one.
ROTATION_OVERLAP = timedelta(hours=24)


def endpoint_key(merchant_id: str, endpoint_id: str = FIRST_ENDPOINT) -> str:
    """What the health of an endpoint is kept under."""
    return merchant_id if endpoint_id == FIRST_ENDPOINT else f"{merchant_id}/{endpoint_id}"


@dataclass(frozen=True)
class WebhookEndpoint:
    """One URL, what signs what is sent there, and the names of the events that are.

    A disabled one gets nothing. `created_at` is None for the first one.
    """

    id: str
    url: str
    secret: str = field(repr=False)
    events: tuple[str, ...] = DEFAULT_EVENTS
    enabled: bool = True
    created_at: datetime | None = None
    previous_secret: str | None = field(default=None, repr=False)
    previous_secret_until: datetime | None = None

    @property
    def is_first(self) -> bool:
        """Whether it is the merchant's own URL."""
        return self.id == FIRST_ENDPOINT

    def wants(self, event: str) -> bool:
        """Whether it is sent events of this name; a test event is asked for one by one."""
        return self.enabled and (event in self.events or event == TEST_EVENT)

    def signing_secrets(self, now: datetime) -> list[str]:
        """The secrets that sign now: the current one and, for a while after a rotation, the previous one."""
        if self.previous_secret is None or self.previous_secret_until is None:
            return [self.secret]
        if self.previous_secret_until <= now:
            return [self.secret]
        return [self.secret, self.previous_secret]

    def rotated(self, secret: str, now: datetime) -> "WebhookEndpoint":
        """The endpoint with a new secret; the old one signs beside it for ROTATION_OVERLAP."""
        until = now + ROTATION_OVERLAP
        return replace(self, secret=secret, previous_secret=self.secret, previous_secret_until=until)

    def delivery_id(self, event: Event) -> str:
        """The id of the delivery of an event to this endpoint."""
        if self.is_first or event.name == TEST_EVENT:
            return event.id
        return delivery_id(event.id, self.id)

    def delivery_before(self, event: Event) -> str | None:
        """The id of the delivery that this endpoint got of the same object before this event, if any."""
        for sequence in range(event.sequence - 1, 0, -1):
            if self.wants(event.earlier[sequence - 1]):
                before = event_id(event.object_id, sequence)
                return before if self.is_first else delivery_id(before, self.id)
        return None


def check_events(names: Sequence[str] | None) -> tuple[str, ...]:
    """The events that an endpoint asks for, each once, DEFAULT_EVENTS for None; or BadRequest."""
    if names is None:
        return DEFAULT_EVENTS
    unknown = [name for name in names if name not in TOLD_EVENTS]
    if unknown or not names:
        raise BadRequest(f"events must be some of {', '.join(TOLD_EVENTS)}", field="events")
    return tuple(name for name in TOLD_EVENTS if name in names)
