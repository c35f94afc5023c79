"""Card data reaches no table, no queue, no log line, no error and no answer, whatever goes wrong."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.routes import payments as routes
from gateway.adapters.aws import sqs
from gateway.adapters.aws.dynamodb import batch
from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.use_cases.payments import create_payment
from gateway.use_cases.unit_of_work import UnitOfWork
from tests.proof import ways
from tests.proof.card_scan import AMEX, CARDS, VISA, Card, at_rest, leaks, scan
from tests.proof.shop import Request, Shop
from tests.proof.size import REPORT, TORTURE, a_random
from tests.proof.wire import Fault, Point
from tests.proof.world import World
from tests.support.emulator import Emulator

FAULTS: list[Fault] = [ways.refused, ways.answer_lost, ways.twice, ways.crash]
PAYMENTS = "/api/v1/payments"


def paying(shop: Shop) -> None:
    """Card payments: right and refused, repeated, under a key that was used for another body."""
    order = shop.order()
    for number, card in enumerate(CARDS):
        body = {"order_id": order, "method": "card", "card": card.as_json()}
        first = Request("POST", PAYMENTS, body, f"card-{number}")
        other = {**body, "card": {**card.as_json(), "holder_name": f"{card.holder_name} Junior"}}
        shop.ask(first)
        shop.ask(first)
        assert shop.ask(Request("POST", PAYMENTS, other, f"card-{number}")).status == 422
        shop.ask(Request("POST", f"{PAYMENTS}/public", body, public=True))
        shop.ask(Request("POST", PAYMENTS, {**body, "order_id": "order_0000000000000000"}))
        for name, wrong in {"cvv": card.cvv + "x", "expiry_year": "2001", "holder_name": " "}.items():
            assert (
                shop.ask(Request("POST", PAYMENTS, {**body, "card": card.as_json() | {name: wrong}})).status
                == 400
            )
    shop.wait()


def broken_bodies(card: Card) -> Iterator[str]:
    """Bodies that hold a card and are wrong in some way."""
    right = {"order_id": "order_0000000000000000", "method": "card", "card": card.as_json()}
    text = json.dumps(right)
    yield text[:-1]
    yield text[:-5] + "\u0000"
    yield text.replace(":", "=")
    yield json.dumps([right])
    yield json.dumps({**right, "method": "upi"})
    yield json.dumps({**right, "method": card.number})
    yield json.dumps({**right, "card": card.number})
    yield json.dumps({**right, "card": [card.as_json()]})
    yield json.dumps({**right, "card": {**card.as_json(), "number": [card.number]}})
    yield json.dumps({**right, "card": {**card.as_json(), "number": card.number + "0"}})
    yield json.dumps({**right, "card": {**card.as_json(), "number": card.number + "\ud800"}})
    yield json.dumps({**right, "card": {**card.as_json(), "expiry_month": card.number}})
    yield json.dumps({**right, "card": {**card.as_json(), "expiry_year": {"x": card.number}}})
    yield json.dumps({**right, "vpa": card.number, "method": "upi"})


def said(shop: Shop, printed: str, logged: list[logging.LogRecord]) -> Iterator[tuple[str, str]]:
    """Everything that left the process: lines, log records, answers, and what was sent to AWS."""
    yield "the output", printed
    formatter = logging.Formatter("%(message)s %(exc_text)s")
    yield "the log records", "\n".join(formatter.format(record) for record in logged)
    for request, reply in shop.answers:
        yield f"an answer to {request.method} {request.path}", reply.text + json.dumps(dict(reply.headers))
    for number, sent in enumerate(shop.world.wire.sent):
        yield f"request {number} to AWS", sent.decode(errors="replace")


def test_no_failure_of_aws_lets_card_data_out(
    world: World, emulator: Emulator, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.wire.begin()
    shop = Shop(world, world.new_merchant())
    paying(shop)
    points = [call.point for call in world.wire.calls]
    pick, runs = a_random("card data"), 0
    for point in unlike(points):
        for fault in FAULTS if TORTURE else [pick.choice(FAULTS)]:
            world.forget()
            world.wire.begin(point, fault)
            paying(Shop(world, world.new_merchant(), answers=shop.answers))
            runs += 1
    world.wire.begin()
    world.settle()
    # Some more whose messages stay in the queues.
    shop.pay(shop.order(), None)
    found = scan([*said(shop, capsys.readouterr().out, caplog.records), *at_rest(emulator)])
    assert not found, found
    assert any(VISA.number[-4:] in reply.text for _, reply in shop.answers), (
        "the last four digits may be seen"
    )
    world.settle()
    REPORT.append(f"card data: {runs} runs with a failing call, {len(world.wire.sent)} requests scanned")


def unlike(points: list[Point]) -> list[Point]:
    """In a torture all points, else the first and the last of their kind."""
    if TORTURE:
        return points
    kinds: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        kinds.setdefault((point.step, point.operation), []).append(point)
    return [point for those in kinds.values() for point in dict.fromkeys((those[0], those[-1]))]


BREAKABLE: list[tuple[Any, str]] = [
    (routes, "new_payment"),
    (routes, "check_card"),
    (UnitOfWork, "succeed"),
    (create_payment, "Admission"),
    (create_payment, "begin_payment"),
    (UnitOfWork, "enqueue"),
    (batch, "read"),
    (sqs, "send"),
    (DynamoTransaction, "commit"),
]


@pytest.mark.parametrize(("place", "name"), BREAKABLE, ids=lambda part: getattr(part, "__name__", part))
def test_an_unexpected_exception_that_quotes_the_card_stays_inside(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, place: Any, name: str
) -> None:
    shop = Shop(world, world.new_merchant())
    order = shop.order()

    def breaks(*given: Any, **named: Any) -> Any:
        raise RuntimeError(f"{given} {named} {VISA.as_json()} {AMEX.as_json()}")

    with monkeypatch.context() as patch:
        patch.setattr(place, name, breaks)
        for number, card in enumerate(CARDS):
            body = {"order_id": order, "method": "card", "card": card.as_json()}
            reply = world.call(shop.account, "POST", PAYMENTS, body=body, key=f"broken-{number}")
            assert reply is not None
            assert reply.status == 500
            assert not list(leaks("the answer", reply.text))
    # What was committed before it broke goes on.
    world.settle()
    printed = capsys.readouterr().out
    assert "RuntimeError" in printed, "the log says what it was"
    assert not list(leaks("the output", printed))


def test_a_body_that_is_wrong_is_never_quoted(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    account = world.new_merchant()
    for card in CARDS:
        for body in broken_bodies(card):
            reply = world.call(account, "POST", PAYMENTS, raw_body=body)
            assert reply is not None
            assert reply.status in (400, 404), reply.text
            assert not list(leaks("the answer", reply.text))
    assert not list(leaks("the output", capsys.readouterr().out))


def plants(world: World, emulator: Emulator) -> dict[str, Callable[[str], object]]:
    """Ways in which card data could come to rest."""
    sqs, dynamodb = emulator.client("sqs"), emulator.client("dynamodb")
    table = f"{world.deps.config.table_prefix}-stats"
    return {
        "queue": lambda text: sqs.send_message(QueueUrl=world.urls["payments"], MessageBody=text),
        "table": lambda text: dynamodb.put_item(TableName=table, Item={"id": {"S": "x"}, "x": {"S": text}}),
    }


@pytest.mark.parametrize("place", ["table", "queue"])
def test_the_scan_finds_what_is_planted(world: World, emulator: Emulator, place: str) -> None:
    planted = json.dumps({"card": {"cvv": AMEX.cvv}, "text": [VISA.number, VISA.holder_name.upper()]})
    plants(world, emulator)[place](planted)
    try:
        found = scan(at_rest(emulator))
        assert {leak.split(" of ")[0] for leak in found if place in leak} == {"CVV", "number", "holder"}
    finally:
        dynamodb = emulator.client("dynamodb")
        dynamodb.delete_item(TableName=f"{world.deps.config.table_prefix}-stats", Key={"id": {"S": "x"}})


@pytest.mark.parametrize(
    "text",
    [
        "4539578763621486",
        "4539 5787 6362 1486",
        "4539-5787-6362-1486",
        "4539578763621",
        "NDUzOTU3ODc2MzYyMTQ4Ng==",
        '{"cvv":"739"}',
        '"{\\"cvv\\":\\"739\\"}"',
        "cvv=739",
        "the CVV is 739",
        "Mr. Quixworth",
    ],
)
def test_card_data_is_recognised_in_many_forms(text: str) -> None:
    assert list(leaks("a text", text))


@pytest.mark.parametrize("text", ['{"duration_ms":739}', "2026-11-23T03:43:18.739Z", "pay_1739abc", "1486"])
def test_other_numbers_are_no_card_data(text: str) -> None:
    assert not list(leaks("a text", text))
