from typing import Any

import pytest

from chalicelib.frame.application import Application
from tests.functions.conftest import KEYS
from tests.support.http_calls import CONTEXT, an_event, send


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/things/1/parts", "/things/1/parts/2/more", "/thing", "/THINGS", "//things"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_not_found(gateway: Application, method: str, path: str) -> None:
    reply = send(gateway, method, path, headers=KEYS)
    assert reply.status == 404
    assert (reply.error["code"], reply.error["description"]) == ("NOT_FOUND_ERROR", "No such endpoint")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/things", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/things/1", "GET, HEAD, OPTIONS"),
        ("PATCH", "/things/1/parts/2", "GET, HEAD, OPTIONS"),
        ("HEAD", "/public", "OPTIONS, POST"),
        ("GET", "/public", "OPTIONS, POST"),
        ("GET", "/things/config", "OPTIONS, PUT"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(
    gateway: Application, method: str, path: str, allow: str
) -> None:
    event = an_event(method, path, headers=KEYS)
    answer = gateway(event, CONTEXT)
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, allow)
    if method != "HEAD":
        assert send(gateway, method, path, headers=KEYS).error["code"] == "BAD_REQUEST_ERROR"


def test_head_is_get_without_the_body(gateway: Application) -> None:
    get, head = (send(gateway, method, "/things/1", headers=KEYS) for method in ("GET", "HEAD"))
    assert (head.status, head.text) == (200, "")
    assert get.text != ""
    assert head.headers == get.headers


@pytest.mark.parametrize("added", ["/", "//", "///", "%2F", "/.", "/../public", ";v=1", "%20", "?x"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_path_has_one_spelling(gateway: Application, method: str, added: str) -> None:
    assert send(gateway, method, f"/public{added}", headers=KEYS).status == 404
    assert send(gateway, method, f"/things/1/parts/2/{added}", headers=KEYS).status == 404


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("pay_1", "pay_1"),
        ("a%20b", "a b"),
        ("a b", "a b"),
        ("a%2Fb", "a/b"),
        ("%C3%BC", "ü"),
        ("a+b", "a+b"),
        ("a.b*c", "a.b*c"),
        ("%00", "\x00"),
        ("100%", "100%"),
        ("{thing_id}", "{thing_id}"),
    ],
)
def test_an_id_in_a_path_is_decoded(gateway: Application, written: str, read: str) -> None:
    reply = send(gateway, "GET", f"/things/{written}/parts/p2", headers=KEYS)
    assert reply.status == 200
    assert reply.json["path"] == {"thing_id": read, "part_id": "p2"}


@pytest.mark.parametrize(("length", "status"), [(128, 200), (129, 404), (3000, 404)])
def test_what_is_longer_than_any_id_is_not_found(gateway: Application, length: int, status: int) -> None:
    assert send(gateway, "GET", "/things/" + "x" * length, headers=KEYS).status == status


def test_an_encoded_slash_is_no_separator(gateway: Application) -> None:
    assert send(gateway, "GET", "/things%2F1", headers=KEYS).status == 404


def test_a_whole_path_goes_before_a_pattern(gateway: Application) -> None:
    assert send(gateway, "PUT", "/things/config", headers=KEYS, json_body={}).status == 201
    assert send(gateway, "PUT", "/things/other", headers=KEYS, json_body={}).status == 405


@pytest.mark.parametrize(
    "given",
    [
        {"headers": None},
        {"multiValueQueryStringParameters": None},
        {"queryStringParameters": None},
        {"pathParameters": None},
    ],
    ids=str,
)
def test_an_event_may_leave_out_what_a_call_does_not_have(
    gateway: Application, given: dict[str, Any]
) -> None:
    answer = gateway(an_event("GET", "/things/1/parts/2") | given, CONTEXT)
    assert answer["statusCode"] == 200


def test_a_query_is_read_by_its_parameters(gateway: Application) -> None:
    reply = send(gateway, "GET", "/things", headers=KEYS, query={"limit": ["4"], "x": ["a b&c"]})
    assert reply.json["query"] == {"limit": 4, "offset": 0, "x": "a b&c"}
    assert reply.json["page"] == [4, 0]
