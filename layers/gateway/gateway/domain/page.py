"""A page of a list, and how long one may be."""

from dataclasses import dataclass
from typing import Generic, TypeVar

LIMIT_DEFAULT = 10
LIMIT_MAX = 100

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items of a list, newest first: the first one is number `offset` of `total`.

    `resume` is the cursor that goes on, where it does not follow from the last item.
    """

    items: list[Item]
    total: int
    limit: int
    offset: int
    has_more: bool = False
    resume: str | None = None

    @classmethod
    def cut(cls, found: list[Item], *, limit: int, offset: int) -> "Page[Item]":
        """The page of a list that is known whole."""
        end = offset + limit
        return cls(found[offset:end], len(found), limit, offset, end < len(found))
