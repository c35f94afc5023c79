"""How the failures of services other than DynamoDB reach use cases. Without PynamoDB, which not all need."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from gateway.domain.errors import Unavailable


@contextmanager
def unavailable_when_aws_fails() -> Iterator[None]:
    """Raises Unavailable for whatever the transport raises; the cause stays for the log."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise Unavailable("The service is temporarily unavailable; please try again") from error
