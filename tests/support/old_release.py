"""An earlier release out of this repository's history: its sources, its packages, its stacks.

Today's tools deploy it, with its own templates and code, so nothing of its own tools has to be installed.
The layer's third-party packages are today's, as long as all that the old one had are pinned to the same
versions; today's may have more.
"""

import functools
import io
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.ops.application import seed
from infra.ops.aws_clients import client
from infra.ops.build import lambda_packages
from infra.ops.cloudformation.artifacts import package, upload_template
from infra.ops.cloudformation.change_sets import create, execute
from infra.ops.cloudformation.stacks import stack_outputs
from infra.ops.cloudformation.template import as_sent, load
from infra.ops.deploy.emulators import expire_rows
from infra.ops.deploy.stage_parameters import stage_parameters
from infra.ops.deploy.target import Target
from infra.ops.settings import REGION, ROOT, Settings

ACCOUNT = "000000000000"  # MiniStack's


def take_out(commit: str, into: Path, *, library: str) -> Path:
    """The sources and packages of a commit; skips where the clone does not reach back to it.

    `library` is the package in the layer: the directory layers/<library>/<library> of that commit.
    """
    found = subprocess.run(
        ["git", "-C", str(ROOT), "archive", "--format=tar", commit], capture_output=True, timeout=60
    )
    if found.returncode != 0:
        pytest.skip(f"this clone has no commit {commit}: {found.stderr.decode(errors='replace').strip()}")
    with tarfile.open(fileobj=io.BytesIO(found.stdout)) as archive:
        archive.extractall(into, filter="data")
    _build(into, library)
    return into


def _build(root: Path, library: str) -> None:
    pins = "requirements.txt"
    old, today = _pins(root / "layers" / library / pins), _pins(ROOT / "layers" / "gateway" / pins)
    assert old <= today, "build the old layer from its own pins now"
    # The old layer left these to Lambda's runtime, and asks more of it: today's botocore knows no service.
    added = {pin.partition("==")[0] for pin in today - old}
    settings, output = Settings.read({}), root / ".build"
    with lambda_packages.take_lock(settings):
        lambda_packages.build(settings)
        built = lambda_packages.build_directory(settings) / "layer"
        shutil.copytree(built, output / "layer", ignore=shutil.ignore_patterns("gateway", *added))
    shutil.copytree(root / "layers" / library / library, output / "layer" / "python" / library)
    shutil.copytree(root / "functions", output / "functions")


def _pins(requirements: Path) -> set[str]:
    """The packages and their versions. Digests, which later releases have too, stand indented below."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return {line.removesuffix("\\").strip() for line in lines if "==" in line and line[0] not in "# "}


def deploy(root: Path, endpoint: str, stack: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Makes the tables' and the application's stack of a test stage; answers the application's outputs."""
    aws = functools.cache(lambda service: client(service, endpoint))
    target = Target(
        settings=Settings.read({**environment, "AWS_ENDPOINT_URL": endpoint}, root),
        stage="test",
        stack=stack,
        account=ACCOUNT,
        region=REGION,
        endpoint=endpoint,
        aws=aws,
    )
    aws("s3").create_bucket(Bucket=target.bucket)
    data = as_sent(load(root / "infra" / "data.yaml"))
    application = package(aws("s3"), target.bucket, root / "template.yaml")
    values = stage_parameters(target)
    for name, text, given in (
        (target.data_stack, data, {"Retention": "disposable"}),
        (target.stack, application, values),
    ):
        change = create(aws("cloudformation"), name, upload_template(aws("s3"), target.bucket, text), given)
        assert change is not None
        execute(aws("cloudformation"), change)
    expire_rows(aws, root / "infra" / "data.yaml", target.data_stack)
    outputs = stack_outputs(endpoint, stack, aws=aws)
    seed(aws, outputs)
    return outputs
