"""The unit of work: read together, decide, commit together, then send."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.errors import BadRequest, IdempotencyInFlight, IdempotencyKeyReused, Unavailable
from gateway.domain.payments.order import Order, OrderEvent, OrderStatus
from gateway.domain.payments.payment import Payment
from gateway.domain.webhooks.events import payment_event, sample_event
from gateway.use_cases.idempotency import IdempotencyKey
from gateway.use_cases.outbox import Outbox
from gateway.use_cases.protocols.refusals import ConditionFailed, Conflict, Write
from gateway.use_cases.unit_of_work import BUSY
from tests.support.factories import NOW, a_payment, a_refund, an_order
from tests.support.memory.shop import MemoryShop, lines, rendered, told

KEY = IdempotencyKey("me#payments#k", "print")


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def test_what_is_wanted_is_read_in_one_round_trip(shop: MemoryShop) -> None:
    order = shop.order()
    with shop.deps.unit_of_work(rendered(KEY)) as work:
        found, nobody, missing = work.load((Order, order.id), (Payment, None), (Payment, "pay_1"))
        work.succeed(order, "done")
    assert (found, nobody, missing) == (order, None, None)
    assert shop.database.loads == 1


def test_leaving_the_block_commits_then_sends_then_tells(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = a_payment(due_at=NOW + timedelta(milliseconds=1500))
    with shop.deps.unit_of_work() as work:
        work.payments.add(payment)
        work.enqueue(payment)
        work.notify(shop.merchant, sample_event("w1", "m", NOW))
        work.log("made", payment_id=payment.id, nothing=None)
        assert (shop.queues.sends, shop.database.rows.commits, lines(capsys)) == ([], 0, [])
    assert shop.payment(payment.id) == payment
    assert shop.queues.sends == [
        ("payments", [{"payment_id": payment.id, "merchant_id": payment.merchant_id}], 2),
        ("webhooks", [{"webhook_id": "w1", "merchant_id": "m"}], 0),
    ]
    assert lines(capsys) == [{"level": "INFO", "message": "made", "payment_id": payment.id}]


@pytest.mark.parametrize(
    ("due_ms", "hidden"),
    [(-1, 0), (0, 0), (1, 0), (100, 0), (101, 1), (1_000, 1), (1_100, 1), (1_101, 2), (10_000, 10)],
)
def test_what_is_due_at_once_does_not_wait_for_a_second_that_sqs_counts_in(
    shop: MemoryShop, due_ms: int, hidden: int
) -> None:
    payment = a_payment(updated_at=NOW, due_at=NOW + timedelta(milliseconds=due_ms))
    with shop.deps.unit_of_work() as work:
        work.enqueue(payment)
    assert [delay_seconds for _, _, delay_seconds in shop.queues.sends] == [hidden]


def test_a_refund_is_enqueued_for_the_refunds_worker(shop: MemoryShop) -> None:
    refund = a_refund()
    with shop.deps.unit_of_work() as work:
        work.enqueue(refund)
    message = {"refund_id": refund.id, "merchant_id": refund.merchant_id}
    assert shop.queues.sends == [("refunds", [message], 1)]


def test_a_failing_block_leaves_everything_undone(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        with shop.deps.unit_of_work(explain=lambda: None) as work:
            work.payments.add(a_payment(id="pay_1"))
            work.enqueue(a_payment())
            work.log("made")
            raise BadRequest("no")

    with pytest.raises(BadRequest, match="no"):
        fail()
    assert shop.database.payments.get("pay_1") is None
    assert (shop.queues.sends, lines(capsys)) == ([], [])


@pytest.mark.parametrize("url", [None, "http://a.example"])
def test_only_a_merchant_with_a_url_is_notified(shop: MemoryShop, url: str | None) -> None:
    with shop.deps.unit_of_work() as work:
        work.notify(replace(shop.merchant, webhook_url=url), sample_event("w1", "m", NOW))
        work.notify(None, sample_event("w2", "m", NOW))
    kept = [delivery.id for delivery in shop.database.deliveries.where(lambda _row: True)]
    sent = [message["webhook_id"] for message in shop.queues.sent("webhooks")]
    assert kept == sent == ([] if url is None else ["w1"])


def test_events_of_one_object_go_as_one_message_behind_the_one_before(shop: MemoryShop) -> None:
    payment = a_payment()
    begun = [payment_event(name, payment) for name in ("payment.created", "payment.pending")]
    success = payment_event("payment.success", payment.approved(NOW))
    with shop.deps.unit_of_work() as work:
        work.notify(shop.merchant, *begun)
        work.notify(shop.merchant, success)
    assert [one.event for one in shop.database.deliveries.where(lambda _row: True)] == [
        "payment.created",
        "payment.pending",
        "payment.success",
    ]
    created, pending = begun
    merchant = {"merchant_id": payment.merchant_id}
    assert shop.queues.sends == [
        (
            "webhooks",
            [
                {"webhook_id": created.id, "then": pending.id} | merchant,
                {"webhook_id": success.id, "after": pending.id} | merchant,
            ],
            0,
        )
    ]


def test_a_key_stands_for_its_response_for_a_day(shop: MemoryShop) -> None:
    with shop.deps.unit_of_work(rendered(KEY)) as work:
        work.load()
        work.succeed(a_payment(id="first"), "done")
    assert (work.response.status, work.response.body, work.response.replayed) == (201, "first", False)
    record = shop.database.idempotency.get(KEY.scoped)
    assert (record.key, record.fingerprint, record.http_status, record.body) == (
        *KEY.__dict__.values(),
        201,
        "first",
    )
    assert record.expires_at == (NOW + timedelta(hours=24)).replace(microsecond=0)

    shop.clock.advance(hours=23)
    with shop.deps.unit_of_work(rendered(KEY)) as work:
        work.load((Payment, "pay_1"))
        pytest.fail("the block goes on although its response is known")
    assert (work.response.status, work.response.body, work.response.replayed) == (201, "first", True)
    assert shop.database.rows.commits == 1

    shop.clock.advance(hours=1)
    with shop.deps.unit_of_work(rendered(KEY)) as work:
        work.load()
        work.succeed(a_payment(id="second"), "done")
    assert (work.response.body, work.response.replayed) == ("second", False)


def test_a_key_with_another_body_is_refused(shop: MemoryShop) -> None:
    with shop.deps.unit_of_work(rendered(KEY)) as work:
        work.succeed(a_payment(), "done")
    with (
        pytest.raises(IdempotencyKeyReused),
        shop.deps.unit_of_work(rendered(replace(KEY, fingerprint="x"))) as work,
    ):
        work.load()


def test_without_a_key_nothing_is_kept(shop: MemoryShop) -> None:
    with shop.deps.unit_of_work(rendered(None)) as work:
        work.load()
        work.succeed(a_payment(id="first"), "done")
    assert (work.response.body, work.response.replayed) == ("first", False)
    assert shop.database.rows.of("idempotency") == {}


def test_without_a_result_there_is_no_response(shop: MemoryShop) -> None:
    with shop.deps.unit_of_work() as work:
        work.succeed(a_payment(), "done")
    with pytest.raises(AssertionError, match=r"^the block ended without a result$"):
        _ = work.response


def test_who_loses_a_race_gets_the_winners_response(shop: MemoryShop) -> None:
    order = shop.order()
    shop.database.rows.before_next_commit(lambda: shop.pay(order, KEY))
    lost = shop.pay(order, KEY)
    assert lost.replayed is True
    assert [lost.body] == [payment.id for payment in shop.database.payments.where(lambda _row: True)]


def test_a_refusal_is_explained_if_its_reason_still_holds(shop: MemoryShop) -> None:
    order = shop.order()
    shop.database.rows.before_next_commit(lambda: shop.put("orders", replace(order, status=OrderStatus.PAID)))
    with pytest.raises(BadRequest) as refusal:
        shop.pay(order, KEY)
    assert told(refusal) == ("Order is already paid", "order_id")
    assert shop.queues.sends == []


def test_a_refusal_without_a_reason_left_asks_to_come_back(shop: MemoryShop) -> None:
    refused = ConditionFailed(frozenset({Write.ORDER}))
    shop.database.rows.fail_next(refused, refused)
    with pytest.raises(Unavailable) as refusal:
        shop.pay(shop.order())
    assert told(refusal) == (BUSY, None)
    assert refusal.value.__cause__ is refused
    with pytest.raises(IdempotencyInFlight) as in_flight:
        shop.pay(shop.order(), KEY)
    assert in_flight.value.__cause__ is refused


def test_a_conflict_is_explained_by_nothing(shop: MemoryShop) -> None:
    order = shop.order()
    shop.database.rows.fail_next(Conflict())
    shop.database.rows.before_next_commit(lambda: shop.put("orders", replace(order, status=OrderStatus.PAID)))
    with pytest.raises(Unavailable):
        shop.pay(order)


@pytest.mark.parametrize("refusal", [ConditionFailed(frozenset({"order"})), Conflict()])
def test_a_refusal_is_raised_as_it_is_where_nobody_explains(shop: MemoryShop, refusal: Exception) -> None:
    def write() -> None:
        with shop.deps.unit_of_work() as work:
            work.orders.apply(an_order(id="order_1"), OrderEvent.PAYMENT_CREATED, NOW)
            work.enqueue(a_payment())

    shop.database.rows.fail_next(refusal)
    with pytest.raises(type(refusal)):
        write()
    assert shop.queues.sends == []


def test_a_queue_that_fails_leaves_its_messages_to_the_sweeper(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.queues.failing.add("webhooks")
    payment = shop.pending()
    ids = {"payment_id": payment.id, "merchant_id": payment.merchant_id}
    assert shop.queues.sent("payments") == [ids | {"origin": "request"}]
    created, pending = shop.database.deliveries.where(lambda _row: True)
    line = {"level": "ERROR", "error": "Unavailable", "queue": "webhooks", "merchant_id": payment.merchant_id}
    assert lines(capsys, "message not sent; left to the sweeper") == [
        line | {"webhook_id": created.id, "then": pending.id}
    ]


def test_the_units_of_a_batch_share_one_outbox_which_is_flushed_once(shop: MemoryShop) -> None:
    outbox = Outbox(shop.queues)
    sharing = shop.deps.sharing(outbox)
    for number in range(2):
        with sharing.unit_of_work() as work:
            work.notify(shop.merchant, sample_event(f"w{number}", "m", NOW))
    assert shop.queues.sends == []
    outbox.flush()
    ((queue, messages, delay_seconds),) = shop.queues.sends
    assert (queue, [message["webhook_id"] for message in messages], delay_seconds) == (
        "webhooks",
        ["w0", "w1"],
        0,
    )
    outbox.flush()
    assert len(shop.queues.sends) == 1


def test_messages_with_one_queue_and_delay_go_together(shop: MemoryShop) -> None:
    outbox = Outbox(shop.queues)
    for delay_seconds, name in ((0, "a"), (5, "b"), (0, "c")):
        outbox.add("payments", {"name": name}, delay_seconds)
    outbox.add("payments", {"name": "d"})
    outbox.flush()
    assert shop.queues.sends == [
        ("payments", [{"name": "a"}, {"name": "c"}, {"name": "d"}], 0),
        ("payments", [{"name": "b"}], 5),
    ]
