"""What a command line may hold: never a stack trace; and a command takes what the method of the SDK takes."""

import builtins
import inspect
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import click
import pytest

from asyncpay.cli.app import COMMANDS, app
from asyncpay.cli.exits import MEANING, REFUSED, USAGE
from asyncpay.cli.sdk_options import other_options
from asyncpay.client import Client
from tests.sdk.cli.conftest import Cli
from tests.sdk.scripted import Gateway

CLIENT = Client("k", "s", "http://localhost")
ODD = (
    "",
    " ",
    "../x",
    "a\nb: c",
    "चाय\u2028",
    "\udcff",
    "x" * 5000,
    "-1",
    "1e9",
    "{",
    '{"a": NaN}',
    "[" * 3000,
)
# These go on until they are told to stop, become another program, or ask a person.
NOT_TRIED = {"up", "down", "logs", "admin", "listen", "login", "open"}


def commands() -> Iterator[tuple[str, click.Command]]:
    """All commands, by the words that call them."""
    for name in COMMANDS:
        found = app.get_command(click.Context(app), name)
        assert found is not None
        yield from _within(name, found)


def _within(words: str, found: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(found, click.Group):
        for name, one in found.commands.items():
            yield from _within(f"{words} {name}", one)
    else:
        yield words, found


def lines() -> Iterator[list[str]]:
    """Each parameter of each command once with each odd value, where the others are in order."""
    for words, command in commands():
        if words in NOT_TRIED:
            continue
        for odd in command.params:
            if getattr(odd, "is_flag", False) or odd.name in ("help", "profile"):
                continue
            given: list[str] = []
            arguments: list[str] = []
            for one in command.params:
                if isinstance(one, click.Argument):
                    arguments.append("{}" if one is odd else "payment.created")
                elif one.name == "yes":
                    given.append("--yes")
                elif one is odd or one.required:
                    given += [one.opts[0], "{}" if one is odd else "1"]
            yield [*words.split(), *given, "--", *arguments]


@pytest.mark.parametrize("line", list(lines()), ids=shlex.join)
def test_an_odd_value_is_refused_with_a_sentence_or_sent(
    bare: Cli, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, line: list[str]
) -> None:
    monkeypatch.setattr("asyncpay._request.BACKOFF_SECONDS", 0)
    for odd in ODD:
        code, out, err = bare(*(odd if word == "{}" else word for word in line))
        assert code in MEANING, (odd, err)
        assert "Traceback" not in out + err
        assert err or out
        if "\udcff" in odd:
            assert (code, gateway.asked) == (USAGE, [])
        gateway.asked.clear()


def test_an_empty_id_is_what_a_shells_empty_variable_gives(bare: Cli, gateway: Gateway) -> None:
    code, _, err = bare("orders", "get", "")
    assert (code, "ORDER_ID is empty" in err, gateway.asked) == (USAGE, True, [])


@pytest.mark.parametrize("command", [["listen"], ["replay", "--since", "1h"]])
@pytest.mark.parametrize(
    "url", ["", "ftp://x", "localhost:99999", "localhost:x", "http://[", "http://", "x:0"]
)
def test_a_receivers_address_that_is_none_is_refused_before_anything_is_read(
    bare: Cli, gateway: Gateway, command: list[str], url: str
) -> None:
    code, _, err = bare(*command, "--forward-to", url)
    assert (code, "is no address" in err, gateway.asked) == (USAGE, True, [])


# A method of the SDK: the command that calls it.
CALLED_BY = {
    "orders.create": "orders create",
    "orders.list": "orders list",
    "orders.retrieve": "orders get",
    "payments.at_acquirer": "payments at-acquirer",
    "payments.create": "payments create",
    "payments.list": "payments list",
    "payments.retrieve": "payments get",
    "payments.timeline": "payments timeline",
    "payments.wait_until_final": "payments wait",
    "captures.create": "payments capture",
    "refunds.cancel": "refunds cancel",
    "refunds.create": "refunds create",
    "refunds.list": "refunds list",
    "refunds.list_all": "refunds list",
    "refunds.retrieve": "refunds get",
    "events.list": "events list",
    "events.of_object": "events of",
    "webhooks.list": "webhooks list",
    "webhooks.retrieve": "webhooks get",
    "webhooks.retrieve_config": "webhooks config",
    "webhooks.retry": "webhooks retry",
    "webhooks.rotate_secret": "webhooks rotate-secret",
    "webhooks.send_test": "webhooks test",
    "webhooks.update_config": "webhooks set-url",
    "webhooks.retry_failed": "webhooks retry-failed",
    "webhook_endpoints.list": "webhooks endpoints list",
    "webhook_endpoints.create": "webhooks endpoints create",
    "webhook_endpoints.retrieve": "webhooks endpoints get",
    "webhook_endpoints.update": "webhooks endpoints update",
    "webhook_endpoints.delete": "webhooks endpoints delete",
    "webhook_endpoints.rotate_secret": "webhooks endpoints rotate-secret",
    "webhook_endpoints.send_test": "webhooks endpoints test",
    "chaos.retrieve": "chaos status",
    "chaos.start": "chaos start",
    "chaos.stop": "chaos stop",
}
WITHOUT_COMMAND = {
    "payments.capture": "the same as captures.create",
    "refunds.wait_until_final": "refunds create --wait",
}
WITHOUT_OPTION = {
    ("payments.create", "method"): "follows from --vpa or --card",
    ("payments.create", "amount"): "is the order's",
    ("payments.create", "currency"): "is the order's",
    ("payments.create", "card_token"): "made by a browser",
    ("captures.create", "currency"): "is the payment's",
    ("refunds.create", "currency"): "is the payment's",
    ("webhooks.update_config", "webhook_url"): "the argument URL",
}
RESOURCES = ("orders", "payments", "captures", "refunds", "events", "webhooks", "webhook_endpoints", "chaos")


def methods() -> dict[str, list[str]]:
    """The methods of the resources that have commands, with what they take."""
    return {
        f"{resource}.{name}": list(inspect.signature(method).parameters)
        for resource in RESOURCES
        for name, method in inspect.getmembers(getattr(CLIENT, resource), callable)
        if not name.startswith("_")
    }


def test_each_method_of_the_sdk_has_a_command() -> None:
    assert set(methods()) - set(WITHOUT_COMMAND) == set(CALLED_BY)


@pytest.mark.parametrize("method", CALLED_BY)
def test_what_a_method_takes_its_command_takes(method: str) -> None:
    taken = {one.name for one in dict(commands())[CALLED_BY[method]].params}
    wanted = [name for name in methods()[method] if (method, name) not in WITHOUT_OPTION]
    assert [name for name in wanted if name not in taken] == []


def some_method(
    payment_id: str,
    *,
    kind: "Literal['a', 'b'] | None" = None,
    exact: "bool | None" = None,
    most: "int | None" = None,
    events: "Sequence[Literal['x', 'y']] | None" = None,
    names: "builtins.list[Any] | None" = None,
    notes: "Mapping[str, Any] | None" = None,
    needed: "str",
    hidden: "str | None" = None,
) -> None:
    """Does something.

    kind: Which kind of it,
        in two lines.
    most: How many.
    """


@pytest.mark.parametrize(
    ("line", "passed"),
    [
        ("pay_x --needed n", {"needed": "n"}),
        ("pay_x --needed n --kind b --exact", {"needed": "n", "kind": "b", "exact": True}),
        ("pay_x --needed n --no-exact", {"needed": "n", "exact": False}),
        ("pay_x --needed n --most 3 --own 4", {"needed": "n", "most": 3, "own": 4}),
        ("pay_x --needed n --events x --events y", {"needed": "n", "events": ["x", "y"]}),
        ("pay_x --needed n --names p --names q", {"needed": "n", "names": ["p", "q"]}),
        ('pay_x --needed n --notes {"a":1}', {"needed": "n", "notes": {"a": 1}}),
        ("pay_x", "Missing option '--needed'"),
        ("pay_x --needed n --kind c", "is not one of 'a', 'b'"),
        ("pay_x --needed n --most x", "is not a valid integer"),
        ("pay_x --needed n --hidden x", "No such option"),
    ],
)
def test_a_method_s_parameters_become_options(line: str, passed: dict[str, object] | str) -> None:
    got: dict[str, object] = {}

    @click.command()
    @other_options(some_method, "hidden")
    @click.option("--own", type=int)
    @click.argument("payment_id")
    def command(payment_id: str, **options: object) -> None:
        got.update({name: value for name, value in options.items() if value is not None})

    if isinstance(passed, dict):
        command.main(line.split(), standalone_mode=False)
        assert got == passed
        assert "Which kind of it, in two lines." in command.get_help(
            click.Context(command, terminal_width=200)
        )
    else:
        with pytest.raises(click.UsageError) as refused:
            command.main(line.split(), standalone_mode=False)
        assert passed in refused.value.format_message()


def test_filters_that_the_list_of_one_payment_lacks_are_refused(bare: Cli, gateway: Gateway) -> None:
    code, _, err = bare("refunds", "list", "pay_x", "--status", "processed")
    assert (code, "--status is for all refunds" in err, gateway.asked) == (USAGE, True, [])
    assert bare("refunds", "list", "--status", "processed")[0] == REFUSED
    assert gateway.asked[0].query == {"limit": "10", "status": "processed"}
