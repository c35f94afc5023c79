"""AWS Secrets Manager."""

import time
from collections.abc import Callable
from typing import NamedTuple

from botocore.exceptions import ClientError

from gateway.adapters.aws.errors import unavailable_when_aws_fails
from gateway.adapters.aws.services import SECRETS_MANAGER
from gateway.adapters.aws.transport import transport
from gateway.domain.errors import Unavailable

_ABSENT = "ResourceNotFoundException"
_DELETED = "InvalidRequestException"  # scheduled for deletion


REMEMBERED_SECONDS = 300


class _Remembered(NamedTuple):
    value: bytes
    read_at_seconds: float


_remembered: dict[str, _Remembered] = {}


class AwsSecrets:
    """Implements `use_cases.protocols.queues.Secrets`."""

    def get(self, arn: str) -> bytes:
        """The value, as it was REMEMBERED_SECONDS ago at the latest."""
        return read_secret(arn)

    def find(self, name: str) -> bytes | None:
        """The value as it is now, or None where there is no such secret."""
        with unavailable_when_aws_fails():
            try:
                response = transport().call(SECRETS_MANAGER, "GetSecretValue", {"SecretId": name})
            except ClientError as error:
                if error.response["Error"]["Code"] in (_ABSENT, _DELETED):
                    return None
                raise
        return str(response["SecretString"]).encode()

    def put(self, name: str, value: str, description: str) -> None:
        """Stores a value, in a new secret where there is none of the name."""
        with unavailable_when_aws_fails():
            try:
                given = {"SecretId": name, "SecretString": value}
                transport().call(SECRETS_MANAGER, "PutSecretValue", given)
            except ClientError as error:
                if error.response["Error"]["Code"] != _ABSENT:
                    raise
                given = {"Name": name, "SecretString": value, "Description": description}
                transport().call(SECRETS_MANAGER, "CreateSecret", given)


def forget_secrets() -> None:
    """Has every secret read anew, as in a new process."""
    _remembered.clear()


def read_secret(arn: str, clock: Callable[[], float] = time.monotonic) -> bytes:
    """A secret's value, remembered for REMEMBERED_SECONDS: a rotated one is taken up by every process.

    Where the service does not answer, what is remembered goes on counting.
    """
    known = _remembered.get(arn)
    # A clock that went back is that of a process restored from a snapshot.
    if known is not None and 0 <= clock() - known.read_at_seconds < REMEMBERED_SECONDS:
        return known.value
    try:
        with unavailable_when_aws_fails():
            response = transport().call(SECRETS_MANAGER, "GetSecretValue", {"SecretId": arn})
    except Unavailable:
        if known is None:
            raise
        return known.value
    _remembered[arn] = _Remembered(str(response["SecretString"]).encode(), clock())
    return _remembered[arn].value
