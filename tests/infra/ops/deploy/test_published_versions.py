"""A release reaches the API's alias, whatever it was that changed."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.ops.build.source_digest import digest
from infra.ops.cloudformation.artifacts import package, upload_template
from infra.ops.cloudformation.change_sets import create, execute
from infra.ops.cloudformation.template import load
from infra.ops.deploy.stage_parameters import with_version
from infra.ops.operate.versions import delete_old_versions
from tests.support.emulator import Emulator
from tests.support.templates import APPLICATION

pytestmark = pytest.mark.emulator
HANDLER = "def handler(event, context):\n    return {}\n"


class Project:
    """A project of one function and one layer, published as template.yaml publishes the API."""

    def __init__(self, emulator: Emulator, root: Path) -> None:
        self.root, self.emulator = root, emulator
        self.name = f"versions-{uuid.uuid4().hex[:8]}"
        api = load(APPLICATION)["Resources"]["ApiFunction"]["Properties"]
        function = {name: api[name] for name in ("AutoPublishAlias", "VersionDescription")}
        function |= {"CodeUri": "functions", "Handler": "app.handler", "Runtime": "python3.11"}
        layer = {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "layers/gateway"}}
        template = {
            "Transform": "AWS::Serverless-2016-10-31",
            "Parameters": {name: {"Type": "String"} for name in ("SettingsVersion", "Release")},
            "Resources": {
                "Library": layer,
                "ApiFunction": {
                    "Type": "AWS::Serverless::Function",
                    "Properties": {**function, "Layers": [{"Ref": "Library"}]},
                },
            },
            "Outputs": {"Name": {"Value": {"Ref": "ApiFunction"}}},
        }
        (root / "template.yaml").write_text(yaml.safe_dump(template))
        self.write("functions/app.py", HANDLER)
        self.write("layers/gateway/python/money.py", "one")
        emulator.client("s3").create_bucket(Bucket=self.name)

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def deploy(self) -> None:
        s3, made = self.emulator.client("s3"), self.emulator.client("cloudformation")
        values = with_version({"Release": digest(self.root, {})[:12]})
        url = upload_template(s3, self.name, package(s3, self.name, self.root / "template.yaml"))
        change = create(made, self.name, url, values)
        if change is not None:
            execute(made, change)

    def function(self) -> str:
        stack = self.emulator.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]
        return str(stack["Outputs"][0]["OutputValue"])

    def published(self) -> tuple[int, dict[str, Any]]:
        """How many versions there are, and what the alias runs."""
        name, lambda_ = self.function(), self.emulator.client("lambda")
        alias = lambda_.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
        found = lambda_.get_function_configuration(FunctionName=name, Qualifier=alias)
        return int(alias), found


@pytest.fixture
def project(emulator: Emulator, tmp_path: Path) -> Project:
    return Project(emulator, tmp_path)


@pytest.mark.parametrize(
    ("changed", "text"),
    [("layers/gateway/python/money.py", "two"), ("functions/app.py", f"# new\n{HANDLER}")],
)
def test_a_release_of_the_layer_alone_is_published_as_one_of_the_code_is(
    project: Project, changed: str, text: str
) -> None:
    project.deploy()
    version, before = project.published()
    project.write(changed, text)
    project.deploy()
    newer, after = project.published()
    assert newer > version
    assert json.dumps(before["Layers"]) != json.dumps(after["Layers"]) or "layers" not in changed


def test_versions_that_nothing_runs_are_deleted(project: Project) -> None:
    for number in range(4):
        project.write("functions/app.py", f"# {number}\n{HANDLER}")
        project.deploy()
    current, _ = project.published()
    assert delete_old_versions(project.emulator.client, project.name) == ["1", "2"]
    functions = project.emulator.client("lambda")
    left = functions.list_versions_by_function(FunctionName=project.function())["Versions"]
    assert {one["Version"] for one in left} == {"$LATEST", str(current - 1), str(current)}
    assert project.published()[0] == current
    assert delete_old_versions(project.emulator.client, project.name) == []


def test_the_same_release_is_published_once(project: Project) -> None:
    project.deploy()
    version, _ = project.published()
    project.deploy()
    assert project.published()[0] == version
