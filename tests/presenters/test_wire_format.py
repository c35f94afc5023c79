"""The exact bytes of every resource: clients replay them, and webhooks are signed over them."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.domain.access.api_key import ApiKey, Credentials, IssuedKey
from gateway.domain.access.audit import Action, AuditEntry
from gateway.domain.access.session import Session
from gateway.domain.access.user import Role, User
from gateway.domain.page import Page
from gateway.domain.payments.ledger import Balance, payment_taken, refund_paid
from gateway.domain.payments.moment import KINDS, Moment
from gateway.domain.payments.payment import Failure
from gateway.domain.payments.refund import RefundEvent
from gateway.domain.payments.tally import Tally, summarise
from gateway.domain.webhooks.delivery import GAPS_SECONDS, Attempt
from gateway.domain.webhooks.events import payment_event, refund_event, sample_event
from gateway.presenters import event as events
from gateway.presenters.api_key import API_KEY, CREDENTIALS, ISSUED_API_KEY, ROTATED_API_KEY
from gateway.presenters.delivery import WEBHOOK, WEBHOOK_LIST, WEBHOOK_RETRIED, WEBHOOK_SENT
from gateway.presenters.json_text import compact_json
from gateway.presenters.ledger import BALANCE_LIST, LEDGER_LIST
from gateway.presenters.merchant import (
    CHECKOUT_ORIGINS,
    SESSION,
    TEST_MERCHANT,
    WEBHOOK_CONFIG,
    WEBHOOK_SECRET,
)
from gateway.presenters.order import CHECKOUT_ORDER, ORDER, ORDER_CREATED, ORDER_LIST, PUBLIC_ORDER
from gateway.presenters.payment import PAYMENT, PAYMENT_CREATED, PAYMENT_LIST, PUBLIC_PAYMENT
from gateway.presenters.people import AUDIT_LIST
from gateway.presenters.refund import ALL_REFUNDS, REFUND, REFUND_CREATED, REFUND_LIST
from gateway.presenters.resource import At
from gateway.presenters.status import HEALTH, JOB_QUEUES_STATUS, JOBS_STATUS
from gateway.presenters.summary import SUMMARY
from gateway.presenters.timeline import TIMELINE
from gateway.use_cases.access.checkout import CheckoutShop
from tests.support.factories import NOW, a_card_payment, a_merchant, a_payment, a_refund, a_webhook, an_order

A_SHOP = CheckoutShop("Chai & Co", "simulated", ("upi", "card"), None)

WIRE: dict[str, str] = json.loads((Path(__file__).parent / "wire.json").read_text(encoding="utf-8"))
LATER = NOW + timedelta(seconds=7)
MERCHANT_ID = "0b2f6a1e-3f70-4d4c-9a53-8f6f2d1f0a11"
ORDER_ID, PAYMENT_ID, REFUND_ID = "order_AAAAAAAAAAAAAAAA", "pay_BBBBBBBBBBBBBBBB", "rfnd_CCCCCCCCCCCCCCCC"
DELIVERY_ID = "5f0d3c0e-0000-4000-8000-000000000001"

order = an_order(id=ORDER_ID, merchant_id=MERCHANT_ID)
expiring = an_order(id=ORDER_ID, merchant_id=MERCHANT_ID, expires_at=LATER)
upi = a_payment(id=PAYMENT_ID, order_id=ORDER_ID, merchant_id=MERCHANT_ID)
card = a_card_payment(id=PAYMENT_ID, order_id=ORDER_ID, merchant_id=MERCHANT_ID)
failed = upi.declined(Failure("PAYMENT_FAILED", "insufficient_funds", "No funds"), LATER)
paid = card.approved(LATER)
captured = paid.captured_for(40_000, LATER)
refund = a_refund(id=REFUND_ID, payment_id=PAYMENT_ID, merchant_id=MERCHANT_ID)
sent = refund.after(RefundEvent.SEND, LATER)
processed = sent.after(RefundEvent.ACCEPTED, LATER)
cancelled = refund.after(RefundEvent.CANCEL, LATER)
hook = a_webhook(id=DELIVERY_ID, merchant_id=MERCHANT_ID, object_id=PAYMENT_ID)
retried = hook.attempted(Attempt(NOW, 12, 503, "busy", None), GAPS_SECONDS).retried(LATER)
timed_out = retried.attempted(Attempt(LATER, 5000, None, None, "timeout"), GAPS_SECONDS)
merchant = a_merchant(id=MERCHANT_ID)
key = ApiKey("key_test_abc123", MERCHANT_ID, "h", active=True, created_at=NOW)
old_key = ApiKey("key_test_old", MERCHANT_ID, "h", active=True, created_at=NOW, expires_at=LATER)
disabled = ApiKey("key_test_abc123", MERCHANT_ID, "h", active=False, created_at=NOW)
change = AuditEntry(
    DELIVERY_ID, MERCHANT_ID, NOW, "user:a@b.c", Action.API_KEY_ROTATED, "key_test_old", {"overlap_hours": 24}
)
visit = SimpleNamespace(
    session=Session("s", MERCHANT_ID, "chai@example.com", 0, NOW, LATER),
    merchant=merchant,
    csrf_token="csrf",
    user=User("chai@example.com", MERCHANT_ID, role=Role.SUPPORT, refund_limit=500),
)


def a_page(*items: Any, total: int, limit: int = 10, has_more: bool = False) -> Page[Any]:
    return Page(list(items), total, limit, 0, has_more)


def a_tally(*payments: tuple[str, str, str, int]) -> Tally:
    tally = Tally()
    for payment in payments:
        tally.add(*payment)
    return tally


def a_queue(name: str, dead_letters: int | None, oldest_age_seconds: int | None) -> Any:
    return SimpleNamespace(
        name=name,
        depth=SimpleNamespace(visible=1, delayed=2, in_flight=3),
        stats=SimpleNamespace(completed=4, failed=5),
        dead_letters=dead_letters,
        oldest_age_seconds=oldest_age_seconds,
        has_worker=True,
    )


DAYS = {
    date(2026, 1, 30): a_tally(("INR", "upi", "success", 500), ("USD", "card", "failed", 9)),
    date(2026, 1, 31): a_tally(("INR", "card", "pending", 7)),
}
RUNNING = SimpleNamespace(pending=1, processing=2, completed=3, failed=4, worker_running=False)
TOLD = [
    payment_event("payment.created", upi),
    refund_event("refund.created", processed, paid),
    refund_event("refund.processed", processed, paid),
    payment_event("payment.failed", failed),
    sample_event(DELIVERY_ID, MERCHANT_ID, NOW),
]
PRESENTED: dict[str, dict[str, Any]] = {
    "POST order": ORDER_CREATED.present(order),
    "POST order that expires": ORDER_CREATED.present(expiring),
    "order": ORDER.present(At(expiring, NOW)),
    "orders": ORDER_LIST.present(At(a_page(order, expiring, total=9, limit=2, has_more=True), NOW)),
    "public order": PUBLIC_ORDER.present(order),
    "checkout order": CHECKOUT_ORDER.present((At(expiring, NOW), A_SHOP)),
    "origins": CHECKOUT_ORIGINS.present(("https://a.example",)),
    "payments": PAYMENT_LIST.present(a_page(upi, card, failed, captured, total=9, limit=4, has_more=True)),
    "last payments": PAYMENT_LIST.present(a_page(upi, total=1)),
    "payment": PAYMENT.present(failed),
    "capture": PAYMENT.present(captured),
    "public payment": PUBLIC_PAYMENT.present((card, None)),
    "failed public payment": PUBLIC_PAYMENT.present((failed, None)),
    "refunds": REFUND_LIST.present(a_page(refund, sent, processed, cancelled, total=4)),
    "all refunds": ALL_REFUNDS.present(a_page(refund, processed, total=9, limit=2, has_more=True)),
    "refund": REFUND.present(processed),
    "cancel": REFUND.present(cancelled),
    "balance": BALANCE_LIST.present([Balance("INR", 900, 200, 50)]),
    "ledger": LEDGER_LIST.present(a_page(payment_taken(upi, NOW), refund_paid(processed, LATER), total=2)),
    "deliveries": WEBHOOK_LIST.present(a_page(hook, timed_out, total=2)),
    "delivery": WEBHOOK.present(timed_out),
    "new delivery": WEBHOOK.present(hook),
    "config": WEBHOOK_CONFIG.present(merchant),
    "PUT config": WEBHOOK_CONFIG.present(merchant),
    "secret": WEBHOOK_SECRET.present("whsec_x"),
    "test event": WEBHOOK_SENT.present(hook),
    "retry": WEBHOOK_RETRIED.present(hook),
    "events": events.EVENT_LIST.present(TOLD),
    "log in": SESSION.present((visit, "test")),
    "credentials": CREDENTIALS.present(
        At(Credentials([old_key, key], "key_test_abc123", "secret_test_xyz789"), NOW)
    ),
    "credentials of another key": CREDENTIALS.present(At(Credentials([old_key], "key_test_old", None), NOW)),
    "no credentials": CREDENTIALS.present(At(Credentials([], None, None), NOW)),
    "issued": ISSUED_API_KEY.present(IssuedKey(key, "secret")),
    "rotated": ROTATED_API_KEY.present(At(IssuedKey(key, "secret", old_key), NOW)),
    "disabled": API_KEY.present(At(disabled, NOW)),
    "summary": SUMMARY.present(summarise(DAYS, date(2026, 1, 29), date(2026, 1, 31))),
    "audit": AUDIT_LIST.present(a_page(change, total=1)),
    "health": HEALTH.present(At(SimpleNamespace(database=True, queue=False, worker=True), NOW)),
    "test merchant": TEST_MERCHANT.present((merchant, "key_test_abc123")),
    "jobs": JOBS_STATUS.present(RUNNING),
    "queues": JOB_QUEUES_STATUS.present([a_queue("payments", 1, None), a_queue("slow_webhooks", None, 7)]),
    "POST payment by UPI": PAYMENT_CREATED.present(upi),
    "POST payment by card": PAYMENT_CREATED.present(card),
    "POST refund": REFUND_CREATED.present(sent),
}
PAYLOADS = {
    "webhook created": payment_event("payment.created", paid),
    "webhook pending": payment_event("payment.pending", failed),
    "webhook success": payment_event("payment.success", paid),
    "webhook failed": payment_event("payment.failed", failed),
    "webhook refund created": refund_event("refund.created", processed, paid),
    "webhook refund processed": refund_event("refund.processed", processed, paid),
    "webhook test": sample_event(DELIVERY_ID, MERCHANT_ID, LATER),
}


@pytest.mark.parametrize("name", PRESENTED)
def test_a_resource_is_written_byte_for_byte_as_ever(name: str) -> None:
    assert compact_json(PRESENTED[name]) == WIRE[name]


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_webhook_carries_the_same_bytes_as_ever(name: str) -> None:
    assert events.event_payload(PAYLOADS[name]) == WIRE[name]


def test_a_timeline_is_written_byte_for_byte_as_ever() -> None:
    told = json.loads(WIRE["timeline"])["data"]
    # The order of members is the table's, whatever the order in which a moment was put together.
    moments = [
        Moment(
            datetime.fromisoformat(moment.pop("at")),
            moment.pop("kind"),
            dict(reversed(moment.items())),
        )
        for moment in told
    ]
    assert {moment.kind for moment in moments} >= set(KINDS) - {"payment.success"}
    assert compact_json(TIMELINE.present(moments)) == WIRE["timeline"]


def test_nothing_that_was_recorded_is_left_out() -> None:
    assert set(PRESENTED) | set(PAYLOADS) | {"timeline"} == set(WIRE)
