"""The stack of alarms and the dashboard, infra/monitoring.yaml: made after the application that it watches.

Earlier releases held these alarms inside the application's stack. The update of that stack removes them, and
only then are the new ones made. CloudFormation generates the names of both, so neither is in the other's way,
whatever the order.
"""

from collections.abc import Mapping

from infra.ops.cloudformation.artifacts import upload_template
from infra.ops.cloudformation.change_sets import create, execute
from infra.ops.cloudformation.stacks import NEVER_CAME_UP, remove, settled
from infra.ops.cloudformation.template import as_sent, load
from infra.ops.console import Progress
from infra.ops.deploy.identity import shown_and_agreed, tags_of
from infra.ops.deploy.stage_settings import changes, deployed, values_of
from infra.ops.deploy.target import Target

TEMPLATE = "infra/monitoring.yaml"


def deploy(target: Target, application: Mapping[str, str], progress: Progress) -> None:
    """Makes or changes the stack, after a look at its change set. `application`: that stack's outputs."""
    made, stack = target.aws("cloudformation"), target.monitoring_stack
    if settled(made, stack) in NEVER_CAME_UP:
        remove(made, stack)  # it holds no data
    before = deployed(target, stack)
    values = values_of(target, TEMPLATE, watched(target, application), before)
    url = upload_template(target.aws("s3"), target.bucket, as_sent(load(target.settings.root / TEMPLATE)))
    change = create(made, stack, url, values, tags=tags_of(target.stage))
    if change is None:
        return
    if not shown_and_agreed(target, made, change, changes(before, values)):
        progress.say(f"stack {stack} is unchanged; what it should watch may have changed")
        return
    progress.say(f"changing stack {stack}")
    execute(made, change)
    if values["AlarmEmail"] and values["AlarmEmail"] != before.values.get("AlarmEmail"):
        progress.say("AWS sends a new alarm address one message to confirm; alarms reach it only then")


def watched(target: Target, application: Mapping[str, str]) -> dict[str, str]:
    """The parameters that say what to watch, from the outputs of the application's stack."""
    # A queue's name is the last part of its URL (SQS developer guide, "Queue and message identifiers").
    queues = {
        f"{output.removesuffix('Url')}Name": url.rpartition("/")[2]
        for output, url in application.items()
        if output.endswith("QueueUrl")
    }
    functions = {output: name for output, name in application.items() if output.endswith("FunctionName")}
    stage = {
        "Stage": application["ApiStage"],
        "ApplicationStack": target.stack,
        "DataStack": target.data_stack,
        "MetricsInsights": "off" if target.is_emulator else "on",
    }
    return queues | functions | stage
