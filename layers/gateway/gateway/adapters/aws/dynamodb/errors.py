"""How DynamoDB's refusals reach the services."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from gateway.domain.errors import Unavailable


class ConditionFailed(Exception):
    """A condition did not hold and nothing was written; `labels` names the writes that were refused."""

    def __init__(self, labels: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(labels)))
        self.labels = labels


class Conflict(Exception):
    """Another transaction holds one of the items: nothing was written, and the same again may work."""


@contextmanager
def unavailable_when_aws_fails() -> Iterator[None]:
    """Turns what AWS answers when it can't serve us into Unavailable, keeping the cause for the log."""
    try:
        yield
    except (PynamoDBException, BotoCoreError, ClientError) as error:
        raise Unavailable("The service is temporarily unavailable; please try again") from error
