"""`asyncpay trigger`: a scenario is checked whole before anything is done, and all of it can be changed."""

from pathlib import Path

import pytest

from asyncpay.cli import scenario
from asyncpay.client import Client
from tests.sdk.cli.conftest import Cli
from tests.sdk.cli.test_cli_commands import REFUND, SUCCESS
from tests.sdk.scripted import Answer, Gateway
from tests.sdk.test_client import ORDER, PAYMENT

CLIENT = Client("k", "s", "http://localhost")
OWN = """
about: Two orders.
parameters: {amount: 700}
steps:
  - {call: orders.create, as: first, with: {amount: "${amount}", receipt: "r-${amount}"}}
  - {call: orders.create, with: {amount: 900, notes: {first: "${first.id}"}}}
"""


@pytest.mark.parametrize("name", scenario.names())
def test_a_built_in_scenario_is_right(name: str) -> None:
    found = scenario.parse(scenario.text_of(name), CLIENT)
    assert found.about.endswith((".", ".)"))


def test_it_makes_the_real_objects_with_what_was_overridden(bare: Cli, gateway: Gateway) -> None:
    gateway.answers(Answer(201, ORDER), Answer(201, PAYMENT), Answer(200, SUCCESS))
    code, out, err = bare("trigger", "payment.success", "--amount", "700", "--set", "order.notes={a: [1]}")
    assert (code, err) == (0, "")
    assert gateway.asked[0].json == {"amount": 700, "currency": "INR", "notes": {"a": [1]}}
    assert gateway.asked[1].json == {"order_id": ORDER["id"], "method": "upi", "vpa": "success@asyncpay"}
    assert out.splitlines()[2] == f"payments.wait_until_final: {PAYMENT['id']} 50000 INR success"


def test_an_outcome_that_was_not_expected_ends_with_1_and_names_what_was_made(
    bare: Cli,
    gateway: Gateway,
) -> None:
    gateway.answers(Answer(201, ORDER), Answer(201, PAYMENT), Answer(200, {**PAYMENT, "status": "failed"}))
    code, _, err = bare("trigger", "payment.success")
    assert code == 1
    assert "status is 'failed', not 'success'" in err
    assert f"order {ORDER['id']}, payment {PAYMENT['id']}" in err


def test_a_users_own_scenario_is_found_by_name_and_by_file(
    bare: Cli,
    home: Path,
    gateway: Gateway,
) -> None:
    (home / "scenarios").mkdir(parents=True)
    file = home / "scenarios" / "two-orders.yaml"
    file.write_text(OWN)
    for how in (["two-orders"], ["--file", str(file)]):
        gateway.answers(Answer(201, ORDER), Answer(201, ORDER))
        assert bare("trigger", *how)[0] == 0
        assert gateway.asked[-2].json == {"amount": 700, "receipt": "r-700"}
        assert gateway.asked[-1].json == {"amount": 900, "notes": {"first": ORDER["id"]}}
    assert "two-orders\tTwo orders." in bare("trigger", "--list")[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "it is no YAML"),
        ("[]", "it must have `steps`"),
        ("steps: []", "must be a list of calls"),
        ("steps: [{call: order.create}]", "no call 'order.create'. Did you mean orders.create"),
        ("steps: [{call: orders.__init__}]", "no call"),
        ("steps: [{call: orders.create, with: {amuont: 1}}]", "takes no 'amuont'. Did you mean amount"),
        ("steps: [{call: orders.create}]", "orders.create needs amount"),
        ("steps: [{call: orders.create, wiht: {}}]", "which means nothing. Did you mean with"),
        ("step: []", "Did you mean steps"),
        ("steps: [{call: orders.create, with: {amount: '${first.id}'}}]", "nothing before it"),
        ("steps: [{call: orders.create, with: 3}]", "must be names with values"),
        ("parameters: 3\nsteps: [{call: x}]", "`parameters` must be"),
        ("steps: [3]", "step 1 must have `call`"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_done(
    bare: Cli,
    gateway: Gateway,
    tmp_path: Path,
    text: str,
    said: str,
) -> None:
    (tmp_path / "own.yaml").write_text(text)
    code, _, err = bare("trigger", "--file", str(tmp_path / "own.yaml"))
    assert code == 2
    assert said in err
    assert gateway.asked == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("trigger payment.sucess", "Did you mean payment.success"),
        ("trigger payment.success --set amuont=1", "Did you mean amount"),
        ("trigger payment.success --set order.amuont=1", "takes no 'amuont'"),
        ("trigger payment.success --set amount", "wants NAME=VALUE"),
        ("trigger payment.success --set amount={", "--set amount:"),
        ("trigger", "Name a scenario"),
    ],
)
def test_an_unknown_name_on_the_command_line_is_an_error(
    bare: Cli,
    gateway: Gateway,
    line: str,
    said: str,
) -> None:
    code, _, err = bare(*line.split())
    assert (code, said in err) == (2, True), err
    assert gateway.asked == []


def test_edit_runs_what_the_editor_saved(
    bare: Cli,
    gateway: Gateway,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i s/50000/900/ "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    gateway.answers(Answer(201, {**REFUND, **ORDER}), Answer(201, PAYMENT))
    assert bare("trigger", "payment.created", "--edit")[0] == 0
    assert gateway.asked[0].json["amount"] == 900


def test_show_prints_the_scenario_and_does_nothing(bare: Cli) -> None:
    code, out, _ = bare("trigger", "payment.success", "--show")
    assert (code, out) == (0, scenario.text_of("payment.success"))
