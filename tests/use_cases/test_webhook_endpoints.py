"""Several endpoints of one merchant: what each gets, and that none meets another's troubles."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.access.merchant import Merchant
from gateway.domain.errors import BadRequest, IdempotencyInFlight, NotFound, RateLimited, Unavailable
from gateway.domain.idempotency import KEPT_FOR
from gateway.domain.payments.payment import Payment
from gateway.domain.webhooks.delivery import DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.endpoint import EndpointHealth
from gateway.domain.webhooks.events import DEFAULT_EVENTS, TOLD_EVENTS
from gateway.domain.webhooks.signature import signature_headers
from gateway.domain.webhooks.webhook_endpoint import (
    ENDPOINTS_MAX,
    WebhookEndpoint,
    check_events,
    endpoint_key,
)
from gateway.use_cases.idempotency import Idempotency, IdempotencyKey, StoredResponse
from gateway.use_cases.operations.sweep import sweep
from gateway.use_cases.protocols.refusals import Conflict
from gateway.use_cases.webhooks import endpoints
from gateway.use_cases.webhooks.deliver_webhooks import deliver_webhooks
from gateway.use_cases.webhooks.read_deliveries import events_of
from gateway.use_cases.webhooks.read_feed import read_feed
from gateway.use_cases.webhooks.send_deliveries import TEST_EVENTS, send_test_event
from tests.support.factories import NOW, a_message, a_webhook
from tests.support.memory.shop import SECRET_ITSELF, MemoryShop, lines, rendered

BOOKS, GOODS = "https://books.example/hook", "https://goods.example/hook"
LATER = timedelta(minutes=10)


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def add(shop: MemoryShop, url: str = BOOKS, *events: str) -> WebhookEndpoint:
    made = endpoints.add_endpoint(shop.deps, shop.merchant.id, url, events or None, rendered(None))
    return endpoints.find_endpoint(shop.deps, shop.merchant.id, made.body)


def merchant(shop: MemoryShop) -> Merchant:
    found: Merchant = shop.database.merchants.get(shop.merchant.id)
    return found


def kept(shop: MemoryShop, endpoint_id: str | None = None) -> list[WebhookDelivery]:
    found = shop.database.rows.of("deliveries").values()
    return [each for each in found if endpoint_id in (None, each.endpoint_id)]


def names(deliveries: list[WebhookDelivery]) -> list[str]:
    return [delivery.event for delivery in deliveries]


def work(shop: MemoryShop, *messages: dict[str, str]) -> None:
    deliver_webhooks(shop.deps, [a_message(**message) for message in messages])


def work_through(shop: MemoryShop) -> None:
    """All messages that were sent so far, in batches."""
    messages = shop.queues.sent("webhooks")
    shop.queues.sends.clear()
    for start in range(0, len(messages), 10):
        work(shop, *messages[start : start + 10])


def posted_to(shop: MemoryShop, url: str) -> list[tuple[str, str]]:
    """The event and the id of each post there."""
    return [
        (json.loads(post["body"])["event"], post["headers"]["webhook-id"])
        for post in shop.endpoint.posts
        if post["url"] == url
    ]


def told(shop: MemoryShop, payment: Payment) -> Payment:
    assert shop.process(payment) == []
    return shop.payment(payment.id)


def keyed(meaning: str) -> Idempotency:
    return Idempotency(
        IdempotencyKey(f"m#webhooks#{meaning}", "print"),
        lambda made: StoredResponse(200, made if isinstance(made, str) else made.id),
    )


def test_an_endpoint_gets_the_events_that_it_asks_for_and_others_get_what_they_always_got(
    shop: MemoryShop,
) -> None:
    added = add(shop, BOOKS, "payment.success", "order.paid", "payment.captured", "payment.released")
    payment = shop.paid(500)
    shop.captured(payment.id, 300)
    shop.clock.advance(seconds=1)
    assert shop.process(shop.payment(payment.id)) == []
    assert names(kept(shop, "default")) == ["payment.created", "payment.pending", "payment.success"]
    assert names(kept(shop, added.id)) == [
        *("payment.success", "order.paid", "payment.captured", "payment.released"),
    ]
    released = json.loads(kept(shop, added.id)[-1].payload)
    assert released["sequence"] == 5
    assert {name: released["data"]["payment"][name] for name in ("amount_captured", "amount_released")} == {
        "amount_captured": 300,
        "amount_released": 200,
    }
    paid = json.loads(kept(shop, added.id)[1].payload)
    assert (paid["event"], paid["sequence"], paid["data"]["order"]["id"]) == (
        "order.paid",
        1,
        payment.order_id,
    )
    assert (paid["data"]["order"]["status"], paid["data"]["payment"]["id"]) == ("paid", payment.id)


def test_a_cancelled_refund_is_told_to_who_asks_for_it(shop: MemoryShop) -> None:
    silent = shop.refunded(shop.paid(500), 100)
    shop.cancel(silent.id)
    assert names(kept(shop))[-1] == "refund.created"
    added = add(shop, BOOKS, "refund.cancelled")
    refund = shop.refunded(shop.paid(500), 100)
    shop.cancel(refund.id)
    (delivery,) = kept(shop, added.id)
    told_of = json.loads(delivery.payload)
    assert (delivery.event, told_of["sequence"]) == ("refund.cancelled", 2)
    assert (told_of["data"]["refund"]["status"], told_of["data"]["refund"]["processed_at"]) == (
        "cancelled",
        None,
    )


def test_events_that_nobody_asks_for_cost_no_write_and_no_message(shop: MemoryShop) -> None:
    payment = shop.paid(500)
    before = (len(kept(shop)), len(shop.database.rows.of("events")), len(shop.queues.sent("webhooks")))
    shop.captured(payment.id, 500)
    shop.cancel(shop.refunded(shop.paid(700), 100).id)
    after = (len(kept(shop)), len(shop.database.rows.of("events")), len(shop.queues.sent("webhooks")))
    # Three of the second payment, one of its refund.
    assert (after[0] - before[0], after[1] - before[1], after[2] - before[2]) == (4, 0, 3)


def test_the_first_endpoint_can_ask_for_fewer_events_and_the_feed_has_the_others(shop: MemoryShop) -> None:
    shop.set_merchant(webhook_events=("payment.success", "order.paid"))
    payment = shop.paid(500)
    assert names(kept(shop)) == ["payment.success", "order.paid"]
    page = read_feed(shop.deps, shop.merchant.id, after=None, limit=100)
    assert sorted(event.name for event in page.events) == [
        *("order.paid", "payment.created", "payment.pending", "payment.success"),
    ]
    assert {event.id for event in page.events} == {
        *(event.id for event in events_of(shop.deps, payment.id, shop.merchant.id)),
        *(event.id for event in events_of(shop.deps, payment.order_id, shop.merchant.id)),
    }


def test_each_event_is_in_the_feed_once_however_many_endpoints_get_it(shop: MemoryShop) -> None:
    add(shop, BOOKS)
    add(shop, GOODS, *TOLD_EVENTS)
    shop.set_merchant(webhook_url=None, added_endpoints=merchant(shop).added_endpoints)
    payment = shop.paid(500)
    assert len(kept(shop)) == 3 + 3 + 1
    page = read_feed(shop.deps, shop.merchant.id, after=None, limit=100)
    assert len(page.events) == 4
    known = [*events_of(shop.deps, payment.id, shop.merchant.id)]
    known += events_of(shop.deps, payment.order_id, shop.merchant.id)
    assert {event.id for event in page.events} == {event.id for event in known}


def test_every_endpoint_signs_with_its_own_secret_and_tells_the_same_id(shop: MemoryShop) -> None:
    added = add(shop)
    payment = shop.paid(500)
    work_through(shop)
    own = shop.merchant.webhook_url or ""
    assert posted_to(shop, own) == posted_to(shop, BOOKS) != []
    assert [name for name, _ in posted_to(shop, BOOKS)] == [
        *("payment.created", "payment.pending", "payment.success"),
    ]
    ids = [event.id for event in events_of(shop.deps, payment.id, shop.merchant.id)]
    assert [told_id for _, told_id in posted_to(shop, BOOKS)] == ids
    for url, secret in ((own, shop.merchant.webhook_secret), (BOOKS, added.secret)):
        post = next(post for post in shop.endpoint.posts if post["url"] == url)
        signed = signature_headers([secret], post["headers"]["webhook-id"], post["body"], NOW)
        assert signed.items() <= post["headers"].items()


def test_a_rotated_endpoint_signs_with_both_secrets_and_no_other_endpoint_notices(shop: MemoryShop) -> None:
    first, second = add(shop), add(shop, GOODS)
    new = endpoints.rotate_endpoint_secret(shop.deps, shop.merchant.id, first.id, SECRET_ITSELF).body
    found = {one.url: one.signing_secrets(NOW) for one in merchant(shop).endpoints}
    assert found == {
        shop.merchant.webhook_url: [shop.merchant.webhook_secret],
        BOOKS: [new, first.secret],
        GOODS: [second.secret],
    }
    assert merchant(shop).endpoints[1].signing_secrets(NOW + timedelta(days=1)) == [new]
    own = endpoints.rotate_endpoint_secret(shop.deps, shop.merchant.id, "default", SECRET_ITSELF).body
    assert merchant(shop).signing_secrets(NOW) == [own, shop.merchant.webhook_secret]


def test_an_endpoint_that_fails_holds_up_no_other(shop: MemoryShop) -> None:
    added = add(shop)
    shop.endpoint.codes[BOOKS] = 500
    shop.paid(500)
    work_through(shop)
    statuses = {each.status for each in kept(shop, "default")}
    assert statuses == {DeliveryStatus.SUCCESS}
    assert {each.status for each in kept(shop, added.id)} == {DeliveryStatus.PENDING}
    health = shop.database.rows.of("endpoints")
    assert set(health) == {endpoint_key(shop.merchant.id, added.id)}
    assert health[endpoint_key(shop.merchant.id, added.id)].failures > 0


def test_events_of_one_object_wait_for_those_before_them_at_the_same_endpoint_alone(shop: MemoryShop) -> None:
    added = add(shop, BOOKS, "payment.created", "payment.success")
    shop.paid(500)
    begun, success = (
        [m for m in shop.queues.sent("webhooks") if m.get("endpoint") == added.id][number]
        for number in (0, 1)
    )
    # `pending` is not for this endpoint: `success` comes after `created`.
    assert success["after"] == begun["webhook_id"]
    assert "then" not in begun
    work(shop, success)
    assert posted_to(shop, BOOKS) == []
    work(shop, begun, success)
    assert [name for name, _ in posted_to(shop, BOOKS)] == ["payment.created", "payment.success"]


def open_circuit(shop: MemoryShop, key: str, **members: Any) -> None:
    known = {"failures": 50, "failing_since": NOW, "open_until": NOW + LATER, "openings": 4} | members
    shop.database.rows.of("endpoints")[key] = EndpointHealth(key, **known)


def test_an_open_circuit_holds_back_what_is_for_its_endpoint_and_the_sweeper_knows_which(
    shop: MemoryShop,
) -> None:
    added = add(shop)
    open_circuit(shop, endpoint_key(shop.merchant.id, added.id))
    shop.paid(500)
    work_through(shop)
    assert (len(posted_to(shop, shop.merchant.webhook_url or "")), posted_to(shop, BOOKS)) == (3, [])
    shop.clock.advance(seconds=60)
    swept = sweep(shop.deps)
    assert (swept.webhooks, swept.planned, shop.queues.sent("webhooks")) == (0, 0, [])
    shop.clock.advance(seconds=600)
    # One goes out as the probe. Its message does not know the endpoint; the delivery does.
    assert sweep(shop.deps).planned == 1
    (probe,) = shop.queues.sent("webhooks")
    assert "endpoint" not in probe
    work_through(shop)
    assert len(posted_to(shop, BOOKS)) == 1
    assert endpoint_key(shop.merchant.id, added.id) not in shop.database.rows.of("endpoints")
    shop.clock.advance(seconds=61)
    assert sweep(shop.deps).planned == 2
    work_through(shop)
    assert len(posted_to(shop, BOOKS)) == 3


def test_the_circuit_of_the_own_url_holds_back_no_added_endpoint(shop: MemoryShop) -> None:
    add(shop)
    open_circuit(shop, shop.merchant.id)
    shop.paid(500)
    work_through(shop)
    assert (posted_to(shop, shop.merchant.webhook_url or ""), len(posted_to(shop, BOOKS))) == ([], 3)


def test_a_swept_delivery_goes_to_its_own_endpoint(shop: MemoryShop) -> None:
    added = add(shop)
    hook = shop.put("deliveries", a_webhook(merchant_id=shop.merchant.id, endpoint_id=added.id, sequence=1))
    work(shop, {"webhook_id": hook.id, "merchant_id": shop.merchant.id})
    assert posted_to(shop, BOOKS) == [("payment.created", hook.event_id)]
    assert hook.event_id != hook.id


def test_a_receiver_that_is_gone_disables_its_endpoint_alone(shop: MemoryShop) -> None:
    added = add(shop)
    shop.endpoint.codes[BOOKS] = 410
    shop.pending()
    work_through(shop)
    after = merchant(shop)
    assert after.webhook_url == shop.merchant.webhook_url
    assert [(one.id, one.enabled) for one in after.added_endpoints] == [(added.id, False)]
    assert shop.audit()[-1][1:] == (
        "webhook_endpoint.changed",
        added.id,
        {"enabled": False, "gone": BOOKS},
    )
    shop.paid(500)
    assert len(kept(shop, added.id)) == 2  # none of what came afterwards


def test_what_waits_for_an_endpoint_that_was_removed_ends_as_failed(shop: MemoryShop) -> None:
    added = add(shop)
    shop.pending()
    removed = endpoints.remove_endpoint(shop.deps, shop.merchant.id, added.id)
    assert removed == added
    work_through(shop)
    (first, _) = kept(shop, added.id)
    assert (first.attempts[0].error, posted_to(shop, BOOKS)) == ("no_url", [])
    with pytest.raises(NotFound, match=r"^Webhook endpoint not found$"):
        endpoints.find_endpoint(shop.deps, shop.merchant.id, added.id)
    assert shop.audit()[-1][1:] == ("webhook_endpoint.removed", added.id, {"url": BOOKS})


def test_an_endpoint_is_changed_and_what_was_known_of_it_is_forgotten(shop: MemoryShop) -> None:
    added = add(shop)
    open_circuit(shop, endpoint_key(shop.merchant.id, added.id))
    changed = endpoints.change_endpoint(
        shop.deps, shop.merchant.id, added.id, endpoints.Wanted(url=GOODS, events=("order.paid",))
    )
    assert changed == replace(added, url=GOODS, events=("order.paid",))
    assert merchant(shop).added_endpoints == (changed,)
    assert shop.database.rows.of("endpoints") == {}
    assert shop.audit()[-1][1:] == (
        "webhook_endpoint.changed",
        added.id,
        {"url": GOODS, "events": ["order.paid"], "enabled": True},
    )
    paused = endpoints.change_endpoint(shop.deps, shop.merchant.id, added.id, endpoints.Wanted(enabled=False))
    shop.paid(500)
    assert (paused.enabled, kept(shop, added.id)) == (False, [])


def test_the_own_url_is_the_first_endpoint(shop: MemoryShop) -> None:
    added = add(shop)
    listed = endpoints.list_endpoints(shop.deps, shop.merchant.id)
    assert [(one.id, one.url) for one in listed.items] == [
        ("default", shop.merchant.webhook_url),
        (added.id, BOOKS),
    ]
    own = endpoints.change_endpoint(
        shop.deps, shop.merchant.id, "default", endpoints.Wanted(events=("payment.success",))
    )
    assert (own.url, own.events) == (shop.merchant.webhook_url, ("payment.success",))
    assert merchant(shop).webhook_events == ("payment.success",)
    with pytest.raises(BadRequest, match="is either set or not"):
        endpoints.change_endpoint(shop.deps, shop.merchant.id, "default", endpoints.Wanted(enabled=False))
    endpoints.remove_endpoint(shop.deps, shop.merchant.id, "default")
    assert merchant(shop).webhook_url is None
    with pytest.raises(NotFound):
        endpoints.find_endpoint(shop.deps, shop.merchant.id, "default")


def test_there_are_ten_endpoints_at_most(shop: MemoryShop) -> None:
    for _ in range(ENDPOINTS_MAX - 1):
        add(shop)
    with pytest.raises(BadRequest, match=r"^At most 10 endpoints") as refusal:
        add(shop)
    assert refusal.value.reason == "too_many_endpoints"
    assert len(merchant(shop).endpoints) == ENDPOINTS_MAX
    # What is sent about one payment is still one batch of messages.
    shop.pending()
    assert len(shop.queues.sent("webhooks")) == ENDPOINTS_MAX


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "https://books.internal/hook", "ftp://books.example"])
def test_each_url_meets_the_same_guard(url: str) -> None:
    live = MemoryShop(STAGE="live", TEST_MODE="false")
    with pytest.raises(BadRequest, match=r"^url must") as refusal:
        add(live, url)
    assert refusal.value.field == "url"
    added = add(live)
    with pytest.raises(BadRequest, match=r"^url must"):
        endpoints.change_endpoint(live.deps, live.merchant.id, added.id, endpoints.Wanted(url=url))


def test_events_are_named_once_in_the_order_of_the_list_and_no_others_are_known() -> None:
    assert check_events(None) == DEFAULT_EVENTS
    assert check_events(["order.paid", "payment.success", "order.paid"]) == ("payment.success", "order.paid")
    for wrong in ([], ["payment.lost"], ["webhook.test"]):
        with pytest.raises(BadRequest, match=r"^events must be some of "):
            check_events(wrong)


def test_of_two_changes_at_once_one_is_told_to_try_again(shop: MemoryShop) -> None:
    first = add(shop)
    shop.database.rows.before_next_commit(lambda: add(shop, GOODS))
    with pytest.raises(Unavailable, match=r"^The endpoints are being changed by another request"):
        endpoints.change_endpoint(
            shop.deps, shop.merchant.id, first.id, endpoints.Wanted(events=("order.paid",))
        )
    assert [one.url for one in merchant(shop).added_endpoints] == [BOOKS, GOODS]
    assert merchant(shop).added_endpoints[0].events == DEFAULT_EVENTS
    shop.database.rows.before_next_commit(lambda: add(shop, GOODS))
    with pytest.raises(IdempotencyInFlight):
        endpoints.add_endpoint(shop.deps, shop.merchant.id, BOOKS, None, keyed("adding"))


def test_what_is_repeated_with_its_key_is_done_once(shop: MemoryShop) -> None:
    def added() -> StoredResponse:
        return endpoints.add_endpoint(shop.deps, shop.merchant.id, BOOKS, None, keyed("add"))

    first, again = added(), added()
    assert (first.body, first.replayed, again.replayed) == (again.body, False, True)
    assert len(merchant(shop).added_endpoints) == 1

    def rotated() -> StoredResponse:
        return endpoints.rotate_endpoint_secret(shop.deps, shop.merchant.id, first.body, keyed("rotate"))

    secret, repeated = rotated(), rotated()
    assert (secret.body, repeated.replayed) == (repeated.body, True)
    assert merchant(shop).added_endpoints[0].secret == secret.body
    for _ in range(2 * TEST_EVENTS.uses_max):
        send_test_event(shop.deps, shop.merchant.id, keyed("test"), first.body)
    assert len(kept(shop)) == 1
    shop.clock.advance(seconds=KEPT_FOR.total_seconds())
    assert rotated().body != secret.body


def test_a_test_event_goes_to_the_endpoint_that_it_is_for_and_counts_for_the_merchant(
    shop: MemoryShop,
) -> None:
    added = add(shop, BOOKS, "order.paid")
    for number in range(TEST_EVENTS.uses_max):
        endpoint_id = added.id if number else "default"
        send_test_event(shop.deps, shop.merchant.id, rendered(None), endpoint_id)
    for endpoint_id in (added.id, "default"):
        with pytest.raises(RateLimited):
            send_test_event(shop.deps, shop.merchant.id, rendered(None), endpoint_id)
    work_through(shop)
    assert (len(posted_to(shop, BOOKS)), len(posted_to(shop, shop.merchant.webhook_url or ""))) == (29, 1)
    (own,) = kept(shop, "default")
    assert {told_id for _, told_id in posted_to(shop, BOOKS)} == {each.id for each in kept(shop, added.id)}
    assert own.event_id == own.id


def test_a_test_event_needs_an_endpoint_that_is_there_and_enabled(shop: MemoryShop) -> None:
    added = add(shop)
    endpoints.change_endpoint(shop.deps, shop.merchant.id, added.id, endpoints.Wanted(enabled=False))
    with pytest.raises(BadRequest, match=r"^The endpoint is disabled"):
        send_test_event(shop.deps, shop.merchant.id, rendered(None), added.id)
    with pytest.raises(NotFound, match=r"^Webhook endpoint not found$"):
        send_test_event(shop.deps, shop.merchant.id, rendered(None), "we_none")


def test_each_change_of_an_endpoint_is_on_record_and_logged(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    made = endpoints.add_endpoint(shop.deps, shop.merchant.id, BOOKS, ("order.paid",), rendered(None))
    added = endpoints.find_endpoint(shop.deps, shop.merchant.id, made.body)
    assert added.id.startswith("we_")
    assert added == WebhookEndpoint(added.id, BOOKS, added.secret, ("order.paid",), created_at=NOW)
    assert added.secret.startswith("whsec_")
    line = {"level": "INFO", "merchant_id": shop.merchant.id, "endpoint_id": added.id}
    members = {"url": BOOKS, "events": ["order.paid"], "enabled": True}
    assert lines(capsys, "webhook endpoint added") == [line]
    assert shop.audit()[-1][1:] == ("webhook_endpoint.added", added.id, members)
    endpoints.change_endpoint(shop.deps, shop.merchant.id, added.id, endpoints.Wanted(enabled=False))
    assert lines(capsys, "webhook endpoint changed") == [line]
    assert shop.audit()[-1][1:] == ("webhook_endpoint.changed", added.id, members | {"enabled": False})
    endpoints.change_endpoint(shop.deps, shop.merchant.id, added.id, endpoints.Wanted(url=GOODS))
    # What is not named stays as it is.
    assert merchant(shop).added_endpoints == (replace(added, url=GOODS, enabled=False),)
    endpoints.rotate_endpoint_secret(shop.deps, shop.merchant.id, added.id, SECRET_ITSELF)
    assert lines(capsys, "webhook secret rotated") == [line]
    assert shop.audit()[-1][1:] == ("webhook_secret.rotated", added.id, {})
    other = add(shop)
    open_circuit(shop, endpoint_key(shop.merchant.id, added.id))
    open_circuit(shop, endpoint_key(shop.merchant.id, other.id))
    capsys.readouterr()
    endpoints.remove_endpoint(shop.deps, shop.merchant.id, added.id)
    assert lines(capsys, "webhook endpoint removed") == [line]
    assert [one.id for one in merchant(shop).added_endpoints] == [other.id]
    # How the other one is doing is remembered.
    assert set(shop.database.rows.of("endpoints")) == {endpoint_key(shop.merchant.id, other.id)}


def test_endpoints_of_nobody_and_endpoints_that_are_not_there_are_not_found(shop: MemoryShop) -> None:
    own = shop.merchant.id
    for merchant_id, said in (("nobody", "Merchant not found"), (own, "Webhook endpoint not found")):
        acts: list[Any] = [
            lambda who=merchant_id: endpoints.find_endpoint(shop.deps, who, "we_0"),
            lambda who=merchant_id: endpoints.change_endpoint(shop.deps, who, "we_0", endpoints.Wanted()),
            lambda who=merchant_id: endpoints.remove_endpoint(shop.deps, who, "we_0"),
            lambda who=merchant_id: endpoints.rotate_endpoint_secret(shop.deps, who, "we_0", SECRET_ITSELF),
            lambda who=merchant_id: send_test_event(shop.deps, who, rendered(None), "we_0"),
        ]
        if merchant_id != own:
            acts += [
                lambda: endpoints.list_endpoints(shop.deps, "nobody"),
                lambda: endpoints.add_endpoint(shop.deps, "nobody", BOOKS, None, rendered(None)),
            ]
        for act in acts:
            with pytest.raises(NotFound) as refusal:
                act()
            assert refusal.value.description == said


def test_while_endpoints_are_being_changed_each_change_says_so(shop: MemoryShop) -> None:
    added = add(shop)
    busy = "The endpoints are being changed by another request; please try again"
    for act in (
        lambda: endpoints.add_endpoint(shop.deps, shop.merchant.id, GOODS, None, rendered(None)),
        lambda: endpoints.change_endpoint(shop.deps, shop.merchant.id, added.id, endpoints.Wanted(url=GOODS)),
        lambda: endpoints.rotate_endpoint_secret(shop.deps, shop.merchant.id, added.id, SECRET_ITSELF),
        lambda: endpoints.remove_endpoint(shop.deps, shop.merchant.id, added.id),
    ):
        shop.database.rows.fail_next(Conflict())
        with pytest.raises(Unavailable) as refusal:
            act()
        assert refusal.value.description == busy
    assert merchant(shop).added_endpoints == (added,)


def test_what_the_first_endpoint_refuses_names_the_member(shop: MemoryShop) -> None:
    with pytest.raises(BadRequest) as refusal:
        endpoints.change_endpoint(shop.deps, shop.merchant.id, "default", endpoints.Wanted(enabled=False))
    assert (refusal.value.description, refusal.value.field) == (
        "The endpoint of webhook_url is either set or not; remove it",
        "enabled",
    )
    added = add(shop)
    endpoints.change_endpoint(shop.deps, shop.merchant.id, added.id, endpoints.Wanted(enabled=False))
    with pytest.raises(BadRequest) as paused:
        send_test_event(shop.deps, shop.merchant.id, rendered(None), added.id)
    assert (paused.value.description, paused.value.field) == (
        "The endpoint is disabled; enable it first",
        "enabled",
    )
    endpoints.remove_endpoint(shop.deps, shop.merchant.id, "default")
    with pytest.raises(BadRequest) as none:
        send_test_event(shop.deps, shop.merchant.id, rendered(None))
    assert (none.value.description, none.value.field) == ("No webhook URL is configured", "webhook_url")
