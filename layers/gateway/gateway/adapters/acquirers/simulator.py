"""The simulated bank, as an `Acquirer`: the example to write a connector by.

It keeps nothing: what a payment comes to is a function of its idempotency key, so asking twice gives the same
result, as a real acquirer's keys do. Test cards and VPAs (docs/api.md) have fixed outcomes in the test stage;
everything else follows TEST_MODE or the success rates.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.domain.acquiring.capabilities import KEPT_FOREVER, Capabilities
from gateway.domain.acquiring.results import Outcome, Refused, Result, Unknown
from gateway.domain.acquiring.statement import MovementPage
from gateway.domain.payments.instruments import Card
from gateway.domain.payments.payment import METHODS, PAYMENT_FAILED, Failure, Payment
from gateway.domain.values import CURRENCIES
from gateway.runtime.config import ProcessorConfig
from gateway.use_cases.acquirer import CardEntry, GiveBack, Notice, TokenCard

DECLINED = Failure(PAYMENT_FAILED, "declined", "The payment was declined by the bank")
INSUFFICIENT_FUNDS = Failure(PAYMENT_FAILED, "insufficient_funds", "The account has insufficient funds")
CAPABILITIES = Capabilities(
    methods=METHODS,
    currencies=CURRENCIES,
    raw_cards=True,
    authorize_key_life=KEPT_FOREVER,
    refund_key_life=KEPT_FOREVER,
    remembers=False,
)

SCRIPTS = ("approve", "decline", "insufficient", "timeout", "late")
# What scripted instruments do. Test numbers pass Luhn and belong to nobody.
_CARD_SCRIPTS = {
    "4000000000000077": "approve",
    "4000000000000002": "decline",
    "4000000000009995": "insufficient",
    "4000000000000119": "timeout",
    "4000000000000259": "late",
}
_VPA_SCRIPTS = {
    "success@asyncpay": "approve",
    "decline@asyncpay": "decline",
    "insufficient@asyncpay": "insufficient",
    "timeout@asyncpay": "timeout",
    "late@asyncpay": "late",
}
# How long past the usual delay these two keep the gateway waiting.
TIMEOUT_LASTS = timedelta(seconds=3)
LATE_BY = timedelta(seconds=15)
# Contract, "Simulated processor".
REFUND_DELAY_MIN_MS = 3000
REFUND_DELAY_MAX_MS = 5000


class Simulator:
    """An `Acquirer` that moves no money."""

    capabilities = CAPABILITIES
    card_entry: CardEntry | None = None

    def __init__(self, settings: ProcessorConfig) -> None:
        self._settings = settings

    def check(self) -> None:
        """It has no credentials."""

    def read_token(self, token: str) -> TokenCard:
        """It gives no tokens to browsers."""
        raise Refused("no_such_token")

    def tokenize(self, card: Card) -> str:
        """A random token; for a scripted card it also says what the card does, and nothing else of it."""
        script = _CARD_SCRIPTS.get(card.number, "card") if self._settings.scripted else "card"
        return f"tok_{script}_{secrets.token_hex(12)}"

    def outcome_delay_ms(self, payment_id: str) -> int:
        """The bank's delay: TEST_PROCESSING_DELAY, or spread evenly over the configured range."""
        if self._settings.test_mode:
            return self._settings.test_delay_ms
        span = self._settings.delay_max_ms - self._settings.delay_min_ms
        return self._settings.delay_min_ms + int(_fraction("delay", payment_id) * (span + 1))

    def refund_delay_ms(self, refund_id: str) -> int:
        """3 to 5 s, or TEST_PROCESSING_DELAY."""
        if self._settings.test_mode:
            return self._settings.test_delay_ms
        span = REFUND_DELAY_MAX_MS - REFUND_DELAY_MIN_MS
        return REFUND_DELAY_MIN_MS + int(_fraction("delay", refund_id) * (span + 1))

    def authorize(self, payment: Payment, key: str, now: datetime) -> Result:
        """The payment's outcome; Unknown, or pending, while a scripted instrument keeps us waiting."""
        script = self._script(payment)
        expected_at = payment.created_at + timedelta(milliseconds=self.outcome_delay_ms(payment.id))
        if script == "timeout" and now < expected_at + TIMEOUT_LASTS:
            raise Unknown("timeout", ask_again_seconds=2)
        if script == "late" and now < expected_at + LATE_BY:
            return Result(Outcome.PENDING, ask_again_seconds=5)
        failure = self._failure(payment, script, key)
        if failure is not None:
            answer = Result(Outcome.DECLINED, _reference(payment), failure=failure, raw_code=failure.reason)
        else:
            answer = _approved(payment, payment.amount)
        return replace(answer, scripted=script in SCRIPTS)

    def retrieve(self, payment: Payment, now: datetime) -> Result:
        """The same as asking again: it never forgets a key."""
        return self.authorize(payment, payment.attempt.key(payment.id), now)

    def capture(self, payment: Payment, amount: int, key: str) -> Result:
        """Nothing to do: no money was moved."""
        return _approved(payment, amount)

    def void(self, payment: Payment, key: str) -> Result:
        """Nothing to do: no money was moved."""
        return Result(Outcome.DECLINED, _reference(payment), failure=DECLINED)

    def refund(self, back: GiveBack, key: str) -> Result:
        """Nothing to do: no money was moved."""
        return Result(Outcome.APPROVED, f"sim_{back.id}", back.amount, back.payment.currency)

    def retrieve_refund(self, back: GiveBack) -> Result:
        """The same as asking again."""
        return self.refund(back, back.id)

    def payment_of(self, reference: str) -> str | None:
        """None: nothing is disputed there."""
        return None

    def movements(self, first: datetime, before: datetime, after: str | None) -> MovementPage:
        """It keeps no books: what it moved is worked out from what it was asked, outside."""
        raise Refused("no_statement")

    def parse_webhook(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice | None:
        """It sends none."""
        return None

    def _script(self, payment: Payment) -> str:
        if not self._settings.scripted:
            return ""
        if payment.method == "upi":
            return _VPA_SCRIPTS.get(payment.vpa or "", "")
        return (payment.processor_token or "tok_card").split("_")[1]

    def _failure(self, payment: Payment, script: str, key: str) -> Failure | None:
        if script == "decline":
            return DECLINED
        if script == "insufficient":
            return INSUFFICIENT_FUNDS
        if script in SCRIPTS or self._succeeds(payment, key):
            return None
        return DECLINED

    def _succeeds(self, payment: Payment, key: str) -> bool:
        if self._settings.test_mode:
            return self._settings.test_success
        upi = payment.method == "upi"
        rate = self._settings.upi_success_rate if upi else self._settings.card_success_rate
        return _fraction("outcome", key) < rate


def _approved(payment: Payment, amount: int) -> Result:
    return Result(Outcome.APPROVED, _reference(payment), amount, payment.currency)


def _reference(payment: Payment) -> str:
    return f"sim_{payment.id}"


def _fraction(purpose: str, text: str) -> float:
    """A number in [0, 1) that looks random and is the same each time."""
    digest = hashlib.sha256(f"{purpose}:{text}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
