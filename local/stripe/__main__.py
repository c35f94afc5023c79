"""localstripe on loopback, behind the proxy that adds what it lacks. Runs in a venv of its own.

usage, in the root of the checkout: .venv-stripe/bin/python -m local.stripe PORT [STATE_FILE]
"""

import asyncio
import sys
from pathlib import Path

from aiohttp import web

from local.stripe.browser import BrowserPages
from local.stripe.proxy import HOST, Front


async def serve(port: int, state: Path | None) -> None:
    """Both servers, until the process ends."""
    from localstripe import resources
    from localstripe.server import app

    # localstripe writes every change to a fixed file that all its processes would share.
    resources.Store.dump_to_disk = lambda _self: None
    inner = web.AppRunner(app)
    await inner.setup()
    site = web.TCPSite(inner, HOST, 0)
    await site.start()
    inner_port = inner.addresses[0][1]
    front = Front(f"http://{HOST}:{inner_port}", resources.store, state)
    outer = web.Application()
    front.told.add_to(outer)
    BrowserPages(front, _payment_failed).add_to(outer)
    outer.router.add_route("*", "/{path:.*}", front.handle)
    runner = web.AppRunner(outer)
    await runner.setup()
    server = web.TCPSite(runner, HOST, port)
    await server.start()
    print(f"listening on {runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


def _payment_failed(intent_id: str) -> None:
    """The webhook of a payment whose shopper refused 3-D Secure, which localstripe leaves out."""
    from localstripe.resources import Event, PaymentIntent
    from localstripe.webhooks import schedule_webhook

    found = PaymentIntent._api_retrieve(intent_id)  # noqa: SLF001 - it has no other way
    schedule_webhook(Event("payment_intent.payment_failed", found))


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
