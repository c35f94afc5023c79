"""The application under its own roles: MiniStack asks its IAM policies at every call that a function makes.

docs/aws.md says what MiniStack does not ask. Its tables are in use here, as the other engine asks nothing.
"""

import contextlib
import copy
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from chalicelib.openapi.card_body import CARD_EXAMPLE
from infra.ops.application import api_base_url
from infra.ops.build import lambda_packages
from infra.ops.settings import ROOT, Settings
from tests.e2e.conftest import KEY, until
from tests.support import old_release
from tests.support.emulator import Emulator, running_emulator
from tests.webhooks.receiver import Receiver

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.skipif("ASYNCPAY_E2E_ENDPOINT" in os.environ, reason="has an emulator of its own"),
]
NAME = "guarded"
SECONDS = 120
# What our code logs of a call that AWS refuses.
DENIED = "AccessDenied"


@dataclass
class Guarded:
    """The deployed stack, whose functions have no more rights than their roles."""

    emulator: Emulator
    outputs: dict[str, str]
    receiver: Receiver
    resources: dict[str, str] = field(default_factory=dict)

    @property
    def api(self) -> str:
        return api_base_url(self.emulator.endpoint, self.outputs)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return requests.request(method, f"{self.api}{path}", headers=KEY, timeout=30, **options)

    def order(self) -> str:
        return str(self.call("POST", "/api/v1/orders", json={"amount": 500}).json()["id"])

    def pay(self) -> str:
        body = {"order_id": self.order(), "method": "upi", "vpa": "asha@okbank"}
        return str(self.call("POST", "/api/v1/payments", json=body).json()["id"])

    def status(self, kind: str, wanted_id: str) -> str:
        return str(self.call("GET", f"/api/v1/{kind}/{wanted_id}").json()["status"])

    def invoke(self, name: str) -> dict[str, Any]:
        function = self.outputs[f"{name}FunctionName"]
        return dict(self.emulator.client("lambda").invoke(FunctionName=function, Payload=b"{}"))

    def denied(self) -> list[str]:
        """What functions have logged of calls that were refused."""
        logs, found = self.emulator.client("logs"), []
        for group in logs.describe_log_groups(logGroupNamePrefix=f"/asyncpay/{NAME}/")["logGroups"]:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
            found += [event["message"] for page in pages for event in page["events"]]
        return [message for message in found if DENIED in message]

    @contextlib.contextmanager
    def without(self, role: str, action: str, of: str) -> Iterator[None]:
        """Takes one action on one thing from a role for a while."""
        iam, name = self.emulator.client("iam"), self.resources[role]
        (policy,) = iam.list_role_policies(RoleName=name)["PolicyNames"][:1]
        whole = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        iam.put_role_policy(
            RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(lessened(whole, action, of))
        )
        try:
            yield
        finally:
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(whole))


def lessened(document: dict[str, Any], action: str, of: str) -> dict[str, Any]:
    """A policy without an action on what ends in `of`; other actions on it, and it on other things, stay."""
    statements, taken = [], 0
    for statement in document["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        things = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        hit = [thing for thing in things if thing.endswith(of) or f":{NAME}-{of}-" in thing]
        if action not in actions or not hit:
            statements.append(statement)
            continue
        taken += 1
        kept = [thing for thing in things if thing not in hit]
        left = [one for one in actions if one != action]
        statements += [{**statement, "Resource": kept}] if kept else []
        statements += [{**statement, "Action": left, "Resource": hit}] if left else []
    assert taken, f"no statement allows {action} on {of}"
    return {**document, "Statement": statements}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    home = tmp_path_factory.mktemp("guarded")
    with running_emulator(home, asks_iam=True) as emulator, Receiver() as receiver:
        settings = Settings.read({})
        with lambda_packages.take_lock(settings):
            lambda_packages.build(settings)
            given = {
                "TEST_MODE": "true",
                "TEST_PROCESSING_DELAY": "0",
                "SWEEP_GRACE_SECONDS": "0",
                "TEST_WEBHOOK_URL": receiver.url,
                "WEBHOOK_ALLOWED_HOSTS": "127.0.0.1",
                # So that payments come by one role more.
                "CARD_FUNCTION": "yes",
            }
            outputs = old_release.deploy(ROOT, emulator.endpoint, NAME, given)
        made = Guarded(emulator, outputs, receiver, resources_of(emulator))
        allow_what_the_evaluator_calls_otherwise(made)
        yield made


def resources_of(emulator: Emulator) -> dict[str, str]:
    pages = emulator.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=NAME)
    return {
        one["LogicalResourceId"]: one["PhysicalResourceId"]
        for page in pages
        for one in page["StackResourceSummaries"]
    }


def allow_what_the_evaluator_calls_otherwise(made: Guarded) -> None:
    """MiniStack 1.5.33 takes GetEventSourceMapping for ListEventSourceMappings, which AWS does not.

    And a secret's `Ref` is its name there, not its ARN, so that no policy with it allows anything.
    """
    (key,) = made.emulator.client("secretsmanager").list_secrets(
        Filters=[{"Key": "name", "Values": [made.resources["FingerprintKey"]]}]
    )["SecretList"]
    mappings = ("lambda:ListEventSourceMappings", "*")
    of_secret = ("secretsmanager:GetSecretValue", key["ARN"])
    allowed = {"StatusRole": mappings, "SweepRole": mappings, "ApiRole": of_secret, "CardsRole": of_secret}
    for role, (action, of) in allowed.items():
        statement = {"Effect": "Allow", "Action": action, "Resource": of}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        made.emulator.client("iam").put_role_policy(
            RoleName=made.resources[role], PolicyName="z-renamed", PolicyDocument=document
        )


def waited(ask: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
    return until(ask, wanted, SECONDS)


def test_a_payment_its_refund_and_their_webhooks_need_no_more_than_the_roles_allow(guarded: Guarded) -> None:
    before = set(guarded.denied())
    payment = guarded.pay()
    waited(lambda: guarded.status("payments", payment), lambda status: status == "success")
    guarded.call("POST", f"/api/v1/payments/{payment}/capture", json={"amount": 500})
    refund = guarded.call("POST", f"/api/v1/payments/{payment}/refunds", json={"amount": 200}).json()["id"]
    waited(lambda: guarded.status("refunds", refund), lambda status: status == "processed")
    wanted = {"payment.created", "payment.success", "refund.created", "refund.processed"}
    events = waited(
        lambda: {one.json["event"] for one in guarded.receiver.deliveries}, lambda found: wanted <= found
    )
    assert wanted <= events
    for path in ("orders", "payments", "refunds", "webhooks", "balance", "ledger", "events", "audit"):
        reply = guarded.call("GET", f"/api/v1/{path}")
        assert reply.status_code in (200, 404), (path, reply.text)
    swept = guarded.invoke("Sweep")
    assert "FunctionError" not in swept, swept["Payload"].read()
    health = waited(lambda: guarded.call("GET", "/health").json(), lambda found: found["worker"] == "running")
    assert (health["status"], health["database"], health["redis"]) == ("healthy", "connected", "connected")
    assert set(guarded.denied()) - before == set()


@pytest.mark.parametrize(
    ("action", "of", "path", "body"),
    [
        ("dynamodb:PutItem", "table/guarded-data-orders", "/api/v1/orders", {"amount": 500}),
        ("dynamodb:Query", "guarded-data-payments/index/keys-by-merchant", "/api/v1/payments", None),
    ],
)
def test_without_one_permission_of_the_api_its_request_fails(
    guarded: Guarded, action: str, of: str, path: str, body: Any
) -> None:
    method = "GET" if body is None else "POST"
    before = len(guarded.denied())
    with guarded.without("ApiRole", action, of):
        assert guarded.call(method, path, json=body).status_code in (500, 503)
        waited(guarded.denied, lambda found: len(found) > before)
    assert guarded.call(method, path, json=body).status_code in (200, 201)


def test_a_card_comes_by_the_card_functions_role_and_not_without_its_one_call(guarded: Guarded) -> None:
    before = len(guarded.denied())
    body = {"order_id": guarded.order(), "method": "card", "card": CARD_EXAMPLE}
    with guarded.without("CardsRole", "lambda:InvokeFunction", ":live"):
        assert guarded.call("POST", "/api/v1/payments", json=body).status_code == 500
        waited(guarded.denied, lambda found: len(found) > before)
    made = guarded.call("POST", "/api/v1/payments", json=body)
    assert (made.status_code, made.json()["card_last4"]) == (201, "1111")


def test_without_one_permission_of_the_payments_worker_no_payment_gets_its_outcome(guarded: Guarded) -> None:
    # One of the writes of the transaction: the transaction's own name is no action.
    before = len(guarded.denied())
    with guarded.without("ProcessPaymentRole", "dynamodb:UpdateItem", "table/guarded-data-balances"):
        payment = guarded.pay()
        waited(guarded.denied, lambda found: len(found) > before)
        assert guarded.status("payments", payment) == "pending"


def test_without_one_permission_of_the_sweeper_nothing_is_swept(guarded: Guarded) -> None:
    before = len(guarded.denied())
    with guarded.without("SweepRole", "dynamodb:Query", "guarded-data-refunds/index/due"):
        guarded.invoke("Sweep")
        waited(guarded.denied, lambda found: len(found) > before)


def test_a_policy_is_lessened_by_just_one_action_on_one_thing() -> None:
    document = {
        "Statement": [{"Effect": "Allow", "Action": ["a:Get", "a:Put"], "Resource": ["x/one", "x/two"]}]
    }
    before = copy.deepcopy(document)
    assert lessened(document, "a:Put", "x/one")["Statement"] == [
        {"Effect": "Allow", "Action": ["a:Get", "a:Put"], "Resource": ["x/two"]},
        {"Effect": "Allow", "Action": ["a:Get"], "Resource": ["x/one"]},
    ]
    assert document == before
    with pytest.raises(AssertionError, match="no statement allows"):
        lessened(document, "a:Delete", "x/one")
