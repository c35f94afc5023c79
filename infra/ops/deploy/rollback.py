"""`python -m infra.ops rollback`: an earlier release of a stage's application, on the tables as they are."""

import argparse

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.cloudformation.change_sets import described, execute
from infra.ops.cloudformation.stacks import remove, stack_outputs, stack_status
from infra.ops.console import Problem, Progress
from infra.ops.data import stack as data_stack
from infra.ops.deploy import lock, releases, stage_settings
from infra.ops.deploy.bucket import make_bucket
from infra.ops.deploy.identity import agreed_or_dropped, refuse_another_stage
from infra.ops.deploy.stage_settings import WEBHOOKS_KEPT
from infra.ops.deploy.target import Target, find
from infra.ops.deploy.verification import seconds_for_it, verify, workers_ran
from infra.ops.settings import Settings

ALARM = "AWS::CloudWatch::Alarm"


def main(settings: Settings, given: argparse.Namespace, progress: Progress) -> None:
    """Goes back to the release before this one, or to the one that is named."""
    target = find(settings)
    seconds_for_it(settings.environment)
    progress.say(f"{target}")
    try:
        refuse_another_stage(target)
        make_bucket(target)
        with lock.held(target, progress):
            _go_back(target, releases.chosen(target, given.to or ""), progress)
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"AWS refused a call: {problem}") from problem


def list_releases(settings: Settings, progress: Progress) -> None:
    """Prints the releases that a stage can go back to, the newest first, and which one it has."""
    target = find(settings)
    progress.say(f"{target}")
    try:
        refuse_another_stage(target)
        make_bucket(target)
        current = releases.deployed(target)
        for release in releases.of(target):
            is_current = current is not None and release.name == current.name
            print(f"{release}{'  <- deployed' if is_current else ''}")
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"AWS refused a call: {problem}") from problem


def _go_back(target: Target, release: releases.Release, progress: Progress) -> None:
    made = target.aws("cloudformation")
    data_stack.refuse_too_old(release.needs_data, data_stack.deployed(target))
    before = stage_settings.deployed(target, target.stack)
    release = releases.with_webhooks_kept(release, before)
    change = releases.way_back(target, release)
    if change is None:
        progress.say("nothing to change")
        return
    values = {name: value for name, value in release.parameters.items() if value is not None}
    print("\n".join([f"\nSettings of {target.stack}:", *stage_settings.changes(before, values)]))
    print("\n".join(described(made, change)))
    kept_days = releases.webhooks_kept_days(target, before)
    if kept_days and WEBHOOKS_KEPT not in release.parameters:
        print(
            f"\nThis release doesn't know of {WEBHOOKS_KEPT}={kept_days}: its totals of webhooks count those "
            "that have gone, and what it makes stays for ever."
        )
    watches_itself = _watches_itself(target, release)
    if watches_itself:
        print(f"\nThis release makes its alarms itself: stack {target.monitoring_stack} will be deleted.")
    if not agreed_or_dropped(target, made, change, f"Go back to release {release}?"):
        print("Nothing was changed.")
        return
    ran_before = workers_ran(target, stack_outputs(target.endpoint, target.stack, aws=target.aws))
    progress.say(f"changing stack {target.stack}; its tables stay as they are")
    execute(made, change)
    if watches_itself:
        remove(made, target.monitoring_stack)  # it holds no data, and the next deployment makes it again
    outputs = stack_outputs(target.endpoint, target.stack, aws=target.aws)
    verify(target, outputs, progress, ran_before=ran_before)
    releases.keep(target, releases.deployed(target))


def _watches_itself(target: Target, release: releases.Release) -> bool:
    """Whether a release has alarms of its own, as those before 0.2, so that each would be sent twice."""
    made = target.aws("cloudformation")
    if not stack_status(made, target.monitoring_stack):
        return False
    return ALARM in made.get_template_summary(TemplateURL=release.template_url)["ResourceTypes"]
