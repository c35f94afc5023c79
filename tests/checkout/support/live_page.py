"""Serves the checkout as outside test stages: `live_page.py KEY ORIGIN`. Prints its port when it is up.

The key's merchant has registered the one origin. No API is behind it: who may frame is all that is asked.
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from aiohttp import web

from local.pages.checkout import PageSettings, checkout_app


async def serve(key: str, origin: str) -> None:
    async def origins_of(asked: str) -> Sequence[str]:
        return [origin] if asked == key else []

    settings = PageSettings(api_url="http://localhost:9", stage="live", origins_of=origins_of)
    runner = web.AppRunner(checkout_app(settings))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
