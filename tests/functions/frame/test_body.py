import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bodies.json_object import BODY_MAX_BYTES, parse_object
from chalicelib.frame.application import Application
from chalicelib.frame.errors import BodyTooLarge, status_of
from gateway.domain.errors import BadRequest
from tests.support.http_calls import CONTEXT, an_event, send

texts = st.text(max_size=6)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts
json_values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner), max_leaves=8
)
# JSON of all sorts, also with NaN, lone surrogates and cut short, besides plain noise.
json_texts = json_values.map(json.dumps)
broken_texts = st.tuples(json_texts, st.integers(0, 40)).map(lambda pair: pair[0][: pair[1]])
encoded = (json_texts | broken_texts).map(lambda text: text.encode("utf-8", "surrogatepass"))
raw_json = json_values.map(
    lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
)
ALPHABET = st.sampled_from(list('{}[]:,"\\u0d8eE+-.1truefalsnl \n\x00')).map(str.encode) | st.binary(
    max_size=2
)
noise = st.binary(max_size=64) | st.lists(ALPHABET, max_size=30).map(b"".join)


def is_plain(value: Any) -> bool:
    """Whether a value holds nothing that has no UTF-8 form or that PostgreSQL, say, would not take."""
    if isinstance(value, str):
        return "\x00" not in value and value.encode("utf-8", "replace").decode() == value
    if isinstance(value, dict):
        return all(is_plain(part) for item in value.items() for part in item)
    return all(is_plain(item) for item in value) if isinstance(value, list) else True


@given(encoded | raw_json | noise | st.builds(lambda inner: b'{"a":' + inner + b"}", encoded | noise))
def test_any_bytes_are_an_object_or_a_bad_request(raw: bytes) -> None:
    try:
        value = parse_object(raw)
    except BadRequest as refusal:
        assert status_of(type(refusal)) == 400  # noqa: PT017 - either end is fine
    else:
        assert isinstance(value, dict)
        assert is_plain(value)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"{}{}",
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":01}',
        b'{"a":.5}',
        b'{"a":+1}',
        b'{"a":0x10}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":-1e999}',
        b'{"a":"\n"}',
        b'{"a":"\x00"}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    ],
    ids=lambda raw: ascii(raw[:20].decode("latin-1")),
)
def test_what_is_no_json_is_a_bad_request(raw: bytes) -> None:
    with pytest.raises(BadRequest, match=r"^The request body is not valid JSON$"):
        parse_object(raw)


@pytest.mark.parametrize("raw", [b"", b" ", b"\r\n"])
def test_an_empty_body_is_said_to_be_empty(raw: bytes) -> None:
    with pytest.raises(BadRequest, match=r"^The request body is empty; it must be a JSON object$") as caught:
        parse_object(raw)
    assert caught.value.reason == "empty_body"


@pytest.mark.parametrize("raw", [b"[]", b'"a"', b"1", b"null", b"true", b"[{}]"])
def test_json_that_is_no_object_is_a_bad_request(raw: bytes) -> None:
    with pytest.raises(BadRequest, match=r"^The request body must be a JSON object$"):
        parse_object(raw)


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["lists", "objects"])
def test_a_body_may_be_nested_so_deep_and_no_deeper(opening: bytes, closing: bytes) -> None:
    # Far from where Python's own limits begin, which other versions have elsewhere.
    def nested(levels: int) -> bytes:
        return b'{"a":' + opening * levels + b"1" + closing * levels + b"}"

    assert parse_object(nested(98))
    for levels in (99, 500, 900):
        with pytest.raises(BadRequest, match="nested deeper than 100 levels"):
            parse_object(nested(levels))


@pytest.mark.parametrize(
    ("raw", "field", "words"),
    [
        (b'{"notes":{"a":["x","\\u0000"]}}', "notes.a[1]", "null characters"),
        (b'{"notes":{"a\\u0000":1}}', "notes", "null characters"),
        (b'{"receipt":"\\ud800"}', "receipt", "valid Unicode"),
        (b'{"receipt":"\\udfff\\ud800"}', "receipt", "valid Unicode"),
        (b'{"a":{"\\ud800":1}}', "a", "valid Unicode"),
    ],
)
def test_text_that_cannot_be_stored_is_named(raw: bytes, field: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words) as caught:
        parse_object(raw)
    assert caught.value.field == field


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert parse_object(b'{"a":"\\ud83d\\ude00"}') == {"a": "😀"}


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b'{"amount":500,"amount":600}', "amount"),
        (b'{"amount":500,"amount":500}', "amount"),
        (b'{"amount":1,"am\\u006funt":2}', "amount"),
        (b'{"order_id":"o","card":{"number":"1","cvv":"2","number":"3"}}', "card.number"),
        (b'{"notes":{"a":[{},{"b":1,"b":null}]}}', "notes.a[1].b"),
        (b'{"":1,"":2}', ""),
    ],
)
def test_a_member_that_is_given_twice_is_named(raw: bytes, field: str) -> None:
    # RFC 7493 (I-JSON), 2.3: which of the two counts differs between parsers, so none does.
    with pytest.raises(BadRequest, match="must be given only once") as caught:
        parse_object(raw)
    assert caught.value.field == field


def test_objects_beside_each_other_may_have_the_same_members() -> None:
    assert parse_object(b'{"a":{"x":1},"b":{"x":1}}') == {"a": {"x": 1}, "b": {"x": 1}}


def test_a_number_of_many_digits_is_kept_to_the_last() -> None:
    assert parse_object(b'{"notes":{"n":-123456789012345678901234567890}}') == {
        "notes": {"n": -123456789012345678901234567890}
    }


def test_a_number_of_endless_digits_is_a_bad_request() -> None:
    with pytest.raises(BadRequest):
        parse_object(b'{"n":' + b"9" * 60_000 + b"}")


@pytest.mark.parametrize("written", ["500.0", "5e2", "5E+2", "500.00", "0.5e3"])
def test_a_number_written_as_a_fraction_is_no_integer(written: str) -> None:
    amount = parse_object(f'{{"amount":{written}}}'.encode())["amount"]
    assert amount == 500
    assert isinstance(amount, float)
    assert not amount.is_integer()


def test_a_body_may_be_as_long_as_the_limit_and_no_longer() -> None:
    longest = b'{"a":"' + b"x" * (BODY_MAX_BYTES - 8) + b'"}'
    assert len(longest) == BODY_MAX_BYTES == 64 * 1024
    assert len(parse_object(longest)["a"]) == BODY_MAX_BYTES - 8
    with pytest.raises(BodyTooLarge, match="65536 bytes") as caught:
        parse_object(longest + b" ")
    assert status_of(caught.type) == 413


@pytest.mark.parametrize(
    ("body", "status"), [(None, 400), ("", 400), ("x" * 70_000, 413), ('"\\ud800"', 400)]
)
def test_a_refused_body_is_answered_in_the_contracts_form(
    gateway: Application, body: str | None, status: int
) -> None:
    reply = send(gateway, "POST", "/public", body=body)
    assert (reply.status, reply.error["code"]) == (status, "BAD_REQUEST_ERROR")


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "deflate", "gzip, identity", "x-odd"])
def test_a_body_that_is_encoded_is_refused_before_it_is_read(gateway: Application, coding: str) -> None:
    # RFC 9110, 8.4 and 15.5.16; whether or not the body really is so coded.
    reply = send(gateway, "POST", "/public", headers={"Content-Encoding": coding}, body="{}")
    assert (reply.status, reply.error["code"], reply.error["field"]) == (
        415,
        "BAD_REQUEST_ERROR",
        "Content-Encoding",
    )
    assert reply.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("coding", ["", "identity", "Identity", " identity "])
def test_a_body_that_says_that_it_is_plain_is_read(gateway: Application, coding: str) -> None:
    assert send(gateway, "POST", "/public", headers={"Content-Encoding": coding}, body="{}").status == 201


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param('{"receipt":"café"}'.encode(), 201, id="UTF-8"),
        pytest.param('{"receipt":"café"}'.encode("latin-1"), 400, id="Latin-1"),
        pytest.param('{"receipt":"café"}'.encode("utf-16"), 400, id="UTF-16"),
        pytest.param(b"\xef\xbb\xbf{}", 400, id="byte order mark"),
    ],
)
def test_a_body_that_arrives_as_bytes_must_be_utf_8(gateway: Application, body: bytes, status: int) -> None:
    # RFC 8259, 8.1. API Gateway sends bodies base64-encoded (template.yaml, BinaryMediaTypes).
    event = an_event("POST", "/public", body=base64.b64encode(body).decode()) | {"isBase64Encoded": True}
    answer = gateway(event, CONTEXT)
    assert answer["statusCode"] == status
    if status == 201:
        assert json.loads(answer["body"]) == {"receipt": "café"}
