"""Policies of all templates: what allows more than it names says why, in the resource's own Metadata.

Metadata:
  Wildcards:
    TheStatementsSid: The reason.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.ops.cloudformation.template import load
from tests.support.templates import ROOT

TEMPLATES = [ROOT / "template.yaml", *sorted((ROOT / "infra").glob("*.yaml"))]
Found = tuple[str, dict[str, Any], dict[str, str]]  # resource, statement, reasons by Sid


def statements(value: Any) -> Iterator[dict[str, Any]]:
    """Every policy statement at any depth: roles, bucket policies, inline policies, endpoints."""
    if isinstance(value, dict):
        if "Effect" in value and ("Action" in value or "NotAction" in value):
            yield value
        else:
            for member in value.values():
                yield from statements(member)
    elif isinstance(value, list):
        for member in value:
            yield from statements(member)


def all_statements(template: dict[str, Any]) -> list[Found]:
    return [
        (name, statement, resource.get("Metadata", {}).get("Wildcards", {}))
        for name, resource in template["Resources"].items()
        for statement in statements(resource.get("Properties", {}))
    ]


def wildcards(statement: dict[str, Any]) -> list[str]:
    """The actions, resources and principals of a statement that hold a `*`."""
    members = ("Action", "NotAction", "Resource", "NotResource", "Principal")
    values = [statement[name] for name in members if name in statement]
    texts = [json.dumps(part) for value in values for part in (value if isinstance(value, list) else [value])]
    return [text for text in texts if "*" in text]


def without_reason(template: dict[str, Any]) -> list[str]:
    return [
        f"{resource}: {found}"
        for resource, statement, reasons in all_statements(template)
        if (found := wildcards(statement)) and len(reasons.get(statement.get("Sid", ""), "").split()) < 4
    ]


def reasons_for_nothing(template: dict[str, Any]) -> set[tuple[str, str]]:
    found = all_statements(template)
    given = {(resource, sid) for resource, _, reasons in found for sid in reasons}
    return given - {(resource, line["Sid"]) for resource, line, _ in found if wildcards(line)}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_wildcard_in_a_policy_has_a_written_reason(path: Path) -> None:
    assert without_reason(load(path)) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_reason_belongs_to_a_wildcard_that_is_there(path: Path) -> None:
    assert reasons_for_nothing(load(path)) == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_nothing_is_allowed_by_leaving_out_what_is_not(path: Path) -> None:
    for resource, statement, _ in all_statements(load(path)):
        if statement["Effect"] == "Allow":
            assert not {"NotAction", "NotResource", "NotPrincipal"} & statement.keys(), resource


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_roles_take_no_managed_policies_and_functions_no_policies_of_the_translators(path: Path) -> None:
    # A managed policy is a wildcard that this test could not read.
    for name, resource in load(path)["Resources"].items():
        assert not {"ManagedPolicyArns", "Policies"} & resource.get("Properties", {}).keys() or (
            resource["Type"] == "AWS::IAM::Role" and "ManagedPolicyArns" not in resource["Properties"]
        ), name


ALLOWED_ALL = {"Effect": "Allow", "Action": "s3:*", "Resource": {"Fn::GetAtt": ["Bucket", "Arn"]}}


@pytest.mark.parametrize(
    ("statement", "reasons"),
    [
        (ALLOWED_ALL, {}),
        (ALLOWED_ALL | {"Sid": "All"}, {"Other": "There is a good reason for it."}),
        (ALLOWED_ALL | {"Sid": "All"}, {"All": "because"}),
        ({"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}, {}),
        ({"Effect": "Allow", "Action": "s3:GetObject", "Resource": [{"Fn::Sub": "${Bucket.Arn}/*"}]}, {}),
        ({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": "x"}, {}),
    ],
)
def test_the_check_sees_a_wildcard_without_reason(statement: dict[str, Any], reasons: dict[str, str]) -> None:
    properties = {"Policies": [{"PolicyDocument": {"Statement": [statement]}}]}
    resource = {"Metadata": {"Wildcards": reasons}, "Properties": properties}
    assert without_reason({"Resources": {"Role": resource}})
