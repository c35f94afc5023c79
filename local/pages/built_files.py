"""Files of a browser build: read once at start, served with their headers, revalidated by their hash."""

import hashlib
import html
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from infra.ops.settings import ROOT

SITE = ROOT / "checkout-site"
DIST = SITE / "dist"


@dataclass(frozen=True)
class File:
    """One file, as it is answered."""

    body: bytes
    content_type: str
    headers: Mapping[str, str]

    @property
    def tag(self) -> str:
        """Its ETag."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


def read(path: Path, headers: Mapping[str, str]) -> File:
    """A file of the build; what its name ends in says what it is."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return File(path.read_bytes(), kind, headers)


def filled_in(page: str, values: Mapping[str, str]) -> bytes:
    """A page whose `<meta name=... content="...">` say where it is served: it learns that without script."""
    for name, value in values.items():
        before, found, after = page.partition(f'<meta name="{name}" content="')
        page = before + found + html.escape(value) + after[after.index('"') :]
    return page.encode()


def answered(request: web.Request, file: File, extra: Mapping[str, str] | None = None) -> web.Response:
    """The file, or 304 where the browser has it."""
    headers = {**file.headers, "ETag": file.tag, **(extra or {})}
    if request.headers.get("If-None-Match") == file.tag:
        return web.Response(status=304, headers=headers)
    response = web.Response(body=file.body, content_type=file.content_type, charset="utf-8", headers=headers)
    response.enable_compression()
    return response
