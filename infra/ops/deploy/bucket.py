"""The bucket of packages, templates, releases and locks of all stages of an account and region."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from infra.ops.deploy.target import Target

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def make_bucket(target: Target) -> None:
    """The bucket for packages: private, encrypted by S3's default."""
    s3: S3Client = target.aws("s3")
    # The oldest region alone must not be named (Amazon S3 API reference, CreateBucket).
    where: Any = {} if target.region == "us-east-1" else {"LocationConstraint": target.region}
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=target.bucket, **({"CreateBucketConfiguration": where} if where else {}))
        s3.put_public_access_block(
            Bucket=target.bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )
