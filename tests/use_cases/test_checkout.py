import pytest

from gateway.domain.access.api_key import ApiKey, hash_secret
from gateway.domain.access.merchant import Merchant
from gateway.domain.errors import BadRequest, NotFound
from gateway.domain.payments.order import Order
from gateway.use_cases.access.checkout import find_checkout_order, find_checkout_origins, set_checkout_origins
from gateway.use_cases.webhooks.configure import find_merchant
from tests.support.aws_calls import watched
from tests.support.database import api_keys, merchants, orders
from tests.support.factories import NOW, a_merchant, an_order, some_deps, some_id

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
ME = "admin:test"
ORIGINS = ("https://shop.example", "https://www.shop.example")


def stored_merchant() -> str:
    merchant = a_merchant()
    assert merchants.add(merchant)
    return merchant.id


def test_the_origins_that_are_set_are_the_merchants_until_others_are() -> None:
    merchant_id = stored_merchant()
    assert find_merchant(some_deps(), merchant_id).checkout_origins == ()
    assert set_checkout_origins(some_deps(STAGE="live"), merchant_id, ORIGINS, ME) == ORIGINS
    assert find_merchant(some_deps(), merchant_id).checkout_origins == ORIGINS
    set_checkout_origins(some_deps(STAGE="live"), merchant_id, [], ME)
    assert find_merchant(some_deps(), merchant_id).checkout_origins == ()


def test_plain_http_is_for_test_stages_only() -> None:
    merchant_id = stored_merchant()
    shop = ["http://127.0.0.1:3002"]
    assert set_checkout_origins(some_deps(), merchant_id, shop, ME) == tuple(shop)
    with pytest.raises(BadRequest, match="https"):
        set_checkout_origins(some_deps(STAGE="live"), merchant_id, shop, ME)
    assert find_merchant(some_deps(), merchant_id).checkout_origins == tuple(shop)


def test_nobodys_origins_cannot_be_set() -> None:
    with pytest.raises(NotFound):
        set_checkout_origins(some_deps(), a_merchant().id, ORIGINS, ME)


def test_a_merchant_can_be_stored_with_origins() -> None:
    merchant = a_merchant(checkout_origins=ORIGINS)
    merchants.add(merchant)
    assert find_merchant(some_deps(), merchant.id) == merchant


def key_of(merchant: Merchant, *, active: bool = True) -> str:
    """A publishable key of the merchant, both of them stored."""
    merchants.add(merchant)
    name = some_id("key_")
    api_keys.put(ApiKey(name, merchant.id, hash_secret(name, "secret"), active, NOW))
    return name


def stored_order(**members: object) -> Order:
    order = an_order(**members)
    orders.add(order)
    return order


def test_a_key_leads_to_its_merchants_origins() -> None:
    merchant = a_merchant(checkout_origins=ORIGINS)
    assert find_checkout_origins(some_deps(), key_of(merchant)) == ORIGINS


@pytest.mark.parametrize("what", ["unknown key", "key switched off", "merchant switched off", "no origins"])
def test_a_key_that_is_nobodys_or_off_leads_to_no_origins(what: str) -> None:
    keys = {
        "unknown key": "key_nobody",
        "key switched off": key_of(a_merchant(checkout_origins=ORIGINS), active=False),
        "merchant switched off": key_of(a_merchant(checkout_origins=ORIGINS, active=False)),
        "no origins": key_of(a_merchant()),
    }
    assert find_checkout_origins(some_deps(), keys[what]) == ()


def test_an_order_is_found_with_its_shops_key_and_without_any() -> None:
    merchant = a_merchant()
    order = stored_order(merchant_id=merchant.id)
    for key in (key_of(merchant), None):
        assert find_checkout_order(some_deps(), order.id, key) == order


def test_with_a_remembered_key_an_order_is_one_round_trip() -> None:
    merchant = a_merchant()
    key, order = key_of(merchant), stored_order(merchant_id=merchant.id)
    deps = some_deps()
    find_checkout_order(deps, order.id, key)
    with watched() as calls:
        find_checkout_order(deps, order.id, key)
    assert calls == ["GetItem"]


@pytest.mark.parametrize("whose", ["another shop's", "nobody's", "switched off"])
def test_an_order_is_not_found_with_a_key_that_is_not_its_shops(whose: str) -> None:
    merchant = a_merchant()
    order = stored_order(merchant_id=merchant.id)
    keys = {
        "another shop's": key_of(a_merchant()),
        "nobody's": "key_nobody",
        "switched off": key_of(merchant, active=False),
    }
    with pytest.raises(NotFound) as refusal:
        find_checkout_order(some_deps(), order.id, keys[whose])
    assert refusal.value.field == "key"


def test_an_order_that_is_none_is_not_found_whoever_asks() -> None:
    with pytest.raises(NotFound) as refusal:
        find_checkout_order(some_deps(), "order_ZZZZZZZZZZZZZZZZ", key_of(a_merchant()))
    assert refusal.value.field is None
