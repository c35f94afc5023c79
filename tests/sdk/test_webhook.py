"""Webhook.verify on what the gateway itself signs."""

import json
from datetime import UTC, datetime, timedelta

import pytest

import asyncpay
from asyncpay import Webhook, models
from gateway.domain.webhooks.signature import signature_headers

SECRET, OLD, OTHER = "whsec_test_abc123", "whsec_before", "whsec_other"
NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
BODY = json.dumps(
    {
        "event": "payment.success",
        "timestamp": int(NOW.timestamp()),
        "data": {"payment": {"id": "pay_Fq3ZtW8kLmXs0aBc", "note": "Zoë चाय"}},
        "sequence": 3,
    },
    ensure_ascii=False,
).encode()
OWN = "X-Webhook-Signature"


def signed(*secrets: str, age_seconds: int = 0) -> dict[str, str]:
    return signature_headers(secrets or (SECRET,), "id-1", BODY, NOW - timedelta(seconds=age_seconds))


def verify(headers: dict[str, str], *secrets: str, body: bytes | str = BODY, **options: int | None) -> object:
    given = {"now_seconds": NOW.timestamp()} | options
    return Webhook.verify(body, headers, list(secrets) or SECRET, **given)  # type: ignore[arg-type]


def without(headers: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in names}


def test_a_delivery_of_the_gateway_becomes_an_event() -> None:
    event = verify(signed())
    assert isinstance(event, models.PaymentEvent)
    assert event.data.payment.id == "pay_Fq3ZtW8kLmXs0aBc"


def test_the_body_may_be_text_and_header_names_in_any_case() -> None:
    lower = {name.lower(): value for name, value in signed().items()}
    assert verify(lower, body=BODY.decode())


@pytest.mark.parametrize("known", [(SECRET,), (OLD,), (OTHER, OLD), (SECRET, OLD)])
def test_during_a_rotation_either_secret_is_enough(known: tuple[str, ...]) -> None:
    assert verify(signed(SECRET, OLD), *known)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (signed(OTHER), BODY),
        (signed(), BODY + b" "),
        ({}, BODY),
        ({OWN: ""}, BODY),
        (signed() | {OWN: "0" * 64}, BODY),
        (signed() | {"webhook-signature": "v1,AAAA"}, BODY),
        (signed() | {"webhook-id": "id-2"}, BODY),
        (signed() | {OWN: "é"}, BODY),
    ],
)
def test_what_was_not_signed_with_the_secret_is_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(asyncpay.SignatureVerificationError):
        verify(headers, body=body)


@pytest.mark.parametrize(("age_seconds", "fine"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_a_delivery_must_be_of_now(age_seconds: int, *, fine: bool) -> None:
    headers = signed(age_seconds=age_seconds)
    if fine:
        assert verify(headers)
    else:
        with pytest.raises(asyncpay.SignatureVerificationError, match="s are allowed"):
            verify(headers)
    assert verify(headers, tolerance_seconds=None)


def test_who_strips_the_time_does_not_get_around_the_tolerance() -> None:
    old = without(signed(age_seconds=9999), "webhook-signature")
    with pytest.raises(asyncpay.SignatureVerificationError, match="no signed webhook-timestamp"):
        verify(old | {"webhook-timestamp": str(int(NOW.timestamp()))})
    assert verify(old, tolerance_seconds=None)


def test_the_standard_signature_alone_is_enough() -> None:
    assert verify(without(signed(), OWN))


def test_an_empty_secret_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="secret is empty"):
        Webhook.verify(BODY, signed(), "")


@pytest.mark.parametrize("body", [b"[]", b"nothing", b"{}", b"\xff"])
def test_what_is_signed_but_no_event_is_refused(body: bytes) -> None:
    headers = signature_headers([SECRET], "id-1", body, NOW)
    with pytest.raises(asyncpay.SignatureVerificationError, match="is no event"):
        verify(headers, body=body)


@pytest.mark.parametrize("secrets", [(SECRET,), (SECRET, OLD)])
def test_sign_makes_what_the_gateway_would_send(secrets: tuple[str, ...]) -> None:
    made = Webhook.sign(BODY, secrets, webhook_id="id-1", timestamp_seconds=int(NOW.timestamp()))
    assert made == signed(*secrets)
