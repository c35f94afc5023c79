"""The secret that a stage's distribution proves itself by, and how one value of it replaces another.

The secret is an object: `current` is what the distribution sends, and every member counts with the API. A
rotation is cut into steps, each of which leaves a state in which every request of the distribution is taken:

    {current: a}              at rest
    {current: a, next: b}     both count, a is sent; goes on once every process of the API knows of b
    {current: b, previous: a} both count, the distribution is changed to send b
    {current: b}              at rest; a is worth nothing

What was interrupted is found in the secret, and goes on from there.
"""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from infra.ops.aws_clients import Clients

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

SECRET_BYTES = 48
# What a process remembers of a secret (gateway.adapters.aws.secrets) and half a minute for clocks.
KNOWN_AFTER_SECONDS = 330


def current_version(aws: Clients, arn: str) -> str:
    """The id of the version of the secret that counts."""
    service: SecretsManagerClient = aws("secretsmanager")
    stages = service.describe_secret(SecretId=arn)["VersionIdsToStages"]
    return next(version for version, labels in stages.items() if "AWSCURRENT" in labels)


def rotate(
    aws: Clients,
    arn: str,
    change_distribution: Callable[[], None],
    say: Callable[[str], None],
    *,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Replaces the value, or ends a replacement that was begun; minutes, in which nothing is refused.

    `change_distribution` has to return only once every edge location sends `current`.
    """
    values = _read(aws, arn)
    if "previous" not in values:
        if "next" not in values:
            values = {"current": values["current"], "next": secrets.token_urlsafe(SECRET_BYTES)}
            _write(aws, arn, values)
        say(f"both values count; waiting {KNOWN_AFTER_SECONDS} s until every process knows the new one")
        sleep(KNOWN_AFTER_SECONDS)
        values = {"current": values["next"], "previous": values["current"]}
        _write(aws, arn, values)
    say("changing the distribution to send the new value (CloudFront takes minutes)")
    change_distribution()
    _write(aws, arn, {"current": values["current"]})
    say("the old value counts for nothing within five minutes")


def _read(aws: Clients, arn: str) -> dict[str, str]:
    service: SecretsManagerClient = aws("secretsmanager")
    found: dict[str, str] = json.loads(service.get_secret_value(SecretId=arn)["SecretString"])
    return found


def _write(aws: Clients, arn: str, values: Mapping[str, str]) -> None:
    service: SecretsManagerClient = aws("secretsmanager")
    service.put_secret_value(SecretId=arn, SecretString=json.dumps(values))
