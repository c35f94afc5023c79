"""What a use case needs from outside. Production puts it together in `runtime`; tests bring their own."""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from gateway.domain.access.audit import SYSTEM, Actor
from gateway.domain.access.merchant import Merchant
from gateway.domain.card_testing.challenge import ProofOfWork
from gateway.domain.chaos import Chaos
from gateway.domain.webhooks.delivery import JITTER_MAX
from gateway.domain.webhooks.keeping import Retention
from gateway.runtime.config import Config
from gateway.use_cases.acquirer import Acquirer
from gateway.use_cases.acquirers.asked import Asked
from gateway.use_cases.idempotency import Idempotency
from gateway.use_cases.outbox import Outbox
from gateway.use_cases.protocols.challenger import Challenger
from gateway.use_cases.protocols.database import Database
from gateway.use_cases.protocols.endpoint import PostWebhook
from gateway.use_cases.protocols.queues import Queues, Secrets
from gateway.use_cases.unit_of_work import BUSY, Explain, UnitOfWork


@dataclass(frozen=True)
class Dependencies:
    """Dependencies of a use case.

    `now` returns an aware UTC time; `new_id` takes a prefix such as `pay_`; `jitter` is between 0 and
    JITTER_MAX; `acquirer_of` takes the name of an account, and raises NotFound where there is none;
    `webhook_client` opens what posts the webhooks of one batch; `sleep` takes seconds and is called for chaos
    alone. `challenger` is who asks suspicious shoppers for a challenge. A worker sets `outbox`: the units of
    work of its batch leave their messages there, and it sends them all at the end. `actor` is who the audit
    trail says it was.
    """

    config: Config
    now: Callable[[], datetime]
    new_id: Callable[[str], str]
    new_uuid: Callable[[], str]
    acquirer_of: Callable[[str], Acquirer]
    database: Database
    queues: Queues
    secrets: Secrets
    webhook_client: Callable[[], AbstractContextManager[PostWebhook]]
    outbox: Outbox | None = None
    asked: Asked = field(default_factory=Asked)
    challenger: Challenger = field(default_factory=ProofOfWork)
    actor: Actor = SYSTEM
    jitter: Callable[[], float] = lambda: random.uniform(0, JITTER_MAX)  # noqa: S311 - spreads load, no secret
    sleep: Callable[[float], None] = time.sleep

    def chaos_now(self, chaos: Chaos | None) -> Chaos | None:
        """The faults to cause now, of those that a merchant asked for: never any outside test stages."""
        if chaos is None or not self.config.allows_chaos or chaos.until <= self.now():
            return None
        return chaos

    def chaos_of(self, merchant: Merchant | None) -> Chaos | None:
        """The same for a merchant that was read."""
        return self.chaos_now(merchant.chaos) if merchant is not None else None

    def unit_of_work(
        self,
        idempotency: Idempotency | None = None,
        *,
        explain: Explain | None = None,
        busy: str = BUSY,
    ) -> UnitOfWork:
        """A new unit of work."""
        return UnitOfWork(
            self.database,
            self.outbox or Outbox(self.queues),
            self.now,
            idempotency=idempotency,
            explain=explain,
            busy=busy,
            flushes=self.outbox is None,
            chaos_of=self.chaos_of,
            retention=Retention(timedelta(days=self.config.events_kept_days), self.config.webhooks_kept_days),
        )

    def sharing(self, outbox: Outbox) -> Self:
        """The same dependencies for a worker's batch, whose messages go into this outbox."""
        return replace(self, outbox=outbox, asked=Asked())

    def on_behalf_of(self, actor: Actor) -> Self:
        """The same dependencies for what this actor asks."""
        return replace(self, actor=actor)
