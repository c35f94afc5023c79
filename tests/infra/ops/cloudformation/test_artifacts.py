"""What is uploaded for a template, and what the template that is sent looks like."""

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.ops.cloudformation.artifacts import archive, directory_digest, package, upload_template
from infra.ops.cloudformation.template import load
from infra.ops.console import Problem
from infra.ops.settings import ROOT

TEMPLATE = """
Parameters:
  Name: {Type: String}
Resources:
  Library:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: build/layer}
  One:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: build/functions
      Role: !GetAtt Role.Arn
      Tags: &tags {Name: !Sub "${Name}-x", When: 2012-10-17}
  Two:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: build/functions, Tags: *tags}
  Elsewhere:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: "s3://theirs/key.zip"}
  Topic: {Type: AWS::SNS::Topic}
"""


class Bucket:
    """Stands for S3: what was put, under its key."""

    def __init__(self) -> None:
        self.meta = type("Meta", (), {"endpoint_url": "http://s3.example"})
        self.objects: dict[str, bytes] = {}
        self.puts = 0

    def head_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803 -- boto3's names
        assert Bucket == "packages"
        if Key not in self.objects:
            raise ClientError({"ResponseMetadata": {"HTTPStatusCode": 404}}, "HeadObject")  # type: ignore[typeddict-item]

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        assert Bucket == "packages"
        self.puts += 1
        self.objects[Key] = Body


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {"functions/app.py": "app = 1", "functions/b/c.py": "", "layer/x.py": "x"}.items():
        (tmp_path / "build" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "build" / name).write_text(text)
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    return tmp_path


def packaged(bucket: Bucket, project: Path) -> dict[str, Any]:
    sent: dict[str, Any] = json.loads(package(bucket, "packages", project / "template.yaml"))  # type: ignore[arg-type]
    return sent


def test_directories_are_replaced_by_their_uploads_and_the_rest_stays(project: Path) -> None:
    bucket = Bucket()
    sent = packaged(bucket, project)["Resources"]
    functions = f"s3://packages/{directory_digest(project / 'build/functions')}.zip"
    layer = f"s3://packages/{directory_digest(project / 'build/layer')}.zip"
    tags = {"Name": {"Fn::Sub": "${Name}-x"}, "When": "2012-10-17"}
    assert sent["One"]["Properties"] == {
        "CodeUri": functions,
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Tags": tags,
    }
    assert sent["Two"]["Properties"] == {"CodeUri": functions, "Tags": tags}
    assert sent["Library"]["Properties"] == {"ContentUri": layer}
    assert sent["Elsewhere"]["Properties"] == {"CodeUri": "s3://theirs/key.zip"}
    assert bucket.objects.keys() == {layer.rpartition("/")[2], functions.rpartition("/")[2]}


def test_what_is_there_is_not_uploaded_again(project: Path) -> None:
    bucket = Bucket()
    packaged(bucket, project)
    packaged(bucket, project)
    assert bucket.puts == 2
    (project / "build" / "layer" / "x.py").write_text("y")
    packaged(bucket, project)
    assert bucket.puts == 3


def test_the_template_as_it_was_read_is_left_alone(project: Path) -> None:
    packaged(Bucket(), project)
    assert load(project / "template.yaml")["Resources"]["One"]["Properties"]["CodeUri"] == "build/functions"


def test_a_build_that_is_missing_is_named(project: Path) -> None:
    (project / "template.yaml").write_text(TEMPLATE.replace("build/layer", "build/gone"))
    with pytest.raises(Problem, match=r"build/gone is missing.*make build"):
        packaged(Bucket(), project)


def test_two_clones_of_the_same_sources_make_the_same_archive_byte_for_byte(project: Path) -> None:
    one = project / "build" / "functions"
    other = project / "clone"
    # Written in another order, at another time, with other permissions.
    for name in ("b/c.py", "app.py"):
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_bytes((one / name).read_bytes())
        (other / name).chmod(0o600)
        os.utime(other / name, (0, 0))
    assert archive(other) == archive(one)
    assert directory_digest(other) == directory_digest(one)


def test_a_compiled_module_counts_by_its_interpreter_and_not_by_its_bytes(project: Path) -> None:
    directory = project / "build" / "functions"
    seen = []
    for name, content in (
        ("app.cpython-311.pyc", b"1"),
        ("app.cpython-311.pyc", b"2"),
        ("app.cpython-313.pyc", b"1"),
    ):
        (directory / name).write_bytes(content)
        seen.append(directory_digest(directory))
        (directory / name).unlink()
    assert seen[0] == seen[1] != seen[2]


def test_an_archive_can_be_read_by_the_functions_user(project: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(archive(project / "build" / "functions"))) as read:
        assert {entry.filename: entry.external_attr >> 16 for entry in read.infolist()} == {
            "app.py": 0o644,
            "b/c.py": 0o644,
        }
        assert read.read("app.py") == b"app = 1"


def test_a_digest_tells_apart_what_moved_from_one_file_to_the_next(project: Path) -> None:
    directory = project / "build" / "functions"
    seen = {directory_digest(directory)}
    (directory / "app.py").write_text("app = ")
    (directory / "b" / "c.py").write_text("1")
    seen.add(directory_digest(directory))
    (directory / "b" / "c.py").rename(directory / "c.py")
    seen.add(directory_digest(directory))
    assert len(seen) == 3


def test_a_template_is_uploaded_once_and_found_by_a_url_in_path_style() -> None:
    bucket = Bucket()
    urls = {upload_template(bucket, "packages", "{}") for _ in range(2)}  # type: ignore[arg-type]
    (key,) = bucket.objects
    assert (urls, bucket.puts) == ({f"http://s3.example/packages/{key}"}, 1)


def test_a_bucket_that_cannot_be_asked_is_an_error_and_not_an_upload(project: Path) -> None:
    class Forbidden(Bucket):
        def head_object(self, **_: str) -> None:
            raise ClientError({"ResponseMetadata": {"HTTPStatusCode": 403}}, "HeadObject")  # type: ignore[typeddict-item]

    with pytest.raises(ClientError):
        packaged(Forbidden(), project)


@pytest.mark.parametrize("name", ["template.yaml", "infra/edge.yaml"])
def test_no_local_path_is_left_in_what_is_sent_of_our_templates(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.ops.cloudformation.artifacts.upload_directory", lambda *_: "s3://b/k")
    sent = package(Bucket(), "packages", ROOT / name)  # type: ignore[arg-type]
    assert "s3://b/k" in sent
    # The AWS CLI's list of what `cloudformation package` uploads, as far as it names properties.
    for resource in json.loads(sent)["Resources"].values():
        for uploaded in (
            "CodeUri",
            "ContentUri",
            "DefinitionUri",
            "Location",
            "TemplateURL",
            "BodyS3Location",
        ):
            value = resource.get("Properties", {}).get(uploaded, "s3://")
            assert str(value).startswith("s3://")
