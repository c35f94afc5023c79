"""A merchant's rows that are spread over shards, and lists that are put together of them.

One hash key of an index takes 1,000 writes a second, so a busy merchant's rows have SHARDS of them. All rows
about one object are in one shard. A list reads all shards side by side, and takes as long as one of them.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from heapq import merge
from itertools import chain
from typing import Any, TypeVar

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails

SHARDS = 8

Row = TypeVar("Row")
Found = TypeVar("Found")


def shard_of(merchant_id: str, object_id: str) -> str:
    """The shard of what is about an object."""
    return f"{merchant_id}#{zlib.crc32(object_id.encode()) % SHARDS}"


def shards_of(merchant_id: str) -> list[str]:
    """All shards of a merchant."""
    return [f"{merchant_id}#{shard}" for shard in range(SHARDS)]


def side_by_side(work: Sequence[Callable[[], Found]]) -> list[Found]:
    """The results of these reads, made at the same time; Unavailable where one fails."""
    with unavailable_when_aws_fails(), ThreadPoolExecutor(max_workers=len(work)) as pool:
        return list(pool.map(lambda one: one(), work))


def merged(
    queries: Sequence[Iterable[Row]], position: Callable[[Row], Any], *, newest_first: bool = False
) -> Iterator[Row]:
    """The rows of sorted queries as one sorted list; their first round trips are made at the same time."""
    sources = [iter(query) for query in queries]
    firsts = side_by_side([partial(next, source, None) for source in sources])
    begun = [
        chain([first], source) for first, source in zip(firsts, sources, strict=True) if first is not None
    ]
    return merge(*begun, key=position, reverse=newest_first)
