"""`asyncpay trigger --edit`: what the editor saved runs; whatever else comes of the editor does nothing."""

import os
import re
from pathlib import Path

import pytest

from tests.sdk.cli.conftest import Cli
from tests.sdk.cli.test_cli_commands import REFUND
from tests.sdk.scripted import Answer, Gateway
from tests.sdk.test_client import ORDER, PAYMENT

JSON = '{"steps": [{"call": "orders.create", "with": {"amount": 900}}]}'


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of the test in $EDITOR. What it leaves behind is in the test's own directory."""
    path = tmp_path / "an editor"
    path.touch(0o700)
    monkeypatch.setenv("EDITOR", f"'{path}' --wait")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return path


def does(editor: Path, line: str) -> None:
    """The editor is called with an option and the file, as `code --wait` is."""
    editor.write_text(f'#!/bin/sh\n[ "$1" = --wait ] || exit 9\nshift\n{line}\n')


def test_what_the_editor_saved_runs(bare: Cli, gateway: Gateway, editor: Path, tmp_path: Path) -> None:
    does(editor, 'sed -i s/50000/900/ "$1"')
    gateway.answers(Answer(201, {**REFUND, **ORDER}), Answer(201, PAYMENT))
    assert bare("trigger", "payment.created", "--edit")[0] == 0
    assert gateway.asked[0].json["amount"] == 900
    assert list(tmp_path.glob("*.yaml")) == []


def test_options_change_what_was_saved_and_json_is_yaml_too(
    bare: Cli, gateway: Gateway, editor: Path
) -> None:
    does(editor, f"echo '{JSON}' > \"$1\"")
    gateway.answers(Answer(201, ORDER))
    assert bare("trigger", "payment.success", "--edit", "--set", "step1.receipt=r-1")[0] == 0
    assert [one.json for one in gateway.asked] == [{"amount": 900, "receipt": "r-1"}]


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ('echo "steps: [" > "$1"', 2, "it is no YAML"),
        (f"echo '{JSON[:-3]}' > \"$1\"", 2, "it is no YAML"),
        ('echo "steps: [{call: order.create}]" > "$1"', 2, "Did you mean orders.create"),
        (': > "$1"', 2, "it must have `steps`"),
        ("exit 0", 2, "The editor saved nothing"),
        ('rm "$1"', 2, "nothing to read from the editor"),
        (r"""printf '\351\377' > "$1" """, 2, "nothing to read from the editor"),
        ("exit 3", 1, "Editing failed"),
    ],
)
def test_what_can_not_run_is_a_sentence_and_creates_nothing(
    bare: Cli, gateway: Gateway, editor: Path, line: str, code: int, said: str
) -> None:
    does(editor, line)
    ended, out, err = bare("trigger", "payment.success", "--edit")
    assert (ended, out, said in err) == (code, "", True), err
    assert "Traceback" not in err
    assert gateway.asked == []


@pytest.mark.parametrize("name", ["/no/such/editor", "'no end"])
def test_an_editor_that_is_none_is_told(
    bare: Cli, gateway: Gateway, editor: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("EDITOR", name)
    code, _, err = bare("trigger", "payment.success", "--edit")
    assert (code in (1, 2), "Traceback" not in err, bool(err)) == (True, True, True)
    assert gateway.asked == []


def test_work_that_is_wrong_is_not_lost(bare: Cli, gateway: Gateway, editor: Path) -> None:
    does(editor, 'sed -i s/amount/amuont/ "$1"')
    code, _, err = bare("trigger", "payment.created", "--edit")
    (kept,) = re.findall(r"--edit --file (\S+)", err)
    assert (code, "amuont" in Path(kept).read_text(), gateway.asked) == (2, True, [])
    does(editor, 'sed -i s/amuont/amount/ "$1"')
    gateway.answers(Answer(201, ORDER), Answer(201, PAYMENT))
    assert bare("trigger", "--edit", "--file", kept)[0] == 0
    assert len(gateway.asked) == 2


def test_saving_without_a_change_runs_it_as_it_is(bare: Cli, gateway: Gateway, editor: Path) -> None:
    does(editor, 'touch "$1"')
    gateway.answers(Answer(201, ORDER), Answer(201, PAYMENT))
    assert bare("trigger", "payment.created", "--edit")[0] == 0


def test_only_the_user_can_read_what_is_edited(bare: Cli, gateway: Gateway, editor: Path) -> None:
    does(editor, f'ls -l "$1" > "{editor}.mode"')
    bare("trigger", "payment.created", "--edit")
    assert Path(os.fspath(editor) + ".mode").read_text().startswith("-rw-------")
