from datetime import UTC, date, datetime

import pytest

from chalicelib.frame.application import Application
from chalicelib.frame.parameters import OFFSET_MAX, Choice, DayOrInstant, Identifier
from gateway.domain.errors import BadRequest
from tests.functions.conftest import KEYS
from tests.support.http_calls import send


def page_of(gateway: Application, **query: str) -> list[int]:
    reply = send(
        gateway, "GET", "/things", headers=KEYS, query={name: [text] for name, text in query.items()}
    )
    assert reply.status == 200
    page: list[int] = reply.json["page"]
    return page


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ({}, [10, 0]),
        ({"limit": "1"}, [1, 0]),
        ({"limit": "100", "offset": "0"}, [100, 0]),
        ({"limit": "007", "offset": "12"}, [7, 12]),
        ({"offset": str(OFFSET_MAX)}, [10, OFFSET_MAX]),
    ],
    ids=str,
)
def test_limit_and_offset_are_10_and_0_unless_given(
    gateway: Application, query: dict[str, str], page: list[int]
) -> None:
    assert page_of(gateway, **query) == page


WRONG = [
    "",
    " ",
    "-1",
    "+1",
    "1.0",
    "1e1",
    "0x1",
    "1_0",
    "ten",
    "1 ",
    "\u0661",
    "\uff11",
    "²",
    "9" * 11,
    "9" * 400,
]


@pytest.mark.parametrize(
    ("name", "text"),
    [("limit", text) for text in (*WRONG, "0", "101")]
    + [("offset", text) for text in (*WRONG, str(OFFSET_MAX + 1))],
    ids=lambda text: ascii(text[:12]),
)
def test_another_limit_or_offset_is_named(gateway: Application, name: str, text: str) -> None:
    reply = send(gateway, "GET", "/things", headers=KEYS, query={name: [text]})
    assert (reply.status, reply.error["code"], reply.error["field"]) == (400, "BAD_REQUEST_ERROR", name)
    assert reply.error["description"].startswith(f"{name} must be an integer from ")


def test_an_offset_beyond_what_is_skipped_names_the_cursor(gateway: Application) -> None:
    reply = send(gateway, "GET", "/things", headers=KEYS, query={"offset": ["10001"]})
    told = "offset must be an integer from 0 to 10000; to read on further, use cursor"
    assert (reply.status, reply.error["field"], reply.error["description"]) == (400, "offset", told)


AT = DayOrInstant("from", "When.")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (None, None),
        ("", None),
        ("2026-01-31", date(2026, 1, 31)),
        ("2026-01-31T09:30:00Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31T09:30Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31T15:00:00.250+05:30", datetime(2026, 1, 31, 9, 30, 0, 250_000, tzinfo=UTC)),
        ("2026-01-31T15:00:00 05:30", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
    ],
)
def test_a_day_or_an_instant_is_read(text: str | None, read: date | datetime | None) -> None:
    assert AT.read(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "2026-1-31",
        "2026-02-30",
        "2026-01-31T09:30:00",
        "2026-01-31T25:00:00Z",
        "20260131T093000Z",
        "now",
        "1",
    ],
)
def test_what_is_neither_day_nor_instant_is_named(text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        AT.read(text)
    told = "from must be a day such as 2026-01-31 or a time such as 2026-01-31T09:30:00Z"
    assert (refused.value.field, refused.value.description) == ("from", told)


STATUS = Choice("status", ["a", "b"], "Where it stands.")


@pytest.mark.parametrize(("text", "chosen"), [(None, None), ("", None), ("b", "b")])
def test_a_filter_is_one_of_a_few_words_or_absent(text: str | None, chosen: str | None) -> None:
    assert STATUS.read(text) == chosen


@pytest.mark.parametrize("text", ["c", "A", "a ", "a,b"])
def test_another_filter_is_named(text: str) -> None:
    with pytest.raises(BadRequest, match=r"^status must be one of a, b$"):
        STATUS.read(text)


@pytest.mark.parametrize("text", [None, ""])
def test_a_name_may_be_left_out_unless_it_is_required(text: str | None) -> None:
    assert Identifier("object", "What it is about.").read(text) is None
    with pytest.raises(BadRequest, match=r"^object is required$"):
        Identifier("object", "What it is about.", required=True).read(text)
