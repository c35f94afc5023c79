"""Tasks that end with the block that began them, so that nothing outlives a failure or a Ctrl-C."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def tasks(*coroutines: Coroutine[Any, Any, Any]) -> AsyncIterator[list[asyncio.Task[Any]]]:
    """Runs them at once. Unlike a TaskGroup it waits for none and wraps no exception: the block decides."""
    begun = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        yield begun
    finally:
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
