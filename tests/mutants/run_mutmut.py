"""mutmut, with tests named so that pytest finds them, and the quickest first.

pytest does not find a test again by an id that has a backslash in it (as `[user@paytm\\n]` has). Where mutmut
asks for such a test, all cases of its function are run. The first failure ends a run, and mutmut asks in the
order of a set: with the long simulations last, most runs end before them.
"""

from collections.abc import Iterable

from mutmut.__main__ import cli
from mutmut.runners.harness import PytestRunner
from mutmut.state import state

_arguments = PytestRunner._pytest_args_regular_run


def _quickest_first(runner: PytestRunner, tests: Iterable[str]) -> list[str]:
    seconds = state().duration_by_test
    ordered = sorted(tests, key=lambda test: (seconds.get(test, 0), test))
    found = dict.fromkeys(test.partition("[")[0] if "\\" in test else test for test in ordered)
    return _arguments(runner, list(found))


if __name__ == "__main__":
    PytestRunner._pytest_args_regular_run = _quickest_first
    cli()
