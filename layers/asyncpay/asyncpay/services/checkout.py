"""What the checkout page and its server ask for, and which sites may show the page."""

from collections.abc import Sequence

from asyncpay.domain.errors import NotFound
from asyncpay.domain.merchant import check_checkout_origins
from asyncpay.services import log
from asyncpay.services.deps import Deps
from asyncpay.store import merchants


def set_checkout_origins(deps: Deps, merchant_id: str, origins: Sequence[str]) -> tuple[str, ...]:
    """Sets the sites that may frame the checkout page of this merchant; answers them as they are kept.

    BadRequest names the origin that is none (or, outside test stages, not https); NotFound where there is no
    such merchant. An empty list lets nobody frame it. Page servers may remember the old list for a minute.
    """
    checked = check_checkout_origins(origins, https_only=not deps.config.is_test_stage)
    if not merchants.set_checkout_origins(merchant_id, checked):
        raise NotFound("Merchant not found")
    log.info("checkout origins set", merchant_id=merchant_id, origins=list(checked))
    return checked
