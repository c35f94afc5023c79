"""What a service needs from outside: settings, the clock, ids, the processor. Tests pass their own."""

import random
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from gateway.adapters.acquirers.simulated_processor import SimulatedProcessor
from gateway.adapters.aws.dynamodb import tables
from gateway.domain import values
from gateway.domain.webhook import JITTER_MAX
from gateway.runtime.config import Config, config
from gateway.use_cases.processor import Processor


@dataclass(frozen=True)
class Deps:
    """The surroundings of a service.

    `now` answers an aware UTC time; `new_id` takes a prefix such as `pay_`.
    """

    config: Config
    now: Callable[[], datetime]
    new_id: Callable[[str], str]
    new_uuid: Callable[[], str]
    processor: Processor
    jitter: Callable[[], float] = lambda: random.uniform(0, JITTER_MAX)  # noqa: S311 - spreads load, no secret


@cache
def deps() -> Deps:
    """The surroundings in production, built once in each process."""
    settings = config()
    tables.bind(settings.table_prefix, timeouts=settings.aws_timeouts)
    return Deps(
        config=settings,
        now=lambda: datetime.now(UTC),
        new_id=lambda prefix: values.new_id(prefix, secrets.choice),
        new_uuid=lambda: str(uuid.uuid4()),
        processor=SimulatedProcessor(settings.processor),
    )
