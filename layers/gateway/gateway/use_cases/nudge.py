"""Telling the workers that there is something to do.

What was committed is done in any case: the sweeper sends what a nudge did not reach.
"""

from collections.abc import Sequence

from gateway.adapters.aws import queues
from gateway.domain.webhook import Webhook
from gateway.runtime.deps import Deps


def send_webhooks(deps: Deps, hooks: Sequence[Webhook]) -> None:
    """Nudges the deliveries of these webhooks. One round trip for up to ten; none for none."""
    messages = [{"webhook_id": hook.id, "merchant_id": hook.merchant_id} for hook in hooks]
    if messages:
        queues.send(deps.config.webhooks_queue_url, messages)
