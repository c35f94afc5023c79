"""Templates as data: YAML with short intrinsic functions in, JSON with long ones out.

Our templates use YAML aliases so as not to say things twice, and CloudFormation takes none (user guide,
"CloudFormation template formats"). JSON has none, so what is sent is always JSON.
"""

import functools
import json
import re
from pathlib import Path
from typing import Any

import yaml

# The C parser takes a tenth of the time; a build of PyYAML may lack it.
SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# These alone have no prefix in their long form (CloudFormation user guide, "Intrinsic function reference").
WITHOUT_PREFIX = ("Ref", "Condition")
TIMESTAMP = "tag:yaml.org,2002:timestamp"


class _Loader(SAFE_LOADER):  # type: ignore[misc]
    """Reads `!Ref x` as {"Ref": x} and `!Sub x` as {"Fn::Sub": x}; a date stays text."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _intrinsic(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in WITHOUT_PREFIX else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def load(template: Path) -> dict[str, Any]:
    """A template as plain data; intrinsic functions are mappings. Not to be changed: it is shared."""
    return _parsed(template.read_text(encoding="utf-8"))


def of_stack(body: Any) -> dict[str, Any]:
    """A stack's template as CloudFormation gives it back: botocore reads JSON by itself, and nothing else."""
    return _parsed(body) if isinstance(body, str) else dict(body)


@functools.cache
def _parsed(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506 -- a SafeLoader
    return loaded


def as_sent(template: dict[str, Any]) -> str:
    """A template as CloudFormation is sent it."""
    return json.dumps(template, separators=(",", ":"))


def variable(parameter: str) -> str:
    """The environment variable of a parameter: TestMode is TEST_MODE."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", parameter).upper()
