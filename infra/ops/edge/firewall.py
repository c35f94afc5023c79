"""The edge's firewall: a stack in us-east-1, made before the edge that uses it and removed after it.

Its limits are the stage's settings FirewallRateLimit and PublicPaymentFirewallRateLimit, which the
application's own firewall follows where there is no edge.
"""

from collections.abc import Mapping

from infra.ops.cloudformation.change_sets import create, execute
from infra.ops.cloudformation.stacks import NEVER_CAME_UP, remove, settled, stack_outputs, stack_status
from infra.ops.cloudformation.template import as_sent, load
from infra.ops.console import Problem, Progress
from infra.ops.deploy.identity import shown_and_agreed, tags_of
from infra.ops.deploy.stage_settings import changes, deployed, values_of
from infra.ops.deploy.target import Target

TEMPLATE = "infra/edge-firewall.yaml"
LIMITS = ("FirewallRateLimit", "PublicPaymentFirewallRateLimit")
OFF = "0"


def limits_of(target: Target) -> dict[str, str]:
    """The stage's limits: of the command's environment, its file, or as the application has them."""
    values = values_of(target, "template.yaml", {}, deployed(target, target.stack))
    return {name: values[name] for name in LIMITS}


def deploy(target: Target, progress: Progress) -> str:
    """Makes or changes the stack, after a look at its change set; the web ACL's ARN, or empty for none.

    Raises Problem where the change is not agreed to: an edge without its firewall is not what was asked for.
    """
    values = limits_of(target)
    if values["FirewallRateLimit"] == OFF:
        return ""
    made, stack = target.global_aws("cloudformation"), target.firewall_stack
    if settled(made, stack) in NEVER_CAME_UP:
        remove(made, stack)
    before = deployed(target, stack, aws=target.global_aws)
    body = as_sent(load(target.settings.root / TEMPLATE))
    change = create(made, stack, body, values, tags=tags_of(target.stage))
    if change is not None:
        if not shown_and_agreed(target, made, change, changes(before, values)):
            raise Problem(f"Stack {stack} is unchanged, and so is the edge.")
        progress.say(f"changing stack {stack}")
        execute(made, change)
    return _outputs(target)["FirewallArn"]


def remove_unused(target: Target, edge_values: Mapping[str, str], progress: Progress) -> None:
    """Removes the stack where the edge no longer uses it: CloudFront holds on to an ACL that it has."""
    made = target.global_aws("cloudformation")
    if edge_values["FirewallArn"] or not stack_status(made, target.firewall_stack):
        return
    progress.say(f"deleting stack {target.firewall_stack}: no firewall is wanted")
    remove(made, target.firewall_stack)


def _outputs(target: Target) -> dict[str, str]:
    return stack_outputs(target.endpoint, target.firewall_stack, aws=target.global_aws)
