"""What a request says and an operation does not know: a parameter is refused, a member named."""

import json
from typing import Any

import pytest

from app import app
from chalicelib.frame.application import Application
from chalicelib.frame.ignored import NAMES_MAX, ignored_members, shown_name
from chalicelib.frame.operation import operations
from gateway.domain.errors import BadRequest
from gateway.use_cases.dependencies import Dependencies
from tests.functions.conftest import KEYS
from tests.support.http_calls import send

CARD = {
    "number": "4111111111111111",
    "expiry_month": "1",
    "expiry_year": "39",
    "cvv": "1",
    "holder_name": "A",
}
BY_CARD = {"order_id": "order_1", "method": "card", "card": CARD}


@pytest.mark.parametrize("name", ["receit", "page", "starting_after", "limit[]", "Limit", ""])
def test_an_unknown_parameter_is_refused_by_name(gateway: Application, name: str) -> None:
    reply = send(gateway, "GET", "/things", headers=KEYS, query={"limit": ["5"], name: ["1"]})
    assert reply.status == 400
    assert (reply.error["code"], reply.error["field"]) == ("BAD_REQUEST_ERROR", name)
    assert reply.error["reason"] == "unknown_parameter"
    known = "the parameters here are limit, offset, x"
    assert reply.error["description"] == f"{name} is not a known parameter; {known}"


def test_a_parameter_that_is_given_twice_is_refused(gateway: Application) -> None:
    reply = send(gateway, "GET", "/things", headers=KEYS, query={"limit": ["3", "4"]})
    assert (reply.status, reply.error["field"]) == (400, "limit")
    assert reply.error["description"] == "limit must be given only once"


def test_who_is_not_known_is_not_told_of_parameters(gateway: Application) -> None:
    assert send(gateway, "GET", "/things", query={"nothing": ["1"]}).status == 401


@pytest.mark.parametrize("declared", operations(app), ids=lambda declared: declared.name)
def test_every_operation_refuses_parameters_that_it_does_not_know(
    dependencies: Dependencies, declared: Any
) -> None:
    path = declared.path.replace("{", "").replace("}", "")
    reply = send(app, declared.method, path, headers=KEYS, query={"no_such": ["1"]})
    if declared.for_people_only:
        assert reply.status == 403
        return
    assert (reply.status, reply.error["field"]) in ((400, "no_such"), (503, None))


@pytest.mark.parametrize(
    ("schema", "body", "named"),
    [
        ("NewOrder", {"amount": 100, "reciept": "r", "customer": {"a": 1}}, ("reciept", "customer")),
        ("NewOrder", {"amount": 100, "notes": {"anything": {"deep": 1}}}, ()),
        ("NewPayment", {"order_id": "o", "method": "upi", "vpa": "a@b", "card": {}}, ("card",)),
        ("NewPayment", BY_CARD | {"vpa": "a@b"}, ("vpa",)),
        ("NewPayment", BY_CARD | {"card": CARD | {"zip": "1"}, "amount": 1}, ("card.zip",)),
        ("NewRefund", {"amount": 1, "speed": "instant"}, ("speed",)),
        (None, {}, ()),
    ],
)
def test_members_that_are_not_known_are_named(
    schema: str | None, body: dict[str, Any], named: tuple[str, ...]
) -> None:
    assert ignored_members(schema, body) == named


def test_only_so_many_members_are_named() -> None:
    body = {"amount": 100} | {f"x{number}": 1 for number in range(50)}
    assert len(ignored_members("NewOrder", body)) == NAMES_MAX


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("customer_email", "customer_email"),
        ("4111111111111111", "(digits)"),
        ("x-4111111111111111-y", "x-(digits)-y"),
        ("a\r\nSet-Cookie: b", "a%0D%0ASet-Cookie: b"),
        ("नाम", "%E0%A4%A8%E0%A4%BE%E0%A4%AE"),
        ("x" * 500, "x" * 64),
    ],
)
def test_a_callers_name_is_safe_to_show(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_ignored_members_are_in_a_header_and_in_the_log(
    dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def create(*_: object) -> None:
        raise BadRequest("enough")

    monkeypatch.setattr("chalicelib.routes.orders.create_order", create)
    body = {"amount": 100, "reciept": "r-1", "4111111111111111": "x"}
    reply = send(app, "POST", "/api/v1/orders", headers=KEYS, json_body=body)
    assert reply.headers["x-ignored-members"] == "reciept, (digits)"
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines() if "members ignored" in text]
    assert line["members"] == ["reciept", "(digits)"]
    assert (line["operation"], line["merchant_id"]) == ("post_order", "merchant-1")
    known = send(app, "POST", "/api/v1/orders", headers=KEYS, json_body={"amount": 100})
    assert "x-ignored-members" not in known.headers
