"""AWS Secrets Manager."""

from functools import cache

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.services import SECRETS_MANAGER
from gateway.adapters.aws.transport import transport


class AwsSecrets:
    """Implements `use_cases.protocols.queues.Secrets`."""

    def get(self, arn: str) -> bytes:
        """The value, read once for the life of the process."""
        return read_secret(arn)


@cache
def read_secret(arn: str) -> bytes:
    """A secret's value; remembered."""
    with unavailable_when_aws_fails():
        response = transport().call(SECRETS_MANAGER, "GetSecretValue", {"SecretId": arn})
    return str(response["SecretString"]).encode()
