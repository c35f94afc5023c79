"""Where a stage has an edge, what shoppers and people ask for past it, and past its firewall, is refused."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from app import app
from chalicelib.frame.operation import operations
from tests.support.http_calls import Reply, send
from tests.support.memory.outside import MemorySecrets
from tests.support.memory.shop import MemoryShop

# Monitors and deployments, programs that read the document, acquirers (their webhooks are signed), and the
# server of the checkout page, which is no viewer.
DIRECT = {
    ("GET", "/health"),
    ("GET", "/api/v1/test/merchant"),
    ("GET", "/api/v1/test/jobs/status"),
    ("GET", "/api/v1/test/jobs/queues"),
    ("GET", "/openapi.json"),
    ("POST", "/api/v1/acquirers/{account}/webhooks"),
    ("GET", "/api/v1/checkout/origins"),
}
EDGE_ONLY = [one for one in operations(app) if one.public and (one.method, one.path) not in DIRECT]


@dataclass
class OneSecret(MemorySecrets):
    """The edge's secret, and how often it was read."""

    text: str = json.dumps({"current": "old", "next": "new", "previous": ""})
    read: list[str] = field(default_factory=list)

    def get(self, arn: str) -> bytes:
        self.read.append(arn)
        return self.text.encode()


@pytest.fixture
def secret() -> OneSecret:
    return OneSecret()


@pytest.fixture(autouse=True)
def shop(monkeypatch: pytest.MonkeyPatch, secret: OneSecret) -> MemoryShop:
    """A shop in a stage with an edge."""
    made = MemoryShop()
    config = replace(made.deps.config, edge_only=True, edge_secret_arn="arn:edge")
    deps = replace(made.deps, config=config, secrets=secret)
    monkeypatch.setattr(app, "dependencies", lambda: deps)
    return made


def ask(method: str, path: str, **headers: str) -> Reply:
    return send(app, method, path.replace("{", "").replace("}", ""), headers=headers, json_body={})


def test_those_that_may_be_asked_past_the_edge_are_just_these() -> None:
    assert {(one.method, one.path) for one in operations(app) if one.direct} == DIRECT
    assert len(EDGE_ONLY) >= 6


@pytest.mark.parametrize("one", EDGE_ONLY, ids=lambda one: f"{one.method} {one.path}")
@pytest.mark.parametrize(
    "given", [{}, {"X-Edge-Secret": "wrong"}, {"X-Edge-Secret": ""}, {"X-Edge-Secret": "é"}]
)
def test_a_request_past_the_edge_is_refused_whatever_it_asks_for(one: Any, given: dict[str, str]) -> None:
    reply = ask(one.method, one.path, **given)
    assert (reply.status, reply.error["code"]) == (403, "AUTHENTICATION_ERROR")
    assert "checkout and the dashboard" in reply.error["description"]


@pytest.mark.parametrize("one", EDGE_ONLY, ids=lambda one: f"{one.method} {one.path}")
@pytest.mark.parametrize("value", ["old", "new"])
def test_a_request_by_the_edge_is_taken_with_either_value_while_one_replaces_the_other(
    one: Any, value: str
) -> None:
    reply = ask(one.method, one.path, **{"X-Edge-Secret": value})
    assert reply.status in (400, 404)  # it was read, and found wanting


def test_a_stranger_without_the_header_costs_no_round_trip(secret: OneSecret) -> None:
    assert ask("POST", "/api/v1/payments/public").status == 403
    assert secret.read == []


def test_merchants_servers_go_on_asking_the_api_itself() -> None:
    # Their credentials count, wherever they come by.
    assert ask("GET", "/api/v1/payments").status == 401
    assert ask("POST", "/api/v1/payments").error["reason"] == "missing_credentials"


def test_without_an_edge_everybody_is_welcome(shop: MemoryShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "dependencies", lambda: shop.deps)
    order = shop.order()
    assert ask("GET", f"/api/v1/orders/{order.id}/public").status == 200


@pytest.mark.parametrize(
    ("text", "value", "counts"),
    [
        ('{"current": "a"}', "a", True),
        ('{"current": "a"}', '{"current": "a"}', False),
        ('{"current": "a", "previous": "b"}', "b", True),
        ('{"current": ""}', "", False),
        ("plain", "plain", True),
        ('"quoted"', '"quoted"', True),
        ("", "", False),
    ],
)
def test_which_values_of_the_secret_count(secret: OneSecret, text: str, value: str, *, counts: bool) -> None:
    secret.text = text
    reply = ask("GET", "/api/v1/payments/pay_AAAAAAAAAAAAAAAA/public", **{"X-Edge-Secret": value})
    assert (reply.status != 403) is counts
