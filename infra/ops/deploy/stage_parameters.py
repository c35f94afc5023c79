"""Which value each parameter of a template gets in a stage: the environment's, the stage's or the template's.

A change set keeps the previous value of a parameter that it is not told, so all of them are told, every time.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from infra.ops.cloudformation.template import load, variable
from infra.ops.console import Problem
from infra.ops.deploy.emulators import of_the_emulator
from infra.ops.deploy.target import Target


def stage_parameters(target: Target) -> dict[str, str]:
    """A value for every parameter of template.yaml."""
    decided = {"Stage": target.stage, "DataStack": target.data_stack}
    if target.is_emulator:
        decided |= of_the_emulator()
    return with_version(parameters_of(target, target.settings.root / "template.yaml", decided))


def parameters_of(target: Target, template: Path, decided: Mapping[str, str]) -> dict[str, str]:
    """A value for every parameter of a template; what is decided already comes before all other sources."""
    stages = target.settings.root / "infra" / "stages.json"
    of_stage = json.loads(stages.read_text(encoding="utf-8"))[target.stage]
    values = {}
    for name, declaration in load(template)["Parameters"].items():
        given = target.settings.environment.get(variable(name))
        default = of_stage.get(name, str(declaration.get("Default", "")))
        values[name] = decided.get(name, given or default)
    return values


def with_version(values: Mapping[str, str]) -> dict[str, str]:
    """Adds a digest that changes with any value, the release's among them.

    It describes the API's published version. The transform makes a new version when the function's code or
    this description changes, but not for a new layer, which would never reach the alias without it
    (aws/serverless-application-model#3802).
    """
    others = {name: value for name, value in values.items() if name != "SettingsVersion"}
    found = hashlib.sha256(json.dumps(others, sort_keys=True).encode()).hexdigest()[:16]
    return others | {"SettingsVersion": found}


def refuse_published_secret(target: Target) -> None:
    """A test stage on AWS can be reached by everybody, and the default secret stands in this repository."""
    if (
        target.stage == "test"
        and not target.is_emulator
        and not target.settings.environment.get("TEST_API_SECRET")
    ):
        raise Problem(
            "A test stage on AWS is public, and the seeded merchant's default secret is published: "
            "set TEST_API_SECRET, and TEST_API_KEY too."
        )
