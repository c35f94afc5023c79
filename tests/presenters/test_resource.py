"""How members make up a resource, its JSON and its JSON Schema."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.domain.page import Page
from gateway.presenters.resource import Member, Resource, a_collection, lifted
from gateway.presenters.vocabulary import COUNT, TEXT, TIME
from tests.support.factories import NOW


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Cup:
    size: int
    colour: Colour = Colour.RED
    broken_at: datetime | None = None


CUP = Resource[Cup](
    "Cup",
    Member("colour", TEXT),
    Member("doubled", COUNT, lambda cup: cup.size * 2),
    Member("broken_at", TIME, when=lambda cup: cup.broken_at is not None),
)


def test_members_come_in_the_order_of_their_table_as_plain_json() -> None:
    assert list(CUP.present(Cup(2, broken_at=NOW)).items()) == [
        ("colour", "red"),
        ("doubled", 4),
        ("broken_at", "2026-01-31T09:30:00.250Z"),
    ]
    assert type(CUP.present(Cup(2))["colour"]) is str


def test_a_member_that_is_not_always_there_is_left_out_and_not_required() -> None:
    assert "broken_at" not in CUP.present(Cup(2))
    assert CUP.schema == {
        "type": "object",
        "required": ["colour", "doubled"],
        "properties": {"colour": TEXT, "doubled": COUNT, "broken_at": TIME},
    }


def test_members_of_a_part_can_be_shown_as_members_of_the_whole() -> None:
    pair = Resource[tuple[Cup, int]]("Pair", *lifted(CUP.members, lambda pair: pair[0]))
    assert pair.present((Cup(3), 7)) == CUP.present(Cup(3))
    assert pair.present((Cup(3, broken_at=NOW), 7)) == CUP.present(Cup(3, broken_at=NOW))
    assert pair.schema == CUP.schema


def test_a_collection_has_the_contracts_members() -> None:
    cups = a_collection("CupList", CUP)
    assert cups.present(Page([Cup(1), Cup(2)], total=7, limit=2, offset=4)) == {
        "data": [{"colour": "red", "doubled": 2}, {"colour": "red", "doubled": 4}],
        "total": 7,
        "limit": 2,
        "offset": 4,
    }
    assert cups.schema["required"] == ["data", "total", "limit", "offset"]
    assert cups.schema["properties"]["data"]["items"] == {"$ref": "#/components/schemas/Cup"}
