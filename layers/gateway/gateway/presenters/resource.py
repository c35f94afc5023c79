"""What a resource is made of: members, each with its JSON Schema and its value.

REFUND = Resource[Refund](
"Refund",
Member("id", an_id("rfnd_")),
Member("status", one_of(SHOWN), shown_status),
)
REFUND.present(refund)   # the dict that a response or a webhook carries, in this order
REFUND.schema            # the same as JSON Schema, under its name in the OpenAPI document
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

from gateway.domain.cursor import next_cursor
from gateway.domain.page import Page
from gateway.domain.values import to_iso
from gateway.presenters.vocabulary import COUNT, LIMIT, TEXT, Schema, an_array, an_object, or_null, ref

Subject = TypeVar("Subject")
Inner = TypeVar("Inner")
Outer = TypeVar("Outer")


class Member(Generic[Subject]):
    """One member of a resource.

    `value` takes the subject; without it, the value is the subject's attribute of the same name. Times become
    ISO 8601 and enums plain strings. `when` says for which subjects the member is there at all; without it,
    it always is.
    """

    def __init__(
        self,
        name: str,
        schema: Schema,
        value: Callable[[Subject], Any] | None = None,
        *,
        when: Callable[[Subject], bool] | None = None,
    ) -> None:
        self.name = name
        self.schema = schema
        self.value: Callable[[Subject], Any] = value or attrgetter(name)
        self.when = when


class Resource(Generic[Subject]):
    """A resource, or an object within one, named as in the OpenAPI document."""

    def __init__(self, name: str, *members: Member[Subject]) -> None:
        self.name = name
        self.members = members

    def present(self, subject: Subject) -> dict[str, Any]:
        """The JSON object of a subject."""
        return {
            member.name: _plain(member.value(subject))
            for member in self.members
            if member.when is None or member.when(subject)
        }

    @property
    def schema(self) -> Schema:
        """The JSON Schema of all such objects."""
        optional = tuple(member.name for member in self.members if member.when is not None)
        return an_object({member.name: member.schema for member in self.members}, optional=optional)

    @property
    def ref(self) -> Schema:
        """A reference to the schema."""
        return ref(self.name)


class Component(NamedTuple):
    """A named schema of the OpenAPI document whose value is not made by members."""

    name: str
    schema: Schema

    @property
    def ref(self) -> Schema:
        """A reference to the schema."""
        return ref(self.name)


@dataclass(frozen=True)
class At(Generic[Subject]):
    """A subject at a time, for resources that say what is so now."""

    subject: Subject
    now: datetime


def lifted(members: Iterable[Member[Inner]], within: Callable[[Outer], Inner]) -> tuple[Member[Outer], ...]:
    """The members of a subject, as members of something that has it."""
    return tuple(_lift(member, within) for member in members)


def a_collection(name: str, item: Resource[Subject], *, by_cursor: bool = False) -> Resource[Page[Subject]]:
    """A page of a list, newest first; `by_cursor` where the list can be read on by its `next_cursor`."""
    more = [Member[Page[Subject]]("next_cursor", or_null(TEXT), next_cursor)] if by_cursor else []
    return Resource(
        name,
        Member("data", an_array(item.ref), lambda page: [item.present(one) for one in page.items]),
        Member("total", {**COUNT, "description": "How many there are in all."}),
        Member("limit", LIMIT),
        Member("offset", COUNT),
        *more,
    )


def all_of(name: str, item: Resource[Subject]) -> Resource[Iterable[Subject]]:
    """A list that is never cut into pages."""
    return Resource(
        name, Member("data", an_array(item.ref), lambda items: [item.present(one) for one in items])
    )


def _lift(member: Member[Inner], within: Callable[[Outer], Inner]) -> Member[Outer]:
    when = member.when
    return Member(
        member.name,
        member.schema,
        lambda outer: member.value(within(outer)),
        when=None if when is None else lambda outer: when(within(outer)),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_iso(value)
    return str(value) if isinstance(value, StrEnum) else value
