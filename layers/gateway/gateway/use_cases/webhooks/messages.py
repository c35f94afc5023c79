"""The messages that ask for deliveries.

One message asks for one delivery, or for several that belong one after another: `then` names the others. A
worker of an older release knows nothing of `then`: it delivers the first one, and the sweeper has the others
sent.
"""

from collections.abc import Mapping

from gateway.domain.webhooks.delivery import WebhookDelivery

REQUESTED, THEN, AFTER = "requested", "then", "after"
# How many deliveries one message may ask for: ten such messages are still one batch read.
DELIVERIES_MAX = 6


def delivery_message(
    *deliveries: WebhookDelivery, after: str | None = None, requested: bool = False
) -> dict[str, str]:
    """Asks a worker to look at these deliveries of one merchant, one after another.

    `after` is a delivery that should have been tried before them. `requested`: a merchant waits for it (a
    manual retry, a test event), so it is tried even while the endpoint's circuit is open. Where this message
    is lost, the sweeper sends ordinary ones, and the delivery waits for the circuit.
    """
    first, *others = deliveries
    message = {"webhook_id": first.id, "merchant_id": first.merchant_id}
    if others:
        message[THEN] = ",".join(delivery.id for delivery in others)
    if after is not None:
        message[AFTER] = after
    return message | {REQUESTED: "true"} if requested else message


def delivery_ids(message: Mapping[str, str]) -> list[str]:
    """The deliveries that a message asks for, in order."""
    others = message.get(THEN, "").split(",") if THEN in message else []
    return [message["webhook_id"], *others][:DELIVERIES_MAX]
