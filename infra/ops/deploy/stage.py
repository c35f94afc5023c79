"""`make deploy`: packages, makes change sets, shows them, and only then changes the stacks of a stage.

The tables' stack goes first, then the application's, which is then tried out and taken back where it fails,
then the alarms', then the edge's where there is one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.application import api_base_url, seed
from infra.ops.build import lambda_packages
from infra.ops.build.source_digest import digest
from infra.ops.build.version import version
from infra.ops.cloudformation.artifacts import package, upload_template
from infra.ops.cloudformation.change_sets import Change, create, described, drop, execute
from infra.ops.cloudformation.stacks import (
    COMPLETE,
    NEVER_CAME_UP,
    remove,
    settled,
    stack_outputs,
    stack_status,
)
from infra.ops.console import Problem, Progress
from infra.ops.data import growth
from infra.ops.data import stack as data_stack
from infra.ops.deploy import edge, lock, monitoring, releases, stage_settings
from infra.ops.deploy.bucket import make_bucket
from infra.ops.deploy.emulators import expire_rows
from infra.ops.deploy.identity import agreed, refuse_another_stage, tags_of
from infra.ops.deploy.stage_parameters import (
    TEMPLATE,
    secret_of_test_merchant,
    stage_parameters,
    with_version,
)
from infra.ops.deploy.target import Target, find
from infra.ops.deploy.verification import seconds_for_it, verify, workers_ran
from infra.ops.operate.versions import delete_old_versions
from infra.ops.operate.workers import trigger_parameters
from infra.ops.settings import Settings

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient


def main(settings: Settings, progress: Progress) -> None:
    """Deploys the stage that the environment names."""
    target = find(settings)
    stage_settings.check_file(settings.root)
    seconds_for_it(settings.environment)
    progress.say(f"{target}")
    try:
        refuse_another_stage(target)
        make_bucket(target)
        with lock.held(target, progress):
            _deploy(target, progress)
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"AWS refused a call of the deployment: {problem}") from problem


def _deploy(target: Target, progress: Progress) -> None:
    before = releases.deployed(target) if _stands(target) else None
    ran_before = workers_ran(target, outputs_of(target))
    values, shown = settings_of(target)
    with prepared(target, values, progress) as changes:
        if shown:
            print("\n".join([f"\nSettings of {target.stack}:", *shown]))
        if not _change(target, changes, progress):
            return
    outputs = stack_outputs(target.endpoint, target.stack, aws=target.aws)
    data_stack.protect(target)
    if target.is_emulator:
        expire_rows(target.aws, target.settings.root / "infra" / "data.yaml", target.data_stack)
    _try_out(target, before, outputs, progress, ran_before=ran_before)
    monitoring.deploy(target, outputs, progress)
    edge.deploy(target, outputs, progress)
    _tell_of_the_edge(target, progress)
    delete_old_versions(target.aws, target.stack)
    progress.say(
        f"API: {api_base_url(target.endpoint, outputs) if target.is_emulator else outputs['ApiUrl']}"
    )


def outputs_of(target: Target) -> dict[str, str]:
    """The outputs of the application's stack; none where it was never deployed to its end."""
    return stack_outputs(target.endpoint, target.stack, aws=target.aws) if _stands(target) else {}


def settings_of(target: Target) -> tuple[dict[str, str], list[str]]:
    """The values of the application's parameters, and what of them changes, to be shown."""
    outputs = outputs_of(target)
    before = stage_settings.deployed(target, target.stack)
    found_out = {"Version": version(target.settings.root), "EdgeUrl": edge.url_of(target)}
    found_out["EdgeOnly"] = "yes" if found_out["EdgeUrl"] and edge.proves_itself(target) else "no"
    if outputs:
        found_out |= trigger_parameters(target.aws, target.stack)
    if secret := secret_of_test_merchant(target, outputs):
        found_out["TestApiSecret"] = secret
    values = stage_parameters(target, before, found_out)
    stage_settings.refuse_what_only_a_test_stage_has(target, values)
    stage_settings.refuse_webhooks_kept(releases.webhooks_kept_days(target, before), values)
    released = {name: value for name, value in values.items() if name != "Version"}
    values = with_version(values | {"Release": digest(target.settings.root, released)[:12]})
    return values, stage_settings.changes(before, values)


@contextmanager
def prepared(target: Target, values: Mapping[str, str], progress: Progress) -> Iterator[list[Change]]:
    """Packages the code and makes the change sets of both stacks. Those not executed are gone afterwards."""
    made: CloudFormationClient = target.aws("cloudformation")
    if settled(made, target.stack) in NEVER_CAME_UP:
        remove(made, target.stack)  # it holds no data
    progress.say("packaging")
    s3, root = target.aws("s3"), target.settings.root
    with lambda_packages.take_lock(target.settings):
        lambda_packages.build(target.settings)
        application = package(s3, target.bucket, root / TEMPLATE)
    progress.say("making change sets")
    changes: list[Change] = []
    try:
        data = data_stack.prepare(target, progress)
        changes += [data] if data else []
        url = upload_template(s3, target.bucket, application)
        change = create(made, target.stack, url, values, tags=tags_of(target.stage))
        changes += [change] if change else []
        yield changes
    finally:
        for left in changes:
            with suppress(ClientError):  # executed, and so gone
                drop(made, left)


def _change(target: Target, changes: list[Change], progress: Progress) -> bool:
    """Shows the change sets and executes them; False when the person does not agree, and nothing changed."""
    if not changes:
        progress.say("nothing to change")
        return True
    made: CloudFormationClient = target.aws("cloudformation")
    for change in changes:
        print("\n".join(described(made, change)))
    if not agreed(target, f"Change {', '.join(change.stack for change in changes)}?"):
        print("Nothing was changed.")
        return False
    while changes:
        progress.say(f"changing stack {changes[0].stack}")
        if changes[0].stack == target.data_stack:
            growth.execute(target, changes[0], progress)
        else:
            execute(made, changes[0])
        del changes[0]
    return True


def _tell_of_the_edge(target: Target, progress: Progress) -> None:
    """Changes the application where its edge is new, has a new address, or proves itself from now on.

    Browsers name the address as origin; what does not come by an edge that proves itself is refused then.
    """
    known = stage_settings.deployed(target, target.stack).values
    release = releases.deployed(target)
    values, _ = settings_of(target)
    is_known = all(known.get(name) == values[name] for name in ("EdgeUrl", "EdgeOnly"))
    if release is None or is_known:
        return
    made = target.aws("cloudformation")
    change = create(made, target.stack, release.template_url, values, tags=tags_of(target.stage))
    if change is None:
        return
    progress.say(f"telling stack {target.stack} where its edge is: {values['EdgeUrl']}")
    execute(made, change)
    releases.keep(target, releases.deployed(target))


def _try_out(
    target: Target,
    before: releases.Release | None,
    outputs: Mapping[str, str],
    progress: Progress,
    *,
    ran_before: bool,
) -> None:
    """Keeps a release that works; takes back one that does not, and raises the Problem that it has."""
    releases.keep(target, before)
    try:
        seed(target.aws, outputs)
        verify(target, outputs, progress, ran_before=ran_before)
    except Problem as problem:
        if before is None or before.name == outputs.get("Release"):
            raise
        progress.say(f"going back to release {before}")
        change = releases.way_back(target, before)
        if change is not None:
            execute(target.aws("cloudformation"), change)
        raise Problem(
            f"Release {outputs.get('Release')} was taken back. {problem.message}", problem.details
        ) from problem
    releases.keep(target, releases.deployed(target))


def _stands(target: Target) -> bool:
    """Whether the application was deployed before, to its end."""
    status = stack_status(target.aws("cloudformation"), target.stack)
    return status in COMPLETE or status.startswith("UPDATE_")
