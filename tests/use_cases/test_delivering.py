"""Configuring, sending, delivering and reading webhooks, in memory."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.errors import BadRequest, NotFound, RateLimited, Unavailable
from gateway.domain.payments.refund import RefundStatus
from gateway.domain.webhooks.delivery import (
    GAPS_SECONDS,
    JITTER_MAX,
    Attempt,
    DeliveryStatus,
    WebhookDelivery,
)
from gateway.domain.webhooks.endpoint import PROBE_LEASE, SLOW_FOR, EndpointHealth
from gateway.domain.webhooks.events import DEFAULT_EVENTS
from gateway.domain.webhooks.signature import signature_headers
from gateway.presenters.merchant import WEBHOOK_CONFIG
from gateway.use_cases.protocols.endpoint import PostWebhook
from gateway.use_cases.webhooks.configure import find_merchant, rotate_webhook_secret, set_webhook_url
from gateway.use_cases.webhooks.deliver_webhooks import deliver_webhooks
from gateway.use_cases.webhooks.read_deliveries import events_of, find_delivery, list_deliveries
from gateway.use_cases.webhooks.send_deliveries import RETRIES, TEST_EVENTS, retry_delivery, send_test_event
from tests.support.factories import NOW, a_message, a_webhook
from tests.support.memory.shop import SECRET_ITSELF, MemoryShop, failures, lines, rendered, told

OK = Attempt(NOW, 10, 200, None, None)
FAILED = replace(OK, response_code=500)


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def delivery_of(shop: MemoryShop, **members: Any) -> WebhookDelivery:
    made: WebhookDelivery = shop.put("deliveries", a_webhook(merchant_id=shop.merchant.id, **members))
    return made


def deliver(
    shop: MemoryShop, *deliveries: WebhookDelivery, slow: bool = False, **more: str
) -> list[tuple[str, int]]:
    """Works through one message for each; queue and delay of those that come back."""
    records = [a_message(webhook_id=each.id, merchant_id=each.merchant_id, **more) for each in deliveries]
    shop.queues.given_back.clear()
    failed = failures(deliver_webhooks(shop.deps, records, slow=slow))
    handles = {record["receiptHandle"]: record["messageId"] for record in records}
    assert sorted(failed) == sorted(handles[handle] for _, handle, _ in shop.queues.given_back)
    return [(queue, delay_seconds) for queue, _, delay_seconds in shop.queues.given_back]


def now_stored(shop: MemoryShop, delivery: WebhookDelivery) -> WebhookDelivery:
    found: WebhookDelivery = shop.database.deliveries.get(delivery.id)
    return found


def health(shop: MemoryShop) -> EndpointHealth | None:
    found: EndpointHealth | None = shop.database.rows.of("endpoints").get(shop.merchant.id)
    return found


def counted(shop: MemoryShop, queue: str = "webhooks") -> tuple[int, int]:
    stats = shop.database.stats.read()[queue]
    return stats.completed, stats.failed


def test_a_delivery_is_signed_posted_and_recorded(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    delivery = delivery_of(shop)
    assert deliver(shop, delivery) == []
    (post,) = shop.endpoint.posts
    body = delivery.payload.encode()
    assert (post["url"], post["body"]) == (shop.merchant.webhook_url, body)
    assert post["headers"] == {
        "Content-Type": "application/json",
        "User-Agent": "AsyncPay-Webhooks/1",
        **signature_headers([shop.merchant.webhook_secret], delivery.id, body, NOW),
    }
    assert (post["allowed_hosts"], post["https_only"]) == (shop.deps.config.webhook_allowed_hosts, False)
    after = now_stored(shop, delivery)
    assert after == replace(delivery, status=DeliveryStatus.SUCCESS, attempts=(OK,), next_retry_at=None)
    assert lines(capsys, "webhook attempted") == [
        {
            "level": "INFO",
            "webhook_id": delivery.id,
            "object_id": delivery.object_id,
            "merchant_id": delivery.merchant_id,
            "endpoint_id": "default",
            "event": delivery.event,
            "status": "success",
            "attempts": 1,
            "response_code": 200,
            "duration_ms": 10,
        }
    ]
    assert (counted(shop), health(shop)) == ((1, 0), None)
    assert deliver(shop, delivery) == []
    assert (len(shop.endpoint.posts), counted(shop)) == (1, (1, 0))


def test_a_live_stage_posts_over_https_only() -> None:
    live = MemoryShop(STAGE="live", TEST_MODE="false", WEBHOOK_ALLOWED_HOSTS="a.example")
    deliver(live, delivery_of(live))
    (post,) = live.endpoint.posts
    assert (post["allowed_hosts"], post["https_only"]) == (("a.example",), True)


def test_a_failed_delivery_comes_back_after_its_gap(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.endpoint.response_code, shop.endpoint.error = None, "timeout"
    delivery = delivery_of(shop)
    assert deliver(shop, delivery) == [("webhooks", 60)]
    after = now_stored(shop, delivery)
    assert (after.status, len(after.attempts)) == (DeliveryStatus.PENDING, 1)
    assert after.next_retry_at == NOW + timedelta(milliseconds=60_010)
    assert lines(capsys, "webhook attempted")[0]["error_kind"] == "timeout"
    assert counted(shop) == (0, 0)
    known = health(shop)
    assert known is not None
    assert (known.failures, known.failing_since) == (1, NOW)


@pytest.mark.parametrize("jitter", [0.0, JITTER_MAX])
def test_no_message_is_hidden_for_more_than_fifteen_minutes_and_longer_gaps_are_the_sweepers(
    jitter: float,
) -> None:
    """SQS has room for 120,000 messages in flight, and hides none for more than 12 hours in all."""
    hidden, planned = [], 0
    for tried in range(len(GAPS_SECONDS)):
        shop = MemoryShop()
        shop.deps = replace(shop.deps, jitter=lambda: jitter)
        shop.endpoint.response_code = 500
        hidden += [seconds for _, seconds in deliver(shop, delivery_of(shop, attempts=(FAILED,) * tried))]
        planned += len(shop.database.deliveries.planned(NOW + timedelta(days=1), 10))
    # After the first attempt a minute, then five; half an hour and two hours are long; the fifth is the last.
    assert (len(hidden), planned) == (3, 2)
    assert max(hidden) <= 900
    assert sum(hidden) < 43_200


def test_a_message_that_comes_too_early_is_a_duplicate(shop: MemoryShop) -> None:
    for seconds, posts in ((2.001, 0), (2, 1)):
        delivery = delivery_of(shop, next_retry_at=NOW + timedelta(seconds=seconds))
        assert deliver(shop, delivery) == []
        assert len(shop.endpoint.posts) == posts


def test_gaps_are_stretched_in_production_and_short_in_tests(shop: MemoryShop) -> None:
    for test, due in ((False, 66.01), (True, 5.01)):
        shop = MemoryShop(WEBHOOK_RETRY_INTERVALS_TEST=str(test).lower())
        shop.deps = replace(shop.deps, jitter=lambda: 0.1)
        shop.endpoint.response_code = 500
        delivery = delivery_of(shop)
        deliver(shop, delivery)
        assert now_stored(shop, delivery).next_retry_at == NOW + timedelta(seconds=due)


def test_the_fifth_attempt_is_the_last(shop: MemoryShop) -> None:
    shop.endpoint.response_code = 500
    delivery = delivery_of(shop, attempts=(FAILED,) * 4)
    assert deliver(shop, delivery) == [("webhooks", 0)]
    assert now_stored(shop, delivery).status is DeliveryStatus.FAILED
    assert counted(shop) == (0, 1)
    # From then on its message goes to the dead-letter queue.
    assert deliver(shop, delivery) == [("webhooks", 0)]
    assert (len(shop.endpoint.posts), counted(shop)) == (1, (0, 1))


def test_a_merchant_without_a_url_uses_up_its_attempts(shop: MemoryShop) -> None:
    delivery = delivery_of(shop)
    for take_away in (lambda: shop.set_merchant(webhook_url=None), shop.database.rows.of("merchants").clear):
        take_away()
        shop.put("deliveries", delivery)
        assert deliver(shop, delivery) == [("webhooks", 60)]
        (attempt,) = now_stored(shop, delivery).attempts
        assert attempt == Attempt(NOW, 0, None, None, "no_url")
    assert (shop.endpoint.posts, health(shop)) == ([], None)


def test_a_receiver_that_is_gone_loses_its_url(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.endpoint.response_code = 410
    assert deliver(shop, delivery_of(shop)) == [("webhooks", 0)]
    assert shop.database.merchants.get(shop.merchant.id).webhook_url is None
    assert lines(capsys, "webhook URL disabled: the receiver says it is gone") == [
        {"level": "WARNING", "merchant_id": shop.merchant.id, "endpoint_id": "default"}
    ]


def test_a_url_that_was_changed_meanwhile_stays(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.endpoint.response_code = 410
    post = shop.endpoint.__class__.__call__

    def change_first(*arguments: Any, **limits: Any) -> Attempt:
        set_webhook_url(shop.deps, shop.merchant.id, "http://new.example")
        return post(shop.endpoint, *arguments, **limits)

    shop.deps = replace(shop.deps, webhook_client=lambda: nullcontext(change_first))
    deliver(shop, delivery_of(shop))
    assert shop.database.merchants.get(shop.merchant.id).webhook_url == "http://new.example"
    assert "is gone" not in capsys.readouterr().out


def test_a_webhook_that_nobody_knows_is_a_failed_job(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    ghost = a_webhook()
    assert deliver(shop, ghost) == []
    assert lines(capsys, "no such webhook") == [{"level": "ERROR", "webhook_id": ghost.id}]
    assert counted(shop) == (0, 1)


def test_an_attempt_that_another_worker_recorded_first_changes_nothing(shop: MemoryShop) -> None:
    delivery = delivery_of(shop)
    done = replace(delivery, status=DeliveryStatus.SUCCESS, next_retry_at=None)
    post = shop.endpoint.__class__.__call__

    def overtaken(*arguments: Any, **limits: Any) -> Attempt:
        shop.put("deliveries", done)
        return post(shop.endpoint, *arguments, **limits)

    shop.endpoint.response_code = 500
    shop.deps = replace(shop.deps, webhook_client=lambda: nullcontext(overtaken))
    assert deliver(shop, delivery) == []
    assert now_stored(shop, delivery) == done


def test_a_slow_receiver_goes_to_the_slow_lane(shop: MemoryShop) -> None:
    shop.endpoint.duration_ms = 2000
    first, second = delivery_of(shop), delivery_of(shop)
    assert deliver(shop, first) == []
    known = health(shop)
    assert known is not None
    assert known.slow_until == NOW + timedelta(seconds=2) + SLOW_FOR
    assert deliver(shop, second) == []
    message = {"webhook_id": second.id, "merchant_id": shop.merchant.id}
    assert shop.queues.sends == [("slow_webhooks", [message], 0)]
    assert len(shop.endpoint.posts) == 1
    assert deliver(shop, second, slow=True) == []
    assert now_stored(shop, second).status is DeliveryStatus.SUCCESS
    assert (counted(shop), counted(shop, "slow_webhooks")) == ((1, 0), (1, 0))
    shop.endpoint.response_code = 500
    assert deliver(shop, delivery_of(shop), slow=True) == [("slow_webhooks", 62)]


def test_a_receiver_that_hangs_is_told_of_while_it_hangs(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from gateway.use_cases.webhooks import deliver_one as module

    assert module.Lane("webhooks", shop.endpoint, {}).watch.patience_seconds == 2.0
    monkeypatch.setattr(module, "SLOW_MS", 20)
    marked: list[Any] = []
    noted, answers = threading.Event(), shop.endpoint

    def mark(*told_of: Any) -> None:
        marked.append(told_of)
        noted.set()

    def hang_until_noted(*arguments: Any, **limits: Any) -> Attempt:
        assert noted.wait(30)
        return answers(*arguments, **limits)

    monkeypatch.setattr(shop.database.endpoints, "mark_slow", mark)
    shop.deps = replace(shop.deps, webhook_client=lambda: nullcontext(hang_until_noted))
    hanging = delivery_of(shop)
    deliver(shop, hanging)
    assert marked == [(shop.merchant.id, NOW + SLOW_FOR)]
    assert now_stored(shop, hanging).status is DeliveryStatus.SUCCESS
    deliver(shop, delivery_of(shop), slow=True)
    assert len(marked) == 1

    def fail(*_: object) -> None:
        noted.set()
        raise Unavailable("no")

    noted.clear()
    monkeypatch.setattr(shop.database.endpoints, "mark_slow", fail)
    deliver(shop, delivery_of(shop))
    (line,) = lines(capsys, "slow receiver not noted")
    assert (line["level"], line["error"], line["merchant_id"]) == ("ERROR", "Unavailable", shop.merchant.id)


@pytest.mark.parametrize("due", [True, False])
def test_an_open_circuit_lets_one_probe_through(shop: MemoryShop, *, due: bool) -> None:
    open_until = NOW if due else NOW + timedelta(minutes=1)
    known = EndpointHealth(
        shop.merchant.id, failures=50, failing_since=NOW, open_until=open_until, openings=1
    )
    shop.database.rows.of("endpoints")[shop.merchant.id] = known
    first, second = delivery_of(shop), delivery_of(shop)
    assert deliver(shop, first, second) == []
    assert len(shop.endpoint.posts) == (1 if due else 0)
    waiting = [each for each in (first, second) if now_stored(shop, each).status is DeliveryStatus.PENDING]
    assert len(waiting) == (1 if due else 2)
    moved = shop.database.rows.of("deliveries due")
    until = max(open_until, NOW + PROBE_LEASE)
    assert {each.id for each in waiting} == set(moved)
    assert {at for _, at in moved.values()} == {int(until.timestamp() * 1000)}
    assert (health(shop) is None) is due


def test_a_probe_is_claimed_for_as_long_as_it_may_take(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = EndpointHealth(shop.merchant.id, failures=50, failing_since=NOW, open_until=NOW, openings=1)
    shop.database.rows.of("endpoints")[shop.merchant.id] = known
    claims: list[Any] = []
    monkeypatch.setattr(shop.database.endpoints, "claim_probe", lambda *of: bool(claims.append(of)))
    deliver(shop, delivery_of(shop))
    assert (claims, shop.endpoint.posts) == ([(known, NOW + PROBE_LEASE)], [])


def test_a_probe_that_fails_opens_the_circuit_for_longer(shop: MemoryShop) -> None:
    known = EndpointHealth(shop.merchant.id, failures=50, failing_since=NOW, open_until=NOW, openings=1)
    shop.database.rows.of("endpoints")[shop.merchant.id] = known
    shop.endpoint.response_code = 500
    deliver(shop, delivery_of(shop))
    after = health(shop)
    assert after is not None
    assert (after.failures, after.openings) == (51, 2)
    assert after.open_until == NOW + timedelta(milliseconds=60_010)


def test_a_delivery_on_request_does_not_wait_for_the_circuit(shop: MemoryShop) -> None:
    open_until = NOW + timedelta(minutes=1)
    known = EndpointHealth(
        shop.merchant.id, failures=50, failing_since=NOW, open_until=open_until, openings=1
    )
    shop.database.rows.of("endpoints")[shop.merchant.id] = known
    requested, tried = delivery_of(shop), delivery_of(shop, attempts=(FAILED,))
    deliver(shop, requested, tried, requested="true")
    assert now_stored(shop, requested).status is DeliveryStatus.SUCCESS
    assert now_stored(shop, tried).status is DeliveryStatus.PENDING


def test_the_url_is_set_checked_and_cleared(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    url = "http://shop.example/webhook"
    assert set_webhook_url(shop.deps, shop.merchant.id, url).webhook_url == url
    assert set_webhook_url(shop.deps, shop.merchant.id, None).webhook_url is None
    line = {"level": "INFO", "merchant_id": shop.merchant.id}
    assert lines(capsys, "webhook URL set") == [line | {"cleared": False}, line | {"cleared": True}]
    with pytest.raises(BadRequest):
        set_webhook_url(shop.deps, shop.merchant.id, "ftp://shop.example")
    with pytest.raises(BadRequest) as unwritten:
        set_webhook_url(shop.deps, shop.merchant.id, "http://shop.example/é")
    assert told(unwritten) == ("webhook_url must have a percent-encoded path and query", "webhook_url")
    live = MemoryShop(STAGE="live", TEST_MODE="false")
    with pytest.raises(BadRequest):
        set_webhook_url(live.deps, live.merchant.id, url)
    with pytest.raises(NotFound) as refusal:
        find_merchant(shop.deps, "nobody")
    assert told(refusal) == ("Merchant not found", None)


def test_a_private_address_may_be_allowed() -> None:
    allowed = MemoryShop(STAGE="live", TEST_MODE="false", WEBHOOK_ALLOWED_HOSTS="10.0.0.1")
    assert set_webhook_url(allowed.deps, allowed.merchant.id, "https://10.0.0.1/").webhook_url
    other = MemoryShop(STAGE="live", TEST_MODE="false")
    with pytest.raises(BadRequest):
        set_webhook_url(other.deps, other.merchant.id, "https://10.0.0.1/")


def rotated(shop: MemoryShop) -> str:
    return rotate_webhook_secret(shop.deps, shop.merchant.id, SECRET_ITSELF).body


def sample(shop: MemoryShop) -> WebhookDelivery:
    sent = send_test_event(shop.deps, shop.merchant.id, rendered(None))
    found: WebhookDelivery = shop.database.deliveries.get(sent.body)
    return found


def retried(shop: MemoryShop, delivery_id: str) -> WebhookDelivery:
    again = retry_delivery(shop.deps, delivery_id, shop.merchant.id, rendered(None))
    found: WebhookDelivery = shop.database.deliveries.get(again.body)
    return found


def test_a_rotated_secret_signs_beside_the_old_one(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = shop.merchant.webhook_secret
    secret = rotated(shop)
    assert (secret[:6], len(secret)) == ("whsec_", 38)
    merchant = shop.database.merchants.get(shop.merchant.id)
    assert merchant.signing_secrets(NOW) == [secret, old]
    assert merchant.previous_secret_until == NOW + timedelta(hours=24)
    line = {"level": "INFO", "merchant_id": shop.merchant.id}
    assert lines(capsys, "webhook secret rotated") == [line]
    shop.database.rows.before_next_commit(lambda: rotated(shop))
    with pytest.raises(Unavailable) as refusal:
        rotated(shop)
    assert told(refusal) == ("The secret was rotated by another request just now; please try again", None)


def test_a_test_event_goes_the_way_of_every_event(shop: MemoryShop) -> None:
    delivery = sample(shop)
    assert now_stored(shop, delivery) == delivery
    assert (delivery.event, delivery.merchant_id, delivery.created_at) == (
        "webhook.test",
        shop.merchant.id,
        NOW,
    )
    assert json.loads(delivery.payload)["data"]["merchant_id"] == shop.merchant.id
    message = {"webhook_id": delivery.id, "merchant_id": shop.merchant.id, "requested": "true"}
    assert shop.queues.sends == [("webhooks", [message], 0)]
    shop.set_merchant(webhook_url=None)
    with pytest.raises(BadRequest) as refusal:
        sample(shop)
    assert told(refusal) == ("No webhook URL is configured", "webhook_url")


def test_a_delivery_is_retried_on_request(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = delivery_of(shop, status=DeliveryStatus.FAILED, next_retry_at=None, attempts=(FAILED,))
    again = retried(shop, failed.id)
    assert now_stored(shop, failed) == again == failed.retried(NOW)
    message = {"webhook_id": failed.id, "merchant_id": shop.merchant.id, "requested": "true"}
    assert shop.queues.sends == [("webhooks", [message], 0)]
    line = {"level": "INFO", "webhook_id": failed.id, "merchant_id": shop.merchant.id}
    assert lines(capsys, "webhook retried") == [line]
    with pytest.raises(NotFound) as nobody:
        retried(shop, "none")
    assert told(nobody) == ("Webhook not found", None)
    shop.database.rows.before_next_commit(lambda: shop.put("deliveries", failed))
    with pytest.raises(Unavailable) as refusal:
        retried(shop, failed.id)
    assert told(refusal) == ("The webhook is being delivered just now; please try again", None)


def test_deliveries_are_read_by_their_merchant(shop: MemoryShop) -> None:
    first, second = (
        delivery_of(shop),
        delivery_of(shop, event="payment.pending", created_at=NOW + timedelta(1)),
    )
    assert find_delivery(shop.deps, first.id, shop.merchant.id) == first
    for delivery_id, merchant_id in ((first.id, "another"), ("none", shop.merchant.id)):
        with pytest.raises(NotFound) as refusal:
            find_delivery(shop.deps, delivery_id, merchant_id)
        assert told(refusal) == ("Webhook not found", None)
    everything = {"status": None, "event": None, "limit": 5, "offset": 0}

    def listed(**asked: Any) -> list[WebhookDelivery]:
        return list_deliveries(shop.deps, shop.merchant.id, **(everything | asked)).items

    assert listed() == [second, first]
    assert listed(event="payment.pending") == [second]
    assert listed(status=DeliveryStatus.FAILED) == []
    assert (listed(limit=1), listed(offset=1)) == ([second], [first])


def test_an_objects_events_are_told_whoever_listened(shop: MemoryShop) -> None:
    payment = shop.paid(500)
    refund = shop.refunded(payment, 100)
    shop.clock.advance(seconds=4)
    shop.process_refunds(refund)
    assert [(event.name, event.sequence) for event in events_of(shop.deps, payment.id, shop.merchant.id)] == [
        ("payment.created", 1),
        ("payment.pending", 2),
        ("payment.success", 3),
    ]
    told_of = events_of(shop.deps, refund.id, shop.merchant.id)
    assert [event.name for event in told_of] == ["refund.created", "refund.processed"]
    then = replace(shop.stored_refund(refund.id), status=RefundStatus.PENDING, processed_at=None)
    assert (told_of[0].refund, told_of[0].at, told_of[1].at) == (then, NOW, shop.clock())
    assert told_of[1].refund == shop.stored_refund(refund.id)
    assert told_of[1].payment == shop.payment(payment.id)
    for object_id in (payment.id, refund.id):
        with pytest.raises(NotFound):
            events_of(shop.deps, object_id, "another")


def test_sixty_test_events_are_thirty_and_retries_by_hand_are_limited_too(shop: MemoryShop) -> None:
    # Sixty of sixty went through: a tool to flood any public host with.
    for _ in range(TEST_EVENTS.uses_max):
        sample(shop)
    with pytest.raises(
        RateLimited, match=r"^At most 30 of these requests in 10 minutes; please wait$"
    ) as one:
        sample(shop)
    assert one.value.retry_after_seconds == TEST_EVENTS.left_seconds(shop.clock())
    assert len(shop.database.rows.of("deliveries")) == 30
    hook = a_webhook(merchant_id=shop.merchant.id)
    for _ in range(RETRIES.uses_max):
        shop.put("deliveries", hook)
        retried(shop, hook.id)
    sent = len(shop.queues.sends)
    with pytest.raises(RateLimited):
        retried(shop, hook.id)
    assert len(shop.queues.sends) == sent
    shop.clock.advance(minutes=10)
    shop.put("deliveries", hook)
    retried(shop, hook.id)
    sample(shop)


def test_a_retry_that_was_not_made_does_not_count(shop: MemoryShop) -> None:
    hook = shop.put("deliveries", a_webhook(merchant_id=shop.merchant.id))
    tried = replace(hook, attempts=(FAILED,))
    for _ in range(RETRIES.uses_max + 1):
        shop.put("deliveries", hook)
        shop.database.rows.before_next_commit(lambda: shop.put("deliveries", tried))
        with pytest.raises(Unavailable):
            retried(shop, hook.id)


def test_a_secret_that_was_rotated_is_never_shown_again(shop: MemoryShop) -> None:
    old = shop.merchant.webhook_secret
    new = rotated(shop)
    merchant = shop.database.merchants.get(shop.merchant.id)
    assert merchant.previous_secret == old
    assert WEBHOOK_CONFIG.present(merchant) == {
        "webhook_url": merchant.webhook_url,
        "webhook_secret": new,
        "events": list(DEFAULT_EVENTS),
    }
    assert old not in repr(rotated)


def test_a_url_that_a_receiver_is_gone_from_is_on_record(shop: MemoryShop) -> None:
    shop.endpoint.response_code = 410
    url = shop.merchant.webhook_url
    deliver(shop, delivery_of(shop))
    assert shop.audit()[-1][1:] == ("webhook_url.set", shop.merchant.id, {"webhook_url": None, "gone": url})


def test_a_batch_has_one_client_which_ends_with_it(shop: MemoryShop) -> None:
    told: list[str] = []

    @contextmanager
    def client() -> Iterator[PostWebhook]:
        told.append("opened")
        try:
            yield shop.endpoint
        finally:
            told.append(f"closed after {len(shop.endpoint.posts)}")

    shop.deps = replace(shop.deps, webhook_client=client)
    deliver(shop, delivery_of(shop), delivery_of(shop), delivery_of(shop))
    assert told == ["opened", "closed after 3"]
