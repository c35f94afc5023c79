"""The messages that ask for deliveries.

One message asks for one delivery, or for several to one endpoint, one after another: `then` names the others,
and `endpoint` an endpoint that was added. The sweeper's messages don't know the endpoint: the delivery does.
A worker of an older release knows nothing of `then`: it delivers the first one, and the sweeper has the
others sent.
"""

from collections.abc import Mapping, Sequence

from gateway.domain.webhooks.delivery import WebhookDelivery
from gateway.domain.webhooks.webhook_endpoint import FIRST_ENDPOINT, endpoint_key

REQUESTED, THEN, AFTER, ENDPOINT = "requested", "then", "after", "endpoint"
OPTIONAL = (REQUESTED, THEN, AFTER, ENDPOINT)
# How many deliveries one message may ask for: ten such messages are still one batch read.
DELIVERIES_MAX = 6


def delivery_message(
    *deliveries: WebhookDelivery, after: str | None = None, requested: bool = False
) -> dict[str, str]:
    """Asks a worker to look at these deliveries to one endpoint, one after another.

    `after` is a delivery that should have been tried before them. `requested`: a merchant waits for it (a
    manual retry, a test event), so it is tried even while the endpoint's circuit is open. Where this message
    is lost, the sweeper sends ordinary ones, and the delivery waits for the circuit.
    """
    first, *others = deliveries
    message = {"webhook_id": first.id, "merchant_id": first.merchant_id}
    if first.endpoint_id != FIRST_ENDPOINT:
        message[ENDPOINT] = first.endpoint_id
    if others:
        message[THEN] = ",".join(delivery.id for delivery in others)
    if after is not None:
        message[AFTER] = after
    return message | {REQUESTED: "true"} if requested else message


def message_for(webhook_ids: Sequence[str], asked: Mapping[str, str]) -> dict[str, str]:
    """The message for what is left of one that was `asked`."""
    message = {"webhook_id": webhook_ids[0], "merchant_id": asked["merchant_id"]}
    if ENDPOINT in asked:
        message[ENDPOINT] = asked[ENDPOINT]
    return message | ({THEN: ",".join(webhook_ids[1:])} if webhook_ids[1:] else {})


def key_in(message: Mapping[str, str]) -> str:
    """The key of the endpoint, as far as a message knows it."""
    return endpoint_key(message["merchant_id"], message.get(ENDPOINT, FIRST_ENDPOINT))


def delivery_ids(message: Mapping[str, str]) -> list[str]:
    """The deliveries that a message asks for, in order."""
    others = message.get(THEN, "").split(",") if THEN in message else []
    return [message["webhook_id"], *others][:DELIVERIES_MAX]
