"""How DynamoDB's failures reach use cases."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from gateway.domain.errors import Unavailable


@contextmanager
def unavailable_when_aws_fails() -> Iterator[None]:
    """Raises Unavailable for whatever the SDK raises when AWS can't serve us; the cause stays for the log."""
    try:
        yield
    except (PynamoDBException, BotoCoreError, ClientError) as error:
        raise Unavailable("The service is temporarily unavailable; please try again") from error
