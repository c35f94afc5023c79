"""Reading payments."""

from asyncpay.domain.errors import NotFound
from asyncpay.domain.payment import Payment, PaymentStatus
from asyncpay.store import payments
from asyncpay.store.paging import Page


def find_payment(payment_id: str, merchant_id: str) -> Payment:
    """The merchant's payment, or NotFound; also where it belongs to another merchant."""
    payment = payments.get_payment(payment_id)
    if payment is None or payment.merchant_id != merchant_id:
        raise NotFound("Payment not found")
    return payment


def find_public_payment(payment_id: str, order_id: str) -> Payment:
    """The payment for a shopper, who proves to know it by naming its order; else NotFound."""
    payment = payments.get_payment(payment_id)
    if payment is None or payment.order_id != order_id:
        raise NotFound("Payment not found")
    return payment


def list_payments(
    merchant_id: str, *, order_id: str | None, status: PaymentStatus | None, limit: int, offset: int
) -> Page[Payment]:
    """The merchant's payments, newest first."""
    return payments.list_payments(merchant_id, order_id=order_id, status=status, limit=limit, offset=offset)
