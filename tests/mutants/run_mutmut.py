"""mutmut, as these tests need it.

pytest does not find a test again by an id that has a backslash in it (as `[user@paytm\\n]` has). Where mutmut
asks for such a test, all cases of its function are run. The first failure ends a run, and mutmut asks in the
order of a set: with the quickest tests first, most runs end before the long simulations. And each mutant is
tried in a fork of a process that has run tests itself, but no thread survives a fork: what keeps threads has
to start new ones, or its tests wait for ever, and the mutant counts as killed by a timeout.
"""

import os
import sys
from collections.abc import Iterable

from mutmut.__main__ import cli
from mutmut.runners.harness import PytestRunner
from mutmut.state import state

_arguments = PytestRunner._pytest_args_regular_run


def _quickest_first(runner: PytestRunner, tests: Iterable[str]) -> list[str]:
    seconds = state().duration_by_test
    ordered = sorted(tests, key=lambda test: (seconds.get(test, 0), test))
    return _arguments(runner, list(dict.fromkeys(_whole_function(test) for test in ordered)))


def _whole_function(test: str) -> str:
    return test.partition("[")[0] if "\\" in test else test


def _forget_threads() -> None:
    if at_once := sys.modules.get("gateway.use_cases.webhooks.at_once"):
        at_once._threads.cache_clear()
    if lookups := sys.modules.get("gateway.adapters.webhook_http.lookups"):
        lookups._idle.clear()


if __name__ == "__main__":
    PytestRunner._pytest_args_regular_run = _quickest_first
    os.register_at_fork(after_in_child=_forget_threads)
    cli()
