"""Which value each parameter of template.yaml gets on a laptop.

A deployment keeps the previous value of a parameter that it is not told, so all of them are told, every time:
a setting that was exported for one run is back at its default in the next.
"""

import functools
import hashlib
import json
import platform
import re
from pathlib import Path
from typing import Any

import yaml

from local import emulator
from local.settings import Settings


class _Loader(yaml.SafeLoader):
    """Reads a template for its plain values; intrinsic functions (!Ref and so on) become None."""


_Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)


def load(template: Path) -> dict[str, Any]:
    """A CloudFormation template as plain data."""
    return _parsed(template.read_text(encoding="utf-8"))


@functools.cache  # a third of a second for each
def _parsed(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506 -- a SafeLoader
    return loaded


def variable(parameter: str) -> str:
    """The environment variable of a parameter: TestMode is TEST_MODE."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", parameter).upper()


def parameters(settings: Settings) -> dict[str, str]:
    """A value for every parameter: this target's, the environment's, the laptop's default, the template's."""
    decided = _of_the_target(settings)
    defaults = _of_the_laptop(settings)
    values = {}
    for name, declaration in load(settings.root / "template.yaml")["Parameters"].items():
        default = defaults.get(name, str(declaration.get("Default", "")))
        given = settings.environment.get(variable(name))
        # An empty value means something only where the template itself defaults to empty (no webhook URL).
        counts = given is not None and (given != "" or declaration.get("Default") == "")
        values[name] = decided.get(name, given if counts and given is not None else default)
    return with_version(values)


def with_version(values: dict[str, str]) -> dict[str, str]:
    """Adds a digest that changes when a value does, so that the API is published with its new settings."""
    others = {name: value for name, value in values.items() if name != "SettingsVersion"}
    found = hashlib.sha256(json.dumps(others, sort_keys=True).encode()).hexdigest()[:16]
    return others | {"SettingsVersion": found}


def of_the_emulator(python: str = "python3.11") -> dict[str, str]:
    """What emulators need otherwise than AWS. Not every build of LocalStack has a newer Python."""
    machine = platform.machine().lower()
    return {
        "Runtime": python,
        "Architecture": "arm64" if machine in {"arm64", "aarch64"} else "x86_64",
        "SnapStart": "None",
        "Size": "laptop",
        "Tracing": "PassThrough",
        "ApiProvisionedConcurrency": "0",
    }


def _of_the_target(settings: Settings) -> dict[str, str]:
    of_all = of_the_emulator() if settings.given_endpoint else of_the_emulator(emulator.runtime())
    nobody = {"FirewallRateLimit": "0", "AlarmEmail": "", "AlarmTopicArn": ""}
    return of_all | nobody | {"DataStack": settings.data_stack}


def _of_the_laptop(settings: Settings) -> dict[str, str]:
    pages = (settings.ports["dashboard"], settings.ports["checkout"])
    return {
        "TestWebhookUrl": f"http://localhost:{settings.ports['merchant']}/webhook",
        "WebhookAllowedHosts": "localhost,127.0.0.1",
        "AllowedOrigins": ",".join(
            f"http://{host}:{port}" for host in ("localhost", "127.0.0.1") for port in pages
        ),
    }
