"""What was delivered can be asked for again, byte for byte, whether or not anybody listened then."""

from dataclasses import replace
from typing import Any

import pytest

from app import app
from gateway.domain.payments.instruments import Card
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund
from gateway.domain.values import to_iso
from gateway.presenters.json_text import compact_json
from tests.support.database import set_webhook_url
from tests.support.emulator import Emulator
from tests.support.factories import declined
from tests.support.http_calls import Reply, send
from tests.support.shop import Shop
from tests.webhooks.post_office import API_SECRET, PostOffice, Queue
from tests.webhooks.receiver import Receiver

pytestmark = pytest.mark.emulator


class Seller(Shop):
    """A shop that is asked for events over HTTP, and whose webhooks are delivered."""

    def ask(self, object_id: str | None, merchant_id: str | None = None, **more: list[str]) -> Reply:
        from app import app

        keys = {"X-Api-Key": merchant_id or self.merchant.id, "X-Api-Secret": API_SECRET}
        query = more | ({"object": [object_id]} if object_id is not None else {})
        return send(app, "GET", "/api/v1/events", headers=keys, query=query)

    def feed(self, **query: list[str]) -> dict[str, Any]:
        reply = self.ask(None, **query)
        assert reply.status == 200, reply.text
        page: dict[str, Any] = reply.json
        return page

    def told(self, object_id: str) -> list[bytes]:
        """The events of an object as the API tells them, each as its bytes in the answer."""
        reply = self.ask(object_id)
        assert reply.status == 200
        assert reply.json["total"] == len(reply.json["data"])
        bodies = [compact_json(event) for event in reply.json["data"]]
        # Byte for byte: the answer's text holds each envelope just as it is here.
        assert all(body in reply.text for body in bodies)
        return [body.encode() for body in bodies]

    def deliver(self, office: PostOffice) -> None:
        office.deps = replace(
            office.deps, config=replace(office.deps.config, webhooks_queue_url=self.queue_urls["webhooks"])
        )
        office.fast = Queue(self.emulator, self.queue_urls["webhooks"])
        office.deliver_all()

    def refunded(self, payment: Payment, amount: int) -> Refund:
        refund = self.stored_refund(self.refund(payment, amount))
        self.clock.advance(seconds=3)
        self.process_refunds(refund)
        return self.stored_refund(refund.id)


@pytest.fixture
def seller(
    emulator: Emulator, store: str, secret_arn: str, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> Seller:
    made = Seller(emulator, secret_arn, clock=post.clock)
    made.merchant = post.merchant
    monkeypatch.setattr(app, "dependencies", lambda: made.deps)
    return made


def delivered_in_order(receiver: Receiver, object_id: str) -> list[bytes]:
    """What arrived about an object, by sequence number."""

    def is_about(delivery_json: dict[str, dict[str, dict[str, str]]]) -> bool:
        data = delivery_json["data"]
        return (data.get("refund") or data["payment"])["id"] == object_id

    found = [delivery for delivery in receiver.deliveries if is_about(delivery.json)]
    return [delivery.body for delivery in sorted(found, key=lambda found: int(found.json["sequence"]))]


def test_a_payments_events_are_told_as_they_were_delivered(
    seller: Seller, post: PostOffice, receiver: Receiver
) -> None:
    payment = seller.pending_payment()
    seller.clock.advance(seconds=7)
    seller.process(payment)
    seller.deliver(post)
    told = seller.told(payment.id)
    assert told == delivered_in_order(receiver, payment.id)
    events = [(event["event"], event["sequence"]) for event in seller.ask(payment.id).json["data"]]
    assert events == [("payment.created", 1), ("payment.pending", 2), ("payment.success", 3)]


def test_a_failed_card_payments_events_are_told_as_they_were_delivered(
    seller: Seller, post: PostOffice, receiver: Receiver
) -> None:
    seller.bank.outcome = declined
    card = Card("4111111111111111", 12, 2030, "123", "Zoë चाय")
    payment = seller.stored_payment(seller.pay(seller.order(), method="card", vpa=None, card=card))
    seller.clock.advance(seconds=7)
    seller.process(payment)
    seller.deliver(post)
    told = seller.told(payment.id)
    assert len(told) == 3
    assert told == delivered_in_order(receiver, payment.id)
    assert b"payment.failed" in told[-1]


def test_a_refunds_events_are_told_as_they_were_delivered_even_after_later_refunds(
    seller: Seller, post: PostOffice, receiver: Receiver
) -> None:
    payment = seller.paid()
    first = seller.refunded(payment, 10_000)
    seller.refunded(payment, 40_000)
    seller.deliver(post)
    told = seller.told(first.id)
    assert len(told) == 2
    assert told == delivered_in_order(receiver, first.id)
    assert [event["sequence"] for event in seller.ask(first.id).json["data"]] == [1, 2]
    assert seller.told(payment.id) == delivered_in_order(receiver, payment.id)


def test_events_are_told_as_they_would_have_been_delivered_where_there_was_no_url(
    seller: Seller, post: PostOffice, receiver: Receiver
) -> None:
    set_webhook_url(seller.merchant.id, None)
    silent = seller.paid()
    assert seller.events(silent.id) == []
    assert len(seller.told(silent.id)) == 3
    set_webhook_url(seller.merchant.id, receiver.url)
    heard = seller.paid()
    seller.deliver(post)
    same = [
        body.replace(heard.id.encode(), silent.id.encode()).replace(
            heard.order_id.encode(), silent.order_id.encode()
        )
        for body in delivered_in_order(receiver, heard.id)
    ]
    assert seller.told(silent.id) == same


def test_a_pending_payment_has_the_events_so_far(seller: Seller) -> None:
    told = seller.ask(seller.pending_payment().id).json["data"]
    assert [event["event"] for event in told] == ["payment.created", "payment.pending"]


def test_another_merchants_events_are_a_404(seller: Seller, post: PostOffice) -> None:
    payment = seller.paid()
    refund = seller.refunded(payment, 100)
    stranger = post.add_merchant(None).id
    for object_id in (payment.id, refund.id, "pay_0000000000000000", "nonsense"):
        reply = seller.ask(object_id, stranger)
        assert (reply.status, reply.error["code"]) == (404, "NOT_FOUND_ERROR")


def test_without_an_object_the_feed_goes_on_page_by_page(seller: Seller) -> None:
    payment = seller.paid()
    first = seller.feed(limit=["2"])
    assert [event["event"] for event in first["data"]] == ["payment.created", "payment.pending"]
    assert (first["has_more"], list(first)) == (True, ["data", "next_cursor", "has_more"])
    second = seller.feed(after=[first["next_cursor"]])
    assert [event["event"] for event in second["data"]] == ["payment.success"]
    assert second["has_more"] is False
    assert seller.feed(after=[second["next_cursor"]])["data"] == []
    told = seller.told(payment.id)
    added = {"id", "created_at"}
    bare = [{k: v for k, v in event.items() if k not in added} for event in first["data"] + second["data"]]
    assert [compact_json(event).encode() for event in bare] == told


def test_the_feed_of_a_merchant_without_a_url_has_the_same_events(seller: Seller, post: PostOffice) -> None:
    post.listen(None)
    payment = seller.paid()
    seller.clock.advance(seconds=1)
    refund = seller.refunded(payment, 100)
    found = [event["event"] for event in seller.feed()["data"]]
    assert found == [
        "payment.created",
        "payment.pending",
        "payment.success",
        "refund.created",
        "refund.processed",
    ]
    assert seller.events(payment.id) == seller.events(refund.id) == []
    only = seller.feed(types=["payment.success,refund.processed"])["data"]
    assert [event["event"] for event in only] == ["payment.success", "refund.processed"]


def test_the_feed_can_begin_at_a_time(seller: Seller) -> None:
    seller.paid()
    seller.clock.advance(hours=1)
    began = seller.clock()
    late = seller.paid()
    page = seller.feed(**{"from": [to_iso(began)]})
    assert {event["data"]["payment"]["id"] for event in page["data"]} == {late.id}
    assert len(page["data"]) == 3


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"after": ["nonsense"]}, "after"),
        ({"types": ["payment.success,payment.nothing"]}, "types"),
        ({"types": ["webhook.test"]}, "types"),
        ({"object": ["pay_1"], "types": ["payment.success"]}, "object"),
        ({"object": ["pay_1"], "after": ["x"]}, "object"),
        ({"object": ["pay_1"], "from": ["2026-01-31"]}, "object"),
        ({"from": ["yesterday"]}, "from"),
        ({"from": ["2026-01-31"], "after": ["x"]}, "from"),
        ({"limit": ["101"]}, "limit"),
    ],
)
def test_a_feed_that_cannot_be_is_refused(seller: Seller, query: dict[str, list[str]], field: str) -> None:
    reply = seller.ask(None, **query)
    assert (reply.status, reply.error["field"]) == (400, field)
