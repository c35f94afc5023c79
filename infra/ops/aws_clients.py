"""boto3 clients: for this run's endpoint with its keys, or for the usual AWS environment of an operator."""

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.console import Problem
from infra.ops.settings import REGION, Settings

Clients = Callable[[str], Any]

ANY_KEY = "test"  # emulators take any
GLOBAL_REGION = "us-east-1"
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "max_attempts": 3},
    max_pool_connections=20,
    proxies={},
)


def client(
    service: str, endpoint: str, *, access_key_id: str = ANY_KEY, secret_access_key: str = ANY_KEY
) -> Any:
    """A boto3 client for an endpoint."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        config=CONFIG,
    )


@functools.cache
def _clients(endpoint: str, access_key_id: str, secret_access_key: str) -> Clients:
    keys = {"access_key_id": access_key_id, "secret_access_key": secret_access_key}
    return functools.cache(lambda service: client(service, endpoint, **keys))


def clients(settings: Settings) -> Clients:
    """Makes the client of a service for this run's endpoint, once each."""
    return _clients(settings.endpoint, settings.access_key_id, settings.secret_access_key)


def aws_environment(settings: Settings) -> dict[str, str]:
    """The caller's environment, with what an emulator would take anyway: any keys, and a region."""
    environment = dict(settings.environment)
    if settings.is_other_emulator:
        environment = {"AWS_ACCESS_KEY_ID": ANY_KEY, "AWS_SECRET_ACCESS_KEY": ANY_KEY} | environment
        if not any(environment.get(name) for name in REGION_VARIABLES):
            environment["AWS_DEFAULT_REGION"] = REGION
    return with_region(environment)


def with_region(environment: Mapping[str, str]) -> dict[str, str]:
    """Lets AWS_REGION count: boto3 reads AWS_DEFAULT_REGION only."""
    region = environment.get("AWS_REGION")
    return {**environment, "AWS_DEFAULT_REGION": region} if region else dict(environment)


@functools.cache
def global_clients(service: str) -> Any:
    """The client of a service in us-east-1, where CloudFront takes certificates and firewalls from.

    With the credentials of `session_clients`, which comes first.
    """
    return boto3.Session().client(service, region_name=GLOBAL_REGION, config=CONFIG)  # type: ignore[call-overload]


def session_clients(environment: Mapping[str, str]) -> tuple[Clients, str]:
    """Clients with credentials and region as every AWS tool reads them, and that region.

    Raises Problem where no region is set, or the profile cannot be used.
    """
    os.environ.update(environment)
    try:
        session = boto3.Session()
    except BotoCoreError as problem:  # such as a profile that is not there
        raise Problem(f"The AWS environment cannot be used: {problem}") from problem
    if session.region_name is None:
        raise Problem("No AWS region is set: AWS_REGION, or the profile's (AWS_PROFILE).")
    return functools.cache(lambda service: session.client(service, config=CONFIG)), session.region_name


def identity(aws: Clients) -> tuple[str, str]:
    """The account and the ARN of who calls. Raises Problem where credentials are missing or have expired."""
    try:
        found = aws("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"AWS does not know who you are: {problem}") from problem
    return str(found["Account"]), str(found["Arn"])
