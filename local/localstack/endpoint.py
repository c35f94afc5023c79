"""Where LocalStack is, for `make test-localstack`: at the endpoint given, or in a container of its own.

Prints shell lines for the caller to evaluate; all else goes to stderr.
"""

import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from localstack_client.config import get_service_endpoint

from infra.ops.console import Problem
from local.settings import Settings

COMPOSE = Path(__file__).with_name("docker-compose.yml")
START_SECONDS = 600  # the first time, the image is fetched
ANSWER_SECONDS = 5
# The name by which a container reaches the machine that it runs on (docker-compose.yml).
HOST_OF_CONTAINERS = "host.docker.internal"


def main(settings: Settings) -> None:
    """Prints what tests need to know; starts the container when no endpoint is given."""
    for name, value in found(settings).items():
        print(f"export {name}={shlex.quote(value)}")


def found(settings: Settings) -> Mapping[str, str]:
    """The variables of the tests that tell where LocalStack is, once it answers there."""
    # AWS_ENDPOINT_URL, or LOCALSTACK_HOST, or the port that LocalStack always has.
    endpoint = str(get_service_endpoint("cloudformation"))
    variables = {"ASYNCPAY_E2E_ENDPOINT": endpoint}
    if not settings.given_endpoint:
        start()
        variables["ASYNCPAY_E2E_WEBHOOK_HOST"] = HOST_OF_CONTAINERS
    if not answers(endpoint):
        raise Problem(f"Nothing answers at {endpoint}.")
    return variables


def start() -> None:
    """The container, healthy; one that runs already is left alone."""
    command = ["docker", "compose", "-f", str(COMPOSE), "up", "-d", "--wait"]
    try:
        subprocess.run(command, stdout=sys.stderr, check=True, timeout=START_SECONDS)
    except (OSError, subprocess.SubprocessError) as problem:
        raise Problem(
            "Docker does not start LocalStack. Without Docker, start it yourself and set AWS_ENDPOINT_URL."
        ) from problem


def answers(endpoint: str) -> bool:
    """Whether something speaks HTTP there, whatever it says."""
    try:
        with urllib.request.urlopen(endpoint, timeout=ANSWER_SECONDS):  # noqa: S310 -- the caller's own endpoint
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
