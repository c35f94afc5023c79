"""The API reference at /api-reference: a viewer of the gateway's OpenAPI document, all from this origin.

Serves what `npm run build` left in checkout-site/dist/api-reference; the document is /openapi.json.
"""

import json
from pathlib import Path

from aiohttp import web

from local.pages.built_files import DIST, SITE, File, answered, read


def add_reference(app: web.Application, dist: Path = DIST) -> None:
    """Adds the page and its files to an application. Raises FileNotFoundError before `npm run build`."""
    headers: dict[str, dict[str, str]] = json.loads((SITE / "headers.json").read_text())
    files: dict[str, File] = {
        f"/{path.relative_to(dist).as_posix()}": read(path, headers["dashboard-asset"])
        for path in dist.glob("api-reference/assets/*")
    }
    files["/api-reference"] = read(dist / "api-reference/index.html", headers["reference"])

    async def file(request: web.Request) -> web.Response:
        found = files.get(request.path.rstrip("/"))
        if found is None:
            raise web.HTTPNotFound(headers={"Cache-Control": "no-store"})
        return answered(request, found)

    app.router.add_get("/api-reference", file)
    app.router.add_get("/api-reference/{path:.*}", file)
