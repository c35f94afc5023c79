"""A payment as a shopper's page reads it."""

import pytest

from gateway.domain.errors import NotFound
from gateway.use_cases.payments.read_payments import find_public_payment
from tests.support.shop import Shop

pytestmark = pytest.mark.emulator


def test_a_shopper_reads_a_payment_by_its_id_and_by_its_order_if_that_is_given(shop: Shop) -> None:
    payment = shop.pending_payment()
    assert find_public_payment(shop.deps, payment.id, None) == payment
    assert find_public_payment(shop.deps, payment.id, payment.order_id) == payment


def test_a_payment_of_another_order_or_of_none_is_not_found(shop: Shop) -> None:
    payment, other = shop.pending_payment(), shop.order()
    for payment_id, order_id in ((payment.id, other.id), ("pay_ZZZZZZZZZZZZZZZZ", None)):
        with pytest.raises(NotFound, match=r"^Payment not found$"):
            find_public_payment(shop.deps, payment_id, order_id)
