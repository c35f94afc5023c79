import pytest

from asyncpay.domain.errors import BadRequest, NotFound
from asyncpay.services.checkout import set_checkout_origins
from asyncpay.services.webhooks import find_merchant
from asyncpay.store import merchants
from tests.factories import a_merchant, some_deps

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
ORIGINS = ("https://shop.example", "https://www.shop.example")


def stored_merchant() -> str:
    merchant = a_merchant()
    assert merchants.add_merchant(merchant)
    return merchant.id


def test_the_origins_that_are_set_are_the_merchants_until_others_are() -> None:
    merchant_id = stored_merchant()
    assert find_merchant(merchant_id).checkout_origins == ()
    assert set_checkout_origins(some_deps(STAGE="live"), merchant_id, ORIGINS) == ORIGINS
    assert find_merchant(merchant_id).checkout_origins == ORIGINS
    set_checkout_origins(some_deps(STAGE="live"), merchant_id, [])
    assert find_merchant(merchant_id).checkout_origins == ()


def test_plain_http_is_for_test_stages_only() -> None:
    merchant_id = stored_merchant()
    shop = ["http://127.0.0.1:3002"]
    assert set_checkout_origins(some_deps(), merchant_id, shop) == tuple(shop)
    with pytest.raises(BadRequest, match="https"):
        set_checkout_origins(some_deps(STAGE="live"), merchant_id, shop)
    assert find_merchant(merchant_id).checkout_origins == tuple(shop)


def test_nobodys_origins_cannot_be_set() -> None:
    with pytest.raises(NotFound):
        set_checkout_origins(some_deps(), a_merchant().id, ORIGINS)


def test_a_merchant_can_be_stored_with_origins() -> None:
    merchant = a_merchant(checkout_origins=ORIGINS)
    merchants.add_merchant(merchant)
    assert find_merchant(merchant.id) == merchant
