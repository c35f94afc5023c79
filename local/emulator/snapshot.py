"""Saves MiniStack's state while it runs, so that what a deployment made outlives `kill -9`.

By itself MiniStack saves when it ends. What would be lost is more than time: a secret that is made anew has
another value, and keyed digests under the old one match nothing any more.
"""

from typing import Any

from local.emulator.guard import Application, Receive, Scope, Send

PATH = "/_asyncpay/save"


def saving(app: Application) -> Application:
    """Answers `POST /_asyncpay/save` once the state is on disk, and leaves all other requests to `app`."""

    async def save_or_pass(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await app(scope, receive, send)
            return
        # On the loop, where requests change the state, and so between two of them.
        _save()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return save_or_pass


def _save() -> None:
    """CloudFormation's records last: what they tell of is there, or else the next `make up` deploys again."""
    from ministack import app
    from ministack.core.persistence import save_all

    services: dict[str, Any] = app._build_persistence_save_dict()  # noqa: SLF001 -- the version is pinned
    stacks = services.pop("cloudformation", None)
    save_all(services)
    if stacks is not None:
        save_all({"cloudformation": stacks})
