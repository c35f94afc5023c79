"""Deliveries of webhooks, the feed of events, and endpoints, as use cases see them."""

from datetime import datetime
from typing import Protocol

from gateway.domain.cursor import Cursor
from gateway.domain.jobs import Overdue
from gateway.domain.page import Page
from gateway.domain.span import ALL_TIME, Span
from gateway.domain.webhooks.delivery import DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.endpoint import EndpointHealth
from gateway.domain.webhooks.feed import FeedEvent
from gateway.use_cases.protocols.due import Due


class Deliveries(Due, Protocol):
    """Webhook deliveries: one for each event of a merchant that has an endpoint."""

    def get(self, delivery_id: str) -> WebhookDelivery | None: ...  # noqa: D102 - the entity, or None
    def page(
        self,
        merchant_id: str,
        *,
        status: DeliveryStatus | None,
        event: str | None,
        limit: int,
        offset: int,
        span: Span = ALL_TIME,
        cursor: Cursor | None = None,
    ) -> Page[WebhookDelivery]:
        """A merchant's deliveries, newest first."""
        ...

    def failed(
        self,
        merchant_id: str,
        span: Span,
        endpoint_id: str | None,
        *,
        cursor: Cursor | None,
        limit: int,
    ) -> tuple[list[WebhookDelivery], Cursor | None]:
        """Failed deliveries of a span, the oldest first, and where to go on; None at the end of the span.

        How many rows are looked at is limited too, so there may be fewer than `limit`, or none, and more
        behind them.
        """
        ...

    def of_object(self, merchant_id: str, object_id: str, created_at: datetime) -> list[WebhookDelivery]:
        """The deliveries about an object that were made at this very time, in one transaction."""
        ...

    def record(
        self,
        before: WebhookDelivery,
        after: WebhookDelivery,
        *,
        planned: bool = False,
        now: datetime | None = None,
    ) -> bool:
        """Stores an attempt or a manual retry; False where the delivery changed since it was read.

        `planned`: no message asks for the next attempt, the sweeper does. `now` is wanted where neither an
        attempt nor a manual retry says when that was.
        """
        ...

    def held_back(self, before: datetime, limit: int) -> list[Overdue]:
        """Deliveries behind open circuits that are to be looked at before then."""
        ...

    def wait_until(self, delivery: WebhookDelivery, until: datetime) -> bool:
        """Leaves a pending delivery, untried, to the sweeper."""
        ...


class Feed(Protocol):
    """All events of a merchant, whether a delivery tells them or not."""

    def read(self, merchant_id: str, place: str, limit: int) -> list[FeedEvent]:
        """The events of at most `limit` rows from this place on, in the feed's order.

        One that was committed just now may be missing, and turn up later.
        """
        ...


class Endpoints(Protocol):
    """How merchants' endpoints have been doing."""

    def record(self, before: EndpointHealth, after: EndpointHealth) -> None:
        """Stores what an attempt taught; workers may overwrite each other, the next attempt corrects it.

        A failure that continues a streak is dropped where the streak has ended or has been forgotten
        meanwhile.
        """
        ...

    def forget(self, key: str) -> None:
        """Drops all that is known of an endpoint: it counts as new, and its circuit is closed."""
        ...

    def mark_slow(self, key: str, until: datetime) -> None:
        """Sends the endpoint's deliveries through the slow lane until then."""
        ...

    def claim_probe(self, health: EndpointHealth, until: datetime) -> bool:
        """Takes the one probe of an open circuit; False where another worker took it."""
        ...
