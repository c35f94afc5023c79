"""Both clients over real connections: what they send, when they send it again, what they raise."""

import socket
from contextlib import closing
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

import asyncpay
from asyncpay._request import build, retry_after_seconds
from tests.sdk.conftest import KEY, SECRET, Person
from tests.sdk.scripted import Answer, Gateway, refusal

ORDER = {
    "id": "order_Fq3ZtW8kLmXs0aBc",
    "merchant_id": "550e8400-e29b-41d4-a716-446655440000",
    "amount": 50000,
    "currency": "INR",
    "receipt": None,
    "notes": {},
    "status": "created",
    "created_at": "2026-01-31T09:30:00.250Z",
}
PAYMENT = {
    "id": "pay_Fq3ZtW8kLmXs0aBc",
    "order_id": ORDER["id"],
    "amount": 50000,
    "currency": "INR",
    "method": "upi",
    "vpa": "asha@okbank",
    "status": "pending",
    "created_at": "2026-01-31T09:30:00.250Z",
}
UPI = {"order_id": ORDER["id"], "method": "upi", "vpa": "asha@okbank"}
BUSY = refusal(503, "SERVER_ERROR")


def test_a_call_sends_credentials_and_only_what_was_given(person: Person, gateway: Gateway) -> None:
    gateway.answers(Answer(201, ORDER))
    order = person.call("orders.create", amount=50000, notes={"chai": "चाय"})
    assert order.id == ORDER["id"]
    assert order.created_at == datetime(2026, 1, 31, 9, 30, 0, 250_000, tzinfo=UTC)
    (asked,) = gateway.asked
    assert (asked.method, asked.path) == ("POST", "/api/v1/orders")
    assert asked.json == {"amount": 50000, "notes": {"chai": "चाय"}}
    assert asked.headers["x-api-key"] == KEY
    assert asked.headers["x-api-secret"] == SECRET
    assert asked.headers["content-type"] == "application/json"
    assert len(asked.headers["idempotency-key"]) == 36


def test_ids_are_quoted_in_paths_and_must_not_be_empty(person: Person, gateway: Gateway) -> None:
    gateway.answers(Answer(200, ORDER))
    person.call("orders.retrieve", "a/../b?c")
    assert gateway.asked[0].path == "/api/v1/orders/a%2F..%2Fb%3Fc"
    with pytest.raises(ValueError, match="order_id must be a non-empty str"):
        person.call("orders.retrieve", "")


def test_null_is_sent_where_it_means_something(person: Person, gateway: Gateway) -> None:
    gateway.answers(Answer(200, {"webhook_url": None, "webhook_secret": "whsec"}))
    person.call("webhooks.update_config", webhook_url=None)
    assert gateway.asked[0].json == {"webhook_url": None}


@pytest.mark.parametrize("problem", [BUSY, refusal(500, "SERVER_ERROR"), Answer(drops=True)])
def test_all_attempts_of_a_payment_have_one_key_and_the_same_bytes(
    person: Person, gateway: Gateway, problem: Answer
) -> None:
    gateway.answers(problem, problem, Answer(201, PAYMENT))
    assert person.call("payments.create", **UPI).id == PAYMENT["id"]
    assert len({(asked.headers["idempotency-key"], asked.body) for asked in gateway.asked}) == 1
    assert len(gateway.asked) == 3
    assert person.slept == [0.5, 1.0]


def test_each_call_has_a_key_of_its_own_unless_one_is_given(person: Person, gateway: Gateway) -> None:
    gateway.answers(*[Answer(201, PAYMENT)] * 3)
    for key in (None, None, "mine"):
        person.call("payments.create", **UPI, idempotency_key=key)
    keys = [asked.headers["idempotency-key"] for asked in gateway.asked]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"


@pytest.mark.parametrize("problem", [BUSY, Answer(drops=True)])
def test_a_rotation_is_asked_for_again_with_the_key_of_the_first_time(
    person: Person, gateway: Gateway, problem: Answer
) -> None:
    # A second rotation would end the first one's secret.
    gateway.answers(problem, Answer(200, {"webhook_secret": "x"}))
    assert person.call("webhooks.rotate_secret").webhook_secret == "x"
    first, second = (asked.headers["idempotency-key"] for asked in gateway.asked)
    assert first == second


def test_what_the_api_may_do_twice_is_not_asked_twice() -> None:
    assert not build("POST", "/api/v1/anything", path_values={}).repeatable
    assert build("POST", "/api/v1/anything", path_values={}, documented_key=True).repeatable


def test_a_connection_that_was_never_made_is_tried_again_whatever_it_was_for(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setattr(person, "_url", f"http://127.0.0.1:{probe.getsockname()[1]}")
        with pytest.raises(asyncpay.APIConnectionError, match="No connection to http") as caught:
            person.call("webhooks.rotate_secret")
    assert len(person.slept) == 2
    assert caught.value.status is None


def test_it_gives_up_after_max_retries_and_raises_the_last_problem(person: Person, gateway: Gateway) -> None:
    gateway.answers(*[BUSY] * 5)
    with pytest.raises(asyncpay.ServerError):
        person.call("orders.retrieve", "order_x", client_max_retries=4)
    assert person.slept == [0.5, 1.0, 2.0, 4.0]


def test_retry_after_is_waited_for_on_top_of_the_jitter(person: Person, gateway: Gateway) -> None:
    gateway.answers(refusal(429, "RATE_LIMIT_ERROR", Retry_After="7"), Answer(201, ORDER))
    person.call("orders.create", amount=50000)
    assert person.slept == [7.5]


def test_a_long_retry_after_is_told_at_once(person: Person, gateway: Gateway) -> None:
    gateway.answers(refusal(429, "RATE_LIMIT_ERROR", Retry_After="3600"))
    with pytest.raises(asyncpay.RateLimitError) as caught:
        person.call("orders.retrieve", "order_x")
    assert caught.value.retry_after_seconds == 3600
    assert person.slept == []


def test_a_request_with_the_same_key_that_is_at_work_is_waited_for(person: Person, gateway: Gateway) -> None:
    gateway.answers(refusal(409, "IDEMPOTENCY_ERROR", Retry_After="1"), Answer(201, PAYMENT))
    assert person.call("payments.create", **UPI).id == PAYMENT["id"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(400, "BAD_REQUEST_ERROR"), asyncpay.BadRequestError),
        (refusal(400, "INVALID_VPA"), asyncpay.InvalidVPAError),
        (refusal(400, "INVALID_CARD"), asyncpay.InvalidCardError),
        (refusal(400, "EXPIRED_CARD"), asyncpay.ExpiredCardError),
        (refusal(400, "INSUFFICIENT_REFUND_AMOUNT"), asyncpay.InsufficientRefundAmountError),
        (refusal(400, "A_NEW_CODE"), asyncpay.BadRequestError),
        (refusal(401, "AUTHENTICATION_ERROR"), asyncpay.AuthenticationError),
        (refusal(403, "A_NEW_CODE"), asyncpay.AuthenticationError),
        (refusal(404, "NOT_FOUND_ERROR"), asyncpay.NotFoundError),
        (refusal(413, "BAD_REQUEST_ERROR"), asyncpay.BadRequestError),
        (refusal(422, "IDEMPOTENCY_ERROR"), asyncpay.IdempotencyError),
        (refusal(501, "A_NEW_CODE"), asyncpay.ServerError),
    ],
)
def test_a_refusal_is_raised_once_with_what_it_said(
    person: Person, gateway: Gateway, answer: Answer, kind: type[asyncpay.APIError]
) -> None:
    gateway.answers(answer)
    with pytest.raises(kind) as caught:
        person.call("payments.create", **UPI)
    error = caught.value
    assert type(error) is kind
    assert (error.status, error.code) == (answer.status, answer.body["error"]["code"])
    assert (error.field, error.request_id) == ("amount", "req-1")
    assert str(error) == "No (request req-1)"
    assert len(gateway.asked) == 1


@pytest.mark.parametrize("answer", [Answer(502, b"<html>Bad gateway"), Answer(200, b"<html>Log in")])
def test_what_is_no_json_is_an_error_that_shows_it(person: Person, gateway: Gateway, answer: Answer) -> None:
    gateway.answers(answer)
    with pytest.raises(asyncpay.APIError, match="<html>"):
        person.call("orders.retrieve", "order_x", client_max_retries=0)


def test_a_redirect_is_an_error_and_the_secret_stays_here(person: Person, gateway: Gateway) -> None:
    gateway.answers(Answer(302, {}, {"Location": f"{gateway.url}/elsewhere"}))
    with pytest.raises(asyncpay.APIError) as caught:
        person.call("orders.retrieve", "order_x")
    assert caught.value.status == 302
    assert len(gateway.asked) == 1


def test_an_answer_that_is_late_is_a_timeout(person: Person, gateway: Gateway) -> None:
    gateway.answers(Answer(200, ORDER, late_seconds=1))
    with pytest.raises(asyncpay.APITimeoutError, match=r"did not answer within 0\.1 s"):
        person.call("orders.retrieve", "order_x", client_timeout_seconds=0.1, client_max_retries=0)


def test_wait_until_final_waits_until_it_is(person: Person, gateway: Gateway) -> None:
    read = {**PAYMENT, "captured": False, "amount_captured": 0, "amount_refunded": 0, "updated_at": None}
    gateway.answers(*[Answer(200, read)] * 3, Answer(200, {**read, "status": "success"}))
    assert person.call("payments.wait_until_final", "pay_x", timeout=30).status == "success"
    assert person.slept == pytest.approx([0.2, 0.3, 0.45])


def test_wait_until_final_says_what_it_saw_last(person: Person, gateway: Gateway) -> None:
    gateway.answers(Answer(200, PAYMENT))
    with pytest.raises(asyncpay.WaitTimeoutError, match="is still pending after 0 s") as caught:
        person.call("payments.wait_until_final", "pay_x", timeout=0)
    assert caught.value.last.id == PAYMENT["id"]


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({"api_secret": "s", "base_url": "http://x"}, "api_key is missing: pass it, or set ASYNCPAY_API_KEY"),
        ({"api_key": "k", "base_url": "http://x"}, "api_secret is missing"),
        ({"api_key": "k", "api_secret": "s"}, "base_url is missing"),
        ({"api_key": "k", "api_secret": "s", "base_url": "localhost:8000"}, "base_url must be such as"),
        ({"api_key": "k", "api_secret": "s\n", "base_url": "http://x"}, "api_secret has characters"),
        ({"api_key": "k", "api_secret": "s", "base_url": "http://x", "timeout_seconds": 0}, "more than 0"),
        ({"api_key": "k", "api_secret": "s", "base_url": "http://x", "max_retries": -1}, "0 or more"),
    ],
)
def test_what_is_missing_or_wrong_is_said_when_the_client_is_made(
    options: dict[str, Any], missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("API_KEY", "API_SECRET", "BASE_URL"):
        monkeypatch.delenv(f"ASYNCPAY_{name}", raising=False)
    with pytest.raises(ValueError, match=missing):
        asyncpay.Client(**options)


def test_the_environment_completes_the_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASYNCPAY_API_KEY", "k")
    monkeypatch.setenv("ASYNCPAY_API_SECRET", "s")
    monkeypatch.setenv("ASYNCPAY_BASE_URL", "http://gateway.example/")
    assert asyncpay.Client().base_url == "http://gateway.example"


def test_with_options_changes_a_copy(gateway: Gateway) -> None:
    gateway.answers(BUSY)
    with asyncpay.Client(KEY, SECRET, gateway.url) as client:
        with pytest.raises(asyncpay.ServerError):
            client.with_options(max_retries=0).orders.retrieve("order_x")
        assert len(gateway.asked) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5.0),
        (" 5 ", 5.0),
        (format_datetime(datetime.fromtimestamp(1_000_030, UTC), usegmt=True), 30.0),
        (format_datetime(datetime.fromtimestamp(999_000, UTC), usegmt=True), 0.0),
        ("soon", None),
        ("-1", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_has_two_forms(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, 1_000_000) == seconds


@pytest.mark.parametrize("body", [[], "x", 3, None, b"<html>"])
def test_a_success_without_a_json_object_is_an_error_that_shows_it(
    person: Person, gateway: Gateway, body: Any
) -> None:
    gateway.answers(Answer(200, body))
    with pytest.raises(asyncpay.APIError, match="No JSON object came"):
        person.call("orders.retrieve", ORDER["id"])


@pytest.mark.parametrize("call", ["orders.list", "events.list"])
def test_a_list_from_something_that_is_not_asyncpay_is_an_error(
    person: Person, gateway: Gateway, call: str
) -> None:
    gateway.answers(Answer(200, {"detail": "ok"}))
    with pytest.raises(asyncpay.APIError, match="A list was asked for"):
        person.call(call)


@pytest.mark.parametrize("key", ["", " ", "a\nb: c", "\u091a", "x" * 256])
def test_an_idempotency_key_that_can_not_be_sent_is_refused_before_anything_is(
    person: Person, gateway: Gateway, key: str
) -> None:
    with pytest.raises(ValueError, match="idempotency_key must be 1 to 255"):
        person.call("orders.create", amount=100, idempotency_key=key)
    assert gateway.asked == []
