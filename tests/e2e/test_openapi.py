"""Schemathesis over HTTP, against the deployed stack; tests/openapi goes deeper, in one process."""

import uuid
from datetime import UTC, datetime

import pytest

from gateway.domain.access.api_key import ApiKey, hash_secret
from gateway.domain.access.merchant import Merchant
from tests.e2e.conftest import Stack
from tests.openapi.attack import attack
from tests.support.database import api_keys, merchants

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@pytest.fixture
def keys(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A merchant of this test alone: it changes where webhooks go, and what signs them."""
    stack.bind_library(monkeypatch)
    merchant = Merchant(
        id=str(uuid.uuid4()),
        name="Schemathesis",
        email="fuzz@example.com",
        active=True,
        webhook_url=None,
        webhook_secret="whsec_fuzz",
        created_at=datetime.now(UTC),
    )
    merchants.add(merchant)
    made = {"X-Api-Key": f"key_{merchant.id}", "X-Api-Secret": "secret_of_a_test"}
    digest = hash_secret(made["X-Api-Key"], made["X-Api-Secret"])
    api_keys.put(ApiKey(made["X-Api-Key"], merchant.id, digest, active=True, created_at=datetime.now(UTC)))
    return made


def test_the_deployed_api_answers_as_its_document_says(stack: Stack, keys: dict[str, str]) -> None:
    def made(path: str, **body: object) -> str:
        answer = stack.call("POST", f"/api/v1{path}", json=body, headers=keys)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    orders = [made("/orders", amount=50_000) for _ in range(3)]
    payment = made("/payments", order_id=orders[0], method="upi", vpa="success@asyncpay")
    ids = {"order_id": orders, "unpaid": orders[1:], "payment_id": [payment], "object": [payment]}
    options = ("--phases", "coverage,stateful", "--max-examples", "5")
    attack(stack.api, keys, ids, *options)
