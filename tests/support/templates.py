"""The CloudFormation templates as Python sees them."""

from pathlib import Path
from typing import Any

from infra.ops.cloudformation.template import load

ROOT = Path(__file__).resolve().parents[2]
APPLICATION = ROOT / "template.yaml"
DATA = ROOT / "infra" / "data.yaml"
MONITORING = ROOT / "infra" / "monitoring.yaml"


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
