"""localstripe on loopback, behind the proxy that adds what it lacks. Runs in a venv of its own.

usage, in the root of the checkout: .venv-stripe/bin/python -m local.stripe PORT [STATE_FILE]
"""

import asyncio
import sys
from pathlib import Path

from aiohttp import web

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
    outer.router.add_post("/_fake/faults", front.set_faults)
    outer.router.add_post("/_fake/clock", front.set_clock)
    outer.router.add_get("/_fake/calls", front.show_calls)
    outer.router.add_get("/_fake/3ds/{id}", front.show_challenge)
    outer.router.add_post("/_fake/3ds/{id}", front.answer_challenge)
    outer.router.add_route("*", "/{path:.*}", front.handle)
    runner = web.AppRunner(outer)
    await runner.setup()
    server = web.TCPSite(runner, HOST, port)
    await server.start()
    print(f"listening on {runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
