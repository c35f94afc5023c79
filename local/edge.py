"""The edge on AWS, an option of `make deploy` (EDGE=yes): infra/edge.yaml and the files that it serves.

Assets go first, then what names them; old assets stay, for pages that are open.
"""

import mimetypes
import time
from pathlib import Path
from typing import TYPE_CHECKING

from local import site
from local.changes import change_set, described, execute
from local.console import Progress
from local.stack import stack_outputs
from local.target import Target, ask

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

FOREVER = "public, max-age=31536000, immutable"
SHORT = "public, max-age=300"
# In the order of their upload: files, and how long browsers keep them.
UPLOADS = (
    (("checkout-*.js", "checkout/assets/*"), FOREVER),
    (("checkout.js", "checkout/release.json"), SHORT),
    (("checkout/index.html",), "no-cache"),
)
CHANGING = ["/checkout", "/checkout.js", "/checkout/release.json"]


def deploy(target: Target, api: dict[str, str], progress: Progress) -> None:
    """The stack, after a look at its change set, and then the files."""
    settings = target.settings
    host = f"{api['ApiId']}.execute-api.{target.region}.amazonaws.com"
    values = {"Stage": target.stage, "ApiDomain": host, "ApiStage": api["ApiStage"]}
    for parameter, variable in (
        ("DomainName", "EDGE_DOMAIN_NAME"),
        ("CertificateArn", "EDGE_CERTIFICATE_ARN"),
    ):
        values[parameter] = settings.environment.get(variable, "")
    template = settings.root / "infra" / "edge.yaml"
    change = change_set(target, target.edge_stack, template, values)
    if change is not None:
        print("\n".join(described(target.aws("cloudformation"), change)))
        if not ask(f"Change {change.stack}?", settings.environment):
            return
        progress.say(f"changing stack {change.stack} (CloudFront takes minutes)")
        execute(target.aws("cloudformation"), change)
    site.ensure(settings, progress)
    outputs = stack_outputs(target.endpoint, target.edge_stack, aws=target.aws)
    progress.say("uploading the pages")
    upload(target.aws("s3"), outputs["BucketName"], settings.root / "checkout-site" / "dist")
    paths = {"Quantity": len(CHANGING), "Items": CHANGING}
    target.aws("cloudfront").create_invalidation(
        DistributionId=outputs["DistributionId"],
        InvalidationBatch={"Paths": paths, "CallerReference": str(time.time_ns())},
    )
    progress.say(f"checkout: {outputs['Url']}")


def upload(s3: "S3Client", bucket: str, dist: Path) -> None:
    """Every file that the edge serves, with its type and its Cache-Control."""
    for patterns, kept in UPLOADS:
        for path in (found for pattern in patterns for found in sorted(dist.glob(pattern))):
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            extra = {"CacheControl": kept, "ContentType": kind}
            s3.upload_file(str(path), bucket, path.relative_to(dist).as_posix(), ExtraArgs=extra)
