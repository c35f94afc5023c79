"""The CloudFormation templates as Python sees them."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
APPLICATION = ROOT / "template.yaml"
DATA = ROOT / "infra" / "data.yaml"


class _Loader(yaml.SafeLoader):
    """Reads `!Ref x` as {"Ref": x} and `!Sub x` as {"Fn::Sub": x}, as CloudFormation does."""


def _tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tag)


@cache
def load(path: Path) -> dict[str, Any]:
    """A template as JSON would have it."""
    template = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    assert isinstance(template, dict)
    return template


def resources(path: Path, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a type, by logical name."""
    found = load(path)["Resources"].items()
    return {name: resource["Properties"] for name, resource in found if resource["Type"] == kind}


def functions() -> dict[str, dict[str, Any]]:
    """The functions' properties, with what Globals give them; environments are merged."""
    common = load(APPLICATION)["Globals"]["Function"]
    merged = {}
    for name, own in resources(APPLICATION, "AWS::Serverless::Function").items():
        variables = common["Environment"]["Variables"] | own.get("Environment", {}).get("Variables", {})
        merged[name] = {**common, **own, "Environment": {"Variables": variables}}
    return merged


def events(function: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The properties of a function's events of a type."""
    given = function.get("Events", {}).values()
    return [event["Properties"] for event in given if event["Type"] == kind]
