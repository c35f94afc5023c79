"""What the table engine's guard knows of transactions, and how it tells that one is asked for again."""

import json
import uuid

import pytest

from gateway.adapters.aws.messages import Request, Response
from gateway.adapters.aws.services import DYNAMODB
from gateway.adapters.aws.timeouts import WORK
from gateway.adapters.aws.transport import Transport
from local.emulator.transactions import KEPT_MAX, KEPT_SECONDS, Transactions, split_token

TOKEN = b"0a1b2c3d-0a1b-4a1b-8a1b-0a1b2c3d4e5f"


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def heard(transactions: Transactions, token: bytes) -> list[bytes]:
    told: list[bytes] = []
    outcome = transactions.find(token)
    assert outcome is not None
    outcome.when_over(told.append)
    return told


def test_the_functions_transactions_end_in_a_token_that_is_found() -> None:
    sent: list[Request] = []

    def send(request: Request) -> Response:
        sent.append(request)
        return Response(200, {}, b"{}")

    environ = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}
    transport = Transport(environ)
    transport.send = send
    asked = {"TransactItems": [{"Put": {"TableName": "t", "Item": {"a": {"S": "ä"}}}}]}
    transport.call(DYNAMODB, "TransactWriteItems", asked, WORK)
    found = split_token(sent[0].body)
    assert found is not None
    token, without = found
    assert uuid.UUID(token.decode()).version == 4
    assert json.loads(without) == asked
    assert len(without) == len(sent[0].body)


OTHERS = {
    "none": b'{"TransactItems":[]}',
    "not at the end": b'{"ClientRequestToken":"' + TOKEN + b'","TransactItems":[]}',
    "another spelling": b'{"TransactItems": [], "ClientRequestToken": "' + TOKEN + b'"}',
    "too long": b'{"TransactItems":[],"ClientRequestToken":"' + TOKEN + b'0"}',
    "empty": b'{"TransactItems":[],"ClientRequestToken":""}',
    "inside a text": b'{"TransactItems":["\\",\\"ClientRequestToken\\":\\"' + TOKEN + b'\\"}"]}',
    "followed by another request": b'{"TransactItems":[],"ClientRequestToken":"' + TOKEN + b'"}POST',
    "nothing": b"",
}


@pytest.mark.parametrize("request_bytes", OTHERS.values(), ids=OTHERS.keys())
def test_what_ends_in_another_way_is_left_to_the_engine(request_bytes: bytes) -> None:
    assert split_token(request_bytes) is None


def test_whoever_asks_is_told_the_response_before_and_after_it_came() -> None:
    transactions = Transactions(Clock())
    assert transactions.find(TOKEN) is None
    transactions.begin(TOKEN)
    first, second = heard(transactions, TOKEN), heard(transactions, TOKEN)
    assert (first, second) == ([], [])
    transactions.end(TOKEN, b"done", carried_out=True)
    assert (first, second, heard(transactions, TOKEN)) == ([b"done"], [b"done"], [b"done"])


@pytest.mark.parametrize("response", [b"refused", b""], ids=["refused", "lost"])
def test_one_that_was_not_carried_out_is_new_when_it_is_asked_for_again(response: bytes) -> None:
    transactions = Transactions(Clock())
    transactions.begin(TOKEN)
    waiting = heard(transactions, TOKEN)
    transactions.end(TOKEN, response, carried_out=False)
    assert waiting == [response]
    assert transactions.find(TOKEN) is None


def test_one_is_known_for_a_minute_and_longer_while_it_is_under_way() -> None:
    clock = Clock()
    transactions = Transactions(clock)
    for token in (b"under way", b"first", b"second"):
        transactions.begin(token)
    transactions.end(b"first", b"1", carried_out=True)
    clock.seconds += KEPT_SECONDS
    transactions.end(b"second", b"2", carried_out=True)
    assert heard(transactions, b"first") == [b"1"]
    clock.seconds += 1
    transactions.begin(b"third")
    transactions.end(b"third", b"3", carried_out=True)
    assert transactions.find(b"first") is None
    assert heard(transactions, b"second") == [b"2"]
    assert transactions.find(b"under way") is not None


def test_no_more_than_so_many_are_known() -> None:
    transactions = Transactions(Clock())
    for number in range(KEPT_MAX + 2):
        transactions.begin(b"%d" % number)
        transactions.end(b"%d" % number, b"", carried_out=True)
    known = [number for number in (0, 1, 2, KEPT_MAX + 1) if transactions.find(b"%d" % number)]
    assert known == [2, KEPT_MAX + 1]
