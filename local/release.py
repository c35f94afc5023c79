"""`make deploy`: package, change sets, a look at them, and only then the change; test stages are seeded.

The same awscli commands as on a laptop, but nothing is executed before somebody has seen it.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from local import build, edge
from local.changes import Change, awscli, change_set, described, execute
from local.console import Problem, Progress
from local.settings import Settings
from local.stack import api_base_url, seed, stack_outputs
from local.stacks import NEVER_CAME_UP, expire_rows, remove, settled
from local.target import Target, ask, find, refuse_published_secret, stage_parameters
from local.unchanged import digest

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_s3 import S3Client


def main(settings: Settings, progress: Progress) -> None:
    """Deploys the stage that the environment names."""
    target = find(settings)
    values = stage_parameters(target) | {"Release": digest(settings)[:12]}
    refuse_published_secret(target)
    progress.say(f"{target}")
    try:
        changes = _prepare(target, values, progress)
        if changes:
            for change in changes:
                print("\n".join(described(target.aws("cloudformation"), change)))
            if not ask(f"Change {', '.join(change.stack for change in changes)}?", settings.environment):
                _drop(target, changes)
                return
            for change in changes:
                progress.say(f"changing stack {change.stack}")
                execute(target.aws("cloudformation"), change)
        else:
            progress.say("nothing to change")
        outputs = stack_outputs(target.endpoint, target.stack, aws=target.aws)
        if target.is_emulator:
            expire_rows(target.aws, settings.root / "infra" / "data.yaml", target.data_stack)
        seed(target.aws, outputs)
        if settings.environment.get("EDGE") == "yes":
            edge.deploy(target, outputs, progress)
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"AWS refused a call of the deployment: {problem}") from problem
    progress.say(
        f"API: {api_base_url(target.endpoint, outputs) if target.is_emulator else outputs['ApiUrl']}"
    )


def _prepare(target: Target, values: Mapping[str, str], progress: Progress) -> list[Change]:
    """Packages the code and makes the change sets of both stacks."""
    made: CloudFormationClient = target.aws("cloudformation")
    _make_bucket(target)
    for stack in (target.data_stack, target.stack):
        status = settled(made, stack)
        if status in NEVER_CAME_UP and stack == target.stack:
            remove(made, stack)  # it holds no data
        elif status in NEVER_CAME_UP:
            raise Problem(f"Stack {stack} is {status}. Look at its tables, then delete it.")
    progress.say("packaging")
    settings, root = target.settings, target.settings.root
    settings.home.mkdir(parents=True, exist_ok=True)
    packaged = settings.home / f"packaged-{target.stack}.yaml"
    with build.take_lock(settings):
        build.build(settings)
        source = ("--template-file", "template.yaml", "--s3-bucket", target.bucket)
        awscli(target, "package", "package", *source, "--output-template-file", str(packaged))
    progress.say("making change sets")
    retention = {"Retention": "protected" if target.stage == "live" else "disposable"}
    wanted = [
        change_set(target, target.data_stack, root / "infra" / "data.yaml", retention),
        change_set(target, target.stack, packaged, values),
    ]
    return [change for change in wanted if change is not None]


def _make_bucket(target: Target) -> None:
    """The bucket for packages: private, encrypted by S3's default."""
    s3: S3Client = target.aws("s3")
    # The oldest region alone must not be named (Amazon S3 API reference, CreateBucket).
    where: Any = {} if target.region == "us-east-1" else {"LocationConstraint": target.region}
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=target.bucket, **({"CreateBucketConfiguration": where} if where else {}))
        s3.put_public_access_block(
            Bucket=target.bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )


def _drop(target: Target, changes: list[Change]) -> None:
    made: CloudFormationClient = target.aws("cloudformation")
    for change in changes:
        made.delete_change_set(ChangeSetName=change.arn)
    print("Nothing was changed.")
