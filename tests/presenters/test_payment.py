from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.payments.payment import Payment
from gateway.presenters.payment import PAYMENT, PAYMENT_CREATED, PUBLIC_PAYMENT
from gateway.presenters.resource import Resource
from tests.support.factories import DECLINED, NOW, a_card_payment, a_payment

LATER = NOW + timedelta(seconds=7)


@pytest.mark.parametrize(
    ("payment", "instrument"),
    [
        pytest.param(a_payment(), {"vpa": "user@paytm"}, id="upi"),
        pytest.param(a_card_payment(), {"card_network": "visa", "card_last4": "1111"}, id="card"),
    ],
)
def test_a_created_payment_shows_just_the_members_of_the_contract(
    payment: Payment, instrument: dict[str, Any]
) -> None:
    assert PAYMENT_CREATED.present(payment) == {
        "id": payment.id,
        "order_id": payment.order_id,
        "amount": 50_000,
        "currency": "INR",
        "method": payment.method,
        **instrument,
        "status": "pending",
        "created_at": "2026-01-31T09:30:00.250Z",
    }


def test_a_read_payment_has_what_is_known_since() -> None:
    read = PAYMENT.present(a_payment().declined(DECLINED, LATER))
    assert (read["captured"], read["updated_at"]) == (False, "2026-01-31T09:30:07.250Z")
    assert (read["error_code"], read["error_description"]) == (DECLINED.code, DECLINED.description)
    assert "error_code" not in PAYMENT.present(a_payment())


def test_a_shopper_sees_neither_merchant_nor_instrument() -> None:
    members = {"id", "order_id", "amount", "currency", "method", "status"}
    assert set(PUBLIC_PAYMENT.present((a_card_payment(), None))) == members
    assert PUBLIC_PAYMENT.present((a_card_payment(), "ab cd"))["signature"] == "ab cd"
    declined = PUBLIC_PAYMENT.present((a_card_payment().declined(DECLINED, LATER), None))
    assert set(declined) == members | {"error_code", "error_reason", "error_description"}


@pytest.mark.parametrize("shape", [PAYMENT_CREATED, PAYMENT], ids=lambda shape: shape.name)
def test_no_shape_of_a_payment_shows_the_processors_token(shape: Resource[Payment]) -> None:
    assert "tok_card_0123" not in str(shape.present(a_card_payment()))
    assert "tok_card_0123" not in str(PUBLIC_PAYMENT.present((a_card_payment(), None)))
