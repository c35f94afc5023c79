"""The health of merchants' endpoints. A healthy one has no row, so the usual case writes nothing."""

from datetime import datetime
from typing import Any

from pynamodb.expressions.update import Action

from gateway.adapters.aws.dynamodb import rows
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.mapping.attributes import NumberAttribute, UnicodeAttribute
from gateway.adapters.aws.dynamodb.mapping.models import FlatModel
from gateway.domain.values import from_iso, to_iso
from gateway.domain.webhooks.endpoint import EndpointHealth


class EndpointRow(FlatModel):
    """Table `endpoints`. The key is a merchant's id, with that of an added endpoint behind it."""

    class Meta:
        table_name = "endpoints"

    merchant_id = UnicodeAttribute(hash_key=True)
    failures = NumberAttribute(default=0)
    failing_since = UnicodeAttribute(null=True)
    slow_until = UnicodeAttribute(null=True)
    open_until = UnicodeAttribute(null=True)
    openings = NumberAttribute(default=0)


def to_health(row: EndpointRow) -> EndpointHealth:
    """What a row says of an endpoint; an endpoint in good health has no row."""
    return EndpointHealth(
        key=row.merchant_id,
        failures=int(row.failures),
        failing_since=_moment(row.failing_since),
        slow_until=_moment(row.slow_until),
        open_until=_moment(row.open_until),
        openings=int(row.openings),
    )


class Endpoints:
    """How merchants' endpoints have been doing."""

    def record(self, before: EndpointHealth, after: EndpointHealth) -> None:
        """Stores what an attempt taught; workers may overwrite each other, the next attempt corrects it.

        A failure that continues a streak is dropped where the streak has ended or has been forgotten
        meanwhile: an attempt at the old URL must not open the circuit of a new one.
        """
        if after == before:
            return
        row = EndpointRow(after.key)
        if after.is_healthy:
            with unavailable_when_aws_fails():
                row.delete()
            return
        # Counted by DynamoDB, since many workers may meet the same failing endpoint.
        failed = after.failures > before.failures
        actions: list[Action] = [EndpointRow.failures.add(1) if failed else EndpointRow.failures.set(0)]
        moments = ("failing_since", "slow_until", "open_until")
        actions += [_setting(getattr(EndpointRow, name), getattr(after, name)) for name in moments]
        actions.append(EndpointRow.openings.set(after.openings))
        streak_goes_on = EndpointRow.failures >= before.failures if failed and before.failures else None
        rows.update_if(row, actions, streak_goes_on)

    def forget(self, key: str) -> None:
        """Drops all that is known of an endpoint: it counts as new, and its circuit is closed."""
        with unavailable_when_aws_fails():
            EndpointRow(key).delete()

    def mark_slow(self, key: str, until: datetime) -> None:
        """Sends an endpoint's deliveries through the slow lane until then; what else is known of it stays."""
        actions: list[Action] = [
            EndpointRow.slow_until.set(to_iso(until)),
            EndpointRow.failures.add(0),
            EndpointRow.openings.add(0),
        ]
        rows.update_if(EndpointRow(key), actions)

    def claim_probe(self, health: EndpointHealth, until: datetime) -> bool:
        """Takes the one probe of an open circuit; False where another worker took it."""
        condition = EndpointRow.open_until == (to_iso(health.open_until) if health.open_until else None)
        actions: list[Action] = [EndpointRow.open_until.set(to_iso(until))]
        return rows.update_if(EndpointRow(health.key), actions, condition)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else from_iso(text)


def _setting(attribute: Any, moment: datetime | None) -> Action:
    action: Action = attribute.remove() if moment is None else attribute.set(to_iso(moment))
    return action
