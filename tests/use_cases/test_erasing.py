"""A person is erased from what is kept of orders; the books stay, and a killed run is ended by the next."""

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from gateway.domain.access.audit import Action
from gateway.domain.erasure import names_person, without_person
from gateway.domain.errors import BadRequest, NotFound
from gateway.domain.payments.order import Order
from gateway.domain.webhooks.events import TOLD_EVENTS
from gateway.domain.webhooks.webhook_endpoint import WebhookEndpoint
from gateway.presenters.json_text import compact_json
from gateway.presenters.payment import PAYMENT_CREATED
from gateway.presenters.refund import REFUND
from gateway.presenters.resource import Resource
from gateway.use_cases.idempotency import Idempotency, IdempotencyKey, StoredResponse
from gateway.use_cases.operations.erase import Erased, erase_person, order_of
from gateway.use_cases.payments.create_payment import create_payment
from gateway.use_cases.payments.new_payment import NewPayment, Sender
from gateway.use_cases.refunds.create_refund import NewRefund, create_refund
from gateway.use_cases.webhooks.deliver_webhooks import deliver_webhooks
from tests.support.factories import a_message
from tests.support.memory.erasure import MemoryErasure
from tests.support.memory.shop import MemoryShop

VPA, NOTE, REASON, RECEIPT = "asha.rao@okbank", "Asha Rao, 12 MG Road", "cold", "rcpt-1"
ACTOR = "admin:me"


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def with_endpoint(shop: MemoryShop) -> MemoryShop:
    shop.set_merchant(webhook_url="https://shop.example/hook")
    return shop


def answered(key: str, kind: Resource[Any]) -> Idempotency:
    """A key, and a response as the API gives it."""
    return Idempotency(
        IdempotencyKey(key, "f"), lambda result: StoredResponse(201, compact_json(kind.present(result)))
    )


def pay(shop: MemoryShop, order: Order, vpa: str, key: str) -> StoredResponse:
    new = NewPayment(order.id, "upi", vpa, None, None, sender=Sender())
    return create_payment(shop.deps, shop.merchant.id, new, answered(key, PAYMENT_CREATED))


def bought(shop: MemoryShop, vpa: str = VPA, name: str = "1") -> Order:
    """An order that was paid for and refunded in part, with keys for repeated requests."""
    notes = {"buyer": NOTE, "deep": [{"notes": NOTE}]}
    order = shop.order(amount=500, notes=notes, receipt=f"{RECEIPT}-{name}")
    payment = shop.payment(json.loads(pay(shop, order, vpa, f"k-{name}").body)["id"])
    assert shop.process(payment) == []
    response = create_refund(
        shop.deps, shop.merchant.id, payment.id, NewRefund(200, REASON), answered(f"r-{name}", REFUND)
    )
    refund = shop.stored_refund(json.loads(response.body)["id"])
    assert shop.process_refunds(refund) == []
    return order


def all_rows(shop: MemoryShop) -> str:
    """Every row of every table, as text."""
    tables = shop.database.rows.tables.items()
    return json.dumps({name: [str(row) for row in rows.values()] for name, rows in tables})


def tables_but_the_audit_trail(shop: MemoryShop) -> dict[str, Any]:
    return {name: dict(rows) for name, rows in shop.database.rows.tables.items() if name != "audit"}


def books(shop: MemoryShop) -> dict[str, Any]:
    """What accounts are made of."""
    kept = ("id", "order_id", "payment_id", "amount", "currency", "status", "created_at", "updated_at")
    tables = {
        name: [
            {
                key: value
                for key, value in asdict(row).items()
                if key in kept or key.startswith(("amount", "refund"))
            }
            for row in shop.database.rows.of(name).values()
        ]
        for name in ("orders", "payments", "refunds", "ledger")
    }
    return tables | {"balances": shop.database.ledger.balances(shop.merchant.id)}


@pytest.mark.parametrize("has_endpoint", [True, False], ids=["webhooks", "the feed alone"])
def test_nothing_tells_who_paid_and_the_books_stay(shop: MemoryShop, *, has_endpoint: bool) -> None:
    if has_endpoint:
        with_endpoint(shop)
    order = bought(shop)
    other = bought(shop, "other@okbank", "2")
    before = books(shop)
    done = erase_person(shop.deps, MemoryErasure(shop.database.rows), [order.id], ACTOR)
    assert (done.orders, done.payments, done.refunds, done.responses) == (1, 1, 1, 2)
    assert done.events > 0
    assert VPA not in all_rows(shop)
    assert books(shop) == before
    # Of the other order nothing is gone.
    (kept,) = [row for row in shop.database.rows.of("payments").values() if row.order_id == other.id]
    assert (kept.vpa, shop.database.orders.get(other.id).notes["buyer"]) == ("other@okbank", NOTE)
    mine = [row for row in shop.database.rows.of("payments").values() if row.order_id == order.id]
    assert all(row.of_order is None or row.of_order.notes == {} for row in mine)
    assert shop.database.orders.get(order.id).notes == {}
    assert shop.database.orders.get(order.id).receipt == f"{RECEIPT}-1"


def test_what_was_told_stays_valid_and_says_the_same_without_the_person(shop: MemoryShop) -> None:
    with_endpoint(shop)
    order = bought(shop)
    payloads = {key: json.loads(row.payload) for key, row in shop.database.rows.of("deliveries").items()}
    erase_person(shop.deps, MemoryErasure(shop.database.rows), [order.id], ACTOR)
    for key, row in shop.database.rows.of("deliveries").items():
        told, before = json.loads(row.payload), payloads[key]
        assert (told["event"], told["timestamp"], told["sequence"]) == (
            before["event"],
            before["timestamp"],
            before["sequence"],
        )
        assert told["data"]["payment"]["amount"] == before["data"]["payment"]["amount"]
        assert "vpa" not in told["data"]["payment"]
        assert told["data"].get("refund", {}).get("reason") is None


def test_events_on_request_and_those_of_other_endpoints_are_erased_too(shop: MemoryShop) -> None:
    added = WebhookEndpoint("we_1", "https://books.example/hook", "whsec_b", TOLD_EVENTS)
    shop.set_merchant(webhook_events=TOLD_EVENTS, added_endpoints=(added,))
    order = bought(shop)
    (payment,) = shop.database.rows.of("payments").values()
    shop.captured(payment.id, 500)
    told = {row.event for row in shop.database.rows.of("deliveries").values()}
    assert {"order.paid", "payment.captured", "refund.processed"} <= told
    erase_person(shop.deps, MemoryErasure(shop.database.rows), [order.id], ACTOR)
    assert [name for name in (VPA, NOTE) if name in all_rows(shop)] == []


def test_a_repeated_request_gets_its_response_without_the_person(shop: MemoryShop) -> None:
    order = bought(shop)
    payments = len(shop.database.rows.of("payments"))
    erase_person(shop.deps, MemoryErasure(shop.database.rows), [order.id], ACTOR)
    again = pay(shop, order, VPA, "k-1")
    assert again.replayed
    assert "vpa" not in json.loads(again.body)
    assert len(shop.database.rows.of("payments")) == payments


def test_receipts_go_only_where_asked(shop: MemoryShop) -> None:
    with_endpoint(shop)
    order = bought(shop)
    erase_person(shop.deps, MemoryErasure(shop.database.rows), [order.id], ACTOR, with_receipts=True)
    assert RECEIPT not in all_rows(shop)


def test_each_order_leaves_an_audit_row_that_holds_nothing_of_the_person(shop: MemoryShop) -> None:
    orders = [bought(shop, name="1"), bought(shop, name="2")]
    erase_person(shop.deps, MemoryErasure(shop.database.rows), [one.id for one in orders], ACTOR)
    rows = [row for row in shop.database.rows.of("audit").values() if row.action is Action.PERSON_ERASED]
    assert {row.object for row in rows} == {one.id for one in orders}
    assert {row.actor for row in rows} == {ACTOR}
    assert [row.details for row in rows] == [{"payments": 1, "receipt": False}] * 2


def test_a_second_run_finds_nothing_to_erase(shop: MemoryShop) -> None:
    with_endpoint(shop)
    order = bought(shop)
    rows = MemoryErasure(shop.database.rows)
    erase_person(shop.deps, rows, [order.id], ACTOR)
    before = tables_but_the_audit_trail(shop)
    assert erase_person(shop.deps, rows, [order.id], ACTOR) == Erased()
    assert {
        name: dict(table) for name, table in shop.database.rows.tables.items() if name != "audit"
    } == before


def test_a_run_that_was_killed_anywhere_is_ended_by_the_next(shop: MemoryShop) -> None:
    with_endpoint(shop)
    rows = MemoryErasure(shop.database.rows)
    changes = 0
    while True:
        order = bought(shop, name=str(changes))
        rows.fails_after = changes
        try:
            erase_person(shop.deps, rows, [order.id], ACTOR)
        except KeyboardInterrupt:
            rows.fails_after = None
            assert rows.orders_of(shop.merchant.id, VPA) >= {order.id}, "it is found until all else is done"
            erase_person(shop.deps, rows, [order.id], ACTOR)
        else:
            break
        finally:
            assert VPA not in all_rows(shop)
        changes += 1
    assert changes > 5


@pytest.mark.parametrize("reference", [VPA, VPA.upper(), NOTE])
def test_orders_are_found_by_an_address_or_a_text(shop: MemoryShop, reference: str) -> None:
    order = bought(shop)
    stranger = shop.order(notes={"buyer": "somebody else"})
    found = MemoryErasure(shop.database.rows).orders_of(shop.merchant.id, reference)
    assert found == {order.id}
    assert stranger.id not in found
    assert MemoryErasure(shop.database.rows).orders_of("another merchant", reference) == set()


def test_a_payment_under_way_is_not_erased_nor_anything_beside_it(shop: MemoryShop) -> None:
    done, order = bought(shop), shop.order(notes={"buyer": NOTE})
    payment = shop.pending(order)
    rows = MemoryErasure(shop.database.rows)
    with pytest.raises(BadRequest, match=payment.id):
        erase_person(shop.deps, rows, [done.id, order.id], ACTOR)
    assert rows.orders_of(shop.merchant.id, VPA) == {done.id}
    assert not [row for row in shop.database.rows.of("audit").values() if row.action is Action.PERSON_ERASED]


def test_a_refund_under_way_is_not_erased(shop: MemoryShop) -> None:
    payment = shop.paid()
    refund = shop.refunded(payment, 100)
    with pytest.raises(BadRequest, match=refund.id):
        erase_person(shop.deps, MemoryErasure(shop.database.rows), [payment.order_id], ACTOR)


def test_what_is_not_there_cannot_be_erased(shop: MemoryShop) -> None:
    with pytest.raises(NotFound):
        erase_person(shop.deps, MemoryErasure(shop.database.rows), ["order_no"], ACTOR)
    with pytest.raises(NotFound):
        order_of(shop.deps, "pay_no")
    payment = shop.paid()
    assert order_of(shop.deps, payment.id) == payment.order_id


def test_a_cards_last_digits_go_and_its_network_stays(shop: MemoryShop) -> None:
    payment = shop.paid()
    card = replace(
        payment, method="card", vpa=None, card_network="visa", card_last4="1111", return_url="https://x/?a=b"
    )
    shop.put("payments", card)
    erase_person(shop.deps, MemoryErasure(shop.database.rows), [payment.order_id], ACTOR)
    erased = shop.payment(payment.id)
    assert (erased.card_last4, erased.card_network, erased.return_url) == (None, "visa", None)


def test_nothing_else_than_instruments_and_free_texts_is_taken_out_of_what_was_told() -> None:
    told = {
        "id": "p",
        "vpa": "a@b",
        "card_last4": "1",
        "card_network": "visa",
        "notes": {"a": 1},
        "receipt": "r",
    }
    deep = {"data": [{"refund": {"reason": "x", "amount": 1}, "error_reason": "declined", "payment": told}]}
    rest = {"id": "p", "card_network": "visa", "notes": {}, "receipt": "r"}
    expected = {
        "data": [{"refund": {"reason": None, "amount": 1}, "error_reason": "declined", "payment": rest}]
    }
    assert without_person(deep, with_receipts=False) == expected
    assert without_person(told, with_receipts=True) == {**rest, "receipt": None}
    assert names_person("A@b", None, "xa@Bx")
    assert not names_person("a@b", None, "")


def test_a_receivers_answer_goes_with_what_it_answered_to(shop: MemoryShop) -> None:
    with_endpoint(shop)
    order = bought(shop)
    records = [a_message(**body) for body in shop.queues.sent("webhooks")]
    deliver_webhooks(shop.deps, records, slow=False)
    for key, row in shop.database.rows.of("deliveries").items():
        quoted = tuple(replace(one, response_body=f"thanks {VPA}") for one in row.attempts)
        shop.database.rows.of("deliveries")[key] = replace(row, attempts=quoted)
    erase_person(shop.deps, MemoryErasure(shop.database.rows), [order.id], ACTOR)
    assert VPA not in all_rows(shop)
