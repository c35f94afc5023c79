"""Scenarios: YAML that says which calls of the API make something happen.

All of a scenario is checked before any of it is done.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asyncpay._model import Model
from asyncpay.cli import files, yaml_text
from asyncpay.cli.app import suggestion
from asyncpay.cli.exits import REFUSED, USAGE, Problem
from asyncpay.cli.references import NAME, filled, model_of, paths_in, unknown_member
from asyncpay.client import Client

BUILT_IN = Path(__file__).parent / "scenarios"
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
    return read_text(known[name])


def read_text(path: Path) -> str:
    """What is in a scenario's file, or Problem."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise Problem(f"{path} can't be read: {problem}", exit_code=USAGE) from problem


def about(path: Path) -> str:
    """What a scenario says of itself; for a broken one, that it is broken."""
    try:
        content = yaml_text.read(read_text(path))
    except (Problem, ValueError):
        content = None
    return str(content.get("about", "")) if isinstance(content, dict) else "broken; run it to see why"


def parse(text: str, client: Client) -> Scenario:
    """A scenario, or Problem that says what is wrong with it."""
    try:
        content = yaml_text.read(text)
    except ValueError as problem:
        raise _wrong(str(problem)) from problem
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
    name = given.get("as") or f"step{number}"
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise _wrong(f"`as` of step {number} must be a name of letters, digits, - and _")
    return Step(given["call"], name, arguments, expect)


def check(scenario: Scenario, client: Client) -> None:
    """Names of calls, of their arguments, and of what is referred to."""
    if _paths("`parameters`", scenario.parameters):
        raise _wrong("`parameters` are values, and refer to nothing")
    # What can be referred to, and the model of it where it has one.
    known: dict[str, type[Model] | None] = dict.fromkeys(scenario.parameters)
    names = [step.name for step in scenario.steps]
    for number, step in enumerate(scenario.steps):
        if step.name in names[:number]:
            raise _wrong(f"two steps are called {step.name!r}; give one of them another name by `as`")
        method = _method(client, step.call)
        _check_arguments(step, inspect.signature(method).parameters)
        for path in _paths(step.call, [step.arguments, step.expect]):
            name, *members = path.split(".")
            if name not in known:
                raise _wrong(f"{step.call} refers to ${{{path}}}, which nothing before it is called")
            _check_members(f"${{{path}}}", known[name], members)
        model = model_of(method)
        for name in step.expect:
            _check_members(f"`expect` of {step.call}", model, [name])
        known[step.name] = model


def _check_arguments(step: Step, accepted: Mapping[str, inspect.Parameter]) -> None:
    for name in step.arguments:
        if name not in accepted:
            raise _wrong(f"{step.call} takes no {name!r}.{suggestion(name, accepted)}")
    needed = [name for name, one in accepted.items() if one.default is inspect.Parameter.empty]
    missing = [name for name in needed if name not in step.arguments]
    if missing:
        raise _wrong(f"{step.call} needs {', '.join(missing)}")


def _check_members(where: str, model: type[Model] | None, members: list[str]) -> None:
    unknown = unknown_member(model, members)
    if unknown is not None:
        name, known = unknown
        raise _wrong(f"{where}: there is no {name!r}.{suggestion(name, known)}")


def _paths(where: str, value: Any) -> list[str]:
    try:
        return list(paths_in(value))
    except ValueError as problem:
        raise _wrong(f"{where}: {problem}") from problem


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
        result = _method(client, step.call)(**filled(step.arguments, known))
        made = _as_dict(result)
        known[step.name] = made
        yield step, made
        for name, wanted in filled(step.expect, known).items():
            if made.get(name) != wanted:
                got = f"{name} is {made.get(name)!r}, not {wanted!r}"
                raise Problem(f"{step.call} did not turn out as expected: {got}", exit_code=REFUSED)


def _as_dict(result: Any) -> dict[str, Any]:
    found: dict[str, Any] = (
        result.to_dict() if hasattr(result, "to_dict") else {"data": [one.to_dict() for one in result]}
    )
    return found


def _only(given: Mapping[str, Any], known: set[str], where: str) -> None:
    for name in given:
        if name not in known:
            raise _wrong(f"{where} has {name!r}, which means nothing.{suggestion(str(name), known)}")


def _wrong(what: str) -> Problem:
    return Problem(f"The scenario is wrong: {what}", exit_code=USAGE)
