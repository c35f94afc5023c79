"""Signature Version 4, as much of it as JSON over HTTPS needs.

Source: AWS, "Create a signed AWS API request" (IAM User Guide). Tests hold it to AWS's published test suite
and to botocore. It is our own because botocore's signer needs botocore's request objects, its event system
and 60 ms of imports, and takes ten times as long; docs/decisions.md has the figures.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

ALGORITHM = "AWS4-HMAC-SHA256"


class Keys(NamedTuple):
    """Credentials at one moment. `token` comes with temporary ones."""

    access_key: str
    secret_key: str
    token: str | None = None


class Scope(NamedTuple):
    """What a signature is good for, besides its day."""

    region: str
    service: str


def signed_headers(
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    keys: Keys,
    scope: Scope,
    unix_seconds: float,
) -> dict[str, str]:
    """The headers, and those that sign them: `x-amz-date`, `authorization`, `x-amz-security-token`.

    `path` is the path as it is sent, percent-encoded, without a query; names of headers are in lower case,
    and `host` is among them.
    """
    # Rounded down, as the services compare it with their own clock.
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(unix_seconds))
    signed = {**headers, "x-amz-date": stamp}
    if keys.token:
        signed["x-amz-security-token"] = keys.token
    names = sorted(signed)
    lines = "".join([f"{name}:{signed[name]}\n" for name in names])
    listed = ";".join(names)
    # "%" is encoded again, as every service but S3 wants it.
    canonical_path = path.replace("%", "%25")
    canonical = (
        f"{method}\n{canonical_path}\n\n{lines}\n{listed}\n{hashlib.sha256(body).hexdigest()}".encode()
    )
    credential_scope = f"{stamp[:8]}/{scope.region}/{scope.service}/aws4_request"
    to_sign = f"{ALGORITHM}\n{stamp}\n{credential_scope}\n{hashlib.sha256(canonical).hexdigest()}"
    key = _signing_key(keys.secret_key, stamp[:8], scope.region, scope.service)
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    signed["authorization"] = (
        f"{ALGORITHM} Credential={keys.access_key}/{credential_scope}, "
        f"SignedHeaders={listed}, Signature={signature}"
    )
    return signed


@lru_cache(maxsize=8)  # four services, and the change of a day or of credentials
def _signing_key(secret_key: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
