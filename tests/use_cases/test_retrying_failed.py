"""All failed deliveries since a time begin again: a bounded number at once, and not one twice."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.cursor import read_cursor
from gateway.domain.errors import RateLimited, Unavailable
from gateway.domain.span import Span
from gateway.domain.values import to_iso
from gateway.domain.webhooks.delivery import DeliveryStatus, WebhookDelivery
from gateway.use_cases.idempotency import Idempotency, IdempotencyKey, StoredResponse
from gateway.use_cases.webhooks.send_deliveries import (
    RETRIED_MAX,
    RETRIES_OF_FAILED,
    Failed,
    Retried,
    retry_failed,
)
from tests.support.factories import NOW, a_webhook
from tests.support.memory.shop import MemoryShop


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def failed(shop: MemoryShop, count: int, **members: Any) -> list[WebhookDelivery]:
    given = {"merchant_id": shop.merchant.id, "status": DeliveryStatus.FAILED, "next_retry_at": None}
    return [
        shop.put(
            "deliveries", a_webhook(**{"created_at": NOW + timedelta(seconds=number), **given, **members})
        )
        for number in range(count)
    ]


def retry(shop: MemoryShop, key: str | None = None, **asked: Any) -> tuple[Retried, StoredResponse]:
    made: list[Retried] = []

    def render(retried: Retried) -> StoredResponse:
        made.append(retried)
        return StoredResponse(200, str(len(retried.deliveries)))

    repeat = Idempotency(IdempotencyKey(key, "print") if key else None, render)
    wanted = Failed(Span(asked.get("since", NOW)), asked.get("endpoint_id"), asked.get("cursor"))
    response = retry_failed(shop.deps, shop.merchant.id, wanted, repeat)
    return made[0] if made else Retried([], None), response


def test_those_since_the_time_begin_again_the_oldest_first(shop: MemoryShop) -> None:
    first, second, third = failed(shop, 3)
    failed(shop, 2, status=DeliveryStatus.SUCCESS)
    shop.put("deliveries", a_webhook(status=DeliveryStatus.FAILED, next_retry_at=None))  # somebody else's
    shop.clock.advance(hours=1)
    done, _ = retry(shop, since=NOW + timedelta(seconds=1))
    assert ([each.id for each in done.deliveries], done.next_cursor) == ([second.id, third.id], None)
    assert [message["webhook_id"] for message in shop.queues.sent("webhooks")] == [second.id, third.id]
    # The first one is tried even behind an open circuit; the others wait for what it finds out.
    assert [message.get("requested") for message in shop.queues.sent("webhooks")] == ["true", None]
    assert shop.database.deliveries.get(first.id) == first
    assert shop.database.deliveries.get(second.id) == second.retried(shop.clock())
    told = {"count": 2, "since": "2026-01-31T09:30:01.250Z"}
    assert shop.audit()[-1][1:] == ("webhooks.retried", shop.merchant.id, told)


def test_one_request_takes_forty_and_the_cursor_goes_on(shop: MemoryShop) -> None:
    made = failed(shop, RETRIED_MAX + 5)
    some, _ = retry(shop)
    assert some.next_cursor is not None
    rest, _ = retry(shop, cursor=read_cursor(some.next_cursor))
    assert rest.next_cursor is None
    assert [each.id for each in (*some.deliveries, *rest.deliveries)] == [each.id for each in made]
    assert len(some.deliveries) == RETRIED_MAX


def test_each_endpoint_has_one_that_does_not_wait_for_its_circuit(shop: MemoryShop) -> None:
    failed(shop, 2, endpoint_id="we_1")
    failed(shop, 2, endpoint_id="we_2")
    only, _ = retry(shop, endpoint_id="we_1")
    assert {each.endpoint_id for each in only.deliveries} == {"we_1"}
    retry(shop)
    sent = shop.queues.sent("webhooks")
    assert [(message["endpoint"], message.get("requested")) for message in sent] == [
        ("we_1", "true"),
        ("we_1", None),
        ("we_2", "true"),
        ("we_2", None),
    ]


def test_a_repeated_request_begins_nothing_again(shop: MemoryShop) -> None:
    (made,) = failed(shop, 1)
    _, first = retry(shop, "key")
    shop.put("deliveries", made)
    done, again = retry(shop, "key")
    assert (again.body, again.replayed, done.deliveries) == (first.body, True, [])
    assert shop.database.deliveries.get(made.id) == made
    assert len(shop.queues.sent("webhooks")) == 1


def test_all_begin_again_or_none(shop: MemoryShop) -> None:
    made = failed(shop, 3)
    moved = made[2].retried(NOW)
    shop.database.rows.before_next_commit(lambda: shop.put("deliveries", moved))
    with pytest.raises(Unavailable, match=r"^The webhook is being delivered just now"):
        retry(shop)
    assert [shop.database.deliveries.get(each.id).status for each in made] == [
        *(DeliveryStatus.FAILED, DeliveryStatus.FAILED, DeliveryStatus.PENDING),
    ]
    assert (shop.queues.sent("webhooks"), shop.audit()) == ([], [])


def test_nothing_that_failed_is_no_change_and_requests_are_limited(shop: MemoryShop) -> None:
    for _ in range(RETRIES_OF_FAILED.uses_max):
        done, _ = retry(shop)
    assert (done, shop.audit()) == (Retried([], None), [])
    with pytest.raises(RateLimited, match=r"^At most 100 of these requests in 10 minutes"):
        retry(shop)
    shop.clock.advance(minutes=10)
    retry(shop)


def test_what_was_asked_for_is_on_record_as_far_as_it_was_said(shop: MemoryShop) -> None:
    failed(shop, 3, endpoint_id="we_1")
    day = Span(NOW, NOW + timedelta(seconds=2))
    for wanted, changed, said in (
        (Failed(Span(NOW, NOW)), None, None),
        (Failed(day, "we_1"), "we_1", {"count": 2, "since": to_iso(NOW), "before": to_iso(day.before)}),
        (Failed(Span()), shop.merchant.id, {"count": 1}),
    ):
        retry_failed(shop.deps, shop.merchant.id, wanted, rendered_count())
        expected = [] if said is None else [("webhooks.retried", changed, said)]
        assert [entry[1:] for entry in shop.audit()[-1:]] == expected


def rendered_count() -> Idempotency:
    return Idempotency(None, lambda retried: StoredResponse(200, str(len(retried.deliveries))))
