"""Nobody sees or changes another merchant's rows: over every route that the app has, by key and by session.

The routes are the app's own, so an endpoint that is new is in here by itself, or fails for want of what it
takes: then `BODIES`, `MINE` or `QUERIES` below need a line.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

import pytest

from app import app
from chalicelib.frame.operation import Operation, operations
from gateway.adapters.aws.dynamodb.access_tables import ApiKeyRow, AuditRow, MerchantRow
from gateway.adapters.aws.dynamodb.tables import (
    LedgerRow,
    OrderRow,
    PaymentRow,
    RefundRow,
    WebhookRow,
)
from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.domain.access.user import User
from gateway.domain.cursor import next_cursor
from gateway.domain.webhooks.webhook_endpoint import WebhookEndpoint
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.payments.read_payments import Filters, list_payments
from tests.support.deliveries_of import deliveries_of
from tests.support.emulator import Emulator
from tests.support.factories import NOW
from tests.support.http_calls import Reply, send
from tests.support.people import Person, a_person
from tests.support.shop import Shop

pytestmark = pytest.mark.emulator
PRIVATE = [operation for operation in operations(app) if not operation.public]
each_private = pytest.mark.parametrize("operation", PRIVATE, ids=lambda known: known.name)
# Lists that are never empty.
OWN_LISTS = ("get_audit", "get_api_keys", "get_users", "get_sessions", "get_endpoints")
RECEIPT = "receipt-of-the-other"
# A valid body for each schema, naming the other merchant's order where it names any.
BODIES: dict[str, dict[str, Any]] = {
    "NewOrder": {"amount": 500},
    "NewPayment": {"order_id": "{order_id}", "method": "upi", "vpa": "user@paytm"},
    "Capture": {"amount": 100},
    "NewRefund": {"amount": 100},
    "WebhookConfigUpdate": {"webhook_url": "https://mine.example/hook"},
    "NewWebhookEndpoint": {"url": "https://mine.example/hook"},
    "WebhookEndpointUpdate": {"url": "https://mine.example/hook"},
    "FailedWebhooks": {"since": "2026-01-01T00:00:00Z", "endpoint_id": "{endpoint_id}"},
    "Rotation": {"overlap_hours": 1},
    "Confirmation": {"password": "any"},
    "NewApiKey": {},
    "NewUser": {"email": "{email}", "role": "read_only"},
    "RoleChange": {"role": "read_only"},
    "PasswordChange": {"current_password": "x", "new_password": "correct horse battery"},
    "SecondFactorCode": {"code": "123456"},
    "ChaosWanted": {"repeat_percent": 10},
    "NewExport": {"of": "payments", "q": "{order_id}"},
}
# Query parameters that can name something, each with the other merchant's things. None: it names nothing.
QUERIES: dict[str, list[str] | None] = {
    "order_id": ["order_id"],
    "object": ["payment_id", "refund_id", "order_id"],
    "q": ["payment_id", "order_id", "receipt"],
    "receipt": ["receipt"],
    "cursor": ["cursor"],
    **dict.fromkeys(
        ("limit", "offset", "status", "method", "event", "from", "to", "after", "types", "updated_since")
    ),
}


@dataclass(frozen=True)
class Other:
    """A merchant with one of everything; `ids` by the name of the parameter."""

    shop: Shop
    person: Person
    ids: dict[str, str]

    def secrets(self) -> set[str]:
        """What must be in no answer to anybody else."""
        merchant = self.person.merchant
        return {*self.ids.values(), merchant.id, merchant.email, merchant.webhook_secret} - {
            self.ids["cursor"]
        }

    def rows(self) -> dict[str, Any]:
        """All that is stored of the merchant."""
        merchant_id = self.person.merchant.id
        found: dict[str, Any] = {"merchant": MerchantRow.get(merchant_id).to_dynamodb_dict()}
        for row_type in (OrderRow, PaymentRow, RefundRow, WebhookRow, LedgerRow, ApiKeyRow, AuditRow):
            rows = [row.to_dynamodb_dict() for row in row_type.scan() if row.merchant_id == merchant_id]
            found[row_type.__name__] = sorted(rows, key=str)
        return found


@pytest.fixture(scope="module")
def shop(emulator: Emulator, table_prefix: str, secret_arn: str) -> Shop:
    from tests.support.emulator import _bound

    _bound(table_prefix)
    shop = Shop(emulator, secret_arn)
    shop.deps = replace(shop.deps, config=replace(shop.deps.config, allows_chaos=True))
    return shop


@pytest.fixture(scope="module")
def other(shop: Shop) -> Other:
    person = a_person(shop.deps, email="other@secret.example", webhook_secret="whsec_of_the_other")
    shop.merchant = person.merchant
    order = shop.order(receipt=RECEIPT)
    payment = shop.pending_payment(order)
    shop.process(payment)
    shop.pending_payment()
    refund = shop.refund(shop.stored_payment(payment.id), 100)
    refund_id = shop.stored_refund(refund).id
    webhook_id = deliveries_of(person.merchant.id)[0].id
    endpoint = WebhookEndpoint("we_OfTheOther123456", "https://other.example/hook", "whsec_added")
    transaction = DynamoTransaction()
    transaction.merchants.set_endpoints(person.merchant.id, 0, (endpoint,))
    transaction.users.put(None, User("colleague@secret.example", person.merchant.id, "hash"), NOW)
    transaction.commit()
    cursor = next_cursor(list_payments(shop.deps, person.merchant.id, Filters(), limit=1, offset=0))
    assert cursor is not None
    ids = {
        "order_id": order.id,
        "payment_id": payment.id,
        "refund_id": refund_id,
        "webhook_id": webhook_id,
        "endpoint_id": endpoint.id,
        "api_key": person.issued.key.api_key,
        "email": "colleague@secret.example",
        "session_id": person.session_id,
        "receipt": RECEIPT,
        "cursor": cursor,
    }
    return Other(shop, person, ids)


@pytest.fixture
def deps(store: str, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Dependencies:
    monkeypatch.setattr(app, "dependencies", lambda: shop.deps)
    return shop.deps


def requests_about(other: Other, operation: Operation) -> list[tuple[str, dict[str, list[str]], Any]]:
    """Path, query and body of each way to ask for what is the other merchant's."""
    path = re.sub(r"{(\w+)}", lambda found: other.ids[found[1]], operation.path)
    body = BODIES[operation.body] if operation.body else None
    if body is not None:
        body = {
            name: value.format(**other.ids) if isinstance(value, str) else value
            for name, value in body.items()
        }
    queries: list[dict[str, list[str]]] = [{}]
    for parameter in operation.query:
        names = QUERIES[parameter.name]
        queries += [{parameter.name: [other.ids[name]]} for name in names or []]
        if parameter.required:
            queries.remove({})
    return [(path, query, body) for query in queries]


def check(reply: Reply, other: Other, operation: Operation, *, names_something: bool) -> None:
    assert not [secret for secret in other.secrets() if secret in reply.text]
    if names_something:
        assert reply.status == 404, reply.text
    else:
        assert reply.status in (200, 201, 400), reply.text
    if "data" in (reply.json or {}) and operation.name not in OWN_LISTS:
        assert reply.json["data"] == []


@pytest.mark.parametrize("by", ["key", "session"])
@each_private
def test_what_is_another_merchants_cannot_be_seen_or_changed(
    deps: Dependencies, other: Other, operation: Operation, by: str
) -> None:
    before = other.rows()
    for path, query, body in requests_about(other, operation):
        me = a_person(deps)
        if operation.tag == "sessions" and by == "key":
            assert me.call(operation.method, path, by=by, json_body=body).status == 401
            continue
        if operation.for_people_only and by == "key":
            assert me.call(operation.method, path, by=by, json_body=body).status == 403
            continue
        if operation.name == "post_confirmation":
            # Nobody has a password here; the tests of sessions have one.
            assert me.call(operation.method, path, by=by, json_body=body).status == 403
            continue
        reply = me.call(operation.method, path, by=by, query=query, json_body=body)
        named = "{" in operation.path or operation.body == "NewPayment" or "object" in query
        check(reply, other, operation, names_something=named)
    assert other.rows() == before


@each_private
def test_without_credentials_nothing_is_answered(
    deps: Dependencies, other: Other, operation: Operation
) -> None:
    path, query, body = requests_about(other, operation)[0]
    for headers in ({}, {"Cookie": "asyncpay_session=a.b.c"}, {"Cookie": "asyncpay_session="}):
        reply = send(app, operation.method, path, headers=headers, query=query, json_body=body)
        assert (reply.status, reply.error["code"]) == (401, "AUTHENTICATION_ERROR")


@each_private
def test_the_owner_is_not_refused(deps: Dependencies, other: Other, operation: Operation) -> None:
    # Else the test above would show nothing: reading is enough, and changes nothing.
    if operation.method == "GET":
        path, query, _ = requests_about(other, operation)[0]
        assert other.person.call("GET", path, query=query).status == 200
