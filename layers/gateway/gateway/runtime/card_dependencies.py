"""What the card function works with, put together once in each process: it knows no table and no queue."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from gateway.adapters.acquirers.accounts import Accounts
from gateway.adapters.aws.functions import invoke
from gateway.adapters.aws.secrets import AwsSecrets
from gateway.runtime.config import Config, config
from gateway.use_cases.acquirer import Acquirer
from gateway.use_cases.protocols.queues import Secrets


@dataclass(frozen=True)
class CardDependencies:
    """`call_api` hands an event to the API's function, and returns its response."""

    config: Config
    now: Callable[[], datetime]
    acquirer_of: Callable[[str], Acquirer]
    secrets: Secrets
    call_api: Callable[[dict[str, Any]], dict[str, Any]]


@cache
def card_dependencies() -> CardDependencies:
    """The dependencies of this process."""
    settings, secrets_manager = config(), AwsSecrets()
    return CardDependencies(
        config=settings,
        now=lambda: datetime.now(UTC),
        acquirer_of=Accounts(settings, secrets_manager.find).of,
        secrets=secrets_manager,
        call_api=lambda event: invoke(settings.api_function_arn, event),
    )
