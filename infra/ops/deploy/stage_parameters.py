"""The parameters of the application's stack: what the deployment decides, and the stage's settings."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

from infra.ops.cloudformation.template import load
from infra.ops.deploy.emulators import of_the_emulator
from infra.ops.deploy.stage_settings import NOTHING, Deployed, values_of
from infra.ops.deploy.target import Target
from infra.ops.operate.workers import TRIGGERS

TEMPLATE = "template.yaml"
SECRET_BYTES = 24
# The API's published version has nothing of these: they alone are no reason to publish it anew.
UNPUBLISHED = {"SettingsVersion", "Version", *TRIGGERS}


def stage_parameters(
    target: Target, before: Deployed = NOTHING, found_out: Mapping[str, str] | None = None
) -> dict[str, str]:
    """A value for every parameter of template.yaml; `found_out`: what is known of what is deployed."""
    decided = {"Stage": target.stage, "DataStack": target.data_stack, **(found_out or {})}
    if target.is_emulator:
        decided |= of_the_emulator()
    return with_version(values_of(target, TEMPLATE, decided, before))


def with_version(values: Mapping[str, str]) -> dict[str, str]:
    """Adds a digest that changes with any value, the release's among them.

    It describes the API's published version. The transform makes a new version when the function's code or
    this description changes, but not for a new layer, which would never reach the alias without it
    (aws/serverless-application-model#3802).
    """
    others = {name: value for name, value in values.items() if name not in UNPUBLISHED}
    found = hashlib.sha256(json.dumps(others, sort_keys=True).encode()).hexdigest()[:16]
    return {**values, "SettingsVersion": found}


def secret_of_test_merchant(target: Target, outputs: Mapping[str, str]) -> str | None:
    """The secret of a test stage's merchant: the one given, else the one that it has, else a new one.

    Everybody can reach a test stage on AWS, so it never gets the one that this repository publishes. None in
    a live stage, which has no such merchant.
    """
    if target.stage != "test":
        return None
    given = target.settings.environment.get("TEST_API_SECRET")
    if given or (given := deployed_test_key(target.aws, outputs).get("TEST_API_SECRET")):
        return given
    published = str(load(target.settings.root / TEMPLATE)["Parameters"]["TestApiSecret"]["Default"])
    return published if target.is_emulator else secrets.token_urlsafe(SECRET_BYTES)


def deployed_test_key(aws: Any, outputs: Mapping[str, str]) -> dict[str, str]:
    """TEST_API_KEY and TEST_API_SECRET of a deployed test stage, where its seed function has them."""
    name = outputs.get("SeedFunctionName")
    if name is None:
        return {}
    found: dict[str, str] = aws("lambda").get_function_configuration(FunctionName=name)["Environment"][
        "Variables"
    ]
    return {each: found[each] for each in ("TEST_API_KEY", "TEST_API_SECRET")}
