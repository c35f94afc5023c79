"""infra/policy.guard over all templates, by AWS CloudFormation Guard.

It has wheels for some machines only (requirements/dev.txt), CI's among them. Checkov was measured and left
out: 290 MB and a minute of CI, and most of its findings here do not apply (customer-managed keys, VPCs).
"""

import copy
from pathlib import Path
from typing import Any

import pytest

from infra.ops.cloudformation.template import load
from tests.support.templates import ROOT

guard = pytest.importorskip("cfn_guard_rs")
RULES = (ROOT / "infra" / "policy.guard").read_text(encoding="utf-8")
TEMPLATES = [ROOT / "template.yaml", *sorted((ROOT / "infra").glob("*.yaml"))]
# One change of one resource for each rule, and the template to make it in.
CHANGES = [
    ("template.yaml", "PaymentsQueue", "SqsManagedSseEnabled", False),
    ("template.yaml", "PaymentsQueue", "MessageRetentionPeriod", 60),
    (
        "infra/data.yaml",
        "Payments",
        "PointInTimeRecoverySpecification",
        {"PointInTimeRecoveryEnabled": False},
    ),
    ("infra/data.yaml", "Payments", "SSESpecification", {}),
    ("template.yaml", "ApiLogs", "RetentionInDays", None),
    ("template.yaml", "ApiFunction", "FunctionUrlConfig", {"AuthType": "NONE"}),
    ("template.yaml", "ApiFunction", "Policies", ["AdministratorAccess"]),
    ("template.yaml", "ApiRole", "ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]),
    ("infra/monitoring.yaml", "ApiErrorsAlarm", "AlarmActions", None),
    ("infra/edge-firewall.yaml", "Firewall", "Rules", []),
    ("infra/edge.yaml", "SiteBucket", "PublicAccessBlockConfiguration", {"BlockPublicAcls": False}),
]


def names(reports: list[Any]) -> set[str]:
    return {report.Rule.name for report in reports}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_keeps_the_policy(path: Path) -> None:
    report = guard.run_checks(load(path), RULES)
    assert (report.status, names(report.not_compliant)) == ("PASS", set()), report.not_compliant


def test_every_rule_applies_somewhere() -> None:
    reports = [guard.run_checks(load(path), RULES) for path in TEMPLATES]
    applied = {name for report in reports for name in report.compliant}
    assert {name for report in reports for name in report.not_applicable} <= applied


@pytest.mark.parametrize(("file", "resource", "member", "value"), CHANGES)
def test_a_change_against_the_policy_is_seen(file: str, resource: str, member: str, value: Any) -> None:
    template = copy.deepcopy(load(ROOT / file))
    properties = template["Resources"][resource]["Properties"]
    properties[member] = value
    if value is None:
        del properties[member]
    assert guard.run_checks(template, RULES).status == "FAIL"


def test_an_action_by_wildcard_is_seen() -> None:
    template = copy.deepcopy(load(ROOT / "template.yaml"))
    policy = template["Resources"]["SeedRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    policy["Statement"][-1] = policy["Statement"][-1] | {"Action": ["dynamodb:*"]}
    assert guard.run_checks(template, RULES).status == "FAIL"


def test_a_table_that_goes_with_its_stack_is_seen() -> None:
    template = copy.deepcopy(load(ROOT / "infra" / "data.yaml"))
    template["Resources"]["Payments"]["DeletionPolicy"] = "Delete"
    assert guard.run_checks(template, RULES).status == "FAIL"
