"""Responses that the laptop's servers give themselves."""

import json

from aiohttp import web


def failure(status: int, code: str, description: str, headers: dict[str, str] | None = None) -> web.Response:
    """An error in the API's own form."""
    text = json.dumps({"error": {"code": code, "description": description}}, separators=(",", ":"))
    return web.Response(status=status, text=text, content_type="application/json", headers=headers)
