"""Source code as a syntax tree, for the tests that read the project's own code."""

import ast
from functools import cache
from pathlib import Path

ATTEMPTS = 3


@cache
def syntax_tree(path: Path) -> ast.Module:
    """The module's tree; callers must not change it.

    Until 3.12 CPython counts the parser's depth for the whole process, so that a thread that prints a
    traceback meanwhile makes ast.parse raise SystemError for sound code (python/cpython#106905): once more.
    """
    source = path.read_text(encoding="utf-8")
    for _ in range(ATTEMPTS - 1):
        try:
            return ast.parse(source, filename=str(path))
        except SystemError:
            continue
    return ast.parse(source, filename=str(path))
