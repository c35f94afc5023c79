"""What a use case needs from outside. Production puts it together in `runtime`; tests bring their own."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from gateway.domain.webhooks.delivery import JITTER_MAX
from gateway.runtime.config import Config
from gateway.use_cases.acquirer import Acquirer
from gateway.use_cases.idempotency import Idempotency
from gateway.use_cases.outbox import Outbox
from gateway.use_cases.protocols.database import Database
from gateway.use_cases.protocols.endpoint import PostWebhook
from gateway.use_cases.protocols.queues import Queues, Secrets
from gateway.use_cases.unit_of_work import BUSY, Explain, UnitOfWork


@dataclass(frozen=True)
class Dependencies:
    """Dependencies of a use case.

    `now` returns an aware UTC time; `new_id` takes a prefix such as `pay_`; `jitter` is between 0 and
    JITTER_MAX; `acquirer_of` takes the name of an account; `post_webhook` posts to a merchant's endpoint.
    A worker sets `outbox`: the units of work of
    its batch leave their messages there, and it sends them all at the end.
    """

    config: Config
    now: Callable[[], datetime]
    new_id: Callable[[str], str]
    new_uuid: Callable[[], str]
    acquirer_of: Callable[[str], Acquirer]
    database: Database
    queues: Queues
    secrets: Secrets
    post_webhook: PostWebhook
    outbox: Outbox | None = None
    jitter: Callable[[], float] = lambda: random.uniform(0, JITTER_MAX)  # noqa: S311 - spreads load, no secret

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
        )

    def sharing(self, outbox: Outbox) -> Self:
        """The same dependencies for a worker's batch, whose messages go into this outbox."""
        return replace(self, outbox=outbox)
