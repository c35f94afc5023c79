"""The API's port, served by the emulator's own process.

If `make up` served it, each request and each response would go through one process more.
"""

import asyncio
from contextlib import AsyncExitStack
from importlib import import_module
from urllib.parse import parse_qs

from local.emulator.guard import Application, Receive, Scope, Send

PATH = "/_asyncpay/api-port"


def serving_api(app: Application) -> Application:
    """Serves the API's port from a `POST /_asyncpay/api-port` to the `DELETE`, and leaves all else to `app`.

    The query says which stage, where, and for which hosts (`local.up.api_port` asks for it).
    """
    served = AsyncExitStack()

    async def serve_or_pass(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await app(scope, receive, send)
            return
        await served.aclose()
        why = None
        if scope["method"] == "POST":
            # What it imports takes 0.3 s, and the emulator is to start at once.
            module = await asyncio.to_thread(import_module, "local.emulator.stage")
            why = await module.open_port(served, app, parse_qs(scope["query_string"].decode()))
        await send({"type": "http.response.start", "status": 409 if why else 204, "headers": []})
        await send({"type": "http.response.body", "body": (why or "").encode()})

    return serve_or_pass
