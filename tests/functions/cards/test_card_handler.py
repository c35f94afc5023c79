"""The card function itself: what it hands on, what it says where the API can't be asked, what it may log."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

import card
from app import app
from chalicelib.cards import exchange
from chalicelib.cards.form import MEMBER, Exchange, sealed
from gateway.domain.errors import AsyncPayError, Unavailable
from gateway.domain.payments.instruments import ExchangedCard
from gateway.runtime.card_dependencies import CardDependencies
from tests.proof.card_scan import CARDS, VISA, leaks
from tests.support.both_ways import ACCOUNT, KEYS, ORDER_IDS, BothWays
from tests.support.http_calls import CONTEXT, an_event, handled
from tests.support.memory.outside import MemorySecrets
from tests.support.memory.shop import lines

PATH = "/api/v1/payments"
PAID = {"order_id": ORDER_IDS[0], "method": "card", "card": VISA.as_json()}
UPI = {"order_id": ORDER_IDS[0], "method": "upi", "vpa": "asha@okbank"}
ORIGIN = "http://localhost:3001"
# What a line may have besides the time: ids, statuses, and where something failed.
IN_A_LINE = {"level", "message", "request_id", "body", "status", "duration_ms"}
OF_AN_ERROR = {"error", "at", "account", "reason", "raw_code"}


@pytest.fixture
def ways() -> Iterator[BothWays]:
    with pytest.MonkeyPatch.context() as patch:
        yield BothWays(patch, ALLOWED_ORIGINS=ORIGIN)


def paying(body: Any, **members: Any) -> dict[str, Any]:
    return an_event("POST", PATH, headers=KEYS | {"Origin": ORIGIN}, json_body=body) | members


def use(patch: pytest.MonkeyPatch, ways: BothWays, **changes: Any) -> None:
    made = replace(ways.card_dependencies(), **changes)
    patch.setattr(card, "card_dependencies", lambda: made)


def failing(error: Exception) -> Callable[..., Any]:
    def fails(*_given: Any) -> Any:
        raise error

    return fails


def test_upi_is_passed_on_as_it_came_and_the_response_goes_back_as_it_is(
    ways: BothWays, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    answer = {"statusCode": 299, "headers": {"X": "1"}, "multiValueHeaders": {"Y": ["1", "2"]}, "body": "é"}
    use(monkeypatch, ways, call_api=lambda event: (seen.append(event), answer)[1], secrets=None)
    event = paying(UPI)
    assert card.handler(event, CONTEXT) == answer
    assert seen == [paying(UPI)]


@pytest.mark.parametrize("body", [PAID, UPI], ids=["card", "UPI"])
@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (Unavailable("The service is temporarily unavailable; please try again"), 503, "1"),
        (AsyncPayError("The request could not be answered"), 500, None),
        (RuntimeError(f"{VISA.as_json()}"), 500, None),
        (KeyError(VISA.number), 500, None),
        (RecursionError(VISA.number), 500, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_where_the_api_cannot_be_asked_the_function_says_so_and_quotes_nothing(
    ways: BothWays,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    body: Any,
    error: Exception,
    status: int,
    retry_after: str | None,
) -> None:
    use(monkeypatch, ways, call_api=failing(error))
    reply = handled(card.handler, paying(body))
    assert (reply.status, reply.error["code"]) == (status, "SERVER_ERROR")
    assert reply.headers.get("retry-after") == retry_after
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert reply.error["request_id"] == reply.headers["x-request-id"]
    check_log(capsys.readouterr(), reply.text)


class Locked(MemorySecrets):
    """Secrets that nobody gets."""

    def get(self, _arn: str) -> bytes:
        raise Unavailable("The service is temporarily unavailable; please try again")


def test_without_its_key_the_function_exchanges_nothing(
    ways: BothWays, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, ways, secrets=Locked())
    assert handled(card.handler, paying(PAID)).status == 503
    assert ways.exchanged.seen == []
    check_log(capsys.readouterr())


BREAKABLE: list[tuple[Any, str]] = [
    (card, "card_dependencies"),
    (card, "respond"),
    *((exchange, name) for name in ("parse_object", "check_card", "fingerprint", "without_card")),
]


@pytest.mark.parametrize(("place", "name"), BREAKABLE, ids=lambda part: getattr(part, "__name__", part))
def test_no_exception_that_quotes_a_card_leaves_the_function(
    ways: BothWays,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    place: Any,
    name: str,
) -> None:
    monkeypatch.setattr(place, name, lambda *given, **named: failing(RuntimeError(f"{given} {named}"))())
    for one in CARDS:
        reply = handled(card.handler, paying(PAID | {"card": one.as_json()}))
        assert reply.status == 500
        assert not list(leaks("the answer", reply.text))
    printed = capsys.readouterr()
    assert "RuntimeError" in printed.out
    check_log(printed)
    assert ways.exchanged.seen == []


def test_an_acquirer_that_fails_with_the_card_in_its_words_is_an_unavailable_one(
    ways: BothWays, capsys: pytest.CaptureFixture[str]
) -> None:
    ways.each(lambda way: way.shop.set_merchant(acquirer_account=ACCOUNT))
    ways.exchanged.at_account.refusal = RuntimeError(f"{VISA.as_json()}")
    ways.each(lambda way: way.begin())
    app_deps = pytest.MonkeyPatch()
    with app_deps.context() as patch:
        patch.setattr(app, "dependencies", lambda: ways.exchanged.deps)
        reply = handled(card.handler, paying(PAID))
    assert reply.status == 500
    check_log(capsys.readouterr(), reply.text, others=True)


def check_log(printed: Any, *texts: str, others: bool = False) -> None:
    """One line of the request, and lines of errors, with what may be in them; nothing on stderr."""
    assert printed.err == ""
    for text in (printed.out, *texts):
        assert not list(leaks("the output", text))
    for line in printed.out.splitlines():
        members = set(json.loads(line))
        if not others or line.startswith('{"level":"INFO","message":"card request"'):
            assert members <= IN_A_LINE | OF_AN_ERROR, members


def test_each_request_leaves_one_line_without_anything_of_its_body(
    ways: BothWays, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, ways, call_api=lambda _event: {"statusCode": 201, "headers": {}, "body": "{}"})
    for body in (PAID, UPI, {"note": VISA.number}, [PAID], VISA.number):
        card.handler(paying(body), CONTEXT)
    found = lines(capsys)
    assert [set(line) for line in found] == [IN_A_LINE] * 5
    assert [line["body"] for line in found] == [
        "exchanged",
        "passed on",
        "exchanged",
        "exchanged",
        "exchanged",
    ]


def test_the_function_starts_without_what_it_does_not_need() -> None:
    heavy = ("chalice", "pynamodb", "fastjsonschema", "botocore.session", "gateway.adapters.acquirers.stripe")
    code = f"import sys, card; print(*(name for name in {heavy} if name in sys.modules))"
    environ = {"PYTHONPATH": ":".join(sys.path), "AWS_REGION": "us-east-1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=environ, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout.strip(), done.returncode) == ("", 0), done.stderr


# ---------------------------------------------------------------- who may hand an exchange to the API

EXCHANGED = Exchange(fingerprint="f", card=ExchangedCard("visa", "1111", "d", "simulated", "tok_approve_0"))
STAND_IN = json.dumps(
    {**PAID, "card": dict.fromkeys(VISA.as_json(), "") | {"cvv": "000", "holder_name": "-"}}
)
KEY = MemorySecrets().get("")


def sealed_event(key: bytes = KEY) -> dict[str, Any]:
    return sealed(paying(PAID), STAND_IN, EXCHANGED, key)


def asked(ways: BothWays, event: dict[str, Any]) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "dependencies", lambda: ways.exchanged.deps)
        return handled(app, event)


def payments_of(ways: BothWays) -> int:
    return len(ways.exchanged.shop.database.rows.of("payments"))


def test_what_the_card_function_sealed_is_a_payment(ways: BothWays) -> None:
    reply = asked(ways, sealed_event())
    assert (reply.status, reply.json["card_last4"]) == (201, "1111")


FORGED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another key": lambda event: event | {MEMBER: sealed_event(b"guessed")[MEMBER]},
    "no seal": lambda event: event | {MEMBER: {"said": event[MEMBER]["said"]}},
    "an empty seal": lambda event: event | {MEMBER: event[MEMBER] | {"mac": ""}},
    "a seal that is not ASCII": lambda event: event | {MEMBER: event[MEMBER] | {"mac": "é"}},
    "no object": lambda event: event | {MEMBER: "x"},
    "an empty object": lambda event: event | {MEMBER: {}},
    "other words": lambda event: (
        event | {MEMBER: event[MEMBER] | {"said": event[MEMBER]["said"].replace("1111", "2222")}}
    ),
    "another order": lambda event: event | {"body": event["body"].replace(ORDER_IDS[0], ORDER_IDS[1])},
    "another request": lambda event: event | {"requestContext": event["requestContext"] | {"requestId": "2"}},
    "another path": lambda event: event | {"path": f"{PATH}/public"},
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_exchange_makes_no_payment(
    ways: BothWays, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = asked(ways, FORGED[name](sealed_event()))
    assert (reply.status, reply.error["code"]) == (503, "SERVER_ERROR")
    assert payments_of(ways) == 0
    assert "not the card function's" in capsys.readouterr().out


@dataclass
class Rotated(MemorySecrets):
    """A process that remembers one value while another counts by now."""

    remembered: bytes = b"new"

    def get(self, _arn: str) -> bytes:
        return self.remembered

    def find(self, _name: str) -> bytes | None:
        return b"new"


@pytest.mark.parametrize(("api", "function"), [(b"old", b"new"), (b"new", b"old"), (b"old", b"old")])
def test_a_rotated_key_refuses_no_payment_while_one_process_remembers_the_old_one(
    ways: BothWays, monkeypatch: pytest.MonkeyPatch, api: bytes, function: bytes
) -> None:
    ways.exchanged.deps = replace(ways.exchanged.deps, secrets=Rotated(remembered=api))
    monkeypatch.setattr(app, "dependencies", lambda: ways.exchanged.deps)
    use(monkeypatch, ways, secrets=Rotated(remembered=function))
    assert handled(card.handler, paying(PAID)).status == 201
    assert payments_of(ways) == 1
    assert handled(card.handler, an_event("POST", PATH, headers=KEYS, body="{")).status == 400


def test_what_an_http_request_can_carry_is_no_exchange(ways: BothWays) -> None:
    member = sealed_event()[MEMBER]
    plain = {"order_id": ORDER_IDS[0], "method": "card"}
    for event in (
        paying(plain | {MEMBER: member}),
        paying(plain, headers=KEYS | {MEMBER: json.dumps(member)}),
        paying(plain, requestContext=paying(plain)["requestContext"] | {MEMBER: member}),
    ):
        reply = asked(ways, event)
        assert (reply.status, reply.error["code"], reply.error["field"]) == (400, "INVALID_CARD", "card")
    query = {MEMBER: [json.dumps(member)]}
    assert asked(ways, paying(plain, multiValueQueryStringParameters=query)).status == 400
    assert payments_of(ways) == 0


@pytest.mark.parametrize("path", [PATH, f"{PATH}/public"])
def test_a_card_that_came_past_the_function_is_refused_and_may_come_again(
    ways: BothWays, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = asked(ways, paying(PAID, path=path))
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert payments_of(ways) == 0
    printed = capsys.readouterr().out
    assert "past the card function" in printed
    assert not list(leaks("the output", printed))
    # Who is nobody is told so first.
    assert asked(ways, an_event("POST", PATH, json_body=PAID)).status == 401
    assert asked(ways, paying(UPI)).status == 201


def test_the_dependencies_of_the_function_know_no_table() -> None:
    assert set(CardDependencies.__dataclass_fields__) == {
        "config",
        "now",
        "acquirer_of",
        "secrets",
        "call_api",
    }
