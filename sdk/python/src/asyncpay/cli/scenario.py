"""Scenarios: YAML that says which calls of the API make something happen.

All of a scenario is checked before any of it is done.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from asyncpay.cli import files
from asyncpay.cli.app import suggestion
from asyncpay.cli.exits import REFUSED, USAGE, Problem
from asyncpay.client import Client

BUILT_IN = Path(__file__).parent / "scenarios"
REFERENCE = re.compile(r"\$\{([a-z_0-9]+(?:\.[a-z_0-9]+)*)\}")
RESOURCES = ("orders", "payments", "captures", "refunds", "webhooks", "events", "balance", "ledger")
STEP = {"call", "as", "with", "expect"}


@dataclass(frozen=True)
class Step:
    """One call. `name` is what later steps refer to its result by."""

    call: str
    name: str
    arguments: Mapping[str, Any]
    expect: Mapping[str, Any]


@dataclass(frozen=True)
class Scenario:
    """What to call, in order."""

    about: str
    parameters: Mapping[str, Any]
    steps: tuple[Step, ...]


def names() -> dict[str, Path]:
    """The scenarios that there are, by name: the user's own win over the built-in ones."""
    found = {path.stem: path for path in sorted(BUILT_IN.glob("*.yaml"))}
    found.update({path.stem: path for path in sorted((files.home() / "scenarios").glob("*.yaml"))})
    return found


def text_of(name: str) -> str:
    """The YAML of a scenario, or Problem where there is none of that name."""
    known = names()
    if name not in known:
        raise Problem(
            f"There is no scenario {name!r}.{suggestion(name, known)} Run: asyncpay trigger --list",
            exit_code=USAGE,
        )
    return known[name].read_text(encoding="utf-8")


def parse(text: str, client: Client) -> Scenario:
    """A scenario, or Problem that says what is wrong with it."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        raise _wrong(f"it is no YAML: {problem}") from problem
    if not isinstance(content, dict):
        raise _wrong("it must have `steps`")
    _only(content, {"about", "parameters", "steps"}, "the scenario")
    parameters, steps = content.get("parameters") or {}, content.get("steps")
    if not isinstance(parameters, dict):
        raise _wrong("`parameters` must be names with values")
    if not isinstance(steps, list) or not steps:
        raise _wrong("`steps` must be a list of calls")
    made = tuple(_step(number, step) for number, step in enumerate(steps, start=1))
    scenario = Scenario(str(content.get("about", "")), parameters, made)
    check(scenario, client)
    return scenario


def _step(number: int, given: Any) -> Step:
    if not isinstance(given, dict) or not isinstance(given.get("call"), str):
        raise _wrong(f"step {number} must have `call`, such as orders.create")
    _only(given, STEP, f"step {number}")
    arguments, expect = given.get("with") or {}, given.get("expect") or {}
    if not isinstance(arguments, dict) or not isinstance(expect, dict):
        raise _wrong(f"`with` and `expect` of step {number} must be names with values")
    return Step(given["call"], str(given.get("as") or f"step{number}"), arguments, expect)


def check(scenario: Scenario, client: Client) -> None:
    """Names of calls, of their arguments, and of what is referred to."""
    known = set(scenario.parameters)
    for step in scenario.steps:
        accepted = inspect.signature(_method(client, step.call)).parameters
        for name in step.arguments:
            if name not in accepted:
                raise _wrong(f"{step.call} takes no {name!r}.{suggestion(name, accepted)}")
        missing = [
            name
            for name, one in accepted.items()
            if one.default is inspect.Parameter.empty and name not in step.arguments
        ]
        if missing:
            raise _wrong(f"{step.call} needs {', '.join(missing)}")
        for reference in _references(step.arguments):
            if reference.split(".")[0] not in known:
                raise _wrong(f"{step.call} refers to ${{{reference}}}, which nothing before it is called")
        known.add(step.name)


def _method(client: Client, call: str) -> Callable[..., Any]:
    resource, _, method = call.partition(".")
    calls = [
        f"{one}.{name}"
        for one in RESOURCES
        for name, _ in inspect.getmembers(getattr(client, one), callable)
        if not name.startswith("_")
    ]
    if call not in calls:
        raise _wrong(f"there is no call {call!r}.{suggestion(call, calls)}")
    found: Callable[..., Any] = getattr(getattr(client, resource), method)
    return found


def override(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """With other parameters (`amount`) and members of calls (`order.notes`)."""
    parameters, steps = dict(scenario.parameters), list(scenario.steps)
    for name, value in changes.items():
        step_name, dot, member = name.partition(".")
        found = [index for index, step in enumerate(steps) if step.name == step_name]
        if dot and found:
            old = steps[found[0]]
            steps[found[0]] = Step(old.call, old.name, {**old.arguments, member: value}, old.expect)
        elif not dot and name in parameters:
            parameters[name] = value
        else:
            known = [*parameters, *(f"{step.name}.MEMBER" for step in steps)]
            raise Problem(
                f"This scenario has no {name!r}.{suggestion(name, known)} It has {', '.join(known)}.",
                exit_code=USAGE,
            )
    return Scenario(scenario.about, parameters, tuple(steps))


def run(scenario: Scenario, client: Client) -> Iterator[tuple[Step, dict[str, Any]]]:
    """Each step with what came of it, as it is done. Problem where it is not what was expected."""
    known: dict[str, Any] = dict(scenario.parameters)
    for step in scenario.steps:
        arguments = _filled(step.arguments, known)
        result = _method(client, step.call)(**arguments)
        made = result.to_dict() if hasattr(result, "to_dict") else {"data": [str(one) for one in result]}
        known[step.name] = made
        yield step, made
        for name, wanted in step.expect.items():
            if made.get(name) != wanted:
                got = f"{name} is {made.get(name)!r}, not {wanted!r}"
                raise Problem(f"{step.call} did not turn out as expected: {got}", exit_code=REFUSED)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from REFERENCE.findall(value)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _references(one)
    elif isinstance(value, list):
        for one in value:
            yield from _references(one)


def _filled(value: Any, known: Mapping[str, Any]) -> Any:
    """A value with its references replaced; a text that is only a reference becomes what it refers to."""
    if isinstance(value, str):
        alone = REFERENCE.fullmatch(value)
        if alone:
            return _looked_up(alone[1], known)
        return REFERENCE.sub(lambda found: str(_looked_up(found[1], known)), value)
    if isinstance(value, dict):
        return {name: _filled(one, known) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, known) for one in value]
    return value


def _looked_up(reference: str, known: Mapping[str, Any]) -> Any:
    value: Any = known
    for name in reference.split("."):
        if not isinstance(value, Mapping) or name not in value:
            raise Problem(f"There is no ${{{reference}}} in what came before.", exit_code=USAGE)
        value = value[name]
    return value


def _only(given: Mapping[str, Any], known: set[str], where: str) -> None:
    for name in given:
        if name not in known:
            raise _wrong(f"{where} has {name!r}, which means nothing.{suggestion(str(name), known)}")


def _wrong(what: str) -> Problem:
    return Problem(f"The scenario is wrong: {what}", exit_code=USAGE)
