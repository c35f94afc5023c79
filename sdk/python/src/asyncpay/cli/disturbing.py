"""Disturbing a row of events as a network does: some lost, some twice, some in another order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def disturb(
    items: Sequence[T], *, drop: float, duplicate: float, shuffle: bool, seed: int
) -> tuple[list[T], int, int]:
    """The items to deliver, how many were dropped, and how many come twice. A seed always gives the same."""
    chance = random.Random(seed)  # noqa: S311 - no secret; to be repeatable is the point
    kept = [item for item in items if chance.random() >= drop]
    delivered: list[T] = []
    for item in kept:
        delivered += [item, item] if chance.random() < duplicate else [item]
    if shuffle:
        chance.shuffle(delivered)
    return delivered, len(items) - len(kept), len(delivered) - len(kept)
