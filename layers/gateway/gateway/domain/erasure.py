"""What of a payment tells who paid, and what a person may ask to have erased (docs/retention.md).

The books stay: ids, amounts, dates, statuses, the card's network and the acquirer's own reference.
"""

from typing import Any

from gateway.domain.errors import BadRequest
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.payments.refund import Refund

# Members of what events and kept responses say: those that go, and those of which nothing is left in them.
INSTRUMENTS = ("vpa", "card_last4")
FREE_TEXTS: dict[str, Any] = {"notes": {}, "reason": None}
RECEIPT: dict[str, Any] = {"receipt": None}


def without_person(value: Any, *, with_receipts: bool) -> Any:
    """What was told of a payment, without instruments and free texts, however deep; a receipt where asked."""
    emptied = FREE_TEXTS | RECEIPT if with_receipts else FREE_TEXTS
    if isinstance(value, list):
        return [without_person(one, with_receipts=with_receipts) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: emptied[name] if name in emptied else without_person(member, with_receipts=with_receipts)
        for name, member in value.items()
        if name not in INSTRUMENTS
    }


def check_is_over(payment: Payment, refunds: list[Refund]) -> None:
    """Raises BadRequest while the acquirer may still be asked for something in the person's name."""
    if payment.status is PaymentStatus.PENDING or payment.release_pending:
        raise BadRequest(f"Payment {payment.id} is still under way; erase it once it has its outcome")
    for refund in refunds:
        if not refund.is_final:
            raise BadRequest(f"Refund {refund.id} is still under way; erase it once it has its outcome")


def names_person(reference: str, *texts: str | None) -> bool:
    """Whether an address, such as a VPA or an e-mail address, is in one of these texts, in any case."""
    wanted = reference.casefold()
    return any(wanted in text.casefold() for text in texts if text)
