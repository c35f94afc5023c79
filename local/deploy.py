"""The deployment: the `aws cloudformation package` and `deploy` of a release, with a laptop's parameters.

Both stacks go at once: neither needs the other to be made, only to run.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from local import build
from local.awscli import cloudformation
from local.console import Problem, Progress
from local.parameters import parameters
from local.settings import Settings
from local.stack import clients, seed, stack_outputs, stack_status
from local.stacks import NEVER_CAME_UP, expire_rows, failed_events, remove, settled
from local.tasks import tasks
from local.unchanged import digest, is_deployed

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_s3 import S3Client

WATCH_SECONDS = 5


async def deploy(settings: Settings, progress: Progress) -> dict[str, str]:
    """Deploys, makes up for what emulators leave out, seeds. Returns the application stack's outputs."""
    try:
        release = digest(settings)
        if await asyncio.to_thread(is_deployed, settings, release):
            progress.say("nothing has changed since the last deployment")
        else:
            await _deploy_both(settings, progress, release)
            data = settings.root / "infra" / "data.yaml"
            await asyncio.to_thread(expire_rows, clients(settings), data, settings.data_stack)
        outputs = await asyncio.to_thread(_outputs, settings)
        await asyncio.to_thread(seed, clients(settings), outputs)
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"{settings.endpoint} refused a call of the deployment: {problem}") from problem
    return outputs


async def _deploy_both(settings: Settings, progress: Progress, release: str) -> None:
    existed = await asyncio.to_thread(_prepare, settings)
    replaceable = existed and settings.is_other_emulator
    async with tasks(
        _deploy_tables(settings), _deploy_application(settings, progress, release, replaceable=replaceable)
    ) as both:
        await asyncio.gather(*both)


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


async def _deploy_tables(settings: Settings) -> None:
    await _deploy(settings, "infra/data.yaml", settings.data_stack, {"Retention": "disposable"})


async def _deploy_application(
    settings: Settings, progress: Progress, release: str, *, replaceable: bool
) -> None:
    packaged = settings.home / "packaged.yaml"
    # Packaging reads the build, which another home may be about to replace.
    with await asyncio.to_thread(build.take_lock, settings):
        await asyncio.to_thread(build.build, settings)
        source = ("--template-file", "template.yaml", "--s3-bucket", _bucket(settings))
        await cloudformation(settings, "package", "package", *source, "--output-template-file", str(packaged))
    given = parameters(settings) | {"Release": release}
    order = (settings, str(packaged), settings.stack, given, "--capabilities", "CAPABILITY_IAM")
    try:
        await _deploy(*order)
    except Problem:
        if not replaceable:
            raise
        # LocalStack cannot update an alias, for one. The queues' messages go; the sweeper sends them again.
        progress.say(f"stack {settings.stack} cannot be updated there, so it is made anew")
        await asyncio.to_thread(remove, clients(settings)("cloudformation"), settings.stack)
        await _deploy(*order)


async def _deploy(
    settings: Settings, template: str, stack: str, given: Mapping[str, str], *more: str
) -> None:
    begun = datetime.now(UTC)
    source = (
        "--template-file",
        template,
        "--s3-bucket",
        _bucket(settings),
    )  # it is too long to be sent inline
    options = (*source, "--stack-name", stack, "--no-fail-on-empty-changeset", *more)
    overrides = [f"{name}={value}" for name, value in given.items()]
    command = ("deploy", *options, "--parameter-overrides", *overrides)
    try:
        async with tasks(
            cloudformation(settings, f"deploy-{stack}", *command), _until_it_cannot_come_up(settings, stack)
        ) as both:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            await done.pop()
    except Problem as problem:
        made = clients(settings)("cloudformation")
        events = await asyncio.to_thread(failed_events, made, stack, begun)
        raise Problem(f"The deployment of stack {stack} failed.", events or problem.details) from problem


async def _until_it_cannot_come_up(settings: Settings, stack: str) -> None:
    """The command waits an hour for an update that ended as a creation that was rolled back (LocalStack)."""
    made: CloudFormationClient = clients(settings)("cloudformation")
    while await asyncio.to_thread(stack_status, made, stack) not in NEVER_CAME_UP:  # noqa: ASYNC110
        await asyncio.sleep(WATCH_SECONDS)
    raise Problem(f"Stack {stack} was rolled back.")


def _outputs(settings: Settings) -> dict[str, str]:
    return stack_outputs(settings.endpoint, settings.stack, aws=clients(settings))
