"""A stage's settings: infra/stages.json, committed, says them; what it does not say stays as it is deployed.

A variable of the command's environment comes before the file, for one deployment of its own. What nobody ever
set follows the template's default, also where a release changes it.
"""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.ops.aws_clients import Clients
from infra.ops.cloudformation.stacks import described_stack
from infra.ops.cloudformation.template import load, variable
from infra.ops.console import Problem
from infra.ops.deploy.target import STAGES, Target

FILE = "infra/stages.json"
TEMPLATES = ("template.yaml", "infra/data.yaml", "infra/monitoring.yaml", "infra/edge.yaml")
EDGE_TEMPLATE = "infra/edge.yaml"
# What the deployment itself says, by template.
DECIDED = {
    "template.yaml": {"Stage", "DataStack", "SettingsVersion", "Release", "Version", "EdgeUrl", "EdgeOnly"},
    "infra/data.yaml": {"Retention"},
    "infra/monitoring.yaml": {"Stage", "ApplicationStack", "DataStack", "MetricsInsights"},
    EDGE_TEMPLATE: {"Stage", "ApiDomain", "ApiStage", "EdgeSecretArn", "EdgeSecretVersion", "FirewallArn"},
}
# Names of resources: the deployment finds them out.
FOUND_OUT = ("QueueName", "FunctionName")
SECRET = {"TestApiSecret"}
# What a live stage must not have, and the value that each has to have there.
ONLY_IN_TEST = {
    "TestMode": "false",
    "WebhookRetryIntervalsTest": "false",
    "WebhookAllowedHosts": "",
    "TestWebhookUrl": "",
}
# Rows of webhooks go by it, whichever release made them, so that it outlives a release.
WEBHOOKS_KEPT = "WebhooksKeptDays"


@dataclass(frozen=True)
class Deployed:
    """A stack's parameters as they are, and the defaults of the template that it was made from."""

    values: Mapping[str, str]
    defaults: Mapping[str, str]

    def kept(self, name: str) -> str | None:
        """A value that somebody chose once; None where it is the default, or can't be read."""
        value = self.values.get(name)
        return None if value is None or name in SECRET or value == self.defaults.get(name) else value


NOTHING = Deployed({}, {})


def deployed(target: Target, stack: str, *, aws: Clients | None = None) -> Deployed:
    """What a stack is deployed with; nothing where there is no stack. `aws`: of a region of its own."""
    made = (aws or target.aws)("cloudformation")
    found: Any = described_stack(made, stack)
    if found is None or found["StackStatus"] == "REVIEW_IN_PROGRESS":
        return NOTHING
    declared = made.get_template_summary(StackName=stack)["Parameters"]
    return Deployed(
        {each["ParameterKey"]: each.get("ParameterValue", "") for each in found.get("Parameters", [])},
        {each["ParameterKey"]: each.get("DefaultValue", "") for each in declared},
    )


def values_of(
    target: Target, template: str, decided: Mapping[str, str], before: Deployed = NOTHING
) -> dict[str, str]:
    """A value for every parameter of a template; what is decided already comes before all other sources.

    A change set keeps the previous value of a parameter that it is not told, so all of them are told.
    """
    of_stage = read(target.settings.root).get(target.stage, {})
    values = {}
    for name, declaration in load(target.settings.root / template)["Parameters"].items():
        key = key_of(template, name)
        chosen = target.settings.environment.get(variable(key)) or of_stage.get(key, before.kept(name))
        if name in DECIDED[template] or chosen is None:
            chosen = str(declaration.get("Default", ""))
        values[name] = decided.get(name, chosen)
    return values


def key_of(template: str, parameter: str) -> str:
    """A parameter's name in the file: the edge's are named after it, as their variables are."""
    return f"Edge{parameter}" if template == EDGE_TEMPLATE else parameter


def read(root: Path) -> dict[str, dict[str, Any]]:
    """The file, as it stands there. Raises Problem where it is no JSON, or no settings by stage."""
    try:
        found: dict[str, dict[str, Any]] = json.loads((root / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise Problem(f"{FILE} cannot be read: {problem}. Nothing was changed.") from problem
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        raise Problem(f"{FILE} must be an object of stages, each an object of settings. Nothing was changed.")
    return found


def check_file(root: Path) -> None:
    """Raises Problem where the file names a stage or a setting that does not exist, or a value is no text."""
    known = {
        key_of(template, name)
        for template in TEMPLATES
        for name in load(root / template)["Parameters"]
        if name not in DECIDED[template] and not name.endswith(FOUND_OUT)
    } - SECRET
    wrong = []
    for stage, settings in read(root).items():
        if stage not in STAGES:
            wrong.append(f"{stage}: no such stage")
        for name, value in settings.items():
            if name in SECRET:
                wrong.append(f"{stage}.{name}: a secret does not belong into a file")
            elif name not in known:
                near = difflib.get_close_matches(name, known, 1)
                wrong.append(f"{stage}.{name}: no such setting" + (f"; is it {near[0]}?" if near else ""))
            elif not isinstance(value, str):
                wrong.append(f"{stage}.{name}: must be text in quotes")
    if wrong:
        raise Problem(f"{FILE} cannot be used. Nothing was changed.", wrong)


def refuse_what_only_a_test_stage_has(target: Target, values: Mapping[str, str]) -> None:
    """Raises Problem for a live stage with a setting that makes payments, retries or addresses up."""
    if target.stage != "live":
        return
    wrong = [
        f"{name}={values[name]}"
        for name, wanted in ONLY_IN_TEST.items()
        if values.get(name, wanted) != wanted
    ]
    if any(origin.strip().startswith("http:") for origin in values.get("AllowedOrigins", "").split(",")):
        wrong.append(f"AllowedOrigins={values['AllowedOrigins']} (not all are https)")
    if wrong:
        raise Problem("A live stage must not have these settings. Nothing was changed.", wrong)


def refuse_webhooks_kept(now_days: int, values: Mapping[str, str]) -> None:
    """Raises Problem where webhooks would go before the feed's events, or would be kept for ever again.

    Rows made while WebhooksKeptDays was set go by what it was then, and lists know of it only as long as it
    is set. `now_days`: what it is now.
    """
    days, events = (int(values.get(name) or 0) for name in (WEBHOOKS_KEPT, "EventsKeptDays"))
    if 0 < days < events:
        raise Problem(
            f"{WEBHOOKS_KEPT}={days} must be 0, for ever, or at least EventsKeptDays={events}. "
            "Nothing was changed."
        )
    if now_days and not days:
        raise Problem(
            f"{WEBHOOKS_KEPT}={now_days} cannot go back to 0: webhooks made until now go as was set "
            "then, and totals would count them all the same. Set 3650, ten years. Nothing was changed."
        )


def changes(before: Deployed, values: Mapping[str, str]) -> list[str]:
    """What changes of a stack's settings, one line for each: old -> new. A new stack has no old ones."""
    lines = []
    for name, value in sorted(values.items()):
        old = before.values.get(name)
        if not before.values or old == value:
            continue
        if name in SECRET:  # CloudFormation does not show the old one
            continue
        lines.append(f"  {name}: {_shown(old)} -> {_shown(value)}")
    return lines


def _shown(value: str | None) -> str:
    return "(new)" if value is None else value or "(empty)"
