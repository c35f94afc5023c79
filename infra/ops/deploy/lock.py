"""One deployment of a stack at a time, whatever machine it runs on: an object in the artifacts bucket.

Its holder renews it every few seconds, so that one who was killed blocks nobody for long. S3 decides who gets
it (Amazon S3 user guide, "Conditional writes").
"""

import getpass
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.console import Problem, Progress
from infra.ops.deploy.target import Target

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

LEASE = timedelta(seconds=60)
RENEWED_EVERY_SECONDS = 15
WAIT_SECONDS = 900
ASKED_EVERY_SECONDS = 2


@contextmanager
def held(
    target: Target,
    progress: Progress,
    *,
    within_seconds: float = WAIT_SECONDS,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[None]:
    """Holds the lock of the target's stack; waits for another holder. Problem where that takes too long."""
    s3: S3Client = target.aws("s3")
    key = f"locks/{target.stack}.json"
    body = json.dumps(
        {"holder": f"{getpass.getuser()} on {socket.gethostname()}", "since": _now().isoformat()}
    )
    deadline = time.monotonic() + within_seconds
    told = False
    while not _taken(s3, target.bucket, key, body):
        holder = _holder(s3, target.bucket, key)
        if time.monotonic() >= deadline:
            raise Problem(
                f"Another deployment of {target.stack} is under way: {holder}. Nothing was changed."
            )
        if not told:
            progress.say(f"waiting for another deployment of {target.stack}: {holder}")
            told = True
        sleep(ASKED_EVERY_SECONDS)
    ended = threading.Event()
    renewing = threading.Thread(target=_renew, args=(s3, target.bucket, key, body, ended), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        renewing.join()
        s3.delete_object(Bucket=target.bucket, Key=key)


def _taken(s3: "S3Client", bucket: str, key: str, body: str) -> bool:
    """Whether the lock is ours now: it was free, or its holder has not renewed it for a while."""
    if _put(s3, bucket, key, body, IfNoneMatch="*"):
        return True
    found = _found(s3, bucket, key)
    if found is None or _now() - found["LastModified"].astimezone(UTC) < LEASE:
        return False
    return _put(s3, bucket, key, body, IfMatch=found["ETag"])


def _put(s3: "S3Client", bucket: str, key: str, body: str, **condition: Any) -> bool:
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=body.encode(), **condition)
    except ClientError as problem:
        if problem.response["ResponseMetadata"]["HTTPStatusCode"] in {404, 409, 412}:
            return False
        raise
    return True


def _found(s3: "S3Client", bucket: str, key: str) -> Any | None:
    try:
        return s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.NoSuchKey:
        return None


def _holder(s3: "S3Client", bucket: str, key: str) -> str:
    found = _found(s3, bucket, key)
    said = json.loads(found["Body"].read()) if found else {}
    return f"{said.get('holder', 'somebody')}, since {said.get('since', 'just now')}"


def _renew(s3: "S3Client", bucket: str, key: str, body: str, ended: threading.Event) -> None:
    while not ended.wait(RENEWED_EVERY_SECONDS):
        with suppress(BotoCoreError, ClientError):  # the next try is soon enough
            s3.put_object(Bucket=bucket, Key=key, Body=body.encode())


def _now() -> datetime:
    return datetime.now(UTC)
