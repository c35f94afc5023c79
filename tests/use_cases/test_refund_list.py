"""The merchant's list of all refunds: what merchants filter by, and what contradicts itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.cursor import Cursor
from gateway.domain.errors import BadRequest
from gateway.domain.payments.refund import Refund, RefundStatus
from gateway.domain.span import span_of
from gateway.domain.values import to_iso
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.refunds.read_refunds import list_all_refunds
from tests.support.factories import NOW, a_refund, some_deps, some_id
from tests.support.memory.database import MemoryDatabase

OWNER = some_id("merchant")
TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)
MADE = [
    replace(a_refund(merchant_id=OWNER, created_at=NOW + timedelta(hours=number)), status=status)
    for number, status in enumerate(RefundStatus)
]


@pytest.fixture
def deps() -> Dependencies:
    database = MemoryDatabase()
    transaction = database.transaction()
    for refund in MADE:
        transaction.refunds.add(refund)
    transaction.commit()
    return replace(some_deps(), database=database)


def listed(deps: Dependencies, shown: RefundStatus | None) -> list[Refund]:
    return list_all_refunds(deps, OWNER, shown=shown, span=span_of(None, None), limit=10, offset=0).items


def test_a_refund_that_was_sent_is_found_among_the_pending_as_it_is_shown(deps: Dependencies) -> None:
    assert listed(deps, None) == MADE[::-1]
    assert [refund.status for refund in listed(deps, RefundStatus.PENDING)] == ["sent", "pending"]
    for status in (RefundStatus.PROCESSED, RefundStatus.CANCELLED):
        assert [refund.status for refund in listed(deps, status)] == [status]


def test_what_contradicts_itself_is_refused(deps: Dependencies) -> None:
    cursor = Cursor(to_iso(MADE[2].created_at), MADE[2].id, 2, 4)

    def ask(**given: object) -> None:
        asked = {"shown": None, "limit": 10, "offset": 0, "cursor": None} | given
        list_all_refunds(deps, OWNER, **asked)  # type: ignore[arg-type]

    with pytest.raises(BadRequest, match="can't be used together"):
        ask(cursor=cursor, offset=2)
    with pytest.raises(BadRequest, match="other days"):
        ask(cursor=cursor, span=span_of(TOMORROW, None))
    with pytest.raises(BadRequest, match="from must not be after to"):
        ask(span=span_of(TOMORROW, TODAY))
