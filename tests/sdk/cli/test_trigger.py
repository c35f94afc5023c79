"""`asyncpay trigger`: a scenario is checked whole before anything is done, and all of it can be changed."""

from pathlib import Path

import pytest

from asyncpay.cli import scenario
from asyncpay.client import Client
from tests.sdk.cli.conftest import Cli
from tests.sdk.cli.test_cli_commands import SUCCESS
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
TWICE = "{call: orders.create, as: o, with: {amount: 1}}"
REFERS = "{call: orders.create, with: {amount: 1, receipt: '${%s}'}}"


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
        ("steps: [{call: orders.create, with: {1: 2}}]", "the name 1 is no text"),
        ("steps: [{call: orders.create, with: {amount: .nan}}]", "JSON cannot carry it"),
        ("steps: [{call: orders.create, with: {amount: 1, notes: &n {x: *n}}}]", "JSON cannot carry it"),
        ("steps: [{call: orders.create, with: {amount: 1, notes: !!binary aGVs}}]", "JSON cannot carry it"),
        ("steps: [{call: orders.create, as: [a], with: {amount: 1}}]", "`as` of step 1 must be a name"),
        ("steps: [{call: orders.create, with: {amount: '${first'}}]", "'${first' is no reference"),
        ("steps: [{call: orders.create, with: {amount: 'a ${} b'}}]", "'${}' is no reference"),
        (f"steps: [{TWICE}, {TWICE}]", "two steps are called 'o'"),
        ("parameters: {a: 1, b: '${a}'}\nsteps: [{call: balance.retrieve}]", "refer to nothing"),
        (f"steps: [{TWICE}, {REFERS % 'o.idd'}]", "${o.idd}: there is no 'idd'. Did you mean id"),
        (f"steps: [{TWICE[:-1]}, expect: {{stauts: created}}}}]", "no 'stauts'. Did you mean status"),
        ("[" * 5000, "nested too deeply"),
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


def test_a_file_that_is_no_text_is_told(bare: Cli, gateway: Gateway, home: Path) -> None:
    (home / "scenarios").mkdir(parents=True)
    file = home / "scenarios" / "latin.yaml"
    file.write_bytes(b"about: caf\xe9")
    for how in (["latin"], ["--file", str(file)]):
        code, _, err = bare("trigger", *how)
        assert (code, "latin.yaml" in err, "Traceback" in err) == (2, True, False)


def test_the_list_has_scenarios_that_are_broken_too(bare: Cli, home: Path) -> None:
    (home / "scenarios").mkdir(parents=True)
    for name, text in (("a", b"steps: ["), ("b", b"[]"), ("c", b"\xe9"), ("d", b"steps: []")):
        (home / "scenarios" / f"{name}.yaml").write_bytes(text)
    code, out, _ = bare("trigger", "--list")
    broken = [
        line.partition("\t")[0] for line in out.splitlines() if line.endswith("broken; run it to see why")
    ]
    assert (code, broken, "\nd\t" in out) == (0, ["a", "b", "c"], True)


def test_dates_stay_texts_and_expectations_can_refer_to_parameters(
    bare: Cli, gateway: Gateway, tmp_path: Path
) -> None:
    (tmp_path / "own.yaml").write_text(
        "parameters: {Amount-1: 700}\n"
        "steps: [{call: orders.create, with: {amount: '${Amount-1}', receipt: 2026-01-31},"
        " expect: {amount: '${Amount-1}'}}]"
    )
    gateway.answers(Answer(201, {**ORDER, "amount": 700}), Answer(201, {**ORDER, "amount": 701}))
    assert bare("trigger", "--file", str(tmp_path / "own.yaml"))[0] == 0
    assert gateway.asked[0].json == {"amount": 700, "receipt": "2026-01-31"}
    code, _, err = bare("trigger", "--file", str(tmp_path / "own.yaml"))
    assert (code, "amount is 701, not 700" in err) == (1, True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("trigger payment.success --set order.amount=.inf", "JSON cannot carry it"),
        ("trigger payment.success --set amount=${order.id}", "refer to nothing"),
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


def test_show_prints_the_scenario_and_does_nothing(bare: Cli) -> None:
    code, out, _ = bare("trigger", "payment.success", "--show")
    assert (code, out) == (0, scenario.text_of("payment.success"))
