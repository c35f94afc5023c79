"""The dependencies in production, put together once in each process."""

import secrets
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache, partial

from gateway.adapters.acquirers.accounts import Accounts
from gateway.adapters.aws.dynamodb import tables
from gateway.adapters.aws.dynamodb.database import DynamoDatabase
from gateway.adapters.aws.secrets import AwsSecrets
from gateway.adapters.aws.sqs import SqsQueues
from gateway.adapters.aws.timeouts import PROBE, WORK
from gateway.domain import values
from gateway.runtime.config import Config, config
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.protocols.endpoint import PostWebhook


@cache
def dependencies() -> Dependencies:
    """The dependencies of this process."""
    settings = config()
    secrets_manager = AwsSecrets()
    tables.bind(settings.table_prefix, timeouts=PROBE if settings.is_status_function else WORK)
    return Dependencies(
        config=settings,
        now=lambda: datetime.now(UTC),
        new_id=lambda prefix: values.new_id(prefix, secrets.choice),
        new_uuid=lambda: str(uuid.uuid4()),
        acquirer_of=Accounts(settings, secrets_manager.find).of,
        database=DynamoDatabase(),
        queues=queues_of(settings),
        secrets=secrets_manager,
        webhook_client=_webhook_client,
    )


@contextmanager
def _webhook_client() -> Iterator[PostWebhook]:
    """The client is imported by the first batch: most functions never post."""
    from gateway.adapters.webhook_http.connections import Connections
    from gateway.adapters.webhook_http.webhook_client import post

    with closing(Connections()) as connections:
        yield partial(post, connections=connections)


def queues_of(settings: Config) -> SqsQueues:
    """The queues that the settings name."""
    return SqsQueues(
        settings.job_queue_urls,
        dead_letter_urls=settings.dead_letter_queue_urls,
        triggers=settings.worker_triggers,
    )
