"""The commands: what they ask, print and end with."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from asyncpay import Webhook
from asyncpay.cli.app import COMMANDS
from asyncpay.cli.exits import MEANING
from tests.docs.blocks import ROOT
from tests.sdk.cli.conftest import Cli
from tests.sdk.cli.fake_feed import SECRET, Feed, event
from tests.sdk.scripted import Answer, Gateway, refusal
from tests.sdk.test_client import ORDER, PAYMENT

# `admin --help` is the gateway's own.
OWN_HELP = ("completion", "admin")
SUCCESS = {**PAYMENT, "status": "success"}
REFUND = {"id": "rfnd_Fq3ZtW8kLmXs0aBc", "status": "processed", "amount": 20000}


def page(item: dict[str, Any]) -> Answer:
    return Answer(200, {"data": [item], "total": 1, "limit": 10, "offset": 0})


@pytest.mark.parametrize(
    ("line", "answers", "asked"),
    [
        ("orders create --amount 50000", [Answer(201, ORDER)], "POST /api/v1/orders"),
        ("orders get order_x", [Answer(200, ORDER)], "GET /api/v1/orders/order_x"),
        ("orders list --receipt r-1 --status paid", [page(ORDER)], "GET /api/v1/orders"),
        ("payments create --order o --vpa a@b", [Answer(201, PAYMENT)], "POST /api/v1/payments"),
        ("payments get pay_x", [Answer(200, PAYMENT)], "GET /api/v1/payments/pay_x"),
        ("payments list --status success", [page(PAYMENT)], "GET /api/v1/payments"),
        ("payments wait pay_x", [Answer(200, SUCCESS)], "GET /api/v1/payments/pay_x"),
        ("payments capture pay_x --amount 1", [Answer(200, SUCCESS)], "POST /api/v1/payments/pay_x/capture"),
        ("payments timeline pay_x", [page({"at": "x", "kind": "y"})], "GET /api/v1/payments/pay_x/timeline"),
        ("refunds create pay_x --amount 1", [Answer(201, REFUND)], "POST /api/v1/payments/pay_x/refunds"),
        ("refunds get rfnd_x", [Answer(200, REFUND)], "GET /api/v1/refunds/rfnd_x"),
        ("refunds list pay_x", [page(REFUND)], "GET /api/v1/payments/pay_x/refunds"),
        ("refunds list", [page(REFUND)], "GET /api/v1/refunds"),
        ("refunds cancel rfnd_x", [Answer(200, REFUND)], "POST /api/v1/refunds/rfnd_x/cancel"),
        ("webhooks list", [page({"id": "w"})], "GET /api/v1/webhooks"),
        ("webhooks get w", [Answer(200, {"id": "w"})], "GET /api/v1/webhooks/w"),
        ("webhooks retry w", [Answer(200, {"id": "w"})], "POST /api/v1/webhooks/w/retry"),
        ("webhooks config", [Answer(200, {"webhook_url": None})], "GET /api/v1/webhooks/config"),
        ("webhooks set-url http://x", [Answer(200, {})], "PUT /api/v1/webhooks/config"),
        ("webhooks clear-url", [Answer(200, {})], "PUT /api/v1/webhooks/config"),
        ("webhooks rotate-secret --yes", [Answer(200, {})], "POST /api/v1/webhooks/config/secret"),
        ("webhooks retry-failed --since 2026-01-31", [Answer(200, {})], "POST /api/v1/webhooks/retry"),
        ("webhooks endpoints list", [page({"id": "e"})], "GET /api/v1/webhook-endpoints"),
        ("webhooks endpoints create --url http://x", [Answer(201, {})], "POST /api/v1/webhook-endpoints"),
        ("webhooks endpoints update e --no-enabled", [Answer(200, {})], "PUT /api/v1/webhook-endpoints/e"),
        ("webhooks endpoints delete e --yes", [Answer(200, {})], "DELETE /api/v1/webhook-endpoints/e"),
        ("webhooks endpoints test e", [Answer(200, {})], "POST /api/v1/webhook-endpoints/e/test"),
        ("webhooks test", [Answer(200, {"id": "w"})], "POST /api/v1/webhooks/test"),
        ("chaos start --error 10% --drop 5 --seed 7", [Answer(200, {"seed": 7})], "PUT /api/v1/test/chaos"),
        ("chaos status", [Answer(200, {"active": False})], "GET /api/v1/test/chaos"),
        ("chaos stop", [Answer(200, {"active": False})], "DELETE /api/v1/test/chaos"),
        ("events of pay_x", [page(event(1, 1))], "GET /api/v1/events"),
    ],
)
@pytest.mark.parametrize("output", ["text", "json"])
def test_a_command_asks_and_prints(
    bare: Cli, gateway: Gateway, line: str, answers: list[Answer], asked: str, output: str
) -> None:
    gateway.answers(*answers)
    code, out, err = bare(*line.split(), "--output", output)
    assert (code, gateway.asked[-1].method + " " + gateway.asked[-1].path) == (0, asked)
    if output == "json":
        printed = json.loads(out)
        assert (
            printed.get("data", [printed])[0].items()
            >= {key: value for key, value in answers[0].body.items() if key == "id"}.items()
        )
    assert "Traceback" not in err


def test_the_feed_is_listed_with_the_cursor_to_go_on_from(cli: Cli, feed: Feed) -> None:
    feed.events += [event(1, 1), event(1, 2)]
    code, out, _ = cli("events", "list", "--limit", "1", "--output", "json")
    printed = json.loads(out)
    assert (code, printed["has_more"], len(printed["data"])) == (0, True, 1)
    code, out, _ = cli("events", "list", "--after", printed["next_cursor"], "--type", "payment.pending")
    assert out == "payment.pending\tpay_0000000000000001\t2\t1769851800\n"


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (refusal(401, "AUTHENTICATION_ERROR"), 3, "Run: asyncpay login"),
        (refusal(404, "NOT_FOUND_ERROR", "Order not found"), 1, "Order not found (request req-1)"),
        (refusal(429, "RATE_LIMIT_ERROR", Retry_After="90"), 1, "Try again in 90 s."),
        (refusal(400, "BAD_REQUEST_ERROR", "amount is wrong"), 1, "(field amount)"),
    ],
)
def test_a_refusal_says_what_to_do(bare: Cli, gateway: Gateway, answer: Answer, code: int, said: str) -> None:
    gateway.answers(answer)
    ended, out, err = bare("orders", "get", "order_x")
    assert (ended, out) == (code, "")
    assert said in err


def test_a_gateway_that_is_down_is_told(bare: Cli, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASYNCPAY_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setattr("asyncpay._request.BACKOFF_SECONDS", 0.01)
    code, _, err = bare("orders", "get", "order_x")
    assert code == 4
    assert "Is the gateway up?" in err


def test_ctrl_c_ends_with_130_and_says_what_was_made(
    bare: Cli, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.answers(Answer(201, ORDER))

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("asyncpay._generated.resources.Payments.create", interrupted)
    monkeypatch.setattr("asyncpay.cli.scenario.check", lambda *_: None)
    code, _, err = bare("trigger", "payment.success")
    assert code == 130
    assert f"Made before it ended: order {ORDER['id']}" in err


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in OWN_HELP])
def test_each_command_has_help_and_the_common_options(bare: Cli, command: str) -> None:
    code, out, _ = bare(command, "--help")
    assert code == 0
    if "Commands:" not in out:
        assert "--output" in out
        assert "--profile" in out


@pytest.mark.parametrize(("line", "near"), [("paymets list", "payments"), ("payments lst", "list")])
def test_a_misspelt_command_is_told_what_is_near(bare: Cli, line: str, near: str) -> None:
    code, _, err = bare(*line.split())
    assert (code, f"Did you mean {near}" in err) == (2, True)


@pytest.mark.parametrize(
    ("options", "code"),
    [([], 0), (["--any-age"], 0), (["--tolerance", "0"], 5), (["-H", "X-Webhook-Signature: 00"], 5)],
)
def test_verify_tells_by_its_exit_code(
    bare: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], code: int
) -> None:
    body = json.dumps(event(1, 1)).encode()
    (tmp_path / "body").write_bytes(body)
    signed = Webhook.sign(body, SECRET, webhook_id="1", timestamp_seconds=int(time.time()) - 9)
    headers = [part for name, value in signed.items() for part in ("-H", f"{name}: {value}")]
    monkeypatch.setenv("ASYNCPAY_WEBHOOK_SECRET", SECRET)
    ended, out, err = bare("verify", str(tmp_path / "body"), *headers, *options)
    assert ended == code
    assert ("verified" in out) is (code == 0)
    assert bool(err) is (code != 0)


@pytest.mark.parametrize(
    ("line", "module"),
    [("up", "local"), ("down", "local"), ("logs", "infra.ops"), ("admin list", "infra.ops")],
)
def test_the_gateways_own_commands_take_over(
    bare: Cli, monkeypatch: pytest.MonkeyPatch, line: str, module: str
) -> None:
    became: list[tuple[str, list[str], dict[str, str]]] = []
    monkeypatch.setattr("os.execve", lambda *given: became.append(given))
    monkeypatch.chdir(Path.cwd())  # so that it is undone
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    assert bare(*line.split())[0] == 0
    ((program, arguments, environment),) = became
    assert arguments == [program, "-m", module, *line.split()]
    assert environment["ASYNCPAY_COMMAND"] == "asyncpay"
    assert Path.cwd() == ROOT
    assert "PYTHONPATH" not in environment


def test_open_prints_the_address_of_a_page_of_this_machine(bare: Cli, gateway: Gateway) -> None:
    code, out, _ = bare("open", "checkout", "order_x", "--print", "--output", "json")
    assert (code, json.loads(out)["url"]) == (0, "http://localhost:3001/checkout?order_id=order_x")
    assert bare("open", "checkout", "--print")[0] == 2


def test_the_exit_codes_are_those_of_the_documentation() -> None:
    text = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    for code, meaning in MEANING.items():
        assert f"| {code} | {meaning} |" in text


def test_chaos_asks_for_what_was_said_and_for_nothing_else(bare: Cli, gateway: Gateway) -> None:
    gateway.answers(Answer(200, {"active": True, "seed": 7}))
    code, _, err = bare(
        "chaos", "start", "--drop", "10%", "--late", "20", "--late-seconds", "5", "--minutes", "2"
    )
    assert (code, gateway.asked[-1].json) == (
        0,
        {"drop_percent": 10, "late_percent": 20, "late_seconds": 5, "minutes": 2},
    )
    assert "asyncpay chaos stop" in err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("", "Say what is to go wrong"),
        ("--minutes 5", "Say what is to go wrong"),
        ("--error 101%", "from 0% to 100%"),
        ("--error 1.5%", "from 0% to 100%"),
        ("--drop 10 --minutes 61", "1<=x<=60"),
    ],
)
def test_chaos_that_makes_no_sense_is_refused_before_anything_is_asked(
    bare: Cli, gateway: Gateway, options: str, told: str
) -> None:
    code, _, err = bare("chaos", "start", *options.split())
    assert (code, gateway.asked) == (2, [])
    assert told in err
