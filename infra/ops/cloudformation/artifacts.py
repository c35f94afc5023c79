"""Uploads the directories that a template names, and names the uploads in their place.

Archives are named after what is in them and carry no times: the same sources make the same package on every
machine, and nothing is uploaded twice.
"""

import copy
import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from infra.ops.cloudformation.template import as_sent, load
from infra.ops.console import Problem

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# The properties that hold a local directory (AWS CLI reference, `cloudformation package`) and that we use.
DIRECTORIES = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
}
# The oldest time that a zip archive can hold (PKWARE APPNOTE 4.4.6).
NO_TIME = (1980, 1, 1, 0, 0, 0)
FILE_MODE = 0o644 << 16
UNIX = 3
KEY_CHARACTERS = 32


def package(s3: "S3Client", bucket: str, template: Path) -> str:
    """The template as it is sent, with every local directory uploaded and replaced by its s3:// address."""
    loaded = copy.deepcopy(load(template))
    uploaded: dict[str, str] = {}
    for resource in loaded["Resources"].values():
        name = DIRECTORIES.get(resource["Type"], "")
        directory = resource.get("Properties", {}).get(name)
        if not isinstance(directory, str) or directory.startswith("s3://"):
            continue
        if directory not in uploaded:
            uploaded[directory] = upload_directory(s3, bucket, template.parent / directory)
        resource["Properties"][name] = uploaded[directory]
    return as_sent(loaded)


def upload_template(s3: "S3Client", bucket: str, text: str) -> str:
    """Uploads a template, which may be too long to send inline; returns the URL that CloudFormation reads."""
    body = text.encode()
    key = f"{hashlib.sha256(body).hexdigest()[:KEY_CHARACTERS]}.template"
    if not _is_there(s3, bucket, key):
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    # TemplateURL wants the path style (AWS CLI, `cloudformation deploy --s3-bucket`).
    return f"{s3.meta.endpoint_url}/{bucket}/{key}"


def upload_directory(s3: "S3Client", bucket: str, directory: Path) -> str:
    """Uploads a directory as a zip archive under a digest of its content, unless it is there already."""
    if not directory.is_dir():
        raise Problem(f"{directory} is missing; it is built by: make build")
    key = f"{directory_digest(directory)}.zip"
    if not _is_there(s3, bucket, key):
        s3.put_object(Bucket=bucket, Key=key, Body=archive(directory))
    return f"s3://{bucket}/{key}"


def directory_digest(directory: Path) -> str:
    """A digest of the names and contents of a directory's files, and of nothing else.

    A compiled module counts by its name, which has the interpreter's version: the rest follows from its
    source, but for the order of constants.
    """
    digest = hashlib.sha256()
    for name, path in _files(directory):
        content = b"" if path.suffix == ".pyc" else path.read_bytes()
        # The lengths keep a byte that moves from one file to the next from going unnoticed.
        digest.update(f"{len(name)} {name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:KEY_CHARACTERS]


def archive(directory: Path) -> bytes:
    """A zip archive that depends on names and contents only."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written:
        for name, path in _files(directory):
            entry = zipfile.ZipInfo(name, NO_TIME)
            entry.create_system, entry.external_attr = UNIX, FILE_MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            written.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def _files(directory: Path) -> Iterator[tuple[str, Path]]:
    found = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*") if path.is_file()}
    yield from sorted(found.items())


def _is_there(s3: "S3Client", bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as problem:
        if problem.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return True
