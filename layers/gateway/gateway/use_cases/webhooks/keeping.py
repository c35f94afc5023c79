"""Deliveries that are not shown any more, whether or not their rows have gone, and since when lists begin."""

from datetime import datetime

from gateway.domain.webhooks.delivery import WebhookDelivery
from gateway.domain.webhooks.keeping import FOREVER, Keeping
from gateway.use_cases.dependencies import Dependencies


def first_shown(deps: Dependencies) -> datetime | None:
    """From when on deliveries are shown; None where all are."""
    return Keeping(deps.config.webhooks_kept_days).first_shown(deps.now())


def is_shown(deps: Dependencies, delivery: WebhookDelivery) -> bool:
    """Whether a delivery that is there is shown: its row outlives that by some days."""
    first = first_shown(deps)
    return first is None or delivery.created_at >= first


def first_listed(deps: Dependencies) -> datetime | None:
    """From when on a list shows all rows that its total counts; None where that is always.

    One round trip where the setting is on: rows follow what was set when they were made.
    """
    days, now = deps.config.webhooks_kept_days, deps.now()
    if days == FOREVER:
        return None
    known = deps.database.counting.webhooks_kept() or Keeping(days)
    return known.changed_to(days, now).first_shown(now)


def note_setting(deps: Dependencies) -> None:
    """Writes down what is set, where that has changed. Safe to repeat, and to race for."""
    days = deps.config.webhooks_kept_days
    if days == FOREVER:
        return
    known = deps.database.counting.webhooks_kept()
    after = Keeping(days) if known is None else known.changed_to(days, deps.now())
    if after != known:
        deps.database.counting.keep_webhooks(known, after)
