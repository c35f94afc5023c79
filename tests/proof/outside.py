"""Who is outside the gateway: the bank, with books of its own, and the merchants' webhook receivers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.adapters.acquirers.simulator import Simulator
from gateway.domain.acquiring.results import Outcome, Result
from gateway.domain.payments.payment import Payment
from gateway.domain.webhooks.delivery import Attempt
from gateway.domain.webhooks.signature import sign
from gateway.runtime.config import ProcessorConfig
from gateway.use_cases.acquirer import GiveBack


class Bank(Simulator):
    """The simulated bank, with books: what it took and gave back, once for each key."""

    def __init__(self, settings: ProcessorConfig) -> None:
        super().__init__(settings)
        self.taken: dict[str, int] = {}
        self.reversed: dict[str, int] = {}
        self.refunded: dict[str, int] = {}

    def authorize(self, payment: Payment, key: str, now: datetime) -> Result:
        result = super().authorize(payment, key, now)
        if result.outcome is Outcome.APPROVED:
            _once(self.taken, key, payment.amount)
        return result

    def refund(self, back: GiveBack, key: str) -> Result:
        _once(self.refunded if back.id.startswith("rfnd_") else self.reversed, key, back.amount)
        return super().refund(back, key)

    def net(self, payment_ids: set[str], refund_ids: set[str]) -> int:
        """What it owes for these payments, by its own books."""
        taken = sum(amount for key, amount in self.taken.items() if key in payment_ids)
        back = sum(amount for key, amount in self.reversed.items() if key.split(":")[0] in payment_ids)
        return taken - back - sum(amount for key, amount in self.refunded.items() if key in refund_ids)


def _once(book: dict[str, int], key: str, amount: int) -> None:
    assert book.setdefault(key, amount) == amount, f"the key {key} came with two amounts"


@dataclass
class Receivers:
    """All merchants' webhook servers: `failures` posts are refused first; those in `slow` take long."""

    failures: dict[str, int] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)
    secrets: dict[str, list[str]] = field(default_factory=dict)
    accepted: dict[str, set[str]] = field(default_factory=dict)
    wrongly_signed: list[str] = field(default_factory=list)

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, now: datetime, **_options: Any
    ) -> Attempt:
        """Stands in for webhook_client.post."""
        right = {sign(secret, body) for secret in self.secrets.get(url, [])}
        if headers["X-Webhook-Signature"] not in right:
            self.wrongly_signed.append(headers["webhook-id"])
        code = 200
        if self.failures.get(url, 0) > 0:
            self.failures[url] -= 1
            code = 500
        else:
            self.accepted.setdefault(headers["webhook-id"], set()).add(body.decode())
        return Attempt(
            at=now,
            duration_ms=2_500 if url in self.slow else 5,
            response_code=code,
            response_body="",
            error=None,
        )
