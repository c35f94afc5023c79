"""`python -m infra.ops rotate-secret`: new values for a stage's own keys and secrets."""

import argparse
from dataclasses import replace
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.aws_clients import identity
from infra.ops.connection import Connection, connect
from infra.ops.console import Problem, Progress
from infra.ops.deploy import edge, lock
from infra.ops.deploy.bucket import make_bucket
from infra.ops.deploy.identity import refuse_another_stage
from infra.ops.deploy.target import Target
from infra.ops.edge import secret
from infra.ops.settings import Settings

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

# What the command calls it -> resource of template.yaml.
SIGNING_KEYS = {"session-key": "SessionKey", "fingerprint-key": "FingerprintKey"}
SECRET_BYTES = 48


def main(settings: Settings, given: argparse.Namespace, progress: Progress) -> None:
    """Rotates what the command line names."""
    try:
        connection = connect(settings, stage=given.stage, stack=given.stack)
        if not connection.is_agreed(f"Give {given.secret} of {connection.stack} a new value?"):
            print("Nothing was changed.")
        elif given.secret == "edge-secret":  # noqa: S105 - its name
            _rotate_edge_secret(connection, progress)
        else:
            print(_rotate(connection, given.secret))
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"The stack cannot be reached. Is AsyncPay up? ({problem})") from problem


def _rotate(connection: Connection, name: str) -> str:
    """Puts a new value; processes take it up once what they remember is too old."""
    made: CloudFormationClient = connection.aws("cloudformation")
    found = made.describe_stack_resource(StackName=connection.stack, LogicalResourceId=SIGNING_KEYS[name])
    arn = found["StackResourceDetail"]["PhysicalResourceId"]
    connection.aws("secretsmanager").put_secret_value(SecretId=arn, SecretString=token_urlsafe(SECRET_BYTES))
    return f"{name} has a new value; every process uses it within five minutes"


def _rotate_edge_secret(connection: Connection, progress: Progress) -> None:
    target = _target_of(connection)
    refuse_another_stage(target)
    if not edge.proves_itself(target):
        raise Problem(f"Stack {target.stack} has no edge that sends a secret. Nothing was changed.")
    make_bucket(target)
    with lock.held(target, progress):
        secret.rotate(
            target.aws,
            connection.outputs()["EdgeSecretArn"],
            lambda: edge.send_current_secret(target),
            progress.say,
        )


def _target_of(connection: Connection) -> Target:
    """The deployment's view of an operator's stack."""
    settings = connection.settings
    account, _ = identity(connection.aws)
    return Target(
        settings=replace(settings, environment={**settings.environment, "STAGE": connection.stage}),
        stage=connection.stage,
        stack=connection.stack,
        account=account,
        region=connection.region,
        endpoint=settings.given_endpoint,
        aws=connection.aws,
    )
