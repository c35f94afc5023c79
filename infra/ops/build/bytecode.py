"""Compiled modules beside their sources, in the trees that are deployed.

Lambda's file systems are read-only, so a function would compile all of it at every cold start: a third of the
time that importing takes. What is compiled here is of use where the function's Python is the one that builds
(the embedded emulator's always is; AWS's is where both have the same minor version); any other looks for a
file of another name, and compiles as before.

The files carry no times ("unchecked-hash", PEP 552), as archives are compared by content, and name the place
where Lambda has the source. Compiled code of a source is kept between builds, so that the same source gives
the same bytes.
"""

import hashlib
import importlib.util
import py_compile
import shutil
import sys
from pathlib import Path

MODE = py_compile.PycInvalidationMode.UNCHECKED_HASH


def compile_tree(tree: Path, shown_as: str, cache: Path) -> set[str]:
    """Compiles every module of a tree, from `cache` where it knows it; returns what it used of the cache.

    The modules name a place below `shown_as`, and none of this machine's. A source that does not compile is
    left to who imports it.
    """
    cache.mkdir(parents=True, exist_ok=True)
    used = set()
    for source in sorted(tree.rglob("*.py")):
        shown = f"{shown_as}/{source.relative_to(tree).as_posix()}"
        name = f"{_digest(shown, source.read_bytes())}.pyc"
        kept = cache / name
        if not kept.exists():
            py_compile.compile(str(source), str(kept), shown, invalidation_mode=MODE, quiet=2)
        if kept.exists():
            used.add(name)
            # Not importlib's cache_from_source: with PYTHONPYCACHEPREFIX that is for this process's imports.
            target = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(kept, target)
    return used


def forget_unused(cache: Path, used: set[str]) -> None:
    """Drops what no source of this build has any more."""
    for kept in cache.iterdir():
        if kept.name not in used:
            kept.unlink()


def _digest(shown: str, source: bytes) -> str:
    # The magic number changes with what compiles.
    return hashlib.sha256(importlib.util.MAGIC_NUMBER + shown.encode() + b"\0" + source).hexdigest()[:32]
