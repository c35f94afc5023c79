"""Signatures, held to AWS's published test suite and to botocore."""

import calendar
import datetime as dt
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.aws.signing import Keys, Scope, signed_headers

KEYS = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SCOPE = Scope("us-east-1", "service")
HOST = "example.amazonaws.com"
THEN = calendar.timegm((2015, 8, 30, 12, 36, 0))
TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8Y"
    "UuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE"
    "8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2"
    "ICCR/oLxBA=="
)
LETTERS = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FORM = {"content-type": "application/x-www-form-urlencoded"}
# The cases of aws-sig-v4-test-suite that have no query and no repeated header.
SUITE: dict[str, tuple[str, str, dict[str, str], bytes, str | None, str]] = {
    "get-vanilla": (
        *("GET", "/", {}, b"", None),
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    "get-unreserved": (
        *("GET", f"/{LETTERS}", {}, b"", None),
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    ),
    "post-vanilla": (
        *("POST", "/", {}, b"", None),
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ),
    "post-header-key-sort": (
        *("POST", "/", {"my-header1": "value1"}, b"", None),
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    ),
    "post-header-value-case": (
        *("POST", "/", {"my-header1": "VALUE1"}, b"", None),
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    ),
    "post-sts-header-before": (
        *("POST", "/", {}, b"", TOKEN),
        "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
    ),
    "post-x-www-form-urlencoded": (
        *("POST", "/", FORM, b"Param1=value1", None),
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
}


@pytest.mark.parametrize("case", SUITE.values(), ids=SUITE)
def test_a_signature_is_that_of_the_published_suite(
    case: tuple[str, str, dict[str, str], bytes, str | None, str],
) -> None:
    method, path, headers, body, token, signature = case
    signed = signed_headers(
        method,
        path,
        {"host": HOST, **headers},
        body,
        keys=KEYS._replace(token=token),
        scope=SCOPE,
        unix_seconds=THEN,
    )
    assert signed["x-amz-date"] == "20150830T123600Z"
    assert signed["authorization"].startswith(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="
    )
    assert signed["authorization"].rpartition("=")[2] == signature


@given(
    body=st.binary(max_size=200),
    path=st.sampled_from(["/", "/a/b", "/2015-03-31/event-source-mappings/a%20b%2Fc%E1%88%B4"]),
    token=st.none() | st.text("abc+/=", min_size=1),
    secret=st.text(min_size=1, max_size=40),
    unix_seconds=st.integers(0, 4_000_000_000),
)
def test_a_signature_is_the_one_that_botocore_makes(
    body: bytes, path: str, token: str | None, secret: str, unix_seconds: int
) -> None:
    headers = {
        "host": HOST,
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "Service_1.Operation",
    }
    ours = signed_headers(
        "POST",
        path,
        headers,
        body,
        keys=Keys("AKID", secret, token),
        scope=SCOPE,
        unix_seconds=unix_seconds + 0.999,
    )
    assert ours == theirs(path, headers, body, Credentials("AKID", secret, token), unix_seconds)


def theirs(
    path: str, headers: dict[str, str], body: bytes, credentials: Credentials, unix_seconds: int
) -> dict[str, str]:
    now = dt.datetime.fromtimestamp(unix_seconds, dt.UTC)
    request = AWSRequest("POST", f"https://{HOST}{path}", headers=headers, data=body)
    signer: Any = SigV4Auth(credentials, SCOPE.service, SCOPE.region)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda: now, raising=True)
        signer.add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}
