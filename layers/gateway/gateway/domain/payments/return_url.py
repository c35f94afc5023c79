"""Addresses that a shopper comes back to after proving to the bank who they are."""

import re
from urllib.parse import urlsplit

from gateway.domain.errors import BadRequest

RETURN_URL_LENGTH_MAX = 2048
# RFC 3986, 2: what may stand in an address, by itself or behind a percent sign.
_ADDRESS = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+", re.ASCII)


def check_return_url(url: str, *, https_only: bool) -> str:
    """The origin of an absolute http(s) address without user or password; BadRequest for anything else."""

    def refused(reason: str) -> BadRequest:
        return BadRequest(f"return_url {reason}", field="return_url")

    if len(url) > RETURN_URL_LENGTH_MAX or not _ADDRESS.fullmatch(url):
        raise refused("must be an absolute http(s) address")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in parts.netloc:
        raise refused("must be an absolute http(s) address")
    if https_only and parts.scheme != "https":
        raise refused("must begin with https://")
    return f"{parts.scheme}://{parts.netloc.lower()}"
