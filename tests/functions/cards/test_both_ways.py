"""With the card function a request gets the same response as without it, and the API sees no card."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.cards.exchange import CARD_MEMBERS, PASSED_ON
from chalicelib.cards.form import MEMBER
from chalicelib.openapi.card_body import CARD
from chalicelib.openapi.request_bodies import BODIES
from gateway.domain.acquiring.results import NotSent, Refused
from gateway.domain.card_testing.limits import Limits, Scope, Subject, digest
from gateway.domain.errors import InvalidCard
from tests.proof.card_scan import AMEX, VISA, leaks
from tests.support.both_ways import ACCOUNT, KEYS, ORDER_IDS, BothWays, another_order
from tests.support.http_calls import an_event
from tests.support.proof_of_work import solved

ORDER = ORDER_IDS[0]
CARD_OF_VISA = VISA.as_json()
PAID = {"order_id": ORDER, "method": "card", "card": CARD_OF_VISA}
UPI = {"order_id": ORDER, "method": "upi", "vpa": "asha@okbank"}
ELSEWHERE = "203.0.113.7"


@pytest.fixture
def ways() -> Iterator[BothWays]:
    with pytest.MonkeyPatch.context() as patch:
        yield BothWays(patch)


def with_card(**members: Any) -> dict[str, Any]:
    return {**PAID, "card": {**CARD_OF_VISA, **members}}


def without(name: str) -> dict[str, Any]:
    return {**PAID, "card": {key: value for key, value in CARD_OF_VISA.items() if key != name}}


def seen_by_the_api(ways: BothWays) -> str:
    return json.dumps(ways.exchanged.seen, ensure_ascii=False)


def test_a_payment_by_card_is_the_same_and_so_is_all_that_is_stored(ways: BothWays) -> None:
    made = ways.ask(PAID, headers={"Idempotency-Key": "k"})
    assert (made.status, made.json["card_network"], made.json["card_last4"]) == (201, "visa", "1486")
    assert ways.exchanged.rows() == ways.direct.rows()
    (event,) = ways.exchanged.seen
    assert MEMBER in event
    assert not list(leaks("what the API saw", seen_by_the_api(ways)))


def test_a_repeated_request_is_known_again_whichever_way_it_came(ways: BothWays) -> None:
    first = ways.ask(PAID, headers={"Idempotency-Key": "k"})
    again = ways.ask(PAID, headers={"Idempotency-Key": "k"})
    assert (again.text, again.headers["idempotent-replayed"]) == (first.text, "true")
    assert ways.ask(with_card(cvv="740"), headers={"Idempotency-Key": "k"}).status == 422
    # The stage's setting was changed in between: the record is the direct way's.
    record = ways.direct.shop.database.rows.of("idempotency")
    ways.exchanged.shop.database.rows.tables["idempotency"] = dict(record)
    assert ways.ask(PAID, headers={"Idempotency-Key": "k"}).headers["idempotent-replayed"] == "true"


BODIES_SENT: dict[str, Any] = {
    "amex": {**PAID, "card": AMEX.as_json()},
    "amount and currency": {**PAID, "amount": 500, "currency": "INR"},
    "another amount": {**PAID, "amount": 501},
    "an amount with a point": {**PAID, "amount": 500.0},
    "an amount with an exponent": json.dumps(PAID)[:-1] + ',"amount":5e2}',
    "two-digit year, months as numbers": with_card(expiry_month=1, expiry_year=39),
    "month zero": with_card(expiry_month=0),
    "a month that is true": with_card(expiry_month=True),
    "a month with a point": json.dumps(with_card(expiry_month=7)).replace(": 7", ": 7.0"),
    "expired": with_card(expiry_year="2001"),
    "no such month": with_card(expiry_month="13"),
    "a wrong check digit": with_card(number="4539578763621487"),
    "letters": with_card(number="four"),
    "a number that is a number": with_card(number=4539578763621486),
    "a CVV of another length": with_card(cvv="7399"),
    "a CVV with letters": with_card(cvv="73x"),
    "a CVV with a line end": with_card(cvv="739\n"),
    "a CVV that is a number": with_card(cvv=739),
    "no holder": with_card(holder_name=""),
    "a blank holder": with_card(holder_name=" "),
    "a long holder": with_card(holder_name="Quixworth" * 12),
    "several wrong members": with_card(number=None, cvv="x", holder_name=[]),
    **{f"without {name}": without(name) for name in CARD_MEMBERS},
    "no card": {**PAID, "card": None},
    "a card that is a text": {**PAID, "card": VISA.number},
    "a card that is a list": {**PAID, "card": [CARD_OF_VISA]},
    "an empty card": {**PAID, "card": {}},
    "card missing": {"order_id": ORDER, "method": "card"},
    "the card's members beside it": {"order_id": ORDER, "method": "card", **CARD_OF_VISA},
    "unknown members": {**PAID, "note": VISA.number, "extra": {"cvv": ["739"]}},
    "unknown members of the card": with_card(pin="739", **{VISA.number: 1}),
    "unknown members of UPI": {**UPI, "number": VISA.number},
    "long names": {**PAID, "n" * 70: VISA.number, "card": CARD_OF_VISA | {"x" * 70: 1}},
    "ten unknown members": {**PAID, **{f"m{number}": number for number in range(12)}},
    "UPI with a card": {**UPI, "card": CARD_OF_VISA},
    "UPI": UPI,
    "UPI that is none": {**UPI, "vpa": VISA.number},
    "card_token and card": {**PAID, "card_token": "pm_1"},
    "card_token": {"order_id": ORDER, "method": "card", "card_token": "pm_1"},
    "no method": {"order_id": ORDER, "card": CARD_OF_VISA},
    "a method that is a number": {**PAID, "method": VISA.number},
    "no order": {"method": "card", "card": CARD_OF_VISA},
    "an unknown order": {**PAID, "order_id": "order_9999999999999999"},
    "cut off": json.dumps(PAID)[:-1],
    "not JSON": json.dumps(PAID).replace(":", "="),
    "a null character": with_card(number=VISA.number + "\0"),
    "half a character": with_card(number=VISA.number + "\ud800"),
    "a member twice": json.dumps(PAID)[:-1] + ',"method":"upi"}',
    "the card twice": json.dumps(PAID)[:-1] + f',"card":{json.dumps(AMEX.as_json())}}}',
    "its number twice": json.dumps(PAID).replace('"cvv"', '"number":"1","cvv"'),
    "a list": [PAID],
    "nested": json.dumps(PAID)[:-1] + ',"x":' + "[" * 120 + "]" * 120 + "}",
    "infinite": json.dumps(PAID)[:-1] + ',"x":1e999}',
    "not a number": json.dumps(PAID)[:-1] + ',"x":NaN}',
    "empty": "",
    "blank": "  ",
    "too large": {**PAID, "x": "4" * 70_000},
    "just small enough, with what grows": {**PAID, "x": [1] * 10_000, "order_id": [1e9, "é" * 20_000]},
    "not ASCII": with_card(holder_name="Ζεφύρα Quixworth"),
}


@pytest.mark.parametrize("public", [False, True], ids=["a server", "a shopper"])
@pytest.mark.parametrize("name", BODIES_SENT)
def test_the_response_is_the_same_to_the_byte(ways: BothWays, name: str, *, public: bool) -> None:
    ways.ask(BODIES_SENT[name], public=public, headers={"Idempotency-Key": "k"})
    ways.ask(BODIES_SENT[name], public=public)
    assert ways.exchanged.rows() == ways.direct.rows()


@pytest.mark.parametrize("name", BODIES_SENT)
def test_the_api_sees_no_card_whatever_is_wrong_with_it(ways: BothWays, name: str) -> None:
    ways.ask(BODIES_SENT[name])
    if name == "UPI that is none":  # a member of UPI, whatever is in it
        return
    assert not list(leaks("what the API saw", seen_by_the_api(ways)))


def test_errors_come_in_the_order_of_the_api(ways: BothWays) -> None:
    wrong = with_card(number="1")
    assert ways.ask(wrong, headers={"X-Api-Secret": "no"}).status == 401
    assert ways.ask("{", headers={"X-Api-Secret": "no"}).status == 401
    assert ways.ask(wrong, multiValueQueryStringParameters={"x": ["1"]}).error["field"] == "x"
    assert ways.ask(wrong, headers={"Content-Encoding": "gzip"}).status == 415
    assert ways.ask({**wrong, "order_id": "order_9999999999999999"}).error["code"] == "INVALID_CARD"
    assert ways.ask(wrong, headers={"Idempotency-Key": "\x7f"}).error["code"] == "INVALID_CARD"
    assert ways.ask(PAID, headers={"Idempotency-Key": "\x7f"}).error["field"] == "Idempotency-Key"
    assert not list(leaks("what the API saw", seen_by_the_api(ways)))


def test_an_order_of_another_merchant_is_no_order(ways: BothWays) -> None:
    order = another_order(ways, "order_0000000000000009")
    assert ways.ask({**PAID, "order_id": order.id}).status == 404


def test_a_body_in_base64_is_read_as_its_bytes(ways: BothWays) -> None:
    for raw in (json.dumps(PAID).encode(), b'{"card":"\xff"}', b""):
        event = an_event("POST", "/api/v1/payments", headers=KEYS)
        event |= {"body": base64.b64encode(raw).decode(), "isBase64Encoded": True}
        ways.send(event)
    assert not list(leaks("what the API saw", seen_by_the_api(ways)))


def test_limits_and_the_challenge_know_a_card_again(ways: BothWays) -> None:
    number = VISA.number.replace(" ", "")
    known = Subject(Scope.CARD, digest(b"pepper", "card", number))
    ways.each(lambda way: way.shop.set_merchant(limits=Limits(address_failures=1, card_failures=2)))
    place = {"requestContext": {"requestId": "r", "identity": {"sourceIp": ELSEWHERE}}}
    address = Subject(Scope.ADDRESS, digest(b"pepper", "address", ELSEWHERE))
    ways.each(lambda way: way.shop.database.failures.add({address: 1}, way.shop.clock()))
    asked = ways.ask(PAID, public=True, headers={"Idempotency-Key": "k"}, **place)
    assert asked.error["reason"] == "challenge_required"
    answered = {**PAID, "challenge": vars(solved(asked.error["challenge"]))}
    made = ways.ask(answered, public=True, headers={"Idempotency-Key": "k"}, **place)
    assert made.status == 201
    # The same body without its answer is the same request.
    assert ways.ask(PAID, public=True, headers={"Idempotency-Key": "k"}, **place).text == made.text
    ways.each(lambda way: way.shop.database.failures.add({known: 2}, way.shop.clock()))
    assert ways.ask({**PAID, "order_id": ORDER_IDS[1]}, **place).status == 429
    assert ways.exchanged.rows() == ways.direct.rows()


def at_the_account(ways: BothWays) -> None:
    ways.each(lambda way: way.shop.set_merchant(acquirer_account=ACCOUNT))


def test_an_acquirer_with_credentials_is_asked_after_all_that_the_api_checks(ways: BothWays) -> None:
    at_the_account(ways)
    refused = [{**PAID, "order_id": "order_9999999999999999"}, {**PAID, "amount": 501}, with_card(cvv="1")]
    for body in refused:
        ways.ask(body)
    ways.ask(PAID, headers={"X-Api-Secret": "no"})
    assert ways.exchanged.at_account.tokens == []
    calls = len(ways.exchanged.seen)
    assert ways.ask(PAID, headers={"Idempotency-Key": "k"}).status == 201
    assert len(ways.exchanged.seen) == calls + 2
    assert ways.ask(PAID, headers={"Idempotency-Key": "k"}).headers["idempotent-replayed"] == "true"
    assert len(ways.exchanged.seen) == calls + 3
    assert ways.exchanged.at_account.tokens == ways.direct.at_account.tokens == ["1486"]
    assert ways.exchanged.rows() == ways.direct.rows()
    assert not list(leaks("what the API saw", seen_by_the_api(ways)))


@pytest.mark.parametrize(
    ("refusal", "status"), [(InvalidCard("card"), 400), (NotSent("timeout"), 503), (Refused("key"), 503)]
)
def test_what_the_acquirer_says_of_a_card_is_said_by_the_api(
    ways: BothWays, refusal: Exception, status: int
) -> None:
    at_the_account(ways)
    ways.each(lambda way: setattr(way.at_account, "refusal", refusal))
    assert ways.ask(PAID, public=True).status == status
    assert ways.exchanged.rows() == ways.direct.rows()


def test_the_members_that_are_passed_on_are_those_of_the_apis_schema() -> None:
    schema = BODIES["NewPublicPayment"]
    known = set(schema["properties"])
    for alternative in schema["oneOf"]:
        known |= set(alternative["properties"])
    assert known - {"card"} == PASSED_ON
    assert tuple(CARD["properties"]) == CARD_MEMBERS


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.sampled_from(
    ["4111 1111 1111 1111", "123", "1234", "12", "2039", "\n", "card", "number", "0"]
)
leaves = st.none() | st.booleans() | st.integers(-5, 5000) | st.floats(allow_nan=False, width=16) | texts
values = leaves | st.lists(leaves, max_size=2) | st.dictionaries(texts, leaves, max_size=2)
# Any of a right body's members left out or replaced, and others added.
cards = st.fixed_dictionaries(
    {}, optional={name: values | st.just(CARD_OF_VISA[name]) for name in CARD_MEMBERS}
)
members: dict[str, Any] = {
    "order_id": st.just(ORDER) | values,
    "method": st.sampled_from(["card", "upi"]) | values,
}
members |= {
    "card": cards | st.just(CARD_OF_VISA) | values,
    "card_token": texts,
    "vpa": texts,
    "amount": values,
}
bodies = st.builds(
    lambda known, other: {**other, **known},
    st.fixed_dictionaries({}, optional=members),
    st.dictionaries(texts, values, max_size=2),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies, st.booleans())
def test_any_body_is_answered_the_same_way(body: dict[str, Any], public: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        ways = BothWays(patch)
        ways.ask(body, public=public, headers={"Idempotency-Key": "k"})
        assert ways.exchanged.rows() == ways.direct.rows()
