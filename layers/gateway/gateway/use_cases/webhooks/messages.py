"""The messages that ask for a delivery."""

from gateway.domain.webhooks.delivery import WebhookDelivery

REQUESTED = "requested"


def delivery_message(delivery: WebhookDelivery, *, requested: bool = False) -> dict[str, str]:
    """Asks a worker to look at a delivery.

    `requested`: a merchant waits for it (a manual retry, a test event), so it is tried even while the
    endpoint's circuit is open. Where this message is lost, the sweeper sends an ordinary one, and the
    delivery waits for the circuit.
    """
    message = {"webhook_id": delivery.id, "merchant_id": delivery.merchant_id}
    return message | {REQUESTED: "true"} if requested else message
