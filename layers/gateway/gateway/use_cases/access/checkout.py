"""What the checkout page needs to know, and which sites may show it in a frame."""

from collections.abc import Sequence
from typing import NamedTuple

from gateway.domain.access.audit import Action
from gateway.domain.access.merchant import check_checkout_origins
from gateway.domain.acquiring.account import account_for
from gateway.domain.acquiring.account import acquirer_of as acquirer_name
from gateway.domain.errors import BadRequest, NotFound
from gateway.domain.payments.order import Order
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.webhooks.signature import sign_success
from gateway.runtime import log
from gateway.use_cases.access.audit import change_of, record
from gateway.use_cases.access.authentication import merchant_of
from gateway.use_cases.acquirer import CardEntry
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.orders.read_orders import find_order
from gateway.use_cases.protocols.refusals import ConditionFailed


def find_checkout_order(deps: Dependencies, order_id: str, key: str | None) -> Order:
    """The order that a shopper wants to pay; NotFound names `order_id` or `key`.

    `key` is the publishable key of the shop that opened the page, None if no shop did. An unknown key, or the
    key of another merchant than the order's, is refused: the shop mixed up its orders, or is not who it
    claims to be. One round trip while the key is cached.
    """
    order = find_order(deps, order_id)
    if key is not None and merchant_of(deps, key) != order.merchant_id:
        raise NotFound("Order not found for this key", field="key")
    return order


class CheckoutShop(NamedTuple):
    """What the checkout page shows of a shop, and how it takes payments from a shopper.

    `acquirer` is a word such as `stripe`; `card_entry` is None where card numbers come through the gateway;
    `upi_intent` is whether a link can open the shopper's UPI app, in place of a UPI address.
    """

    name: str
    acquirer: str
    methods: tuple[str, ...]
    card_entry: CardEntry | None
    upi_intent: bool = False


def find_checkout_shop(deps: Dependencies, merchant_id: str) -> CheckoutShop:
    """The shop that a shopper pays; without a name if there is none such. One round trip."""
    merchant = deps.database.merchants.get(merchant_id)
    name = merchant.name if merchant is not None else ""
    chosen = merchant.acquirer_account if merchant is not None else None
    try:
        account = account_for(chosen, is_test_stage=deps.config.is_test_stage)
        acquirer = deps.acquirer_of(account)
    except (BadRequest, NotFound) as error:
        # The order is shown all the same; a payment is refused, with the reason.
        log.error("a shop can't take payments", error, merchant_id=merchant_id)
        return CheckoutShop(name, "", (), None)
    able = acquirer.capabilities
    return CheckoutShop(name, acquirer_name(account), able.methods, acquirer.card_entry, able.upi_intent)


def success_signature(deps: Dependencies, payment: Payment) -> str | None:
    """What proves the payment's success to the shop's server; None unless it succeeded.

    It is by the merchant's webhook secret, so that a shop keeps one secret. One round trip for a success,
    none while the payment is pending.
    """
    if payment.status is not PaymentStatus.SUCCESS:
        return None
    merchant = deps.database.merchants.get(payment.merchant_id)
    if merchant is None:
        return None
    return sign_success(merchant.signing_secrets(deps.now()), payment.order_id, payment.id)


def find_checkout_origins(deps: Dependencies, key: str) -> tuple[str, ...]:
    """The sites that may frame the checkout page opened with this key. Empty for an unknown key."""
    merchant_id = merchant_of(deps, key)
    merchant = deps.database.merchants.get(merchant_id) if merchant_id is not None else None
    return merchant.checkout_origins if merchant is not None else ()


def set_checkout_origins(
    deps: Dependencies, merchant_id: str, origins: Sequence[str], actor: str
) -> tuple[str, ...]:
    """Sets the sites that may frame this merchant's checkout page, and returns them as stored.

    BadRequest names an invalid origin (outside test stages, one that is not https); NotFound if there is none
    such. With an empty list nobody may frame it. Page servers may cache the old list for a minute.
    """
    checked = check_checkout_origins(origins, https_only=not deps.config.is_test_stage)
    try:
        with change_of(deps, "merchant") as work:
            work.merchants.set_checkout_origins(merchant_id, checked)
            record(
                work,
                deps,
                merchant_id=merchant_id,
                actor=actor,
                action=Action.CHECKOUT_ORIGINS_SET,
                changed=merchant_id,
                details={"origins": list(checked)},
            )
    except ConditionFailed as refusal:
        raise NotFound("Merchant not found") from refusal
    log.info("checkout origins set", merchant_id=merchant_id, origins=list(checked), actor=actor)
    return checked
