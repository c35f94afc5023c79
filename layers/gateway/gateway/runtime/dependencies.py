"""The dependencies in production, put together once in each process."""

import secrets
import uuid
from datetime import UTC, datetime
from functools import cache

from gateway.adapters.acquirers.simulated_processor import SimulatedProcessor
from gateway.adapters.aws.dynamodb import tables
from gateway.adapters.aws.dynamodb.database import DynamoDatabase
from gateway.adapters.aws.secrets import AwsSecrets
from gateway.adapters.aws.sqs import SqsQueues
from gateway.adapters.aws.timeouts import PROBE, WORK
from gateway.adapters.webhook_http import webhook_client
from gateway.domain import values
from gateway.runtime.config import Config, config
from gateway.use_cases.dependencies import Dependencies


@cache
def dependencies() -> Dependencies:
    """The dependencies of this process."""
    settings = config()
    tables.bind(settings.table_prefix, timeouts=PROBE if settings.is_status_function else WORK)
    return Dependencies(
        config=settings,
        now=lambda: datetime.now(UTC),
        new_id=lambda prefix: values.new_id(prefix, secrets.choice),
        new_uuid=lambda: str(uuid.uuid4()),
        processor=SimulatedProcessor(settings.processor),
        database=DynamoDatabase(),
        queues=queues_of(settings),
        secrets=AwsSecrets(),
        post_webhook=webhook_client.post,
    )


def queues_of(settings: Config) -> SqsQueues:
    """The queues that the settings name."""
    return SqsQueues(
        settings.job_queue_urls,
        dead_letter_urls=settings.dead_letter_queue_urls,
        triggers=settings.worker_triggers,
    )
