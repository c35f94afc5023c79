"""POST /api/v1/acquirers/{account}/webhooks: the exact bytes reach whoever verifies them."""

import base64
import json
from typing import Any

import pytest

from app import app
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import StoredResponse
from tests.support.http_calls import CONTEXT, an_event

PATH = "/api/v1/acquirers/stripe_Fq3ZtW8kLmXs0aBc/webhooks"
Received = list[tuple[str, bytes, dict[str, str]]]


@pytest.fixture
def received(dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch) -> Received:
    calls: Received = []

    def receive(
        _deps: Dependencies, account: str, body: bytes, headers: dict[str, str], answer: StoredResponse
    ) -> StoredResponse:
        calls.append((account, body, headers))
        return answer

    monkeypatch.setattr("chalicelib.routes.acquirers.receive_notice", receive)
    return calls


def post(body: bytes, **headers: str) -> dict[str, Any]:
    """As API Gateway sends any body: in base64."""
    event = an_event("POST", PATH, headers=headers, body=base64.b64encode(body).decode())
    return app(event | {"isBase64Encoded": True}, CONTEXT)


@pytest.mark.parametrize("body", [b'{"a": 1}', b"{ \t}", b"\xff\xfe not text", b'{"a":1,"a":2}'])
def test_the_bytes_arrive_as_they_were_sent_and_need_no_credentials(received: Received, body: bytes) -> None:
    reply = post(body, **{"Stripe-Signature": "t=1,v1=2"})
    assert (reply["statusCode"], json.loads(reply["body"])) == (200, {"received": True})
    ((account, sent, headers),) = received
    assert (account, sent) == ("stripe_Fq3ZtW8kLmXs0aBc", body)
    assert headers["stripe-signature"] == "t=1,v1=2"


def test_a_body_that_no_event_can_have_is_refused(received: Received) -> None:
    assert [post(body)["statusCode"] for body in (b"x" * 262_145, b"")] == [413, 400]
    assert received == []
