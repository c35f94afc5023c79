"""The releases of a stage, and the way back to one: its application as it was, on the tables as they are.

A release is kept in the artifacts bucket: the template as CloudFormation got it, which names the packages,
and the parameters. So going back builds nothing and needs no checkout. Secrets are not kept: a parameter that
CloudFormation does not show keeps the value that it has.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from infra.ops.cloudformation.artifacts import upload_template
from infra.ops.cloudformation.change_sets import Change, create
from infra.ops.cloudformation.stacks import described_stack
from infra.ops.cloudformation.template import as_sent, of_stack
from infra.ops.console import Problem
from infra.ops.data.retired import FIRST_VERSION
from infra.ops.deploy.identity import tags_of
from infra.ops.deploy.stage_settings import WEBHOOKS_KEPT, Deployed
from infra.ops.deploy.target import Target
from infra.ops.operate.workers import trigger_parameters

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

HIDDEN = "****"  # CloudFormation API reference, Parameter: of a NoEcho parameter
SHOWN_MAX = 20


@dataclass(frozen=True)
class Release:
    """One release as it was deployed. `needs_data` is the version of the tables that it was made for."""

    name: str
    version: str
    needs_data: int
    at: str
    template_url: str
    parameters: Mapping[str, str | None]

    def __str__(self) -> str:
        return f"{self.name}  {self.version or 'before 0.2'}  data {self.needs_data}  {self.at}"


def deployed(target: Target) -> Release | None:
    """The release that the application's stack was made from last; None where there is none."""
    made = target.aws("cloudformation")
    found: Any = described_stack(made, target.stack)
    if found is None or not found["StackStatus"].endswith("_COMPLETE") or not found.get("Outputs"):
        return None
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}
    body = made.get_template(StackName=target.stack, TemplateStage="Original")["TemplateBody"]
    given = {each["ParameterKey"]: each.get("ParameterValue", "") for each in found.get("Parameters", [])}
    return Release(
        name=outputs.get("Release", ""),
        version=outputs.get("Version", ""),
        needs_data=int(outputs.get("NeedsDataVersion", FIRST_VERSION)),
        at=_now(),
        template_url=upload_template(target.aws("s3"), target.bucket, as_sent(of_stack(body))),
        parameters={name: None if value == HIDDEN else value for name, value in given.items()},
    )


def keep(target: Target, release: Release | None) -> None:
    """Keeps a release, unless it is the newest of those that are kept."""
    kept = of(target)
    if release is None or (kept and kept[0].name == release.name):
        return
    key = f"releases/{target.stack}/{release.at}-{release.name}.json"
    target.aws("s3").put_object(Bucket=target.bucket, Key=key, Body=json.dumps(asdict(release)).encode())


def of(target: Target) -> list[Release]:
    """The releases that are kept of a stage, the newest first, SHOWN_MAX of them."""
    s3: S3Client = target.aws("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=target.bucket, Prefix=f"releases/{target.stack}/"
    )
    keys = sorted((item["Key"] for page in pages for item in page.get("Contents", [])), reverse=True)
    return [
        Release(**json.loads(s3.get_object(Bucket=target.bucket, Key=key)["Body"].read()))
        for key in keys[:SHOWN_MAX]
    ]


def chosen(target: Target, wanted: str) -> Release:
    """The release to go back to: the one whose name or version is given, else the one before the current."""
    current = deployed(target)
    kept = of(target)
    names = [release.name for release in kept]
    if wanted:
        fits = [each for each in kept if each.name == wanted or wanted in each.version.split()]
    else:
        since = names.index(current.name) + 1 if current and current.name in names else 0
        fits = [each for each in kept[since:] if current is None or each.name != current.name]
    if not fits:
        raise Problem(
            f"There is no release {wanted or 'before this one'} to go back to.",
            [str(release) for release in kept] or ["none is kept"],
        )
    return fits[0]


def webhooks_kept_days(target: Target, before: Deployed) -> int:
    """For how many days webhooks are kept; 0 for ever.

    Where the release that is deployed does not know of it, as after going back to one from before, it is
    what the newest one says that does.
    """
    kept = before.values.get(WEBHOOKS_KEPT)
    if kept is None and before.values:
        earlier = (release.parameters.get(WEBHOOKS_KEPT) for release in of(target))
        kept = next(filter(None, earlier), None)
    return int(kept or 0)


def with_webhooks_kept(release: Release, before: Deployed) -> Release:
    """A release with webhooks kept for as long as they are now, where it knows of that."""
    now = before.values.get(WEBHOOKS_KEPT)
    if now is None or WEBHOOKS_KEPT not in release.parameters:
        return release
    return replace(release, parameters={**release.parameters, WEBHOOKS_KEPT: now})


def way_back(target: Target, release: Release) -> Change | None:
    """The change set that makes the application what it was; its workers stay as they are now."""
    given = dict(release.parameters)
    for name, value in trigger_parameters(target.aws, target.stack).items():
        if name in given:
            given[name] = value
    made = target.aws("cloudformation")
    return create(made, target.stack, release.template_url, given, tags=tags_of(target.stage))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
