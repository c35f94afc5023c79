from datetime import timedelta

from gateway.domain.page import Page
from gateway.domain.payments.order import OrderStatus
from gateway.presenters.order import CHECKOUT_ORDER, ORDER, ORDER_CREATED, ORDER_LIST, PUBLIC_ORDER
from gateway.presenters.resource import At
from gateway.use_cases.access.checkout import CheckoutShop
from gateway.use_cases.acquirer import CardEntry
from tests.support.factories import NOW, an_order


def test_the_checkout_is_told_that_an_order_expired_but_not_of_one_that_is_paid() -> None:
    order, paid = an_order(expires_at=NOW), an_order(expires_at=NOW, status=OrderStatus.PAID)
    shop = CheckoutShop("Chai & Co", "simulated", ("upi", "card"), None)
    shown = CHECKOUT_ORDER.present((At(order, NOW), shop))
    of_shop = {
        "merchant_name": "Chai & Co",
        "acquirer": "simulated",
        "methods": ["upi", "card"],
        "upi_intent": False,
    }
    assert shown == {**PUBLIC_ORDER.present(order), "expired": True, **of_shop}
    for other in (At(order, NOW - timedelta(microseconds=1)), At(paid, NOW), At(an_order(), NOW)):
        assert not CHECKOUT_ORDER.present((other, shop))["expired"]


def test_the_checkout_is_told_how_cards_are_entered_where_they_must_not_pass_through_us() -> None:
    entry = CardEntry("stripe", "https://js.stripe.com/v3/", "pk_test_1")
    shop = CheckoutShop("Chai & Co", "stripe", ("card",), entry)
    assert CHECKOUT_ORDER.present((At(an_order(), NOW), shop))["card_entry"] == {
        "acquirer": "stripe",
        "script_url": "https://js.stripe.com/v3/",
        "public_key": "pk_test_1",
    }


def test_a_shopper_sees_four_members_of_an_order() -> None:
    order = an_order()
    shown = {"id": order.id, "amount": 50_000, "currency": "INR", "status": "created"}
    assert PUBLIC_ORDER.present(order) == shown


def test_a_created_order_shows_just_the_members_of_the_contract() -> None:
    order = an_order()
    created = ORDER_CREATED.present(order)
    names = "id merchant_id amount currency receipt notes status created_at"
    assert set(created) == set(names.split())
    assert ORDER.present(At(order, NOW)) == created | {
        "updated_at": "2026-01-31T09:30:00.250Z",
    }


def test_an_expired_order_says_so_alone_and_in_a_list() -> None:
    expired, open_one = an_order(expires_at=NOW), an_order(expires_at=NOW + timedelta(hours=1))
    assert ORDER.present(At(expired, NOW))["expired"]
    page = ORDER_LIST.present(At(Page.cut([expired, open_one], limit=10, offset=0), NOW))
    assert [order["expired"] for order in page["data"]] == [True, False]
    assert (page["total"], page["next_cursor"]) == (2, None)
