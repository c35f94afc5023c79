"""Which acquirer the seeded merchant of the laptop has: ACQUIRER=stripe or razorpay, or the simulated bank.

With STRIPE_SECRET_KEY or RAZORPAY_KEY_SECRET it is the acquirer's own test mode, else a stand-in. What one
run set, the next one unsets, like every setting of `make up`.
"""

import hashlib
from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING

from infra.ops.admin.commands import deps_of
from infra.ops.connection import connect
from infra.ops.console import Problem
from local.acquirers.process import PUBLIC_KEY, SECRET_KEY, WEBHOOK_SECRET, base_url
from local.parameters import parameters
from local.razorpay import server as razorpay
from local.settings import SECRET_KEYS, Settings

if TYPE_CHECKING:
    from gateway.domain.acquiring.account import Account

ACTOR = "admin:make up"


def account_name(settings: Settings) -> str:
    """The account's name: the same for the same settings, so that payments of earlier runs find it."""
    acquirer = settings.acquirer
    own = {"stripe": SECRET_KEY, "razorpay": razorpay.KEY_SECRET}[acquirer]
    text = settings.environment.get(SECRET_KEYS[acquirer]) or own
    if acquirer == "stripe":
        text = f"{text} {_takes_raw_cards(settings)}"
    return f"{acquirer}_{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _takes_raw_cards(settings: Settings) -> bool:
    return settings.environment.get("STRIPE_RAW_CARDS", "true").lower() != "false"


def webhook_path(settings: Settings) -> str:
    """Where the account's webhooks go, on the API's port."""
    return f"/api/v1/acquirers/{account_name(settings)}/webhooks"


def main(settings: Settings) -> None:
    """Sets the seeded merchant's account, in a process of its own: the library reads the environment."""
    if parameters(settings)["Stage"] != "test":
        raise Problem("ACQUIRER is for the test stage; a live one is told by: python -m infra.ops admin")
    deps = deps_of(connect(settings, stage=None, stack=None))
    from gateway.adapters.acquirers.accounts import connect as connect_account
    from gateway.domain.access.merchant import TEST_MERCHANT_ID
    from gateway.domain.errors import AsyncPayError
    from gateway.use_cases.access.merchants import find_merchant
    from gateway.use_cases.acquirers.accounts import set_account, simulate

    try:
        with redirect_stdout(StringIO()):  # log lines of the use cases
            merchant = find_merchant(deps, TEST_MERCHANT_ID)
            if settings.acquirer != "simulated":
                set_account(deps, connect_account, _account(settings, merchant.id), ACTOR)
            elif merchant.acquirer_account is not None:
                simulate(deps, merchant, ACTOR)
    except AsyncPayError as error:
        raise Problem(f"ACQUIRER={settings.acquirer}: {error.description}") from error


def _account(settings: Settings, merchant_id: str) -> "Account":
    if settings.acquirer == "razorpay":
        return _account_at_razorpay(settings, merchant_id)
    from gateway.domain.acquiring.account import Account

    given, name = settings.environment, account_name(settings)
    cards = _takes_raw_cards(settings)
    if settings.stand_in is not None:
        url = base_url(settings)
        return Account(
            name,
            merchant_id,
            SECRET_KEY,
            PUBLIC_KEY,
            (WEBHOOK_SECRET,),
            raw_cards=cards,
            api_base=url,
            script_url=f"{url}/_fake/stripe.js",
        )
    secret = given.get("STRIPE_WEBHOOK_SECRET")
    return Account(
        name,
        merchant_id,
        given["STRIPE_SECRET_KEY"],
        given.get("STRIPE_PUBLISHABLE_KEY") or None,
        (secret,) if secret else (),
        raw_cards=cards,
    )


def _account_at_razorpay(settings: Settings, merchant_id: str) -> "Account":
    from gateway.domain.acquiring.account import Account

    given, name = settings.environment, account_name(settings)
    if settings.stand_in is not None:
        secrets = (razorpay.WEBHOOK_SECRET,)
        at = base_url(settings)
        return Account(name, merchant_id, razorpay.KEY_SECRET, razorpay.KEY_ID, secrets, api_base=at)
    secret = given.get("RAZORPAY_WEBHOOK_SECRET")
    return Account(
        name,
        merchant_id,
        given["RAZORPAY_KEY_SECRET"],
        given.get("RAZORPAY_KEY_ID") or None,
        (secret,) if secret else (),
    )
