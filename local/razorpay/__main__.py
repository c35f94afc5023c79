"""The stand-in for Razorpay on loopback.

usage, in the root of the checkout: .venv/bin/python -m local.razorpay PORT [STATE_FILE]
"""

import asyncio
import sys
from pathlib import Path

from aiohttp import web

from local.razorpay.server import Server

HOST = "127.0.0.1"


async def serve(port: int, state: Path | None) -> None:
    """Until the process ends."""
    runner = web.AppRunner(Server(state).app())
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    print(f"listening on {runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
