"""The deployment of `make up`: the packages and change sets of a release, with a laptop's parameters.

Both stacks go at once: neither needs the other to be made, only to run.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.application import seed
from infra.ops.aws_clients import clients
from infra.ops.build import lambda_packages
from infra.ops.build.source_digest import digest
from infra.ops.cloudformation.artifacts import package, upload_template
from infra.ops.cloudformation.change_sets import create, execute
from infra.ops.cloudformation.stacks import (
    COMPLETE,
    NEVER_CAME_UP,
    remove,
    settled,
    stack_outputs,
    stack_status,
)
from infra.ops.cloudformation.template import as_sent, load
from infra.ops.console import Problem, Progress
from infra.ops.deploy.emulators import expire_rows
from infra.ops.deploy.stage_parameters import with_version
from local.emulator.process import save
from local.parameters import parameters
from local.settings import Settings

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_s3 import S3Client

DEPLOY_SECONDS = 900


class _Ended(Exception):
    """`make up` was told to end while a deployment was waiting."""


async def deploy(settings: Settings, progress: Progress) -> dict[str, str]:
    """Deploys, and makes up for what emulators leave out. Returns the application stack's outputs.

    Where nothing has changed, our emulator's state is on disk already, and is not saved again.
    """
    try:
        release = release_of(settings)
        if await asyncio.to_thread(is_deployed, settings, release):
            progress.say("nothing has changed since the last deployment")
        else:
            await _deploy_both(settings, progress, release)
            data = settings.root / "infra" / "data.yaml"
            await asyncio.to_thread(expire_rows, clients(settings), data, settings.data_stack)
            if not settings.given_endpoint:
                await save(settings)
        return await asyncio.to_thread(_outputs, settings)
    except (BotoCoreError, ClientError) as problem:
        raise _refused(settings, problem) from problem


def seed_merchant(settings: Settings, outputs: Mapping[str, str]) -> None:
    """Makes the test merchant, unless it is there."""
    try:
        seed(clients(settings), outputs)
    except (BotoCoreError, ClientError) as problem:
        raise _refused(settings, problem) from problem


def _refused(settings: Settings, problem: Exception) -> Problem:
    return Problem(f"{settings.endpoint} refused a call of the deployment: {problem}")


def release_of(settings: Settings) -> str:
    """What would be deployed now, as a digest."""
    return digest(settings.root, parameters(settings), ["local/up/deployment.py"])


def is_deployed(settings: Settings, release: str) -> bool:
    """Whether both stacks stand there, complete, and the application's was made from this digest."""
    made: CloudFormationClient = clients(settings)("cloudformation")
    stacks = (settings.data_stack, settings.stack)
    if not all(stack_status(made, stack) in COMPLETE for stack in stacks):
        return False
    return _outputs(settings).get("Release") == release


async def _deploy_both(settings: Settings, progress: Progress, release: str) -> None:
    existed = await asyncio.to_thread(_prepare, settings)
    replaceable = existed and settings.is_other_emulator
    ended = threading.Event()

    def sleep(seconds: float) -> None:
        if ended.wait(seconds):
            raise _Ended

    try:
        await asyncio.gather(
            asyncio.to_thread(_deploy_tables, settings, sleep),
            asyncio.to_thread(
                _deploy_application, settings, progress, release, sleep, replaceable=replaceable
            ),
        )
    finally:
        ended.set()  # threads cannot be cancelled; they notice it in their next pause


def _bucket(settings: Settings) -> str:
    return f"{settings.stack}-artifacts"


def _prepare(settings: Settings) -> bool:
    """A bucket for the code, both stacks in a state to be deployed over. Whether the application is there."""
    s3: S3Client = clients(settings)("s3")
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
        s3.create_bucket(Bucket=_bucket(settings))
    made: CloudFormationClient = clients(settings)("cloudformation")
    settled(made, settings.data_stack)
    status = settled(made, settings.stack)
    if status in NEVER_CAME_UP:
        remove(made, settings.stack)
    return status not in {"", *NEVER_CAME_UP}


def _deploy_tables(settings: Settings, sleep: Callable[[float], None]) -> None:
    template = as_sent(load(settings.root / "infra" / "data.yaml"))
    _deploy(settings, settings.data_stack, template, {"Retention": "disposable"}, sleep)


def _deploy_application(
    settings: Settings,
    progress: Progress,
    release: str,
    sleep: Callable[[float], None],
    *,
    replaceable: bool,
) -> None:
    # Packaging reads the build, which another home may be about to replace.
    with lambda_packages.take_lock(settings):
        lambda_packages.build(settings)
        template = package(clients(settings)("s3"), _bucket(settings), settings.root / "template.yaml")
    given = with_version(parameters(settings) | {"Release": release})
    try:
        _deploy(settings, settings.stack, template, given, sleep)
    except Problem:
        if not replaceable:
            raise
        # LocalStack cannot update an alias, for one. The queues' messages go; the sweeper sends them again.
        progress.say(f"stack {settings.stack} cannot be updated there, so it is made anew")
        remove(clients(settings)("cloudformation"), settings.stack)
        _deploy(settings, settings.stack, template, given, sleep)


def _deploy(
    settings: Settings, stack: str, template: str, given: Mapping[str, str], sleep: Callable[[float], None]
) -> None:
    made: CloudFormationClient = clients(settings)("cloudformation")
    url = upload_template(clients(settings)("s3"), _bucket(settings), template)
    try:
        change = create(made, stack, url, given, sleep=sleep)
        if change is not None:
            execute(made, change, within_seconds=DEPLOY_SECONDS, sleep=sleep)
    except Problem as problem:
        raise Problem(
            f"The deployment of stack {stack} failed. {problem.message}", problem.details
        ) from problem


def _outputs(settings: Settings) -> dict[str, str]:
    return stack_outputs(settings.endpoint, settings.stack, aws=clients(settings))
