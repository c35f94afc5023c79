import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bodies.fingerprint import fingerprint
from chalicelib.frame.idempotency_header import check_key, scoped_key
from gateway.domain.errors import BadRequest

SECRET = b"secret"
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=6,
)
bodies = st.dictionaries(texts, values, max_size=3)


def reordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: reordered(value[name]) for name in reversed(value)}
    return [reordered(item) for item in value] if isinstance(value, list) else value


@given(bodies)
def test_the_same_json_written_otherwise_has_the_same_fingerprint(body: dict[str, Any]) -> None:
    rewritten = json.loads(json.dumps(reordered(body), indent=3, ensure_ascii=False))
    assert fingerprint(SECRET, rewritten) == fingerprint(SECRET, body)


@given(bodies, bodies)
def test_other_json_has_another_fingerprint(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (fingerprint(SECRET, one) == fingerprint(SECRET, other)) is same


@pytest.mark.parametrize(
    "other",
    [
        {"amount": 501},
        {"amount": "500"},
        {"amount": 500, "note": None},
        {"amount": True},
        {"Amount": 500},
        {},
    ],
    ids=str,
)
def test_a_body_with_any_difference_has_another_fingerprint(other: dict[str, Any]) -> None:
    assert fingerprint(SECRET, {"amount": 500}) != fingerprint(SECRET, other)


def test_a_fingerprint_is_keyed() -> None:
    assert fingerprint(b"one", {"number": "4111"}) != fingerprint(b"other", {"number": "4111"})


@pytest.mark.parametrize("key", ["k", "x" * 255, " k ", "a#b", "!~"])
def test_a_key_of_1_to_255_characters_is_taken_as_it_is(key: str) -> None:
    assert check_key(key) == key


@pytest.mark.parametrize("key", ["", " ", "\t", "x" * 256])
def test_another_key_is_refused(key: str) -> None:
    with pytest.raises(BadRequest, match="1 to 255 characters") as caught:
        check_key(key)
    assert caught.value.field == "Idempotency-Key"


@pytest.mark.parametrize("key", ["ключ", "caf\u00e9-1", "caf\ufffd-1", "a\tb", "a\u007f", "a\u0000", "é"])
def test_a_key_of_other_than_printable_ascii_is_refused(key: str) -> None:
    # RFC 9110, 5.5: a field value is visible ASCII; what is not does not arrive the same everywhere.
    with pytest.raises(BadRequest, match="must be printable ASCII") as caught:
        check_key(key)
    assert caught.value.field == "Idempotency-Key"


def test_the_same_key_of_other_owners_or_endpoints_is_another_key() -> None:
    scopes = [("m1", "payments"), ("m2", "payments"), ("m1", "refunds"), ("m1", "payments/public")]
    assert len({scoped_key(owner, endpoint, "k") for owner, endpoint in scopes}) == len(scopes)
