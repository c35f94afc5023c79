import base64
import json
from datetime import date
from typing import Any

import pytest

from gateway.domain.cursor import Cursor, read_cursor
from gateway.domain.errors import BadRequest
from gateway.domain.span import span_of

CURSOR = Cursor("2026-01-31T09:30:00.250Z", "pay_Fq3ZtW8kLmXs0aBc", 10, 25)


def forged(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def test_a_cursor_comes_back_as_it_was_given() -> None:
    assert read_cursor(CURSOR.encode()) == CURSOR
    assert CURSOR.encode().isascii()
    assert len(CURSOR.encode()) < 128


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "é",
        "=" * 10,
        "[" * 200,
        CURSOR.encode()[:-1],
        CURSOR.encode() + "=",
        CURSOR.encode() + "AAAA",
        forged({}),
        forged(None),
        forged([1, 2, 3, 4]),
        forged(["2026-01-31T09:30:00.250Z", "pay_Fq3ZtW8kLmXs0aBc", 10]),
        forged(["2026-01-31", "pay_Fq3ZtW8kLmXs0aBc", 10, 25]),
        forged(["2026-01-31T09:30:00.250Z", "pay_1", 10, 25]),
        forged(["2026-01-31T09:30:00.250Z", "pay_Fq3ZtW8kLmXs0aBc", -1, 25]),
        forged(["2026-01-31T09:30:00.250Z", "pay_Fq3ZtW8kLmXs0aBc", 10, 1e3]),
        forged(["2026-01-31T09:30:00.250Z", "pay_Fq3ZtW8kLmXs0aBc", True, 25]),
        forged(["2026-01-31T09:30:00.250Z", "pay_Fq3ZtW8kLmXs0aBc", 10, 10**10]),
    ],
    ids=range(18),
)
def test_what_no_list_answered_with_is_no_cursor(text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_cursor(text)
    assert refused.value.field == "cursor"


@pytest.mark.parametrize(
    ("first", "last", "fits"),
    [
        (None, None, True),
        (date(2026, 1, 31), date(2026, 1, 31), True),
        (date(2026, 2, 1), None, False),
        (None, date(2026, 1, 30), False),
    ],
)
def test_a_cursor_of_other_days_is_refused(first: date | None, last: date | None, *, fits: bool) -> None:
    if fits:
        CURSOR.check_within(span_of(first, last))
    else:
        with pytest.raises(BadRequest):
            CURSOR.check_within(span_of(first, last))


def test_a_text_that_is_no_cursor_is_refused_by_its_name() -> None:
    with pytest.raises(BadRequest) as refusal:
        read_cursor("x")
    assert refusal.value.field == "cursor"
    assert refusal.value.description == "cursor must be one that a list answered with"
