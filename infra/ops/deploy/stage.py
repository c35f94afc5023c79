"""`make deploy`: packages, makes change sets, shows them, and only then changes the stacks of a stage.

The tables' stack goes first, then the application's, then the alarms', then (EDGE=yes) the edge's.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.application import api_base_url, seed
from infra.ops.build import lambda_packages
from infra.ops.build.source_digest import digest
from infra.ops.cloudformation.artifacts import package, upload_template
from infra.ops.cloudformation.change_sets import Change, create, described, drop, execute
from infra.ops.cloudformation.stacks import NEVER_CAME_UP, remove, settled, stack_outputs
from infra.ops.cloudformation.template import as_sent, load
from infra.ops.console import Problem, Progress
from infra.ops.deploy import edge, monitoring
from infra.ops.deploy.emulators import expire_rows
from infra.ops.deploy.stage_parameters import refuse_published_secret, stage_parameters, with_version
from infra.ops.deploy.target import Target, ask, find
from infra.ops.settings import Settings

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_s3 import S3Client


def main(settings: Settings, progress: Progress) -> None:
    """Deploys the stage that the environment names."""
    target = find(settings)
    values = stage_parameters(target)
    values = with_version(values | {"Release": digest(settings.root, values)[:12]})
    refuse_published_secret(target)
    progress.say(f"{target}")
    try:
        if not _change(target, _prepare(target, values, progress), progress):
            return
        outputs = stack_outputs(target.endpoint, target.stack, aws=target.aws)
        if target.is_emulator:
            expire_rows(target.aws, settings.root / "infra" / "data.yaml", target.data_stack)
        seed(target.aws, outputs)
        monitoring.deploy(target, outputs, progress)
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
    s3, root = target.aws("s3"), target.settings.root
    with lambda_packages.take_lock(target.settings):
        lambda_packages.build(target.settings)
        application = package(s3, target.bucket, root / "template.yaml")
    progress.say("making change sets")
    retention = {"Retention": "protected" if target.stage == "live" else "disposable"}
    data = as_sent(load(root / "infra" / "data.yaml"))
    changes = []
    for stack, text, given in ((target.data_stack, data, retention), (target.stack, application, values)):
        change = create(made, stack, upload_template(s3, target.bucket, text), given)
        changes += [change] if change else []
    return changes


def _change(target: Target, changes: list[Change], progress: Progress) -> bool:
    """Shows the change sets and executes them; False when the person does not agree, and nothing changed."""
    if not changes:
        progress.say("nothing to change")
        return True
    made: CloudFormationClient = target.aws("cloudformation")
    for change in changes:
        print("\n".join(described(made, change)))
    agreed = False
    try:
        stacks = ", ".join(change.stack for change in changes)
        agreed = ask(f"Change {stacks}?", target.settings.environment)
    finally:
        if not agreed:
            for change in changes:
                drop(made, change)
    if not agreed:
        print("Nothing was changed.")
        return False
    for change in changes:
        progress.say(f"changing stack {change.stack}")
        execute(made, change)
    return True


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
