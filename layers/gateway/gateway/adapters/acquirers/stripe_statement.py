"""Stripe's balance transactions, as movements (API reference, "Balance transaction types")."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gateway.domain.acquiring.statement import Movement, MovementKind

KINDS = {
    "charge": MovementKind.PAYMENT,
    "payment": MovementKind.PAYMENT,
    "refund": MovementKind.REFUND,
    "payment_refund": MovementKind.REFUND,
}
# Between Stripe, the account and its bank: no shopper's money. Everything else has to be explained.
NOT_OURS = ("payout", "payout_cancel", "payout_failure", "stripe_fee", "tax_fee", "topup")


def movement_of(transaction: Mapping[str, Any]) -> Movement | None:
    """A line of the statement, its `source` expanded; None for what moves no shopper's money.

    A charge has the metadata of its PaymentIntent, and a refund its own.
    """
    word = str(transaction["type"])
    if word in NOT_OURS:
        return None
    kind = KINDS.get(word, MovementKind.OTHER)
    source = transaction.get("source")
    metadata = (source.get("metadata") or {}) if isinstance(source, Mapping) else {}
    name = "payment_id" if kind is MovementKind.PAYMENT else "refund_id"
    reference = source.get("id") if isinstance(source, Mapping) else source
    return Movement(
        kind,
        metadata.get(name),
        str(reference or transaction["id"]),
        word,
        abs(int(transaction["amount"])),
        str(transaction["currency"]).upper(),
        int(transaction["fee"]),
        datetime.fromtimestamp(int(transaction["created"]), UTC),
    )
