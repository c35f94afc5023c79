"""The checkout page's server on AWS: a Lambda function behind CloudFront (infra/edge.yaml).

Who may frame the page depends on the shop's publishable key, and browsers take that from a header alone. So
the page comes from here, while its script and style are files in S3. The package holds this module and what
`npm run build` left beside it: the page, and checkout-site/headers.json. CloudFront caches the page for a
minute per key, and each process caches the API's response for another minute: a change of the registered
origins takes effect within two minutes. Standard library only, so that a cold start is short.
"""

import hashlib
import json
import os
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

KEY_LENGTH_MAX = 128
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
ANSWER_SECONDS = 3.0
ANSWER_BYTES_MAX = 64 * 1024
REMEMBERED_SECONDS = 60.0
REMEMBERED_MAX = 1000
NOBODY = "'none'"
# Those that headers.json has a policy of its own for.
ACQUIRERS = ("stripe",)
# A page that nobody may frame would be safe but useless; an error lets the script's retry work.
UNAVAILABLE = {
    "statusCode": 503,
    "headers": {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Cache-Control": "no-store",
        "Retry-After": "2",
    },
    "body": "Please try again in a moment.",
}

_remembered: dict[str, tuple[float, str]] = {}


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Handles a request to a function URL (payload format 2.0); CloudFront sends it only /checkout."""
    key = (event.get("queryStringParameters") or {}).get("key", "")
    try:
        framers = _framers(key)
    except (OSError, ValueError, LookupError, TypeError) as problem:
        print(json.dumps({"level": "ERROR", "message": "origins not known", "error": type(problem).__name__}))  # noqa: T201 - a log line
        return UNAVAILABLE
    acquirer = (event.get("queryStringParameters") or {}).get("acquirer", "")
    page, headers = _package(acquirer if acquirer in ACQUIRERS else "")
    policy = headers["Content-Security-Policy"].replace(
        f"frame-ancestors {NOBODY}", f"frame-ancestors {framers}"
    )
    tag = hashlib.sha256((page + policy).encode()).hexdigest()[:32]
    own = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "ETag": f'"{tag}"',
    }
    return {"statusCode": 200, "headers": headers | own, "body": page}


def _framers(key: str) -> str:
    """Any site in the test stage; in the live one, the origins that the key's merchant registered."""
    if os.environ["STAGE"] == "test":
        return "*"
    if not 1 <= len(key) <= KEY_LENGTH_MAX:
        return NOBODY
    now = time.monotonic()
    until, framers = _remembered.get(key, (0.0, ""))
    if until > now:
        return framers
    # Checked again: a text that is no origin must not become a directive of its own.
    framers = " ".join(origin for origin in _origins(key) if ORIGIN.fullmatch(origin)) or NOBODY
    if len(_remembered) >= REMEMBERED_MAX:
        _remembered.clear()
    _remembered[key] = (now + REMEMBERED_SECONDS, framers)
    return framers


def _origins(key: str) -> list[str]:
    query = urllib.parse.urlencode({"key": key})
    url = f"{os.environ['API_URL']}/api/v1/checkout/origins?{query}"
    with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - the template's own URL
        origins: list[str] = json.loads(answer.read(ANSWER_BYTES_MAX))["origins"]
    return origins


@cache
def _package(acquirer: str) -> tuple[str, dict[str, str]]:
    here = Path(__file__).parent
    headers: dict[str, dict[str, str]] = json.loads((here / "headers.json").read_text(encoding="utf-8"))
    page = (here / "index.html").read_text(encoding="utf-8")
    # Where the shop's cards are typed into the acquirer's own field, its script may be loaded too.
    return page, headers.get(f"page-{acquirer}", headers["page"]) | headers["transport"]
