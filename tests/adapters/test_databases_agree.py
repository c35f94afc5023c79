"""The database in memory and the one on DynamoDB: the same writes are done, and the same refused as whose.

Tests of use cases rely on the one in memory; this keeps it from drifting.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb.database import DynamoDatabase
from gateway.adapters.aws.dynamodb.sharded_rows.shards import shards_of
from gateway.adapters.aws.dynamodb.tables import WebhookRow
from gateway.domain.access.api_key import ApiKey
from gateway.domain.access.audit import Action, AuditEntry
from gateway.domain.access.audit_chain import next_blocks
from gateway.domain.access.limit import Limit
from gateway.domain.access.merchant import Merchant
from gateway.domain.access.session import Session
from gateway.domain.access.user import Role, User
from gateway.domain.card_testing.limits import FailureCount, Limits, Scope, Screening, Subject
from gateway.domain.chaos import Chaos
from gateway.domain.cursor import Cursor, next_cursor, read_cursor
from gateway.domain.errors import Unavailable
from gateway.domain.idempotency import IdempotencyRecord
from gateway.domain.jobs import Overdue
from gateway.domain.payments.dispute import DisputeStatus, DisputeTold, disputes_after
from gateway.domain.payments.ledger import Balance, payment_reversed, payment_taken, refund_paid
from gateway.domain.payments.order import Order, OrderEvent, OrderStatus, PublicAttempt
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.payments.refund import Refund, RefundEvent, RefundStatus
from gateway.domain.span import Span, span_of
from gateway.domain.values import to_iso, to_unix_ms
from gateway.domain.webhooks.delivery import Attempt, DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.endpoint import EndpointHealth
from gateway.domain.webhooks.events import event_id, payment_event, sample_event
from gateway.domain.webhooks.webhook_endpoint import WebhookEndpoint
from gateway.presenters.event import delivery_of, untold
from gateway.use_cases.protocols.database import Database
from gateway.use_cases.protocols.refusals import ConditionFailed, Write
from tests.support.factories import (
    DECLINED,
    NOW,
    a_card_payment,
    a_merchant,
    a_payment,
    a_refund,
    a_successful_payment,
    a_webhook,
    an_order,
    some_id,
)
from tests.support.memory.database import MemoryDatabase

LATER = NOW + timedelta(seconds=5)
ON = [
    pytest.param("memory", id="in memory"),
    pytest.param("dynamodb", id="on DynamoDB", marks=pytest.mark.emulator),
]


@pytest.fixture(params=ON)
def database(request: pytest.FixtureRequest) -> Database:
    if request.param == "memory":
        return MemoryDatabase()
    request.getfixturevalue("store")
    return DynamoDatabase()


def commit(database: Database, *plans: Callable[[Any], None]) -> set[str]:
    """Commits these writes together; the labels of those that were refused, none if they were done."""
    transaction = database.transaction()
    for plan in plans:
        plan(transaction)
    try:
        transaction.commit()
    except ConditionFailed as refusal:
        return set(refusal.labels)
    return set()


def stored(database: Database, payment: Payment) -> Payment:
    assert commit(database, lambda t: t.payments.add(payment)) == set()
    return payment


def test_nothing_to_write_is_no_transaction(database: Database) -> None:
    assert commit(database) == set()


def test_a_payment_is_added_once(database: Database) -> None:
    payment = stored(database, a_card_payment())
    assert database.payments.get(payment.id) == payment
    assert commit(database, lambda t: t.payments.add(replace(payment, amount=1))) == {Write.PAYMENT}
    assert database.payments.get(payment.id) == payment
    assert database.payments.get("pay_of_nobody") is None


def test_all_or_none_is_written_and_every_refusal_has_its_label(database: Database) -> None:
    payment, order, refund = stored(database, a_payment()), an_order(), a_refund()
    refused = commit(
        database,
        lambda t: t.payments.add(payment),
        lambda t: t.orders.apply(order, OrderEvent.PAYMENT_CREATED, NOW),
        lambda t: t.refunds.add(refund),
    )
    assert refused == {Write.PAYMENT, Write.ORDER}
    assert database.refunds.get(refund.id) is None


def test_an_item_cannot_be_written_twice_in_one_transaction(database: Database) -> None:
    payment = stored(database, a_successful_payment(amount=500))
    with pytest.raises(Unavailable):
        commit(
            database,
            lambda t: t.payments.take_for_refund(payment.id, 100, NOW),
            lambda t: t.payments.take_for_refund(payment.id, 100, NOW),
        )
    assert database.payments.get(payment.id) == payment


@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("event", OrderEvent)
@pytest.mark.parametrize("expires_at", [None, NOW, LATER], ids=["never", "now", "later"])
def test_an_order_takes_the_same_steps(
    database: Database, status: OrderStatus, event: OrderEvent, expires_at: Any
) -> None:
    order = an_order(status=status, expires_at=expires_at)
    database.orders.add(order)
    begins = event is OrderEvent.PAYMENT_CREATED
    legal = status is not OrderStatus.PAID if begins else status is OrderStatus.ATTEMPTED
    refused = not legal or (begins and expires_at == NOW)
    labels = commit(database, lambda t: t.orders.apply(order, event, NOW))
    assert labels == ({Write.ORDER} if refused else set())
    after = OrderStatus.ATTEMPTED if begins else OrderStatus.PAID
    assert database.orders.get(order.id) == (
        order if refused else replace(order, status=after, updated_at=NOW, pending=1 if begins else -1)
    )


def test_an_order_is_added_once_and_found_by_its_receipt(database: Database) -> None:
    order = an_order(receipt=some_id("receipt"), expires_at=LATER)
    database.orders.add(order)
    database.orders.add(replace(order, status=OrderStatus.PAID))
    assert database.orders.get(order.id) == order
    assert database.orders.ids_of_receipt(order.merchant_id, order.receipt or "", 3) == [order.id]
    assert database.orders.ids_of_receipt("another", order.receipt or "", 3) == []


def test_orders_are_added_in_a_transaction_and_listed(database: Database) -> None:
    owner = some_id("merchant")
    some = [an_order(merchant_id=owner, created_at=NOW + timedelta(days=day)) for day in range(3)]
    for order in some:
        assert commit(database, lambda t, order=order: t.orders.add(order)) == set()
    assert commit(database, lambda t: t.orders.add(some[0])) == {Write.ORDER}
    page, everything = database.orders.page, {"status": None, "limit": 2, "offset": 0}
    first = page(owner, **everything)
    assert (first.items, first.total, first.has_more) == ([some[2], some[1]], 3, True)
    cursor = Cursor(to_iso(some[1].created_at), some[1].id, 2, 3)
    assert page(owner, **everything, cursor=cursor).items == [some[0]]
    days = [order.created_at.date() for order in some]
    assert page(owner, **everything, span=span_of(days[1], days[1])).items == [some[1]]
    assert page(owner, **(everything | {"status": OrderStatus.PAID})).items == []
    assert database.orders.of_ids([some[1].id, "none", some[0].id]) == [some[1], some[0]]


@pytest.mark.parametrize("declined", [True, False])
def test_a_payment_is_finished_once(database: Database, *, declined: bool) -> None:
    payment = stored(database, a_payment())
    after = payment.declined(DECLINED, LATER) if declined else payment.approved(LATER)
    assert commit(database, lambda t: t.payments.change_status(payment, after)) == set()
    assert database.payments.get(payment.id) == after
    assert commit(database, lambda t: t.payments.change_status(payment, after)) == {Write.PAYMENT}
    ghost = a_payment()
    assert commit(database, lambda t: t.payments.change_status(ghost, ghost.approved(NOW))) == {Write.PAYMENT}


@pytest.mark.parametrize("amount", [500, 300], ids=["all of it", "a part"])
def test_a_payment_is_captured_once(database: Database, amount: int) -> None:
    payment = stored(database, a_successful_payment(amount=500))
    captured = payment.captured_for(amount, LATER)
    assert commit(database, lambda t: t.payments.capture(captured)) == set()
    assert database.payments.get(payment.id) == captured
    assert commit(database, lambda t: t.payments.capture(captured)) == {Write.PAYMENT}


def test_a_capture_is_refused_when_what_it_releases_was_refunded(database: Database) -> None:
    payment = stored(database, a_successful_payment(amount=500))
    captured = payment.captured_for(300, LATER)
    assert commit(database, lambda t: t.payments.take_for_refund(payment.id, 301, NOW)) == set()
    assert commit(database, lambda t: t.payments.capture(captured)) == {Write.PAYMENT}
    pending = stored(database, a_payment())
    assert commit(database, lambda t: t.payments.capture(replace(captured, id=pending.id))) == {Write.PAYMENT}


def test_a_release_is_finished_once(database: Database) -> None:
    payment = stored(database, a_successful_payment(amount=500))
    captured = payment.captured_for(300, NOW)
    commit(database, lambda t: t.payments.capture(captured))
    other = replace(captured, release_pending=1)
    done = replace(captured, release_pending=0, due_at=None, updated_at=LATER)
    assert commit(database, lambda t: t.payments.change_status(other, done)) == {Write.PAYMENT}
    assert commit(database, lambda t: t.payments.change_status(captured, done)) == set()
    assert database.payments.get(payment.id) == done
    assert commit(database, lambda t: t.payments.change_status(captured, done)) == {Write.PAYMENT}


def test_an_attempt_that_somebody_else_moved_on_is_not_overwritten(database: Database) -> None:
    payment = stored(database, a_payment())
    asked = replace(payment, attempt=payment.attempt.asked(LATER))
    assert commit(database, lambda t: t.payments.change_status(payment, asked)) == set()
    assert database.payments.get(payment.id) == asked
    assert commit(database, lambda t: t.payments.change_status(payment, asked)) == {Write.PAYMENT}


def test_of_two_who_note_a_dispute_the_second_is_refused(database: Database) -> None:
    payment = stored(database, a_successful_payment())
    told = DisputeTold("dp_1", DisputeStatus.OPEN, "needs_response", None, 500, "INR", LATER, NOW)
    disputes, _ = disputes_after((), payment.id, told, NOW)
    first = replace(payment, disputes=disputes, updated_at=LATER)
    assert commit(database, lambda t: t.payments.set_disputes(payment, first)) == set()
    assert database.payments.get(payment.id) == first
    assert commit(database, lambda t: t.payments.set_disputes(payment, first)) == {Write.PAYMENT}
    lost = replace(told, status=DisputeStatus.LOST, word="lost", at=LATER)
    disputes, _ = disputes_after(first.disputes, payment.id, lost, LATER)
    second = replace(first, disputes=disputes)
    assert commit(database, lambda t: t.payments.set_disputes(first, second)) == set()
    assert commit(database, lambda t: t.payments.set_disputes(first, second)) == {Write.PAYMENT}
    assert database.payments.get(payment.id) == second
    unknown = a_successful_payment()
    assert commit(database, lambda t: t.payments.set_disputes(unknown, unknown)) == {Write.PAYMENT}


def test_refunds_take_what_is_left_and_give_it_back(database: Database) -> None:
    payment = stored(database, a_successful_payment(amount=500))
    assert commit(database, lambda t: t.payments.take_for_refund(payment.id, 500, LATER)) == set()
    taken = replace(payment, refundable=0, amount_refunded=500, updated_at=LATER)
    assert database.payments.get(payment.id) == taken
    assert commit(database, lambda t: t.payments.take_for_refund(payment.id, 1, NOW)) == {Write.PAYMENT}
    assert commit(database, lambda t: t.payments.give_back(payment.id, 501, NOW)) == {Write.PAYMENT}
    assert commit(database, lambda t: t.payments.give_back(payment.id, 500, NOW)) == set()
    assert database.payments.get(payment.id) == payment
    pending = stored(database, a_payment(refundable=500))
    assert commit(database, lambda t: t.payments.take_for_refund(pending.id, 1, NOW)) == {Write.PAYMENT}
    assert commit(database, lambda t: t.payments.take_for_refund("pay_0", 1, NOW)) == {Write.PAYMENT}
    assert commit(database, lambda t: t.payments.give_back("pay_0", 1, NOW)) == {Write.PAYMENT}


def test_a_refund_goes_its_way_once(database: Database) -> None:
    refund = a_refund()
    assert commit(database, lambda t: t.refunds.add(refund)) == set()
    assert commit(database, lambda t: t.refunds.add(refund)) == {Write.REFUND}
    before = refund
    for event in (RefundEvent.SEND, RefundEvent.ACCEPTED):
        after = before.after(event, LATER)
        assert commit(database, lambda t, b=before, a=after: t.refunds.change_status(b, a)) == set()
        assert database.refunds.get(refund.id) == after
        before = after
    cancelled = refund.after(RefundEvent.CANCEL, NOW)
    assert commit(database, lambda t: t.refunds.change_status(refund, cancelled)) == {Write.REFUND}
    assert database.refunds.page(refund.payment_id, 10, 0).items == [before]


def test_a_movement_of_money_is_entered_once_and_summed_up(database: Database) -> None:
    payment = a_successful_payment(amount=500)
    taken, back = payment_taken(payment, NOW), payment_reversed(payment, 100, NOW)
    refunded = refund_paid(a_refund(payment_id=payment.id, merchant_id=payment.merchant_id, amount=50), LATER)
    assert commit(database, lambda t: t.ledger.add(taken, back)) == set()
    assert commit(database, lambda t: t.ledger.add(refunded)) == set()
    assert commit(database, lambda t: t.ledger.add(taken)) == {taken.id}
    other = a_successful_payment(merchant_id=payment.merchant_id, amount=7)
    assert commit(database, lambda t: t.ledger.add(payment_taken(other, NOW))) == set()
    assert database.ledger.balances(payment.merchant_id) == [Balance("INR", 507, 50, 100)]
    assert database.ledger.balances("nobody") == []
    assert database.ledger.entries([back.id, "none", taken.id]) == [back, taken]
    page = database.ledger.page(payment.merchant_id, 1, 0)
    assert (page.items, page.total, page.has_more) == ([refunded], 4, True)
    text = next_cursor(page)
    assert text is not None
    rest = database.ledger.page(payment.merchant_id, 9, 0, read_cursor(text))
    assert {entry.id for entry in rest.items} == {
        taken.id,
        back.id,
        payment_taken(other, NOW).id,
    }
    assert (rest.total, rest.offset, rest.has_more) == (4, 1, False)


def test_an_idempotency_record_stands_until_it_expires(database: Database) -> None:
    record = IdempotencyRecord(some_id("key"), "print", 201, "{}", LATER)
    kept = replace(record, expires_at=LATER.replace(microsecond=0))
    assert commit(database, lambda t: t.idempotency.add(record, NOW)) == set()
    assert database.idempotency.get(record.key) == kept
    assert commit(database, lambda t: t.idempotency.add(record, NOW)) == {Write.IDEMPOTENCY_KEY}
    again = replace(record, body="[]", expires_at=LATER + timedelta(days=1))
    assert commit(database, lambda t: t.idempotency.add(again, LATER)) == set()
    found = database.idempotency.get(record.key)
    assert found is not None
    assert found.body == "[]"
    assert database.idempotency.get("none") is None


def test_merchants_are_changed_where_they_exist(database: Database) -> None:
    merchant = a_merchant()
    assert commit(database, lambda t: t.merchants.add(merchant)) == set()
    assert commit(database, lambda t: t.merchants.add(merchant)) == {Write.MERCHANT}
    assert database.merchants.add(merchant) is False
    assert commit(database, lambda t: t.merchants.set_active(merchant.id, active=True)) == {Write.MERCHANT}
    assert commit(database, lambda t: t.merchants.set_active(merchant.id, active=False)) == set()
    assert commit(database, lambda t: t.merchants.end_sessions(merchant.id)) == set()
    origins = ("https://shop.example",)
    assert commit(database, lambda t: t.merchants.set_checkout_origins(merchant.id, origins)) == set()
    off = replace(merchant, active=False, session_version=2, checkout_origins=origins)
    assert database.merchants.get(merchant.id) == off
    for plan in (
        lambda t: t.merchants.set_active("nobody", active=True),
        lambda t: t.merchants.end_sessions("nobody"),
        lambda t: t.merchants.set_checkout_origins("nobody", origins),
    ):
        assert commit(database, plan) == {Write.MERCHANT}


def test_a_merchants_webhook_settings_change_conditionally(database: Database) -> None:
    merchant = a_merchant()
    assert database.merchants.add(merchant) is True
    url, secret = merchant.webhook_url or "", merchant.webhook_secret
    refused = {Write.MERCHANT}
    for plan, expected in (
        (lambda t: t.merchants.clear_webhook_url(merchant.id, "http://another"), refused),
        (lambda t: t.merchants.clear_webhook_url(merchant.id, url), set()),
        (lambda t: t.merchants.set_webhook_url(merchant.id, "http://new.example"), set()),
        (lambda t: t.merchants.set_webhook_url("nobody", None), refused),
        (lambda t: t.merchants.replace_webhook_secret(merchant.id, "wrong", "new", LATER), refused),
        (lambda t: t.merchants.replace_webhook_secret(merchant.id, secret, "new", LATER), set()),
    ):
        assert commit(database, plan) == expected
    changed = database.merchants.get(merchant.id)
    assert changed is not None
    assert changed.webhook_url == "http://new.example"
    assert changed.signing_secrets(NOW) == ["new", merchant.webhook_secret]


def test_added_endpoints_change_only_as_they_were_read(database: Database) -> None:
    merchant = a_merchant()
    database.merchants.add(merchant)
    first = WebhookEndpoint("we_1", "https://a.example", "whsec_a", ("order.paid",), created_at=NOW)
    second = WebhookEndpoint("we_2", "https://b.example", "whsec_b", enabled=False).rotated("whsec_c", NOW)
    refused = {Write.MERCHANT}
    for version, some, expected in (
        (1, (first,), refused),
        (0, (first,), set()),
        (0, (second,), refused),
        (1, (first, second), set()),
    ):
        write = (merchant.id, version, some)
        assert commit(database, lambda t, write=write: t.merchants.set_endpoints(*write)) == expected
    assert commit(database, lambda t: t.merchants.set_endpoints("nobody", 0, (first,))) == refused
    changed = database.merchants.get(merchant.id)
    assert changed == replace(merchant, added_endpoints=(first, second), endpoints_version=2)
    events = ("payment.success", "order.paid")
    plan = lambda t: t.merchants.set_webhook_events(merchant.id, "https://c.example", events)  # noqa: E731
    assert commit(database, plan) == set()
    changed = database.merchants.get(merchant.id)
    assert changed is not None
    assert (changed.webhook_url, changed.webhook_events) == ("https://c.example", events)
    assert commit(database, lambda t: t.merchants.set_webhook_events("nobody", None, events)) == refused


def test_a_merchant_is_added_with_its_endpoints(database: Database) -> None:
    endpoint = WebhookEndpoint("we_1", "https://a.example", "whsec_a", created_at=NOW)
    merchant = a_merchant(
        added_endpoints=(endpoint,), endpoints_version=3, webhook_events=("payment.success",)
    )
    assert database.merchants.add(merchant)
    assert database.merchants.get(merchant.id) == merchant


def test_failed_deliveries_are_found_oldest_first_and_begin_again_as_they_were_read(
    database: Database,
) -> None:
    owner = some_id("m")
    made = [
        a_webhook(
            merchant_id=owner,
            status=DeliveryStatus.FAILED if number % 2 else DeliveryStatus.SUCCESS,
            created_at=NOW + timedelta(minutes=number),
            next_retry_at=None,
            sequence=1,
            endpoint_id="we_1" if number > 3 else "default",
        )
        for number in range(8)
    ]
    for delivery in made:
        assert commit(database, lambda t, delivery=delivery: t.deliveries.add(delivery)) == set()

    def failed(cursor: Cursor | None = None, **asked: Any) -> tuple[list[int], Cursor | None]:
        since = Span(asked.get("since", NOW))
        endpoint_id, limit = asked.get("endpoint_id"), asked.get("limit", 10)
        found, resume = database.deliveries.failed(owner, since, endpoint_id, cursor=cursor, limit=limit)
        return [made.index(each) for each in found], resume

    assert failed() == ([1, 3, 5, 7], None)
    assert failed(endpoint_id="we_1") == ([5, 7], None)
    assert failed(since=NOW + timedelta(minutes=3)) == ([3, 5, 7], None)
    some, resume = failed(limit=2)
    assert (some, failed(resume, limit=2)[0]) == ([1, 3], [5, 7])
    again = made[1].retried(LATER)
    assert commit(database, lambda t: t.deliveries.retry(made[1], again)) == set()
    assert database.deliveries.get(again.id) == again
    assert failed() == ([3, 5, 7], None)
    assert commit(database, lambda t: t.deliveries.retry(made[1], again)) == {made[1].event}


def test_of_an_events_deliveries_one_is_in_the_feed(database: Database) -> None:
    event = payment_event("payment.created", a_payment(merchant_id=some_id("m")))
    places = [WebhookEndpoint(f"we_{number}", "https://a.example", "whsec_a") for number in range(3)]
    made = [delivery_of(event, place, is_copy=number > 0) for number, place in enumerate(places)]
    for delivery in made:
        assert commit(database, lambda t, delivery=delivery: t.deliveries.add(delivery)) == set()
        assert database.deliveries.get(delivery.id) == delivery
    assert len({delivery.id for delivery in made} | {event.id}) == 4
    assert {delivery.event_id for delivery in made} == {event.id}
    (told,) = database.feed.read(event.merchant_id, to_iso(NOW), 10)
    assert (told.id, told.row_id) == (event.id, made[0].id)


def test_orders_and_audit_rows_are_read_from_a_time_on(database: Database) -> None:
    owner = some_id("m")
    orders = [an_order(merchant_id=owner, created_at=NOW + timedelta(seconds=number)) for number in range(4)]
    for order in (*orders, an_order()):
        database.orders.add(order)
    made = [(order.created_at, order.id) for order in orders]
    assert database.orders.made_since(owner, orders[1].created_at, 10) == made[1:]
    assert database.orders.made_since(owner, NOW, 2) == made[:2]
    entries = [
        AuditEntry(
            some_id("a"), owner, NOW + timedelta(seconds=number), "me", Action.REFUND_CREATED, "rfnd_1"
        )
        for number in range(3)
    ]
    for entry in entries:
        assert commit(database, lambda t, entry=entry: t.audit.add(entry)) == set()
    assert database.audit.since(owner, entries[1].at, 10) == entries[1:]
    assert database.audit.since(owner, NOW, 1) == entries[:1]


def test_a_merchants_chaos_is_set_and_cleared(database: Database) -> None:
    merchant = a_merchant()
    database.merchants.add(merchant)
    chaos = Chaos(until=LATER, seed=2**31 - 1, drop_percent=5, slow_ms=100, late_percent=100)
    assert commit(database, lambda t: t.merchants.set_chaos(merchant.id, chaos)) == set()
    assert database.merchants.get(merchant.id) == replace(merchant, chaos=chaos)
    assert database.load([(Merchant, merchant.id)]).get(Merchant, merchant.id) == replace(
        merchant, chaos=chaos
    )
    assert commit(database, lambda t: t.merchants.set_chaos(merchant.id, None)) == set()
    assert database.merchants.get(merchant.id) == merchant
    assert commit(database, lambda t: t.merchants.set_chaos("nobody", chaos)) == {Write.MERCHANT}


def test_numbers_follow_one_another_by_name(database: Database) -> None:
    first, second = some_id("numbers"), some_id("numbers")
    numbers = [database.throttles.next_number(name, LATER) for name in (first, second, first, first)]
    assert numbers == [1, 1, 2, 3]


def test_api_keys_are_replaced_and_disabled_once(database: Database) -> None:
    key = ApiKey(some_id("key_"), some_id("merchant"), "digest", active=True, created_at=NOW)
    assert commit(database, lambda t: t.api_keys.add(key)) == set()
    assert commit(database, lambda t: t.api_keys.add(key)) == {Write.API_KEY}
    assert commit(database, lambda t: t.api_keys.set_end(key.api_key, LATER)) == set()
    assert database.api_keys.get(key.api_key) == replace(key, expires_at=LATER)
    assert commit(database, lambda t: t.api_keys.set_end(key.api_key, LATER)) == {Write.REPLACED_KEY}
    assert commit(database, lambda t: t.api_keys.disable(key.api_key)) == set()
    assert commit(database, lambda t: t.api_keys.disable(key.api_key)) == {Write.API_KEY}
    assert commit(database, lambda t: t.api_keys.disable("nobody's")) == {Write.API_KEY}
    newer = replace(key, api_key=some_id("key_"), created_at=LATER)
    database.api_keys.put(newer)
    listed = database.api_keys.page(key.merchant_id, 10, 0).items
    assert listed[0] == replace(newer, secret_hash="")
    assert [found.api_key for found in listed] == [newer.api_key, key.api_key]
    assert database.api_keys.page(key.merchant_id, 1, 1).items == listed[1:]
    assert database.api_keys.in_use(key.merchant_id, NOW) == 1
    database.api_keys.note_use(replace(newer, last_used_at=NOW))
    used = database.api_keys.get(newer.api_key)
    assert used == replace(newer, last_used_at=NOW)


def test_somebody_changes_as_they_were_read_only(database: Database) -> None:
    merchant_id = some_id("")
    user = User(
        f"{some_id('').lower()}@example.com",
        merchant_id,
        "hash",
        role=Role.SUPPORT,
        refund_limit=500,
        version=2,
        created_at=NOW,
        link_hash="digest",
        link_until=LATER,
        totp_secret="secret",
        totp_pending="other",
        totp_step=7,
        recovery=("a", "b"),
    )
    assert database.users.get(user.email) is None
    assert commit(database, lambda t: t.users.put(None, user, NOW)) == set()
    assert commit(database, lambda t: t.users.put(None, user, NOW)) == {Write.USER}
    stored = database.users.get(user.email)
    assert stored == replace(user, revision=1)
    plain = User(user.email, merchant_id)
    assert commit(database, lambda t: t.users.put(stored, plain, NOW)) == set()
    assert commit(database, lambda t: t.users.put(stored, plain, NOW)) == {Write.USER}
    assert database.load([(User, user.email)]).get(User, user.email) == replace(plain, revision=2)
    assert database.users.of_merchant(merchant_id, 10) == [replace(plain, revision=2)]
    assert commit(database, lambda t: t.users.remove(stored)) == {Write.USER}
    assert commit(database, lambda t: t.users.remove(replace(plain, revision=2))) == set()
    assert database.users.get(user.email) is None
    assert database.users.of_merchant(merchant_id, 10) == []


def test_a_limit_takes_several_uses_at_once(database: Database) -> None:
    limit, subject = Limit("sum", 100, timedelta(days=1)), some_id("")
    assert database.throttles.used(limit, subject, NOW) == 0
    assert commit(database, lambda t: t.throttles.use(limit, subject, NOW, 60)) == set()
    assert commit(database, lambda t: t.throttles.use(limit, subject, NOW, 41)) == {Write.THROTTLE}
    assert commit(database, lambda t: t.throttles.use(limit, subject, NOW, 40)) == set()
    assert database.throttles.used(limit, subject, NOW) == 100


def test_a_limit_counts_within_its_window(database: Database) -> None:
    limit, subject = Limit("two", 2, timedelta(minutes=1)), some_id("")
    assert database.throttles.use(limit, subject, NOW) is True
    assert commit(database, lambda t: t.throttles.use(limit, subject, NOW)) == set()
    assert database.throttles.use(limit, subject, NOW) is False
    assert commit(database, lambda t: t.throttles.use(limit, subject, NOW)) == {Write.THROTTLE}
    database.throttles.give_back(limit, subject, NOW)
    assert database.throttles.use(limit, subject, NOW) is True
    assert database.throttles.use(limit, subject, NOW + timedelta(minutes=1)) is True


def test_audit_entries_are_never_replaced(database: Database) -> None:
    entry = AuditEntry(some_id(""), some_id("m"), NOW, "admin:me", Action.PASSWORD_SET, "m", {"a": [1]})
    newer = replace(entry, id=some_id(""), at=LATER)
    for each in (entry, newer):
        assert commit(database, lambda t, each=each: t.audit.add(each)) == set()
    assert commit(database, lambda t: t.audit.add(entry)) == {"audit"}
    assert database.audit.page(entry.merchant_id, 10, 0).items == [newer, entry]
    assert database.audit.read([entry.id, "nobody"]) == {entry.id: entry}
    mine = {entry.id, newer.id}
    settled = database.audit.settled(entry.at, newer.at, 10_000)
    assert mine <= {each.id for each in settled}
    assert mine <= {each.id for each in database.audit.settled(None, newer.at, 10_000)}
    assert newer.id not in {each.id for each in database.audit.settled(None, entry.at, 10_000)}
    assert mine <= {each.id for each in database.audit.scan()}


def test_a_chain_goes_on_from_its_head_only(database: Database) -> None:
    before = database.audit_chain.head()
    entry = AuditEntry(some_id(""), "merchant", NOW, "admin:a", Action.API_KEY_ISSUED, "key_1")
    ((block, after),) = next_blocks(before, [entry], LATER)
    assert commit(database, lambda t: t.audit_chain.append(block, before, after)) == set()
    assert database.audit_chain.head() == after
    assert database.audit_chain.blocks([block.number, block.number + 1]) == {block.number: block}
    assert "head" in commit(database, lambda t: t.audit_chain.append(block, before, after))


def test_deliveries_are_recorded_as_they_were_read(database: Database) -> None:
    delivery = a_webhook()
    assert commit(database, lambda t: t.deliveries.add(delivery)) == set()
    assert commit(database, lambda t: t.deliveries.add(delivery)) == {delivery.event}
    attempt = Attempt(NOW, 12, 500, "no", None, None)
    after = delivery.attempted(attempt, (0, 60, 300), 0.0)
    assert database.deliveries.record(delivery, after) is True
    assert database.deliveries.get(delivery.id) == after
    assert database.deliveries.record(delivery, after) is False
    assert database.deliveries.wait_until(delivery, LATER) is False
    assert database.deliveries.wait_until(after, LATER) is True
    assert database.deliveries.get(delivery.id) == after
    again = after.retried(LATER)
    assert database.deliveries.record(after, again) is True
    assert database.deliveries.get(delivery.id) == again
    of_object = database.deliveries.of_object
    assert of_object(delivery.merchant_id, delivery.object_id, NOW) == [again]
    assert of_object(delivery.merchant_id, delivery.object_id, LATER) == []


def test_lists_of_deliveries_are_filtered(database: Database) -> None:
    first = a_webhook()
    second = a_webhook(merchant_id=first.merchant_id, event="payment.pending", created_at=LATER)
    commit(database, lambda t: t.deliveries.add(first), lambda t: t.deliveries.add(second))
    page = database.deliveries.page
    owner = first.merchant_id
    assert page(owner, status=None, event=None, limit=5, offset=0).items == [second, first]
    assert page(owner, status=first.status, event=first.event, limit=5, offset=0).items == [first]


@pytest.mark.parametrize("kind", ["payments", "refunds", "deliveries"])
def test_what_is_due_is_found_and_postponed_once(kind: str) -> None:
    _check_due(MemoryDatabase(), kind)


@pytest.mark.emulator
@pytest.mark.parametrize("kind", ["payments", "refunds", "deliveries"])
def test_what_is_due_is_found_and_postponed_once_on_dynamodb(empty_store: str, kind: str) -> None:
    _check_due(DynamoDatabase(), kind)


def _check_due(database: Database, kind: str) -> None:
    soon = NOW + timedelta(seconds=1)
    made: Any = {
        "payments": a_payment(due_at=soon),
        "refunds": a_refund(due_at=soon),
        "deliveries": a_webhook(next_retry_at=soon),
    }[kind]
    assert commit(database, lambda t: getattr(t, kind).add(made)) == set()
    due = getattr(database, kind)
    item = Overdue(made.id, made.merchant_id, to_unix_ms(soon))
    assert due.oldest_due() == to_unix_ms(soon)
    assert due.overdue(soon, 10) == []
    assert due.overdue(LATER, 10) == [item]
    assert due.postpone(item, LATER) is True
    assert due.postpone(item, LATER) is False
    assert due.overdue(LATER, 10) == []
    assert due.oldest_due() == to_unix_ms(LATER)
    read = database.load([(type(made), made.id)]).get(type(made), made.id)
    moved = made if kind == "deliveries" else replace(made, due_at=LATER)
    assert read == moved


def test_lists_of_orders_are_filtered_and_go_on_at_a_cursor(database: Database) -> None:
    owner = some_id("merchant")
    some = [
        an_order(merchant_id=owner, status=status, created_at=NOW + timedelta(days=day))
        for day, status in enumerate(OrderStatus)
    ]
    for order in (*some, an_order()):
        database.orders.add(order)
    page, everything = database.orders.page, {"status": None, "limit": 2, "offset": 0}
    first = page(owner, **everything)
    assert (first.items, first.total, first.has_more) == ([some[2], some[1]], 3, True)
    rest = page(owner, **everything, cursor=Cursor(to_iso(some[1].created_at), some[1].id, 2, 3))
    assert (rest.items, rest.total, rest.offset, rest.has_more) == ([some[0]], 3, 2, False)
    assert page(owner, **(everything | {"status": some[1].status})).items == [some[1]]
    day = (NOW + timedelta(days=1)).date()
    assert page(owner, **everything, span=span_of(day, None)).items == [some[2], some[1]]
    assert page(owner, **everything, span=span_of(None, day)).items == [some[1], some[0]]
    ids = [some[2].id, "order_none", some[0].id]
    assert database.orders.of_ids(ids) == [some[2], some[0]]


def test_all_refunds_of_a_merchant_are_filtered_and_go_on_at_a_cursor(database: Database) -> None:
    owner = some_id("merchant")
    some = [
        replace(a_refund(merchant_id=owner, created_at=NOW + timedelta(days=day)), status=status)
        for day, status in enumerate((RefundStatus.PENDING, RefundStatus.SENT, RefundStatus.CANCELLED))
    ]
    commit(database, *(lambda t, refund=refund: t.refunds.add(refund) for refund in (*some, a_refund())))
    page, everything = database.refunds.page_of_merchant, {"statuses": (), "limit": 2, "offset": 0}
    first = page(owner, **everything)
    assert (first.items, first.total, first.has_more) == ([some[2], some[1]], 3, True)
    rest = page(owner, **everything, cursor=Cursor(to_iso(some[1].created_at), some[1].id, 2, 3))
    assert (rest.items, rest.total, rest.offset, rest.has_more) == ([some[0]], 3, 2, False)
    shown_as_pending = {"statuses": [RefundStatus.PENDING, RefundStatus.SENT]}
    assert page(owner, **(everything | shown_as_pending)).items == [some[1], some[0]]
    day = (NOW + timedelta(days=1)).date()
    assert page(owner, **everything, span=span_of(day, day)).items == [some[1]]


def test_lists_of_payments_are_filtered_and_go_on_at_a_cursor(database: Database) -> None:
    owner = some_id("merchant")
    some = [
        a_payment(merchant_id=owner, created_at=NOW + timedelta(days=day), method=method)
        for day, method in enumerate(("upi", "card", "upi"))
    ]
    for payment in some:
        stored(database, payment)
    stored(database, a_payment(order_id=some[0].order_id))
    page, everything = database.payments.page, {"order_id": None, "status": None, "limit": 2, "offset": 0}
    first = page(owner, **everything)
    assert (first.items, first.total, first.has_more) == ([some[2], some[1]], 3, True)
    cursor = Cursor(to_iso(some[1].created_at), some[1].id, 2, 3)
    rest = page(owner, **everything, cursor=cursor)
    assert (rest.items, rest.total, rest.offset, rest.has_more) == ([some[0]], 3, 2, False)
    assert page(owner, **(everything | {"offset": 2})).items == [some[0]]
    assert page(owner, **everything, method="card").items == [some[1]]
    assert page(owner, **(everything | {"order_id": some[0].order_id})).items == [some[0]]
    assert page(owner, **(everything | {"status": PaymentStatus.FAILED})).items == []
    days = [(NOW + timedelta(days=day)).date() for day in range(3)]
    assert page(owner, **everything, span=span_of(days[1], days[1])).items == [some[1]]
    assert page(owner, **everything, span=span_of(None, days[0])).items == [some[0]]
    assert page(owner, **everything, span=span_of(days[2], None)).items == [some[2]]


def test_a_batch_read_finds_any_kind(database: Database) -> None:
    merchant, order, payment = a_merchant(), an_order(), stored(database, a_payment())
    database.merchants.add(merchant)
    database.orders.add(order)
    wanted: list[tuple[type[Any], str]] = [
        (Merchant, merchant.id),
        (Order, order.id),
        (Payment, payment.id),
        (Refund, "none"),
    ]
    found = database.load(wanted)
    assert [found.get(kind, key) for kind, key in wanted] == [merchant, order, payment, None]
    assert found.get(Order, None) is None


def test_sessions_are_extended_until_they_end(database: Database) -> None:
    session = Session(
        some_id(""), "m", some_id("me"), 3, NOW, NOW.replace(microsecond=0), "test", None, 4, "::1"
    )
    assert commit(database, lambda t: t.sessions.add(session)) == set()
    assert database.sessions.of_email(session.email, 5) == [session]
    confirmed = replace(session, confirmed_at=LATER)
    assert database.sessions.confirm(confirmed) is True
    session = confirmed
    longer = replace(session, expires_at=LATER.replace(microsecond=0))
    assert database.sessions.extend(longer) is True
    assert database.load([(Session, session.id)]).get(Session, session.id) == longer
    database.sessions.end(session.id)
    assert database.sessions.extend(longer) is False
    assert database.load([(Session, session.id)]).get(Session, session.id) is None


def test_health_is_forgotten_when_it_is_good_again(database: Database) -> None:
    health = EndpointHealth(some_id("m"))
    bad = replace(health, failures=1, failing_since=NOW, open_until=NOW, openings=1)

    def known() -> EndpointHealth | None:
        return database.load([(EndpointHealth, health.key)]).get(EndpointHealth, health.key)

    database.endpoints.record(health, health)
    assert known() is None
    database.endpoints.record(health, bad)
    database.endpoints.record(health, bad)
    assert known() == replace(bad, failures=2)
    database.endpoints.mark_slow(health.key, LATER)
    assert known() == replace(bad, failures=2, slow_until=LATER)
    assert database.endpoints.claim_probe(bad, LATER) is True
    assert database.endpoints.claim_probe(bad, LATER) is False
    database.endpoints.record(bad, health)
    assert known() is None
    # A streak that is over, or was forgotten, is not continued.
    worse = replace(bad, failures=2, open_until=LATER)
    database.endpoints.record(bad, worse)
    assert known() is None
    database.endpoints.mark_slow(health.key, LATER)
    database.endpoints.record(bad, worse)
    assert known() == replace(health, slow_until=LATER)
    database.endpoints.record(health, bad)
    database.endpoints.record(bad, worse)
    assert known() == worse
    database.endpoints.forget(health.key)
    assert known() is None


HOURS = {
    "the first of all": (PublicAttempt(2, 0, None), an_order(), 1),
    "the next": (PublicAttempt(2, 0, 0), an_order(attempts=1, attempts_hour=0), 2),
    "past the limit": (PublicAttempt(2, 0, 0), an_order(attempts=2, attempts_hour=0), None),
    "the first of a later hour": (PublicAttempt(2, 3, 0), an_order(attempts=2, attempts_hour=0), 1),
    "the second to begin a later hour": (PublicAttempt(2, 3, 0), an_order(attempts=1, attempts_hour=3), None),
    "with too many undecided": (PublicAttempt(2, 0, None), an_order(pending=2), None),
    "once, and nothing came between": (PublicAttempt(2, 0, 0, 1), an_order(attempts=1, attempts_hour=0), 2),
    "once, the first": (PublicAttempt(2, 0, None, 0), an_order(), 1),
    "once, and another came between": (
        PublicAttempt(3, 0, 0, 1),
        an_order(attempts=2, attempts_hour=0),
        None,
    ),
}


@pytest.mark.parametrize(("attempt", "order", "counted"), HOURS.values(), ids=HOURS)
def test_an_order_counts_a_shoppers_attempt_within_its_limit(
    database: Database, attempt: PublicAttempt, order: Order, counted: int | None
) -> None:
    before = replace(order, id=some_id("order_"))
    database.orders.add(before)
    labels = commit(database, lambda t: t.orders.apply(before, OrderEvent.PAYMENT_CREATED, NOW, attempt))
    after = database.orders.get(before.id)
    assert after is not None
    if counted is None:
        assert (labels, after) == ({Write.ORDER}, before)
    else:
        assert labels == set()
        assert (after.attempts, after.attempts_hour, after.pending) == (counted, attempt.hour, 1)


def test_an_order_that_is_there_has_one_less_pending_once_a_payment_failed(database: Database) -> None:
    order = an_order(pending=2)
    database.orders.add(order)
    assert commit(database, lambda t: t.orders.payment_failed(order.id)) == set()
    assert database.orders.get(order.id) == replace(order, pending=1)
    assert commit(database, lambda t: t.orders.payment_failed("order_of_nobody")) == {Write.ORDER}


def test_failures_are_added_up_in_windows(database: Database) -> None:
    merchant, card = Subject(Scope.MERCHANT, some_id("m")), Subject(Scope.CARD, some_id("c"))
    for later_ms in (0, 1, 1, 2):
        now = NOW + timedelta(milliseconds=later_ms)
        database.failures.add({merchant: 2, card: 1}, now)
    shards = [*merchant.shards(NOW), *card.shards(NOW)]
    found = database.load([(FailureCount, shard) for shard in shards])
    counts = [row.failures for shard in shards if (row := found.get(FailureCount, shard)) is not None]
    assert sorted(counts) == [2, 2, 4, 4]


def test_a_payment_keeps_what_its_failure_is_counted_under(database: Database) -> None:
    payment = stored(database, a_card_payment(screening=Screening("address", "card", passed=True)))
    assert database.payments.get(payment.id) == payment


def test_a_merchants_limits_are_set(database: Database) -> None:
    merchant, limits = a_merchant(), Limits(order_attempts=1)
    database.merchants.add(merchant)
    assert commit(database, lambda t: t.merchants.set_limits(merchant.id, limits)) == set()
    assert database.merchants.get(merchant.id) == replace(merchant, limits=limits)
    assert commit(database, lambda t: t.merchants.set_limits("nobody", limits)) == {Write.MERCHANT}


def test_deliveries_without_a_message_are_found_apart(database: Database) -> None:
    delivery = a_webhook()
    assert commit(database, lambda t: t.deliveries.add(delivery)) == set()
    after = delivery.attempted(Attempt(NOW, 12, 500, "no", None, None), (0, 1800), 0.0)
    assert database.deliveries.record(delivery, after, planned=True) is True
    due = after.next_retry_at
    assert due is not None

    def ids(found: list[Overdue]) -> set[str]:
        return {item.id for item in found}

    assert delivery.id not in ids(database.deliveries.planned(due, 10_000))
    later = due + timedelta(milliseconds=1)
    assert delivery.id in ids(database.deliveries.planned(later, 10_000))
    assert delivery.id not in ids(database.deliveries.overdue(later, 10_000))
    (item,) = (item for item in database.deliveries.planned(later, 10_000) if item.id == delivery.id)
    assert database.deliveries.postpone(item, later + timedelta(seconds=60)) is True
    assert delivery.id not in ids(database.deliveries.planned(later, 10_000))
    # Begun anew by hand, it has a message again.
    assert database.deliveries.record(after, after.retried(LATER)) is True
    assert delivery.id not in ids(database.deliveries.planned(later + timedelta(days=1), 10_000))
    assert delivery.id in ids(database.deliveries.overdue(later, 10_000))


def test_the_feed_has_deliveries_and_what_none_tells_in_one_order(database: Database) -> None:
    payment = a_payment(merchant_id=some_id("m"))
    paid = payment.approved(LATER)
    begun = [untold(payment_event(name, payment)) for name in ("payment.created", "payment.pending")]
    success = delivery_of(payment_event("payment.success", paid))
    sample = delivery_of(sample_event(some_id("w"), payment.merchant_id, LATER))
    other = delivery_of(payment_event("payment.created", a_payment()))
    assert commit(database, lambda t: t.events.add(begun, LATER)) == set()
    for delivery in (success, sample, other):
        assert commit(database, lambda t, delivery=delivery: t.deliveries.add(delivery)) == set()
    found = database.feed.read(payment.merchant_id, to_iso(NOW), 10)
    assert [(event.name, event.number) for event in found if event.id != sample.id] == [
        ("payment.created", 0),
        ("payment.pending", 1),
        ("payment.success", 0),
    ]
    assert [event.position for event in found] == sorted(event.position for event in found)
    created, pending, *_ = found
    ids = [event_id(payment.id, sequence) for sequence in (1, 2, 3)]
    assert [event.id for event in found if event.id != sample.id] == ids
    assert (created.previous_id, created.previous_at) == (None, None)
    assert (pending.previous_id, pending.previous_at) == (ids[0], to_iso(NOW))
    assert (created.payload, pending.payload) == (begun[0].payload, begun[1].payload)
    (of_success,) = (event for event in found if event.id == success.id)
    assert (of_success.payload, of_success.previous_id, of_success.previous_at) == (
        success.payload,
        ids[1],
        to_iso(NOW),
    )
    assert len(database.feed.read(payment.merchant_id, to_iso(NOW), 1)) == 2
    assert [event.name for event in database.feed.read(payment.merchant_id, found[-2].place, 1)] in (
        ["payment.success"],
        ["webhook.test"],
    )


@pytest.mark.emulator
def test_rows_of_an_older_release_are_listed_and_in_the_feed(store: str) -> None:
    """They have no shard, and their ids are random."""
    database, new = DynamoDatabase(), a_webhook(created_at=LATER, sequence=2)
    old = WebhookRow(
        some_id("w"),
        merchant_id=new.merchant_id,
        object_id=new.object_id,
        event="payment.created",
        payload="{}",
        status="pending",
        attempts=0,
        attempt_log=[],
        created_at=to_iso(NOW),
    )
    old.save()
    assert commit(database, lambda t: t.deliveries.add(new)) == set()
    page = database.deliveries.page(new.merchant_id, status=None, event=None, limit=1, offset=0)
    assert ([item.id for item in page.items], page.total, page.has_more) == ([new.id], 2, True)
    page = database.deliveries.page(new.merchant_id, status=None, event=None, limit=1, offset=1)
    assert ([item.id for item in page.items], page.total, page.has_more) == ([old.id], 2, False)
    stored = database.deliveries.get(old.id)
    assert stored is not None
    assert (stored.created_at, stored.sequence) == (NOW, 0)
    assert database.deliveries.of_object(new.merchant_id, new.object_id, NOW) == [stored]
    assert [(event.id, event.name) for event in database.feed.read(new.merchant_id, to_iso(NOW), 5)] == [
        (old.id, "payment.created"),
        (new.id, new.event),
    ]
    # What becomes of it leaves it where it is.
    after = stored.attempted(Attempt(LATER, 12, 200, None, None, None), (0, 60), 0.0)
    assert database.deliveries.record(stored, after) is True
    assert database.deliveries.get(old.id) == after


@pytest.mark.emulator
def test_no_key_of_an_index_takes_more_than_a_shards_share_of_a_merchants_deliveries(store: str) -> None:
    merchant_id, database = some_id("m"), DynamoDatabase()
    made = [a_webhook(merchant_id=merchant_id, object_id=some_id("pay_")) for _ in range(80)]
    for start in range(0, 80, 20):
        assert commit(database, *(partial(_add, one) for one in made[start : start + 20])) == set()
    assert WebhookRow.by_merchant.count(merchant_id) == 0
    shares = [WebhookRow.by_merchant_shard.count(shard) for shard in shards_of(merchant_id)]
    assert (sum(shares), len(shares)) == (80, 8)
    assert max(shares) < 30


def _add(delivery: WebhookDelivery, transaction: Any) -> None:
    transaction.deliveries.add(delivery)


def ids_of(found: list[Overdue]) -> set[str]:
    return {item.id for item in found}


def test_a_delivery_that_is_held_back_is_neither_overdue_nor_planned(database: Database) -> None:
    delivery = a_webhook()
    assert commit(database, lambda t: t.deliveries.add(delivery)) == set()
    assert database.deliveries.wait_until(delivery, LATER) is True
    before = LATER + timedelta(seconds=1)
    finders = (database.deliveries.overdue, database.deliveries.planned, database.deliveries.held_back)
    assert [delivery.id in ids_of(find(before, 10_000)) for find in finders] == [False, False, True]
    assert delivery.id not in ids_of(database.deliveries.held_back(LATER, 10_000))
    (item,) = (item for item in database.deliveries.held_back(before, 10_000) if item.id == delivery.id)
    assert database.deliveries.postpone(item, LATER + timedelta(minutes=1)) is True
    assert delivery.id not in ids_of(database.deliveries.held_back(before, 10_000))
    assert database.deliveries.record(delivery, delivery.expired()) is True
    found = [find(LATER + timedelta(days=1), 10_000) for find in finders]
    assert [delivery.id in ids_of(some) for some in found] == [False, False, False]
    stored_now = database.deliveries.get(delivery.id)
    assert stored_now is not None
    assert (stored_now.status, stored_now.next_retry_at, stored_now.attempts) == ("failed", None, ())
