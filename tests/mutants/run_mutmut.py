"""mutmut, with tests named so that pytest finds them.

pytest does not find a test again by an id that has a backslash in it (as `[user@paytm\\n]` has). Where mutmut
asks for such a test, all cases of its function are run.
"""

from collections.abc import Iterable

from mutmut.__main__ import cli
from mutmut.runners.harness import PytestRunner

_arguments = PytestRunner._pytest_args_regular_run


def _with_whole_functions(runner: PytestRunner, tests: Iterable[str]) -> list[str]:
    found = {test.partition("[")[0] if "\\" in test else test for test in tests}
    return _arguments(runner, sorted(found))


if __name__ == "__main__":
    PytestRunner._pytest_args_regular_run = _with_whole_functions
    cli()
