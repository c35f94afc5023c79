"""Stripe's own: what it is sent, its 3-D Secure, its key rules and errors, its webhooks."""

import hashlib
import hmac
import json
import os
import sys
import typing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from typing_extensions import is_typeddict

from gateway.adapters.acquirers import http_client, stripe_answers
from gateway.adapters.acquirers.http_client import HttpClient, Response
from gateway.adapters.acquirers.stripe import Stripe
from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.results import AcquirerError, NotSent, Outcome, Refused, Unknown
from gateway.domain.errors import AuthenticationFailed, BadRequest
from gateway.domain.payments.dispute import DisputeStatus, DisputeTold
from gateway.domain.payments.payment import Payment
from gateway.use_cases.acquirer import GiveBack
from tests.acquirers.benches import Bench, an_account, card
from tests.support.factories import NOW, a_card_payment, some_id

SAMPLES = os.environ.get("ACQUIRER_SAMPLES", "")
T = typing.TypeVar("T")
Plain = dict[str, T]  # in place of the client's own class, which pydantic does not know
SECRETS = ("whsec_new", "whsec_old")


def a_connector() -> Stripe:
    return Stripe(an_account())


class Recorder:
    """Stands in for HttpClient.request: notes what is sent and answers with one response."""

    def __init__(self, status: int = 200, body: Any = None) -> None:
        self.sent: list[tuple[str, str, dict[str, str], dict[str, str]]] = []
        self.response = Response(status, {}, json.dumps(body).encode())

    def listen(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(HttpClient, "request", lambda _http, *given, **_limits: self.hear(*given))

    def hear(self, method: str, target: str, body: bytes | None = None, headers: Any = None) -> Response:
        self.sent.append((method, target, dict(parse_qsl((body or b"").decode())), dict(headers or {})))
        return self.response


INTENT = {
    "id": "pi_1", "object": "payment_intent", "status": "succeeded", "amount": 1000, "amount_received": 1000,
    "currency": "usd", "metadata": {},
}  # fmt: skip
REFUND = {"id": "re_1", "status": "succeeded", "amount": 1000, "currency": "usd", "metadata": {}}


def a_known_payment() -> Payment:
    attempt = Attempt(asked_at=NOW, reference="pi_1")
    return_url = "https://pay.example/checkout?payment_id=pay_1"
    return a_card_payment(
        amount=1000, currency="USD", processor_token="pm_1", attempt=attempt, return_url=return_url
    )


def requests_of(patch: pytest.MonkeyPatch) -> dict[str, tuple[str, str, dict[str, str], dict[str, str]]]:
    """Every kind of request that the connector makes."""
    payment = a_known_payment()
    back = GiveBack("rfnd_1", payment, 1000, "cold", "re_1", NOW)
    connector = a_connector()
    calls: dict[str, tuple[Any, Any]] = {
        "token_authorize": (INTENT, lambda: connector.authorize(payment, payment.id, NOW)),
        "get": (INTENT, lambda: connector.retrieve(payment, NOW)),
        "capture": (INTENT, lambda: connector.capture(payment, 1000, "key")),
        "void": (INTENT | {"status": "canceled"}, lambda: connector.void(payment, "key")),
        "refund": (REFUND, lambda: connector.refund(back, "key")),
        "refund_get": (REFUND, lambda: connector.retrieve_refund(back)),
        "tokenize": ({"id": "pm_1"}, lambda: connector.tokenize(card("4111111111111111"))),
    }
    sent = {}
    for name, (body, call) in calls.items():
        recorder = Recorder(body=body)
        recorder.listen(patch)
        call()
        (sent[name],) = recorder.sent
    return sent


@pytest.mark.skipif(not SAMPLES, reason="ACQUIRER_SAMPLES names no folder with recorded requests")
def test_requests_equal_the_recorded_ones_in_the_members_that_both_send(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded = json.loads((Path(SAMPLES) / "stripe.requests.json").read_text())
    ours = requests_of(monkeypatch)
    # What stands for something of the recording's own, in no other form than ours.
    free = {"metadata[order_id]", "return_url", "payment_method", "payment_intent", "currency"}
    free |= {"card[exp_month]", "card[exp_year]", "card[cvc]"}
    for name, (method, target, members, _) in ours.items():
        sample = recorded[name].get("default") or next(iter(recorded[name].values()))
        assert method == sample["method"].upper(), name
        path = sample["url"].removeprefix("https://api.stripe.com").partition("?")[0]
        known = path.replace("probe_connector_txn_001", "pi_1").replace("probe_refund_id_001", "re_1")
        assert target.partition("?")[0] == known, name
        theirs = dict(parse_qsl(sample["body"] or ""))
        both = (theirs.keys() & members.keys()) - free
        assert {key: members[key] for key in both} == {key: theirs[key] for key in both}, name
        assert (
            not theirs.keys() - members.keys() - {"metadata[order_id]", "metadata[is_refund_id_as_reference]"}
        )


def nested(members: dict[str, str]) -> dict[str, Any]:
    """Form parameters as the client's types name them: `a[b]` is a member of `a`, `a[0]` one of a list."""
    found: dict[str, Any] = {}
    for name, value in members.items():
        outer, _, inner = name.partition("[")
        if not inner:
            found[outer] = value
        elif inner[:-1].isdecimal():
            found.setdefault(outer, []).append(value)
        else:
            found.setdefault(outer, {})[inner[:-1]] = value
    return found


def test_requests_are_what_the_official_clients_types_know(monkeypatch: pytest.MonkeyPatch) -> None:
    params = pytest.importorskip("stripe.params", reason="stripe is not installed: make install-dev")
    from pydantic import ConfigDict, TypeAdapter

    types = {
        "token_authorize": params.PaymentIntentCreateParams,
        "capture": params.PaymentIntentCaptureParams,
        "void": params.PaymentIntentCancelParams,
        "refund": params.RefundCreateParams,
        "tokenize": params.PaymentMethodCreateParams,
    }
    sent = requests_of(monkeypatch)
    for name, kind in types.items():
        for inner in vars(sys.modules[kind.__module__]).values():
            if is_typeddict(inner):
                monkeypatch.setattr(
                    inner,
                    "__pydantic_config__",
                    ConfigDict(extra="forbid", arbitrary_types_allowed=True),
                    raising=False,
                )
        monkeypatch.setattr(sys.modules[kind.__module__], "UntypedStripeObject", Plain, raising=False)
        checker = TypeAdapter(kind)
        # Of the options of a request, which are no parameters, one is named by a type that is not imported
        # there.
        module = vars(sys.modules[kind.__module__])
        checker.rebuild(
            _types_namespace={**vars(typing), **module, "StripeContext": str, "UntypedStripeObject": Plain}
        )
        checker.validate_python(nested(sent[name][2]))
        with pytest.raises(ValueError, match="no_such_parameter"):
            checker.validate_python({**nested(sent[name][2]), "no_such_parameter": "1"})


def test_every_change_carries_its_key_and_every_request_the_pinned_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, (method, _, _, headers) in requests_of(monkeypatch).items():
        assert ("Idempotency-Key" in headers) is (method == "POST" and name != "tokenize"), name
    assert a_connector()._http._headers["Stripe-Version"]


def test_a_challenge_sends_the_shopper_away_and_back_and_is_then_approved(stripe: Bench) -> None:
    payment = a_card_payment(
        amount=70_000,
        processor_token=stripe.acquirer.tokenize(stripe.cards["challenges"]),
        return_url="https://checkout.example/return?payment_id=pay_1",
    )
    asked = stripe.acquirer.authorize(payment, payment.id, NOW)
    assert asked.outcome is Outcome.ACTION_REQUIRED
    assert asked.redirect_url
    back = stripe.answer_challenge(asked.redirect_url, success=True)
    assert back.startswith("https://checkout.example/return?payment_id=pay_1&")
    known = replace(payment, attempt=Attempt(asked_at=NOW, reference=asked.reference))
    assert stripe.acquirer.retrieve(known, NOW).outcome is Outcome.APPROVED


def test_a_challenge_that_fails_declines_the_payment(stripe: Bench) -> None:
    token = stripe.acquirer.tokenize(stripe.cards["challenges"])
    payment = a_card_payment(amount=70_000, processor_token=token, return_url="https://checkout.example/")
    asked = stripe.acquirer.authorize(payment, payment.id, NOW)
    assert asked.redirect_url
    stripe.answer_challenge(asked.redirect_url, success=False)
    found = stripe.acquirer.retrieve(
        replace(payment, attempt=Attempt(asked_at=NOW, reference=asked.reference)), NOW
    )
    assert (found.outcome, found.failure and found.failure.reason) == (
        Outcome.DECLINED,
        "authentication_failed",
    )


def test_a_challenge_that_nobody_answers_can_be_given_up(stripe: Bench) -> None:
    payment = a_card_payment(
        amount=70_000, processor_token=stripe.acquirer.tokenize(stripe.cards["challenges"])
    )
    asked = stripe.acquirer.authorize(payment, payment.id, NOW)
    known = replace(payment, attempt=Attempt(asked_at=NOW, reference=asked.reference))
    gone = stripe.acquirer.void(known, f"{payment.id}:void")
    assert (gone.outcome, gone.failure) == (Outcome.DECLINED, stripe_answers.CANCELLED)


def test_what_is_only_authorised_is_captured_in_part_and_what_is_not_wanted_is_voided(stripe: Bench) -> None:
    account = an_account("sk_test_localstripe", api_base=str(stripe.control))
    manual = Stripe(account, captures_at_once=False)
    for end in ("capture", "void"):
        payment = a_card_payment(amount=70_000, processor_token=manual.tokenize(stripe.cards["approves"]))
        held = manual.authorize(payment, payment.id, NOW)
        assert (held.outcome, held.captured) == (Outcome.APPROVED, False)
        known = replace(payment, attempt=Attempt(asked_at=NOW, reference=held.reference))
        if end == "capture":
            assert manual.capture(known, 50_000, f"{payment.id}:capture").captured
        else:
            assert manual.void(known, f"{payment.id}:void").outcome is Outcome.DECLINED


def test_past_a_keys_life_the_fake_charges_again_as_stripe_says_it_may(stripe: Bench) -> None:
    payment = a_card_payment(
        amount=70_000, processor_token=stripe.acquirer.tokenize(stripe.cards["approves"])
    )
    stripe.acquirer.authorize(payment, payment.id, NOW)
    stripe.advance(24 * 3600 + 1)
    stripe.acquirer.authorize(payment, payment.id, NOW)
    assert len(stripe.charges(payment.id)) == 2
    found = stripe.acquirer.retrieve(replace(payment, attempt=Attempt(asked_at=NOW)), NOW)
    assert len(found.also_charged) == 1


def test_a_key_with_another_body_is_refused(stripe: Bench) -> None:
    payment = a_card_payment(
        amount=70_000, processor_token=stripe.acquirer.tokenize(stripe.cards["approves"])
    )
    stripe.acquirer.authorize(payment, payment.id, NOW)
    with pytest.raises(Refused) as refusal:
        stripe.acquirer.authorize(replace(payment, amount=80_000), payment.id, NOW)
    assert refusal.value.raw_code == "idempotency_error"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (500, None, Unknown),
        (503, None, Unknown),
        (409, "idempotency_key_in_use", Unknown),
        (409, "lock_timeout", NotSent),
        (429, "rate_limit", NotSent),
        (401, None, NotSent),
        (403, "account_invalid", NotSent),
        (400, "parameter_missing", Refused),
        (404, "resource_missing", Refused),
    ],
)
def test_a_status_says_whether_the_request_was_carried_out(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str | None, kind: type[AcquirerError]
) -> None:
    recorder = Recorder(status, {"error": {"code": code, "type": "some_error"}})
    recorder.listen(monkeypatch)
    with pytest.raises(kind):
        a_connector().capture(a_known_payment(), 1000, "key")


def test_no_connection_means_not_sent() -> None:
    with pytest.raises(NotSent):
        HttpClient("http://127.0.0.1:1", {}).request("POST", "/v1/x", b"")


def test_a_response_that_does_not_come_in_time_is_unknown(stripe: Bench) -> None:
    stripe.fault("/v1/slow", "slow")
    with pytest.raises(Unknown, match="timeout"):
        HttpClient(str(stripe.control), {}).request("GET", "/v1/slow", read_seconds=0.2)


def test_a_response_without_end_is_unknown(stripe: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "RESPONSE_MAX_BYTES", 10)
    with pytest.raises(Unknown, match="too_large"):
        HttpClient(str(stripe.control), {}).request("GET", "/_fake/3ds/x")


def signed(body: bytes, secret: str, at: float) -> str:
    digest = hmac.new(secret.encode(), f"{int(at)}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={int(at)},v1=0000,v1={digest},v0=ignored"


EVENT = json.dumps(
    {
        "id": "evt_1",
        "type": "payment_intent.succeeded",
        "data": {"object": {**INTENT, "metadata": {"payment_id": "pay_1"}}},
    }
).encode()


@pytest.mark.parametrize("secret", SECRETS)
def test_a_webhook_signed_with_either_secret_says_what_to_look_up(secret: str) -> None:
    headers = {"stripe-signature": signed(EVENT, secret, NOW.timestamp())}
    notice = a_connector().parse_webhook(EVENT, headers, NOW)
    assert notice
    assert (notice.event_id, notice.payment_id, notice.reference) == ("evt_1", "pay_1", "pi_1")


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "nonsense",
        "t=x,v1=y",
        signed(EVENT, "whsec_other", NOW.timestamp()),
        signed(EVENT + b" ", "whsec_new", NOW.timestamp()),
        signed(EVENT, "whsec_new", NOW.timestamp() - 301),
        signed(EVENT, "whsec_new", NOW.timestamp() + 301),
    ],
)
def test_a_webhook_that_stripe_did_not_just_sign_is_refused(signature: str) -> None:
    with pytest.raises(AuthenticationFailed):
        a_connector().parse_webhook(EVENT, {"stripe-signature": signature}, NOW)


DISPUTE = {
    "id": "dp_1", "object": "dispute", "amount": 1000, "currency": "usd", "charge": "ch_1",
    "payment_intent": "pi_1", "reason": "fraudulent", "status": "needs_response",
    "metadata": {"payment_id": "x"},
    "evidence_details": {"due_by": 1_800_000_000},
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "word", "status"),
    [
        ("created", "needs_response", "open"),
        ("created", "warning_needs_response", "open"),
        ("updated", "under_review", "open"),
        ("closed", "won", "won"),
        ("closed", "lost", "lost"),
        ("closed", "warning_closed", "closed"),
    ],
)
def test_a_dispute_is_told_with_the_payment_that_stripe_knows(kind: str, word: str, status: str) -> None:
    event = {"id": "evt_4", "type": f"charge.dispute.{kind}", "created": 1_700_000_000}
    body = json.dumps({**event, "data": {"object": {**DISPUTE, "status": word}}}).encode()
    headers = {"stripe-signature": signed(body, "whsec_new", NOW.timestamp())}
    notice = a_connector().parse_webhook(body, headers, NOW)
    assert notice
    # The metadata is the dispute's own, and says nothing of ours.
    assert (notice.payment_id, notice.reference, notice.refund_id) == (None, "pi_1", None)
    at, due = (datetime.fromtimestamp(seconds, UTC) for seconds in (1_700_000_000, 1_800_000_000))
    assert notice.dispute == DisputeTold(
        "dp_1", DisputeStatus(status), word, "fraudulent", 1000, "USD", due, at
    )


@pytest.mark.parametrize("left_out", ["id", "status", "amount", "currency"])
def test_a_dispute_that_cannot_be_read_is_a_bad_request(left_out: str) -> None:
    found = {name: value for name, value in DISPUTE.items() if name != left_out}
    event = {"id": "evt_4", "type": "charge.dispute.created", "created": 1_700_000_000}
    body = json.dumps({**event, "data": {"object": found}}).encode()
    headers = {"stripe-signature": signed(body, "whsec_new", NOW.timestamp())}
    with pytest.raises(BadRequest):
        a_connector().parse_webhook(body, headers, NOW)


def test_an_event_that_is_about_no_payment_means_nothing() -> None:
    body = json.dumps({"id": "evt_2", "type": "plan.created", "data": {"object": {}}}).encode()
    headers = {"stripe-signature": signed(body, "whsec_new", NOW.timestamp())}
    assert a_connector().parse_webhook(body, headers, NOW) is None


@pytest.mark.parametrize("code", [*stripe_answers._FAILURES, "lost_card", "something_new", None])
def test_every_decline_code_has_words_of_ours_and_none_says_that_a_card_was_stolen(code: str | None) -> None:
    failure = stripe_answers.failure_of(code)
    assert failure.code == "PAYMENT_FAILED"
    assert "lost" not in failure.description.lower()


def test_a_refund_id_leads_back_from_a_refunds_event() -> None:
    found = {
        **REFUND,
        "object": "refund",
        "payment_intent": "pi_1",
        "metadata": {"refund_id": some_id("rfnd_")},
    }
    body = json.dumps({"id": "evt_3", "type": "refund.updated", "data": {"object": found}}).encode()
    headers = {"stripe-signature": signed(body, "whsec_new", NOW.timestamp())}
    notice = a_connector().parse_webhook(body, headers, NOW)
    assert notice
    assert (notice.refund_id, notice.reference) == (found["metadata"]["refund_id"], "pi_1")
