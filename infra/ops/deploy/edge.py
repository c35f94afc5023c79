"""The edge on AWS, made by EDGE=yes and then kept: infra/edge.yaml and the files that it serves.

Assets go first, then what names them: the function that serves the page is in the stack. Old assets stay, for
pages that are open.
"""

import mimetypes
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from infra.ops.build import site
from infra.ops.cloudformation.artifacts import package, upload_template
from infra.ops.cloudformation.change_sets import create, execute
from infra.ops.cloudformation.stacks import COMPLETE, stack_outputs, stack_status
from infra.ops.cloudformation.template import as_sent, of_stack
from infra.ops.console import Progress
from infra.ops.deploy.identity import shown_and_agreed, tags_of
from infra.ops.deploy.stage_settings import changes, deployed, values_of
from infra.ops.deploy.target import Target
from infra.ops.edge import firewall, secret

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

TEMPLATE = "infra/edge.yaml"
FOREVER = "public, max-age=31536000, immutable"
SHORT = "public, max-age=300"
OWN_ASSETS, OWN_NAMING = ("checkout-*.js",), ("checkout.js", "checkout/release.json")
ASSETS = ("checkout-*.js", "checkout/assets/*", "dashboard/assets/*", "api-reference/assets/*")
NAMING = (
    "checkout.js",
    "checkout/release.json",
    "dashboard/index.html",
    "api-reference/index.html",
    "docs/*.html",
)
CHANGING = [
    *("/checkout", "/checkout.js", "/checkout/release.json"),
    *("/login", "/dashboard*", "/api-reference*", "/docs/*"),
]


def deploy(target: Target, api: Mapping[str, str], progress: Progress) -> None:
    """The stack, after a look at its change set, and the files around it; nothing where there is no edge."""
    settings, dist = target.settings, target.settings.root / "checkout-site" / "dist"
    made = target.aws("cloudformation")
    if settings.environment.get("EDGE") != "yes" and not stack_status(made, target.edge_stack):
        return
    site.ensure(settings, progress)
    template = package(target.aws("s3"), target.bucket, settings.root / TEMPLATE)
    url = upload_template(target.aws("s3"), target.bucket, template)
    before = deployed(target, target.edge_stack)
    decided = _decided(target, api) | {"FirewallArn": firewall.deploy(target, progress)}
    values = values_of(target, TEMPLATE, decided, before)
    change = create(made, target.edge_stack, url, values, tags=tags_of(target.stage))
    if change is not None and not shown_and_agreed(target, made, change, changes(before, values)):
        return
    if stack_status(made, target.edge_stack) in COMPLETE:
        upload(target.aws("s3"), _outputs(target)["BucketName"], dist, ASSETS, FOREVER)
    if change is not None:
        progress.say(f"changing stack {change.stack} (CloudFront takes minutes)")
        execute(made, change)
    outputs = _outputs(target)
    progress.say("uploading the pages' files")
    bucket = outputs["BucketName"]
    upload(target.aws("s3"), bucket, dist, ASSETS, FOREVER)
    upload(target.aws("s3"), bucket, dist, NAMING, SHORT)
    # The script of this stage: wherever a copy of it is served from, it opens this stage's checkout.
    own = site.build_for(settings, outputs["Url"], settings.root / ".build" / f"site-{target.stack}")
    upload(target.aws("s3"), bucket, own, OWN_ASSETS, FOREVER)
    upload(target.aws("s3"), bucket, own, OWN_NAMING, SHORT)
    paths = {"Quantity": len(CHANGING), "Items": CHANGING}
    target.aws("cloudfront").create_invalidation(
        DistributionId=outputs["DistributionId"],
        InvalidationBatch={"Paths": paths, "CallerReference": str(time.time_ns())},
    )
    firewall.remove_unused(target, values, progress)
    progress.say(f"checkout: {outputs['Url']}")


def url_of(target: Target) -> str:
    """Where the stage's edge is; empty where there is none, or not yet."""
    if not stack_status(target.aws("cloudformation"), target.edge_stack):
        return ""
    return _outputs(target).get("Url", "")


def proves_itself(target: Target) -> bool:
    """Whether the stage's distribution sends the secret header: only then may the API ask for it."""
    return bool(deployed(target, target.edge_stack).values.get("EdgeSecretVersion"))


def send_current_secret(target: Target) -> None:
    """Changes the distribution, and nothing else of the edge, to send the secret's current value.

    Returns once CloudFormation has seen the change at every edge location.
    """
    made = target.aws("cloudformation")
    before = deployed(target, target.edge_stack).values
    body = made.get_template(StackName=target.edge_stack, TemplateStage="Original")["TemplateBody"]
    url = upload_template(target.aws("s3"), target.bucket, as_sent(of_stack(body)))
    version = secret.current_version(target.aws, before["EdgeSecretArn"])
    values = dict.fromkeys(before) | {"EdgeSecretVersion": version}
    change = create(made, target.edge_stack, url, values, tags=tags_of(target.stage))
    if change is not None:
        execute(made, change)


def _decided(target: Target, api: Mapping[str, str]) -> dict[str, str]:
    arn = api.get("EdgeSecretArn", "")
    return {
        "Stage": target.stage,
        "ApiDomain": f"{api['ApiId']}.execute-api.{target.region}.amazonaws.com",
        "ApiStage": api["ApiStage"],
        "EdgeSecretArn": arn,
        "EdgeSecretVersion": secret.current_version(target.aws, arn) if arn else "",
    }


def _outputs(target: Target) -> dict[str, str]:
    return stack_outputs(target.endpoint, target.edge_stack, aws=target.aws)


def upload(s3: "S3Client", bucket: str, dist: Path, patterns: Sequence[str], kept: str) -> None:
    """Files that the edge serves, with their type and how long browsers keep them (Cache-Control)."""
    for path in (found for pattern in patterns for found in sorted(dist.glob(pattern))):
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        extra = {"CacheControl": kept, "ContentType": kind}
        s3.upload_file(str(path), bucket, path.relative_to(dist).as_posix(), ExtraArgs=extra)
