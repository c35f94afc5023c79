"""What merchants are sent, and that a receiver in JavaScript can verify it."""

import json
import random
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.payments.payment import OrderDetails
from gateway.domain.payments.refund import RefundEvent
from gateway.domain.webhooks.events import payment_event, refund_event, sequence_of
from gateway.presenters.event import delivery_of, event_payload
from gateway.presenters.json_text import compact_json
from gateway.presenters.payment import PAYMENT_CREATED
from gateway.presenters.refund import REFUND
from tests.support.factories import (
    DECLINED,
    NOW,
    a_card_payment,
    a_payment,
    a_refund,
    a_successful_payment,
)

LATER = NOW + timedelta(seconds=7)
# All that JSON.stringify and json.dumps could write differently: controls, quotes, DEL, NEL, line separators,
# a byte order mark, the edges of the planes.
ODD = [chr(code) for code in (*range(0x21), 0x22, 0x2F, 0x3C, 0x5C, 0x7F, 0x80, 0x85, 0xA0, 0xAD, 0xFF)]
ODD += list("₹ऀ\u200b\u2028\u2029\u202e\ud7ff\ue000\ufeff\ufffe\uffff😀\U0010ffffaZ0")
# Reads an array of texts, writes what each one is after a round trip.
ROUND_TRIP = """
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(texts.map((text) => JSON.stringify(JSON.parse(text)))));
"""


def corpus() -> list[str]:
    """Payloads with every odd character alone, and with many mixtures of them."""
    choose = random.Random(20_260_131)
    texts = ODD + ["".join(choose.choices(ODD, k=choose.randrange(1, 40))) for _ in range(400)]
    payment = a_payment()
    refunds = (a_refund(reason=text, amount=choose.randrange(1, 999_999_999_999)) for text in texts)
    payloads = [event_payload(refund_event("refund.created", refund, payment)) for refund in refunds]
    return payloads + [compact_json({text: [text, None, True, False, 2**53 - 1, -1, 0]}) for text in texts]


def test_a_payload_is_what_javascript_makes_of_it_again() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    payloads = corpus()
    answer = subprocess.run(
        [node, "-e", ROUND_TRIP],
        input=json.dumps(payloads),
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    again = json.loads(answer.stdout)
    assert [(one, two) for one, two in zip(payloads, again, strict=True) if one != two] == []


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_json_does_not_know_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        compact_json({"amount": value})


@pytest.mark.parametrize(
    ("event", "payment", "sequence", "status"),
    [
        pytest.param("payment.created", a_payment(), 1, "pending", id="created"),
        pytest.param("payment.pending", a_card_payment(), 2, "pending", id="pending"),
        pytest.param("payment.success", a_payment().approved(LATER), 3, "success", id="success"),
        pytest.param("payment.failed", a_payment().declined(DECLINED, LATER), 3, "failed", id="failed"),
    ],
)
def test_a_payments_event_has_the_envelope_of_the_contract(
    event: str, payment: Any, sequence: int, status: str
) -> None:
    hook = delivery_of(payment_event(event, payment))
    body = json.loads(hook.payload)
    at = NOW if sequence < 3 else LATER
    assert list(body)[:3] == ["event", "timestamp", "data"]
    assert (body["event"], body["timestamp"], body["sequence"]) == (event, int(at.timestamp()), sequence)
    wanted = PAYMENT_CREATED.present(payment) | {"status": status, "amount_captured": 0, "amount_refunded": 0}
    if status == "failed":
        failure = {"code": DECLINED.code, "reason": DECLINED.reason, "description": DECLINED.description}
        wanted |= {f"error_{name}": text for name, text in failure.items()}
    assert body["data"] == {"payment": wanted}
    assert (hook.event, hook.object_id, hook.merchant_id) == (event, payment.id, payment.merchant_id)


def test_a_refunds_event_carries_the_refund_and_its_payment() -> None:
    payment, refund = a_successful_payment(), a_refund()
    processed = refund.after(RefundEvent.SEND, LATER).after(RefundEvent.ACCEPTED, LATER)
    body = json.loads(event_payload(refund_event("refund.processed", processed, payment)))
    assert (body["event"], body["sequence"]) == ("refund.processed", 2)
    assert body["data"] == {"refund": REFUND.present(processed), "payment": PAYMENT_CREATED.present(payment)}


def test_a_payments_events_tell_the_receipt_and_the_notes_of_its_order() -> None:
    payment = a_payment(of_order=OrderDetails("receipt-1", {"shelf": "₹"}))
    refund = a_refund()
    events = [payment_event("payment.created", payment), refund_event("refund.created", refund, payment)]
    for event in events:
        told = json.loads(event_payload(event))["data"]["payment"]
        assert (told["receipt"], told["notes"]) == ("receipt-1", {"shelf": "₹"})
    # A release that did not keep them stored others.
    assert (
        "receipt"
        not in json.loads(event_payload(payment_event("payment.created", a_payment())))["data"]["payment"]
    )


def test_an_event_shows_no_more_than_had_happened_then() -> None:
    paid = a_payment(of_order=OrderDetails(None, {})).approved(LATER)
    later = replace(paid, captured=True, amount_captured=30_000, amount_refunded=500)
    before, after = (event_payload(payment_event("payment.success", one)) for one in (paid, later))
    assert before == after
    failed = a_payment().declined(DECLINED, LATER)
    told = [
        json.loads(event_payload(payment_event(name, failed)))["data"]["payment"]
        for name in sequence_of(failed)
    ]
    assert [one["status"] for one in told] == ["pending", "pending", "failed"]
    assert ["error_reason" in one for one in told] == [False, False, True]


def test_a_new_delivery_is_due_at_once() -> None:
    hook = delivery_of(payment_event("payment.created", a_payment()))
    assert (hook.status, hook.attempts, hook.created_at, hook.next_retry_at) == ("pending", (), NOW, NOW)


@pytest.mark.parametrize("event", ["payment.success", "payment.failed"])
def test_an_event_that_has_not_happened_cannot_be_told(event: str) -> None:
    with pytest.raises(ValueError, match="not in list"):
        payment_event(event, a_payment())
