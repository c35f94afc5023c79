"""Things to test with: a clock that is moved by hand, surroundings for services, and one of each entity."""

import itertools
import random
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.adapters.acquirers.simulator import CAPABILITIES, Simulator
from gateway.adapters.aws.dynamodb.database import DynamoDatabase
from gateway.adapters.aws.secrets import AwsSecrets
from gateway.adapters.webhook_http import webhook_client
from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.capabilities import Capabilities
from gateway.domain.acquiring.results import NOT_FOUND, Outcome, Refused, Result
from gateway.domain.acquiring.statement import Movement, MovementPage
from gateway.domain.payments.instruments import Card
from gateway.domain.payments.order import Order, OrderStatus
from gateway.domain.payments.payment import Failure, Payment, PaymentStatus
from gateway.domain.payments.refund import Refund, RefundStatus
from gateway.domain.values import new_id
from gateway.domain.webhooks.delivery import Attempt, DeliveryStatus, WebhookDelivery
from gateway.runtime.config import Config, read_config
from gateway.runtime.dependencies import queues_of
from gateway.use_cases.acquirer import Acquirer, CardEntry, GiveBack, Notice, TokenCard
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.protocols.endpoint import PostWebhook

NOW = datetime(2026, 1, 31, 9, 30, 0, 250_000, tzinfo=UTC)
DECLINED = Failure("PAYMENT_FAILED", "declined", "The payment was declined by the bank")
_random = random.Random(0)  # what is made while modules are imported; then each test begins anew
_numbers = itertools.count()


class Clock:
    """Answers a time that only tests move."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def __call__(self) -> datetime:
        return self._now

    def advance(self, **units: float) -> datetime:
        """Moves on, e.g. by seconds=5."""
        self._now += timedelta(**units)
        return self._now


def approved(payment: Payment) -> Result:
    """What a bank says that took the payment's amount."""
    return Result(Outcome.APPROVED, f"ref_{payment.id}", payment.amount, payment.currency)


def declined(_payment: Payment) -> Result:
    return Result(Outcome.DECLINED, failure=DECLINED)


@dataclass
class ScriptedAcquirer:
    """A bank that does as told and remembers what it was asked, key by key."""

    outcome: Callable[[Payment], Result] = approved
    delay_ms: int = 1000
    capabilities: Capabilities = CAPABILITIES
    authorized: list[str] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    reversed: list[tuple[str, int]] = field(default_factory=list)
    refunded: list[str] = field(default_factory=list)
    statement: list[Movement] = field(default_factory=list)
    references: dict[str, str] = field(default_factory=dict)

    card_entry: CardEntry | None = None

    def check(self) -> None:
        pass

    def tokenize(self, _card: Card) -> str:
        return "tok_card_0123"

    def read_token(self, token: str) -> TokenCard:
        if token.startswith("bad"):
            raise Refused("no_such_token")
        return TokenCard("visa", "4242")

    def outcome_delay_ms(self, _payment_id: str) -> int:
        return self.delay_ms

    def refund_delay_ms(self, _refund_id: str) -> int:
        return self.delay_ms

    def authorize(self, payment: Payment, key: str, _now: datetime) -> Result:
        self.authorized.append(key)
        return self.outcome(payment)

    def retrieve(self, payment: Payment, _now: datetime) -> Result:
        self.looked_up.append(payment.id)
        return self.outcome(payment)

    def capture(self, payment: Payment, amount: int, _key: str) -> Result:
        return Result(Outcome.APPROVED, f"ref_{payment.id}", amount, payment.currency)

    def void(self, payment: Payment, _key: str) -> Result:
        return Result(Outcome.DECLINED, f"ref_{payment.id}", failure=DECLINED)

    def refund(self, back: GiveBack, key: str) -> Result:
        if back.id.startswith("rfnd_"):
            self.refunded.append(key)
        else:
            self.reversed.append((key, back.amount))
        return Result(Outcome.APPROVED, f"ref_{back.id}", back.amount, back.payment.currency)

    def retrieve_refund(self, back: GiveBack) -> Result:
        self.looked_up.append(back.id)
        return NOT_FOUND

    def payment_of(self, reference: str) -> str | None:
        return self.references.get(reference)

    def movements(self, first: datetime, before: datetime, after: str | None) -> MovementPage:
        """A page for each movement."""
        within = [one for one in self.statement if first <= one.at < before]
        start = int(after or 0)
        more = start + 1 < len(within)
        return MovementPage(tuple(within[start : start + 1]), str(start + 1) if more else None)

    def parse_webhook(self, _body: bytes, _headers: Any, _now: datetime) -> Notice | None:
        return None


def repeat_ids(seed: str) -> None:
    """Ids from here on are those that follow from a seed."""
    _random.seed(seed)


def some_id(prefix: str) -> str:
    return new_id(prefix, _random.choice)


def some_uuid() -> str:
    return str(uuid.UUID(int=_random.getrandbits(128), version=4))


def a_config(**settings: str) -> Config:
    """The settings of a laptop's test stage, in test mode; `settings` are environment variables."""
    base = {
        "STAGE": "test",
        "TABLE_PREFIX": "unit",
        "PAYMENTS_QUEUE_URL": "http://127.0.0.1:1/payments",
        "REFUNDS_QUEUE_URL": "http://127.0.0.1:1/refunds",
        "WEBHOOKS_QUEUE_URL": "http://127.0.0.1:1/webhooks",
        "SLOW_WEBHOOKS_QUEUE_URL": "http://127.0.0.1:1/slow-webhooks",
        "ALLOWED_ORIGINS": "http://localhost:3000,http://localhost:3001",
        "TEST_MODE": "true",
        # All endpoints answer, whichever function has them in the template.
        "STATUS_FUNCTION": "true",
    }
    return read_config(base | settings)


def post_late_bound(*arguments: Any, **options: Any) -> Attempt:
    """Posts by whatever `webhook_client.post` is by then: tests replace it."""
    return webhook_client.post(*arguments, **options)


def some_deps(
    clock: Callable[[], datetime] | None = None, acquirer: Acquirer | None = None, **settings: str
) -> Dependencies:
    """Dependencies for use cases; what is not given is a stopped clock and the simulated bank."""
    config = a_config(**settings)
    return deps_for(config, clock or Clock(), acquirer or Simulator(config.processor))


def deps_for(
    config: Config,
    clock: Callable[[], datetime],
    acquirer: Acquirer,
    post_webhook: PostWebhook = post_late_bound,
) -> Dependencies:
    """Dependencies over the tables that a fixture has bound, and the queues of `config`."""
    return Dependencies(
        config=config,
        now=clock,
        new_id=some_id,
        new_uuid=some_uuid,
        acquirer_of=lambda _account: acquirer,
        database=DynamoDatabase(),
        queues=queues_of(config),
        secrets=AwsSecrets(),
        webhook_client=lambda: nullcontext(post_webhook),
    )


def configured(deps: Dependencies, config: Config) -> Dependencies:
    """The same dependencies under other settings."""
    return replace(deps, config=config, queues=queues_of(config))


def a_merchant(**members: Any) -> Merchant:
    merchant = Merchant(
        id=some_uuid(),
        name="Chai Point",
        email="chai@example.com",
        active=True,
        webhook_url="http://localhost:4000/webhook",
        webhook_secret="whsec_test_abc123",
        created_at=NOW,
    )
    return replace(merchant, **members)


def an_order(**members: Any) -> Order:
    order = Order(
        id=some_id("order_"),
        merchant_id=some_uuid(),
        amount=50_000,
        currency="INR",
        receipt="receipt #1",
        notes={"customer": "Zoë", "nested": {"list": [1, 2.5, None, True]}},
        status=OrderStatus.CREATED,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(order, **members)


def a_payment(**members: Any) -> Payment:
    """A pending UPI payment."""
    payment = Payment(
        id=some_id("pay_"),
        merchant_id=some_uuid(),
        order_id=some_id("order_"),
        amount=50_000,
        currency="INR",
        method="upi",
        vpa="user@paytm",
        card_network=None,
        card_last4=None,
        processor_token=None,
        status=PaymentStatus.PENDING,
        captured=False,
        amount_captured=0,
        amount_refunded=0,
        refundable=0,
        created_at=NOW,
        updated_at=NOW,
        due_at=NOW + timedelta(seconds=1),
    )
    return replace(payment, **members)


def a_card_payment(**members: Any) -> Payment:
    card = {
        "method": "card",
        "vpa": None,
        "card_network": "visa",
        "card_last4": "1111",
        "processor_token": "tok_card_0123",
    }
    return a_payment(**(card | members))


def a_successful_payment(**members: Any) -> Payment:
    amount = members.get("amount", 50_000)
    done = {"status": PaymentStatus.SUCCESS, "refundable": amount, "due_at": None}
    return a_payment(**(done | members))


def a_refund(**members: Any) -> Refund:
    refund = Refund(
        id=some_id("rfnd_"),
        payment_id=some_id("pay_"),
        merchant_id=some_uuid(),
        amount=20_000,
        currency="INR",
        reason="Cup was cold",
        status=RefundStatus.PENDING,
        created_at=NOW,
        updated_at=NOW,
        processed_at=None,
        due_at=NOW + timedelta(seconds=1),
    )
    return replace(refund, **members)


def a_webhook(**members: Any) -> WebhookDelivery:
    delivery = WebhookDelivery(
        id=some_uuid(),
        merchant_id=some_uuid(),
        object_id=some_id("pay_"),
        event="payment.created",
        payload='{"event":"payment.created"}',
        status=DeliveryStatus.PENDING,
        created_at=NOW,
        next_retry_at=NOW,
    )
    return replace(delivery, **members)


def a_message(**body: str) -> dict[str, Any]:
    """A record of an SQS event."""
    import json

    number = next(_numbers)
    return {"messageId": f"message-{number}", "receiptHandle": f"handle-{number}", "body": json.dumps(body)}
