"""Templates are read as CloudFormation reads them, and sent without what it does not take."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.ops.cloudformation.template import as_sent, load, variable
from infra.ops.settings import ROOT

TEMPLATES = [ROOT / "template.yaml", *sorted((ROOT / "infra").glob("*.yaml"))]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!Ref Queue", {"Ref": "Queue"}),
        ("!Condition IsLive", {"Condition": "IsLive"}),
        ("!GetAtt Queue.Arn", {"Fn::GetAtt": ["Queue", "Arn"]}),
        ("!GetAtt Nested.Outputs.Url", {"Fn::GetAtt": ["Nested", "Outputs.Url"]}),
        ('!Sub "${A}-b"', {"Fn::Sub": "${A}-b"}),
        ("!Equals [!Ref A, x]", {"Fn::Equals": [{"Ref": "A"}, "x"]}),
        ("!Sub [x, {A: !Ref B}]", {"Fn::Sub": ["x", {"A": {"Ref": "B"}}]}),
        ("!Transform {Name: AWS::Include}", {"Fn::Transform": {"Name": "AWS::Include"}}),
        ("2010-09-09", "2010-09-09"),
        ("010", 8),  # YAML 1.1, as CloudFormation has it
        ("yes", True),
        ('"yes"', "yes"),
    ],
)
def test_values_are_what_cloudformation_makes_of_them(tmp_path: Path, text: str, value: Any) -> None:
    (tmp_path / "t.yaml").write_text(f"A: {text}\n")
    assert load(tmp_path / "t.yaml") == {"A": value}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_what_is_sent_is_json_of_the_same_meaning_and_without_aliases(path: Path) -> None:
    sent = as_sent(load(path))
    assert json.loads(sent) == load(path)
    # CloudFormation user guide, "CloudFormation quotas": a template in S3 has 1 MB at most.
    assert len(sent.encode()) < 1_000_000


def test_a_parameters_variable_is_its_name_in_capitals() -> None:
    assert [variable(name) for name in ("Stage", "TestApiKey")] == ["STAGE", "TEST_API_KEY"]
