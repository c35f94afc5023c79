"""Webhook deliveries: one event on its way to one merchant, and when it is retried."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.domain.errors import IllegalTransition
from gateway.domain.webhooks.events import TEST_EVENT, event_id
from gateway.domain.webhooks.webhook_endpoint import FIRST_ENDPOINT, endpoint_key

ATTEMPTS_MAX = 5
# Gap before each attempt (contract, "Webhooks").
GAPS_SECONDS = (0, 60, 300, 1800, 7200)
TEST_GAPS_SECONDS = (0, 5, 10, 15, 20)
JITTER_MAX = 0.10
# A receiver may ask for a longer gap than the schedule has, up to this.
RETRY_AFTER_MAX_SECONDS = 3600
RESPONSE_BODY_KEPT_CHARACTERS = 1024
HISTORY_MAX = 20
GONE = 410
ASK_FOR_PATIENCE = (429, 503)


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILED = "failed"


class DeliveryEvent(StrEnum):
    """What can happen to a delivery."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXHAUSTED = "exhausted"
    GONE = "gone"
    RETRIED = "retried"
    EXPIRED = "expired"


# Every legal (status, event); what is not here is refused.
TRANSITIONS = {
    (DeliveryStatus.PENDING, DeliveryEvent.ACCEPTED): DeliveryStatus.SUCCESS,
    (DeliveryStatus.PENDING, DeliveryEvent.REFUSED): DeliveryStatus.PENDING,
    (DeliveryStatus.PENDING, DeliveryEvent.EXHAUSTED): DeliveryStatus.FAILED,
    (DeliveryStatus.PENDING, DeliveryEvent.GONE): DeliveryStatus.FAILED,
    (DeliveryStatus.PENDING, DeliveryEvent.RETRIED): DeliveryStatus.PENDING,
    (DeliveryStatus.PENDING, DeliveryEvent.EXPIRED): DeliveryStatus.FAILED,
    (DeliveryStatus.SUCCESS, DeliveryEvent.RETRIED): DeliveryStatus.PENDING,
    (DeliveryStatus.FAILED, DeliveryEvent.RETRIED): DeliveryStatus.PENDING,
}


def next_status(status: DeliveryStatus, event: DeliveryEvent) -> DeliveryStatus:
    """The status after the event, or IllegalTransition."""
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise IllegalTransition("webhook", status, event) from None


@dataclass(frozen=True)
class Attempt:
    """One attempt: when it began, how long it took, and the response or the kind of error."""

    at: datetime
    duration_ms: int
    response_code: int | None
    response_body: str | None
    error: str | None
    retry_after_seconds: int | None = None

    @property
    def ended_at(self) -> datetime:
        """When the attempt ended."""
        return self.at + timedelta(milliseconds=self.duration_ms)

    @property
    def accepted(self) -> bool:
        """Whether the receiver accepted the event: any 2xx."""
        return self.response_code is not None and 200 <= self.response_code < 300


@dataclass(frozen=True)
class WebhookDelivery:
    """One event on its way to one endpoint. `payload` is the exact text that is signed and sent.

    `next_retry_at` is when the next attempt is due; None once the status is final. `attempts` are those since
    the last manual retry; `history` holds the earlier ones. `sequence` is the event's place among those of
    its object (0: a row of a release that did not store it), `previous_at` the time of the event before it.
    `is_copy`: another delivery of the same event stands for it in the feed. `kept_days`: for how many days it
    is kept, by what was set when it was made; 0 for ever.
    """

    id: str
    merchant_id: str
    object_id: str
    event: str
    payload: str
    status: DeliveryStatus
    created_at: datetime
    next_retry_at: datetime | None
    attempts: tuple[Attempt, ...] = field(default=())
    history: tuple[Attempt, ...] = field(default=())
    sequence: int = 0
    previous_at: datetime | None = None
    endpoint_id: str = FIRST_ENDPOINT
    is_copy: bool = False
    kept_days: int = 0

    @property
    def event_id(self) -> str:
        """The id of its event, by which receivers tell that they have it: the same at each endpoint."""
        if self.endpoint_id == FIRST_ENDPOINT or self.event == TEST_EVENT:
            return self.id
        return event_id(self.object_id, self.sequence)

    @property
    def endpoint_key(self) -> str:
        """What the health of its endpoint is kept under."""
        return endpoint_key(self.merchant_id, self.endpoint_id)

    @property
    def last_attempt(self) -> Attempt | None:
        """The latest attempt, before or after a manual retry."""
        return (*self.history, *self.attempts)[-1] if self.history or self.attempts else None

    def attempted(
        self, attempt: Attempt, gaps_seconds: tuple[int, ...], jitter: float = 0.0
    ) -> "WebhookDelivery":
        """The delivery after one more attempt; `jitter` (0 to JITTER_MAX) stretches the gap to the next."""
        attempts = (*self.attempts, attempt)
        retry_at = None
        if attempt.accepted:
            event = DeliveryEvent.ACCEPTED
        elif attempt.response_code == GONE:
            event = DeliveryEvent.GONE
        elif len(attempts) >= ATTEMPTS_MAX:
            event = DeliveryEvent.EXHAUSTED
        else:
            event = DeliveryEvent.REFUSED
            gap_seconds = gaps_seconds[len(attempts)] * (1 + jitter)
            retry_at = attempt.ended_at + timedelta(seconds=max(gap_seconds, _patience_seconds(attempt)))
        status = next_status(self.status, event)
        return replace(self, status=status, attempts=attempts, next_retry_at=retry_at)

    def expired(self) -> "WebhookDelivery":
        """The delivery once it has been held back for too long: it failed, and may be retried by hand."""
        return replace(self, status=next_status(self.status, DeliveryEvent.EXPIRED), next_retry_at=None)

    def retried(self, now: datetime) -> "WebhookDelivery":
        """The delivery after a manual retry: due at once, with all its attempts left."""
        return replace(
            self,
            status=next_status(self.status, DeliveryEvent.RETRIED),
            attempts=(),
            history=(*self.history, *self.attempts)[-HISTORY_MAX:],
            next_retry_at=now,
        )


def _patience_seconds(attempt: Attempt) -> int:
    """The gap asked for with Retry-After (RFC 9110, 10.2.3), bounded; 0 if there is none."""
    if attempt.response_code not in ASK_FOR_PATIENCE or attempt.retry_after_seconds is None:
        return 0
    return min(attempt.retry_after_seconds, RETRY_AFTER_MAX_SECONDS)
