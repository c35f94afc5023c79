"""AWS Secrets Manager."""

from functools import cache

from botocore.exceptions import ClientError

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.services import SECRETS_MANAGER
from gateway.adapters.aws.transport import transport

_ABSENT = "ResourceNotFoundException"
_DELETED = "InvalidRequestException"  # scheduled for deletion


class AwsSecrets:
    """Implements `use_cases.protocols.queues.Secrets`."""

    def get(self, arn: str) -> bytes:
        """The value, read once for the life of the process."""
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


@cache
def read_secret(arn: str) -> bytes:
    """A secret's value; remembered."""
    with unavailable_when_aws_fails():
        response = transport().call(SECRETS_MANAGER, "GetSecretValue", {"SecretId": arn})
    return str(response["SecretString"]).encode()
