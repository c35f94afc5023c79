import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from gateway.adapters.aws import sqs
from gateway.adapters.aws.dynamodb.tables import ROWS, OrderRow
from gateway.domain.card_testing.limits import SHARDS, Scope
from gateway.domain.errors import BadRequest, IdempotencyInFlight, NotFound, Unavailable
from gateway.domain.jobs import QueueDepth
from gateway.domain.payments.instruments import check_card
from gateway.domain.payments.order import OrderStatus
from gateway.presenters.payment import PAYMENT_CREATED
from gateway.use_cases.payments.new_payment import Sender
from tests.support.aws_calls import (
    a_cancellation,
    an_error,
    answering,
    just_before,
    requests_watched,
    watched,
)
from tests.support.database import payments
from tests.support.factories import NOW, some_id
from tests.support.shop import Shop

pytestmark = pytest.mark.emulator
CARD = check_card(
    number="4111111111111111", cvv="987", expiry_month="12", expiry_year="30", holder_name="Asha Rao", now=NOW
)


def test_a_payment_is_pending_and_answered_as_the_contract_has_it(shop: Shop) -> None:
    order = shop.order()
    answer = shop.pay(order)
    payment = shop.stored_payment(answer)
    assert (answer.status, answer.replayed) == (201, False)
    assert json.loads(answer.body) == PAYMENT_CREATED.present(payment)
    assert (payment.status, payment.amount, payment.order_id) == ("pending", order.amount, order.id)
    assert shop.order_status(order.id) == "attempted"


def test_a_payment_and_its_webhooks_are_sent_to_the_workers(shop: Shop) -> None:
    payment = shop.pending_payment()
    assert shop.events(payment.id) == ["payment.created", "payment.pending"]
    ids = {"payment_id": payment.id, "merchant_id": shop.merchant.id}
    assert shop.sent("payments") == [ids | {"origin": "request"}]
    (message,) = shop.sent("webhooks")
    assert set(message) == {"webhook_id", "then", "merchant_id"}


def test_a_merchant_without_a_url_gets_no_webhooks(shop: Shop) -> None:
    shop.without_webhooks()
    payment = shop.pending_payment()
    assert shop.events(payment.id) == []
    assert shop.sent("webhooks") == []
    assert len(shop.sent("payments")) == 1


def test_the_message_waits_as_long_as_the_bank_takes(shop: Shop) -> None:
    shop.bank.delay_ms = 5_001
    payment = shop.pending_payment()
    assert payment.due_at == NOW + timedelta(milliseconds=5_001)
    assert sqs.depth(shop.queue_urls["payments"]) == QueueDepth(0, 1, 0)


def test_an_order_may_be_tried_again_while_it_is_not_paid(shop: Shop) -> None:
    order = shop.order()
    assert shop.pay(order).body != shop.pay(order).body
    assert shop.number_of_payments() == 2


def test_an_order_of_another_merchant_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound, match=r"^Order not found$"):
        shop.pay(shop.order(), merchant_id="another merchant")


def test_an_order_that_does_not_exist_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound, match=r"^Order not found$"):
        shop.pay(replace(shop.order(), id=some_id("order_")))


@pytest.mark.parametrize(
    ("members", "description"),
    [({"status": OrderStatus.PAID}, "Order is already paid"), ({"expires_at": NOW}, "Order has expired")],
    ids=["paid", "expired"],
)
def test_an_order_that_cannot_be_paid_is_refused_and_nothing_is_kept(
    shop: Shop, members: dict[str, object], description: str
) -> None:
    order, key = shop.order(**members), shop.key("k")
    with watched() as calls, pytest.raises(BadRequest, match=f"^{description}$"):
        shop.pay(order, key)
    assert calls == ["BatchGetItem"]
    assert shop.number_of_payments() == 0


def test_a_shopper_may_pay_whatever_order_they_know(shop: Shop) -> None:
    order = shop.order()
    payment = shop.stored_payment(shop.pay(order, merchant_id=None))
    assert payment.merchant_id == shop.merchant.id
    assert shop.events(payment.id) == ["payment.created", "payment.pending"]


ROUND_TRIPS = {
    "read, commit, two sends": (
        True,
        False,
        ["BatchGetItem", "TransactWriteItems", "SendMessage", "SendMessage"],
    ),
    "one send without a webhook URL": (False, False, ["BatchGetItem", "TransactWriteItems", "SendMessage"]),
    "one more for a shopper": (
        True,
        True,
        ["BatchGetItem", "BatchGetItem", "TransactWriteItems", "SendMessage", "SendMessage"],
    ),
}


@pytest.mark.parametrize(("url", "shopper", "trips"), ROUND_TRIPS.values(), ids=ROUND_TRIPS)
@pytest.mark.parametrize("with_key", [True, False], ids=["with a key", "without"])
def test_a_payment_takes_so_many_round_trips(
    shop: Shop, trips: list[str], *, url: bool, shopper: bool, with_key: bool
) -> None:
    if not url:
        shop.without_webhooks()
    order, key = shop.order(), shop.key("k") if with_key else None
    with watched() as calls:
        shop.pay(order, key, merchant_id=None if shopper else shop.merchant.id)
    assert calls == trips
    if with_key:
        with watched() as calls:
            assert shop.pay(order, key, merchant_id=None if shopper else shop.merchant.id).replayed
        assert calls == ["BatchGetItem"]


def _asked(shop: Shop, source: str) -> list[tuple[str, int]]:
    """What a shopper's payment by UPI from there asks DynamoDB for: keys, or writes, in each call."""
    order = shop.order()
    with requests_watched() as requests:
        shop.pay(order, merchant_id=None, sender=Sender(source))
    asked = []
    for request in requests:
        body = json.loads(request.body)
        if request.operation == "BatchGetItem":
            asked.append(
                (request.operation, sum(len(keys["Keys"]) for keys in body["RequestItems"].values()))
            )
        elif request.operation == "TransactWriteItems":
            asked.append((request.operation, len(body["TransactItems"])))
    return asked


def test_a_shoppers_address_adds_keys_to_reads_that_are_made_anyway_and_no_write(shop: Shop) -> None:
    _asked(shop, "192.0.2.1")  # a process reads the key of digests once
    (reads, (of_merchant, more), (commits, writes)) = _asked(shop, "")
    with_address = [
        (reads[0], reads[1] + SHARDS[Scope.ADDRESS]),
        (of_merchant, more + SHARDS[Scope.MERCHANT]),
    ]
    assert _asked(shop, "192.0.2.1") == [*with_address, (commits, writes)]


SQS_FAILURES: dict[str, Callable[[], dict[str, object] | Exception]] = {
    "refuses": lambda: an_error("AccessDenied"),
    "hangs": lambda: ReadTimeoutError(endpoint_url="http://sqs"),
}


@pytest.mark.parametrize("failure", SQS_FAILURES.values(), ids=SQS_FAILURES)
@pytest.mark.parametrize("before", [[], [None]], ids=["the first send", "the second send"])
def test_what_is_committed_is_answered_even_if_sqs_fails(
    shop: Shop,
    before: list[None],
    failure: Callable[[], dict[str, object] | Exception],
    capsys: pytest.CaptureFixture[str],
) -> None:
    with answering("SendMessage", [*before, failure()]):
        answer = shop.pay(shop.order())
    payment = shop.stored_payment(answer)
    assert (answer.status, payment.status) == (201, "pending")
    overdue = payments.overdue(NOW + timedelta(seconds=1), 10_000)
    assert payment.id in {item.id for item in overdue}
    assert "message not sent; left to the sweeper" in capsys.readouterr().out


def test_messages_are_sent_after_the_commit_and_not_if_it_fails(shop: Shop) -> None:
    order = shop.order()
    refusal = [an_error("AccessDeniedException")]
    with watched() as calls, answering("TransactWriteItems", refusal), pytest.raises(Unavailable):
        shop.pay(order)
    assert calls.of("SendMessage", "SendMessageBatch") == []
    assert shop.number_of_payments() == 0
    assert shop.order_status(order.id) == "created"


def test_an_order_that_was_paid_meanwhile_is_refused(shop: Shop) -> None:
    order = shop.order()

    def pay_it() -> None:
        OrderRow(order.id).update(actions=[OrderRow.status.set("paid")])

    with (
        just_before("TransactWriteItems", pay_it),
        pytest.raises(BadRequest, match=r"^Order is already paid$"),
    ):
        shop.pay(order)
    assert shop.number_of_payments() == 0


@pytest.mark.parametrize(("key", "refusal"), [("k", IdempotencyInFlight), (None, Unavailable)])
def test_a_conflict_that_lasts_asks_to_come_back(
    shop: Shop, key: str | None, refusal: type[Exception]
) -> None:
    conflicts = [a_cancellation("None", "TransactionConflict")] * 4
    order, made = shop.order(), shop.key(key) if key else None
    with answering("TransactWriteItems", conflicts), pytest.raises(refusal):
        shop.pay(order, made)
    assert shop.pay(order, made).status == 201


def test_of_a_card_the_network_and_four_digits_are_kept_and_nothing_else(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = shop.pay(shop.order(), shop.key("k", {"cvv": "987"}), method="card", vpa=None, card=CARD)
    body = json.loads(answer.body)
    assert (body["card_network"], body["card_last4"], "vpa" in body) == ("visa", "1111", False)
    kept = [json.dumps(row.to_dynamodb_dict()) for table in ROWS for row in table.scan()]
    messages = [json.dumps(shop.sent(name)) for name in ("payments", "webhooks")]
    assert any(body["id"] in text for text in kept)
    for text in (*kept, *messages, answer.body, capsys.readouterr().out):
        assert not any(secret in text for secret in ("4111111111111111", '"987"', "Asha"))


def test_a_shopper_who_was_shown_another_amount_pays_nothing(shop: Shop) -> None:
    order = shop.order(amount=50_000)
    with pytest.raises(BadRequest, match=r"^amount must be the order's$"):
        shop.pay(order, merchant_id=None, amount=500)
    assert shop.order_status(order.id) is OrderStatus.CREATED
    assert shop.stored_payment(shop.pay(order, merchant_id=None, amount=50_000)).amount == 50_000
