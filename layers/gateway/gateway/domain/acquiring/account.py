"""A merchant's account at an acquirer: its name, and what is needed to talk to the acquirer for it.

The name is stored with the merchant and with each payment; the rest is one secret, so that a payment finds
its way whatever becomes of the merchant's settings. A name says which acquirer it is: `stripe_` or
`razorpay_`, and 16 characters.
"""

import json
import re
from dataclasses import asdict, dataclass, field

from gateway.domain.acquiring.attempt import SIMULATED
from gateway.domain.errors import BadRequest

STRIPE = "stripe"
RAZORPAY = "razorpay"
ACQUIRERS = (STRIPE, RAZORPAY)
# The present one and the one before it, while the acquirer goes over to the new one.
WEBHOOK_SECRETS_MAX = 2
WITHOUT_CARDS = "where cards don't pass through the gateway"
_NAME = re.compile(rf"(?:{'|'.join(ACQUIRERS)})_[A-Za-z0-9]{{16}}", re.ASCII)
_KEY = re.compile(r"[!-~]{8,255}", re.ASCII)
# Stripe docs, "API keys"; Razorpay docs, "API Keys": what a key is good for stands at its beginning.
_LIVE_KEY = re.compile(r"(?:sk|rk|pk|rzp)_live_")


@dataclass(frozen=True)
class Account:
    """One account. `public_key` is what the checkout page may know; None where it needs none.

    `webhook_secrets` verify the acquirer's webhooks, the newest first. `raw_cards`: whether the acquirer
    takes card numbers from us. `api_base` is another place than the acquirer's own, in test stages only, and
    `script_url` the like for the script that the checkout page loads.
    """

    name: str
    merchant_id: str
    secret_key: str = field(repr=False)
    public_key: str | None = None
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    raw_cards: bool = False
    api_base: str | None = None
    script_url: str | None = None

    @property
    def acquirer(self) -> str:
        """Which acquirer it is an account of."""
        return acquirer_of(self.name)

    def check(self, *, is_test_stage: bool) -> None:
        """Raises BadRequest where it cannot be an account of this stage."""
        keys = {"secret_key": self.secret_key} | ({"public_key": self.public_key} if self.public_key else {})
        for name, key in keys.items():
            if not _KEY.fullmatch(key):
                raise BadRequest(f"{name} must have 8 to 255 printable characters", field=name)
            if self._tells_stage(name) and bool(_LIVE_KEY.match(key)) is is_test_stage:
                wanted = "a test key in a test stage" if is_test_stage else "a live key in a live stage"
                raise BadRequest(f"{name} must be {wanted}", field=name)
        if self.acquirer == RAZORPAY and self.raw_cards:
            raise BadRequest("raw_cards is not for Razorpay: it is paid by UPI only", field="raw_cards")
        if not self.raw_cards and not self.public_key:
            why = "of Razorpay: it is the key's id" if self.acquirer == RAZORPAY else WITHOUT_CARDS
            raise BadRequest(f"public_key is required {why}", field="public_key")
        if not all(_KEY.fullmatch(secret) for secret in self.webhook_secrets):
            raise BadRequest(
                "A webhook secret must have 8 to 255 printable characters", field="webhook_secret"
            )
        if not is_test_stage and (self.api_base or self.script_url):
            raise BadRequest("api_base is for test stages", field="api_base")

    def _tells_stage(self, name: str) -> bool:
        """Whether a key says by its beginning which stage it is for. Razorpay's secrets are plain letters."""
        return self.acquirer != RAZORPAY or name == "public_key"

    def with_webhook_secret(self, secret: str) -> tuple[str, ...]:
        """The webhook secrets once `secret` is the newest: the one before it verifies on."""
        others = [known for known in self.webhook_secrets if known != secret]
        return (secret, *others)[:WEBHOOK_SECRETS_MAX]

    def to_text(self) -> str:
        """The text of its secret."""
        return json.dumps(asdict(self))


def read_account(text: str) -> Account:
    """The account that a secret's text holds; ValueError where it holds none."""
    try:
        members = json.loads(text)
        return Account(**{**members, "webhook_secrets": tuple(members["webhook_secrets"])})
    except (KeyError, TypeError) as error:
        raise ValueError("the secret holds no account") from error


def simulated_account(merchant_id: str) -> Account:
    """A merchant's account at the simulated bank: it needs no credentials, and so it has no secret."""
    return Account(f"{SIMULATED}_{merchant_id}", merchant_id, secret_key="")


def routed_as(account: str) -> str:
    """How payments name an account: the simulated bank is the same for all merchants."""
    return SIMULATED if acquirer_of(account) == SIMULATED else account


def acquirer_of(account: str) -> str:
    """The acquirer that an account's name stands for: a word for programs, such as `stripe`."""
    return account.partition("_")[0]


def is_account_name(text: str) -> bool:
    """Whether it can be the name of an account with credentials."""
    return _NAME.fullmatch(text) is not None


def secret_name(stack: str, account: str) -> str:
    """Where an account's secret is kept; template.yaml lets functions read what begins like this."""
    return f"{stack}/acquirers/{account}"


def account_for(chosen: str | None, *, is_test_stage: bool) -> str:
    """The account that a new payment is routed to; BadRequest where the stage allows none.

    Without one chosen, test stages simulate. A live stage never does: it would take orders for paid.
    """
    account = chosen or SIMULATED
    if account == SIMULATED and not is_test_stage:
        raise BadRequest("The merchant can't take payments yet: it has no acquirer account")
    return account
